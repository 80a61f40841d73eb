"""Finished runs of a job on a cluster that was killed are found again, and no others."""

from pathlib import Path

import pytest

from refashion.artifacts import RunFolder
from refashion.runs import kept

LOCK = Path("envs/run.lock")


@pytest.fixture
def code(tmp_path, monkeypatch):
    place = tmp_path / "src"
    place.mkdir()
    (place / "model.py").write_text("a = 1")
    monkeypatch.setenv(kept.PLACE_VARIABLE, "")
    kept.publish(tmp_path / "home", [place], LOCK)
    return place


@pytest.fixture
def run(tmp_path):
    """A finished run, as it lies in the results folder."""
    folder = RunFolder(tmp_path / "results/s/r/seed-0")
    (folder.path / "files").mkdir(parents=True)
    for path in (folder.run_json, folder.notebook, folder.log, folder.path / "files/a.csv"):
        path.write_text(path.name)
    return folder


def test_a_finished_run_comes_back_whole(code, run):
    place = kept.folder_of("recipe", 1, None)
    assert not kept.restore(run, place)
    kept.keep(run, place)
    run.clear()
    run.log.write_text("of the next try")
    assert kept.restore(run, place)
    assert run.run_json.read_text() == "run.json"
    assert (run.files / "a.csv").read_text() == "a.csv"
    assert run.log.read_text() == "of the next try"


def test_what_depends_on_something_else_is_not_found(code, run, tmp_path):
    data = tmp_path / "prepared.json"
    data.write_text("{}")
    place = kept.folder_of("recipe", 1, data)
    kept.keep(run, place)
    others = [kept.folder_of("another", 1, data), kept.folder_of("recipe", 2, data)]
    data.write_text("[]")
    others.append(kept.folder_of("recipe", 1, data))
    data.write_text("{}")
    kept.publish(tmp_path / "home", [code], Path("envs/gpu.lock"))
    others.append(kept.folder_of("recipe", 1, data))
    (code / "model.py").write_text("a = 22")
    kept.publish(tmp_path / "home", [code], LOCK)
    others.append(kept.folder_of("recipe", 1, data))
    assert len({place, *others}) == 6
    assert not any(kept.restore(run, other) for other in others)


def test_nothing_is_kept_on_one_machine(monkeypatch):
    monkeypatch.delenv(kept.PLACE_VARIABLE, raising=False)
    assert kept.folder_of("recipe", 1, None) is None

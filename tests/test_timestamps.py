"""A clock that was set back: what was made later than now."""

import os
import time
from types import SimpleNamespace

from refashion.workflow.timestamps import correct_future


def command(is_main_process=True, dryrun=False):
    """What is asked of Snakemake's workflow."""
    output_settings = SimpleNamespace(dryrun=dryrun)
    return SimpleNamespace(is_main_process=is_main_process, output_settings=output_settings)


MAIN = command()
HOUR = 3_600_000_000_000


def made(folder, **hours):
    """Write files, each so many hours from now."""
    now = time.time_ns()
    for name, away in hours.items():
        path = folder / "results" / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
        os.utime(path, ns=(now, now + round(away * HOUR)))
    return folder / "results"


def times(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_files_of_the_future_come_before_now_in_their_order(tmp_path, caplog):
    folder = made(tmp_path, old=-1, later=2, soon=1, also_soon=1.5, years=30_000)
    before = times(folder)
    correct_future(MAIN, folder, tmp_path / "missing")
    after = times(folder)
    assert max(after.values()) <= time.time_ns()
    assert sorted(after, key=after.get) == ["old", "soon", "also_soon", "later", "years"]
    assert len(set(after.values())) == 5
    assert after["old"] == before["old"]
    assert "4 files had modification times in the future" in caplog.text


def test_nothing_else_is_touched(tmp_path, caplog):
    folder = made(tmp_path, old=-1, now=0)
    before = times(folder)
    correct_future(MAIN, folder)
    assert times(folder) == before
    assert not caplog.text


def test_a_dry_run_and_a_job_change_nothing(tmp_path):
    folder = made(tmp_path, soon=1)
    before = times(folder)
    correct_future(command(dryrun=True), folder)
    correct_future(command(is_main_process=False), folder)
    assert times(folder) == before

"""Files are whole or not there, and JSON is strict."""

import json
import math

import numpy as np
import pytest

from refashion import artifacts
from refashion.artifacts import RunFolder
from refashion.errors import RefashionError


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "deep" / "file.txt"
    artifacts.write_text(path, "old")

    def fail():
        with artifacts.atomic(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert [p.name for p in path.parent.iterdir()] == ["file.txt"]


def test_what_was_left_unfinished_is_removed(tmp_path):
    path = tmp_path / "deep" / "file.npz"
    with artifacts.atomic(path) as temporary:
        temporary.write_text("whole")
        left = temporary.with_stem(f"{temporary.stem}-of-a-process-that-was-killed")
        left.write_text("half")
    artifacts.remove_unfinished(tmp_path, tmp_path / "missing")
    assert [p.name for p in path.parent.iterdir()] == ["file.npz"]


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "run.json").write_text('{"status": "o')
    with pytest.raises(RefashionError, match=r"run\.json: damaged .*remove it and rerun"):
        artifacts.read_json(tmp_path / "run.json")


@pytest.mark.parametrize("place", [0, -30, -200, 100])
def test_damaged_arrays_are_named(tmp_path, place):
    path = tmp_path / "predictions.npz"
    artifacts.write_arrays(path, {"test_pred": np.arange(1000)})
    content = bytearray(path.read_bytes())
    content[place] ^= 255
    path.write_bytes(content)
    with pytest.raises(RefashionError, match=r"predictions\.npz: damaged .*remove its folder"):
        artifacts.read_arrays(path)


def test_numbers_that_json_lacks_become_null(tmp_path):
    path = tmp_path / "values.json"
    artifacts.write_json(path, {"a": [math.nan, 1.5], "b": {"c": -math.inf}})
    assert json.loads(path.read_text()) == {"a": [None, 1.5], "b": {"c": None}}


def test_arrays_are_the_same_bytes_at_any_time(tmp_path):
    arrays = {"test_true": np.arange(5), "test_score": np.ones((5, 2), np.float32)}
    artifacts.write_arrays(tmp_path / "a.npz", arrays)
    artifacts.write_arrays(tmp_path / "b.npz", arrays)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert artifacts.read_arrays(tmp_path / "a.npz")["test_true"].tolist() == [0, 1, 2, 3, 4]


def test_objects_are_not_pickled(tmp_path):
    with pytest.raises(ValueError):
        artifacts.write_arrays(tmp_path / "a.npz", {"x": np.array([object()])})
    assert list(tmp_path.iterdir()) == []


def test_canonical_json_depends_on_content_alone():
    assert artifacts.canonical_json({"b": 1, "a": [2]}) == '{"a":[2],"b":1}'


def test_a_new_attempt_starts_from_nothing_but_the_log_of_failures(tmp_path):
    folder = RunFolder(tmp_path)
    artifacts.log_failure(folder.failures, {"type": "ValueError"})
    for path in (folder.run_json, folder.predictions, folder.metrics, folder.notebook):
        path.write_text("old")
    folder.clear()
    assert [path.name for path in tmp_path.iterdir()] == [folder.failures.name]
    assert artifacts.next_attempt(folder.failures) == 2
    assert artifacts.next_attempt(tmp_path / "none") == 1

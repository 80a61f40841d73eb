"""The script that compares two results folders sees what differs, and lets wording pass."""

import json
import shutil

import numpy as np
import pytest

from refashion import artifacts
from refashion.artifacts import Layout
from support.same_results import differences

CELL = {"name": "Shirt, recall", "reported": "0.9", "verdict": "reproduced"}
ROW = {"study": "study", "id": "one", "reproduced": 0.9, "verdict": "holds", "reason": "So."}


@pytest.fixture
def folders(tmp_path):
    """Give two equal results folders."""
    before = Layout(tmp_path / "before")
    run = before.run("study", "cnn", 0)
    artifacts.write_json(run.metrics, {"test": {"accuracy": 0.9}})
    artifacts.write_arrays(run.predictions, {"test_pred": np.arange(3)})
    before.metrics("study").write_text("study,run\nstudy,cnn\n")
    artifacts.write_json(before.verdicts_json, [ROW | {"cells": [CELL]}])
    shutil.copytree(before.results, tmp_path / "after")
    return before, Layout(tmp_path / "after")


def write_ledger(layout, **changed):
    layout.verdicts_json.write_text(json.dumps([ROW | {"cells": [CELL]} | changed]))


def test_the_same_results_have_no_differences(folders):
    before, after = folders
    assert list(differences(before.results, after.results)) == []


def test_wording_and_added_fields_are_no_differences(folders):
    before, after = folders
    added = CELL | {"row": "Shirt", "column": "recall"}
    write_ledger(after, reason="In other words.", leaning=None, cells=[added])
    assert list(differences(before.results, after.results)) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"reproduced": 0.9000000000000001}, "study/one: reproduced was 0.9, is 0.90000"),
        ({"verdict": "fails"}, "study/one: verdict was 'holds', is 'fails'"),
        ({"cells": [CELL | {"verdict": "not_run"}]}, "study/one: cells differ"),
        ({"cells": []}, "study/one: cells differ"),
        ({"id": "other"}, "study/one: only before"),
    ],
)
def test_a_changed_verdict_is_named(folders, change, line):
    before, after = folders
    write_ledger(after, **change)
    assert any(line in found for found in differences(before.results, after.results))


@pytest.mark.parametrize("file", ["metrics", "predictions"])
def test_changed_and_missing_numbers_are_named(folders, file):
    before, after = folders
    path = getattr(after.run("study", "cnn", 0), file)
    path.write_bytes(path.read_bytes() + b" ")
    assert [f"study/cnn/seed-0/{path.name}: not the same bytes"] == list(
        differences(before.results, after.results)
    )
    path.unlink()
    assert [f"study/cnn/seed-0/{path.name}: missing after"] == list(
        differences(before.results, after.results)
    )

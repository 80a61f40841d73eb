"""Scores, against scikit-learn and against cases worked by hand."""

import json

import numpy as np
import pytest
from sklearn.metrics import classification_report as sklearn_report

from refashion import artifacts, evaluation
from refashion.artifacts import RunFolder

CLASSES = ["shirt", "coat", "bag"]
TRUE = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array([0, 0, 1, 1, 1, 0])


@pytest.fixture
def make(tmp_path):
    """Make the folder of a finished run with some probabilities."""

    def folder(name, scores, status="ok"):
        made = RunFolder(tmp_path / name)
        artifacts.write_json(made.run_json, {"status": status})
        arrays = {"test_true": TRUE, "test_pred": PREDICTED, "test_score": scores}
        artifacts.write_arrays(made.predictions, arrays)
        return made

    return folder


def test_report_agrees_with_scikit_learn():
    ours = evaluation.classification_report(TRUE, PREDICTED, CLASSES).set_index("class")
    theirs = sklearn_report(
        TRUE, PREDICTED, target_names=CLASSES, output_dict=True, zero_division=0
    )
    for row in (*CLASSES, "macro avg", "weighted avg"):
        for ours_name, theirs_name in [("f1_score", "f1-score"), ("precision", "precision")]:
            assert ours.loc[row, ours_name] == pytest.approx(theirs[row][theirs_name])
        assert ours.loc[row, "support"] == theirs[row]["support"]
    assert ours.loc["accuracy", "f1_score"] == pytest.approx(4 / 6)


def test_confusion_by_hand():
    table = evaluation.confusion_table(TRUE, PREDICTED, CLASSES)
    assert table.columns.tolist() == ["true", *CLASSES]
    assert table[CLASSES].to_numpy().tolist() == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]


def test_scores_by_hand():
    probabilities = np.full((6, 3), 1 / 3, dtype=np.float32)
    arrays = {"test_true": TRUE, "test_pred": PREDICTED, "test_score": probabilities}
    scores = evaluation.score_splits("classification", arrays)["test"]
    assert scores["accuracy"] == pytest.approx(4 / 6)
    assert scores["recall_macro"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert scores["log_loss"] == pytest.approx(np.log(3))


def test_probabilities_that_are_no_numbers_give_no_number(make):
    folder = make("diverged", np.full((6, 3), np.nan, dtype=np.float32))
    scores = evaluation.score_run("classification", CLASSES, folder)
    assert np.isnan(scores["test"]["log_loss"])
    assert json.loads(folder.metrics.read_text())["test"]["log_loss"] is None


def test_no_score_of_an_earlier_success_outlives_a_failure(make):
    folder = make("run", np.eye(3)[PREDICTED])
    evaluation.score_run("classification", CLASSES, folder)
    artifacts.write_json(folder.run_json, {"status": "failed"})
    assert evaluation.score_run("classification", CLASSES, folder) == {}
    assert not folder.metrics.exists()
    assert not folder.classification_report.exists()
    assert not folder.confusion_matrix.exists()


def test_a_seed_without_effect_is_seen(make):
    random = np.random.default_rng(0)
    some, other = random.random((2, 6, 3))
    assert evaluation.is_seed_ignored([make("a", some), make("b", some)])
    assert not evaluation.is_seed_ignored([make("a", some), make("b", other)])
    assert not evaluation.is_seed_ignored([make("a", some)])
    constant = np.ones((6, 3))
    assert not evaluation.is_seed_ignored([make("a", constant), make("b", constant)])

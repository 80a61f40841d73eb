"""What a run leaves, whatever its model answers: labels, values, or nothing that is a number."""

import json

import numpy as np
import pandas as pd
import pytest

from refashion import artifacts
from refashion.artifacts import RunFolder
from refashion.data.splits import Examples
from refashion.runs import evaluation, training


class Answers:
    """A model that has been taught its answers."""

    n_parameters = 1

    def __init__(self, answers, history=None):
        self.answers = answers
        self.history = history
        self.asked = 0

    def architecture(self):
        return None

    def importances(self):
        return None

    def fit(self, train, validation):
        return self.history

    def predict(self, x):
        self.asked += 1
        return self.answers


def splits(y):
    part = Examples(np.zeros((len(y), 2)), np.asarray(y))
    return {"train": Examples(*part), "validation": part, "test": part}


LABELS = np.array([0, 1, 1], dtype=np.uint8)
SCORES = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])


def test_classification():
    model = Answers(SCORES)
    result = training.fit(model, splits(LABELS), "classification", train_score=False)
    arrays = result.arrays()
    assert set(arrays) == {
        *("train_true", "validation_true", "test_true"),
        *("train_pred", "validation_pred", "test_pred", "test_score"),
    }
    assert arrays["test_pred"].tolist() == [0, 1, 0] and arrays["test_pred"].dtype == np.int64
    assert arrays["test_true"].dtype == np.int64 and arrays["test_score"].dtype == np.float32
    assert result.measurements["diverged"] is False
    # Validation and test are one split here, which is asked about once.
    assert model.asked == 2


def test_scores_of_training_where_asked():
    result = training.fit(Answers(SCORES), splits(LABELS), "classification", train_score=True)
    assert {"train_score", "test_score"} <= set(result.arrays())
    assert "validation_score" not in result.arrays()


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_regression(shape):
    values = np.array([1.5, 2.5, 3.5], dtype=np.float32).reshape(shape)
    result = training.fit(Answers(values), splits([1.0, 2.0, 3.0]), "regression", False)
    arrays = result.arrays()
    assert not [name for name in arrays if name.endswith("score")]
    assert arrays["test_pred"].tolist() == [1.5, 2.5, 3.5]
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float64)}
    assert result.measurements["diverged"] is False


def test_a_regression_with_several_values_is_refused():
    with pytest.raises(ValueError, match="reshape"):
        training.fit(Answers(SCORES), splits([1.0, 2.0, 3.0]), "regression", False)


@pytest.mark.parametrize("lost", [np.nan, np.inf])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_divergence_is_a_result_all_the_way(task, lost, tmp_path):
    history = pd.DataFrame({"epoch": [1, 2], "loss": [1.0, lost], "learning_rate": 0.1})
    is_regression = task == "regression"
    answers = np.full(3 if is_regression else (3, 2), lost)
    result = training.fit(Answers(answers, history), splits(LABELS), task, False)
    assert result.measurements["diverged"] is True

    folder = RunFolder(tmp_path)
    training.save(result, folder)
    assert json.loads(folder.measurements.read_text())["diverged"] is True
    if np.isnan(lost):
        assert folder.history.read_text().splitlines()[2] == "2,NaN,0.1"
    artifacts.write_json(folder.run_json, {"status": "ok"})
    classes = [] if is_regression else ["a", "b"]
    scores = evaluation.score_run(task, classes, folder, False)
    assert np.isnan([value for split in scores.values() for value in split.values()]).all()


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("is_trained", [True, False])
def test_one_answer_for_everything_is_divergence_of_what_was_trained(task, is_trained):
    history = pd.DataFrame({"epoch": [1], "loss": [2.3]}) if is_trained else None
    answers = np.full(3, 7.0) if task == "regression" else np.array([[0.8, 0.2]] * 3)
    result = training.fit(Answers(answers, history), splits(LABELS), task, False)
    assert result.measurements["diverged"] is is_trained


def test_a_prediction_that_is_no_number_is_no_class():
    scores = np.array([[0.1, 0.9], [np.nan, 0.9], [np.nan, np.nan], [0.5, np.inf]])
    assert training.labels_of(scores).tolist() == [1, *[training.NO_ANSWER] * 3]


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_facts_are_given_to_those_who_want_them(task, monkeypatch):
    class Module:
        @staticmethod
        def build(*, task, n_outputs, setting):
            return task, n_outputs, setting

    monkeypatch.setattr("refashion.models.module", lambda name, study: Module)
    made = training.build(
        "any", {"setting": 3}, task=task, input_shape=(2,), n_outputs=1, seed=0, threads=1
    )
    assert made == (task, 1, 3)

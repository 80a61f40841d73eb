"""Cross-validation: folds, scores and predictions are those of scikit-learn."""

import json
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from refashion import artifacts
from refashion.artifacts import RunFolder
from refashion.errors import ConfigError
from refashion.runs import cross_validation, evaluation, training
from refashion.runs.folds import load_folds, load_test_inputs
from refashion.spec.preprocess import Step
from refashion.spec.split import CrossValidation, has_same_examples

IRIS = load_iris()
N = len(IRIS.target)
PATIENTS = np.random.default_rng(0).integers(0, 30, N)
NAMES = list(IRIS.target_names)
SOURCE = SimpleNamespace(
    CLASSES=NAMES, FEATURES=list(IRIS.feature_names), CATEGORIES={}, COLUMNS=["patient"]
)
FIT = {"task": "classification", "train_score": False}


@pytest.fixture
def arrays(tmp_path):
    np.save(tmp_path / "all_x.npy", IRIS.data)
    np.save(tmp_path / "all_y.npy", IRIS.target)
    np.save(tmp_path / "all_columns.npy", PATIENTS.astype(str)[:, None])
    return tmp_path


def folds_of(arrays, seed=0, steps=None, examples=None, **split):
    whole = CrossValidation.model_validate_json(json.dumps(split)).model_dump(mode="json")
    return load_folds(arrays, whole, steps, seed, examples, SOURCE)


@pytest.mark.parametrize(
    ("stated", "theirs"),
    [
        ({"folds": 5, "random_state": 3}, KFold(5, shuffle=True, random_state=3)),
        ({"folds": 4, "shuffle": False}, KFold(4)),
        (
            {"folds": 10, "stratify": True, "random_state": 0},
            StratifiedKFold(10, shuffle=True, random_state=0),
        ),
        ({"folds": 10, "stratify": True, "shuffle": False}, StratifiedKFold(10)),
        ({"folds": 5, "group": "patient", "shuffle": False}, GroupKFold(5)),
        (
            {"folds": 5, "group": "patient", "random_state": 1},
            GroupKFold(5, shuffle=True, random_state=1),
        ),
        (
            {"folds": 3, "group": "patient", "stratify": True, "random_state": 1},
            StratifiedGroupKFold(3, shuffle=True, random_state=1),
        ),
        (
            {"folds": 3, "repeats": 4, "random_state": 9},
            RepeatedKFold(n_splits=3, n_repeats=4, random_state=9),
        ),
        (
            {"folds": 3, "repeats": 2, "stratify": True, "random_state": 9},
            RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=9),
        ),
    ],
)
def test_folds_are_those_of_scikit_learn(arrays, stated, theirs):
    ours = folds_of(arrays, **stated).rows
    groups = PATIENTS if stated.get("group") else None
    expected = list(theirs.split(IRIS.data, IRIS.target, groups))
    assert len(ours) == len(expected)
    for rows, (train, test) in zip(ours, expected, strict=True):
        assert rows["train"].tolist() == train.tolist()
        assert rows["test"].tolist() == test.tolist()


def test_without_a_random_state_folds_are_those_of_the_seed(arrays):
    first, again, other = (
        np.concatenate(folds_of(arrays, seed, folds=5).rows_of("test")).tolist()
        for seed in (0, 0, 1)
    )
    assert first == again != other and sorted(first) == sorted(other) == list(range(N))


def trained(arrays, path="sklearn.linear_model.LogisticRegression", seed=0, **split):
    steps = [Step(step="sklearn.preprocessing.StandardScaler").model_dump(mode="json")]
    folds = folds_of(arrays, seed, steps, **split)
    build = partial(
        training.build, path, {}, task="classification", n_outputs=3, seed=seed, threads=1
    )
    model = build(input_shape=folds[0]["train"].x.shape[1:])
    return cross_validation.fit_folds(model, build, folds, **FIT)


def scored(result, folder):
    artifacts.write_json(folder.run_json, {"status": "ok"})
    training.save(result, folder)
    return evaluation.score_run("classification", NAMES, folder, False)


def test_scores_and_predictions_are_those_of_a_pipeline_in_scikit_learn(arrays, tmp_path):
    result = trained(arrays, folds=5, stratify=True, random_state=4)
    theirs = make_pipeline(StandardScaler(), LogisticRegression())
    cv = StratifiedKFold(5, shuffle=True, random_state=4)
    accuracies = cross_val_score(theirs, IRIS.data, IRIS.target, cv=cv)
    predicted = cross_val_predict(theirs, IRIS.data, IRIS.target, cv=cv)
    assert np.array_equal(result.predicted["test"], predicted)
    assert np.array_equal(result.true["test"], IRIS.target)
    folder = RunFolder(tmp_path / "run")
    scores = scored(result, folder)
    assert scores["test"]["accuracy"] == pytest.approx(accuracies.mean(), abs=1e-15)
    table = artifacts.read_csv(folder.fold_metrics)
    is_accuracy = (table["metric"] == "accuracy") & (table["split"] == "test")
    assert table[is_accuracy].sort_values("fold")["value"].tolist() == accuracies.tolist()
    matrix = artifacts.read_csv(folder.confusion_matrix)
    assert matrix[NAMES].to_numpy().sum() == N


def test_predictions_name_their_folds_and_follow_the_dataset(arrays, tmp_path):
    result = trained(arrays, folds=3, repeats=2)
    saved = result.arrays()
    assert saved["test_fold"].shape == (2 * N,)
    assert set(saved["test_fold"][:N]) == {1, 2, 3} and set(saved["test_fold"][N:]) == {4, 5, 6}
    assert np.array_equal(saved["test_true"], np.tile(IRIS.target, 2))
    assert len(saved["train_true"]) == len(saved["train_fold"]) == 4 * N
    other = trained(arrays, seed=1, folds=3, repeats=2)
    assert np.array_equal(other.true["test"], result.true["test"])
    assert not np.array_equal(other.folds["test"], result.folds["test"])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_history_has_its_folds_and_is_averaged_where_it_is_read(arrays, tmp_path):
    result = trained(arrays, "sklearn.neural_network.MLPClassifier", folds=3)
    assert set(result.history["fold"]) == {1, 2, 3}
    mean = evaluation.mean_history(result.history)
    assert "fold" not in mean and len(mean) == result.measurements["epochs_run"]
    first = result.history[result.history["epoch"] == 1]
    assert mean["loss"].iloc[0] == pytest.approx(first["loss"].mean())


def test_rows_of_the_table_of_metrics(arrays, tmp_path):
    folder = RunFolder(tmp_path / "run")
    scores = scored(trained(arrays, folds=3), folder)
    rows = evaluation.tidy("study", "run", 0, scores, folder)
    of_test = [r for r in rows if r["split"] == "test" and r["metric"] == "accuracy"]
    assert [row.get("fold", "") for row in of_test] == ["", "1", "2", "3"]
    assert of_test[0]["value"] == pytest.approx(np.mean([row["value"] for row in of_test[1:]]))


def test_inputs_are_in_the_order_of_the_predictions(arrays):
    split = CrossValidation(folds=4).model_dump(mode="json")
    assert np.array_equal(load_test_inputs(arrays, split, 0, None, SOURCE), IRIS.data)


def test_folds_that_the_data_do_not_allow_are_one_message(arrays):
    with pytest.raises(ConfigError, match=r"split\.folds: 60; .*accepted") as caught:
        folds_of(arrays, folds=60, stratify=True)
    assert "\n" not in str(caught.value)


def test_over_all_folds_every_seed_tests_the_same_examples():
    assert has_same_examples(CrossValidation(folds=5), "test")
    assert not has_same_examples(CrossValidation(folds=5), "train")
    assert has_same_examples(CrossValidation(folds=5, random_state=0), "train")
    assert has_same_examples(CrossValidation(folds=5, shuffle=False), "train")
    on_its_test = CrossValidation(folds=5, validation="test")
    assert has_same_examples(on_its_test, "validation")
    assert not has_same_examples(on_its_test, "train")

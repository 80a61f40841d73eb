"""Scores, against scikit-learn and against cases worked by hand."""

import json
import time

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.metrics import classification_report as sklearn_report

from refashion import artifacts, metrics
from refashion.artifacts import RunFolder
from refashion.runs import evaluation

CLASSES = ["shirt", "coat", "bag"]
TRUE = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array([0, 0, 1, 1, 1, 0])


@pytest.fixture
def make(tmp_path):
    """Make the folder of a finished run with some probabilities."""

    def folder(name, scores, status="ok", **more):
        made = RunFolder(tmp_path / name)
        artifacts.write_json(made.run_json, {"status": status})
        arrays = {"test_true": TRUE, "test_pred": PREDICTED, "test_score": scores, **more}
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


def test_metrics_of_labels_agree_with_scikit_learn():
    random = np.random.default_rng(0)
    true, predicted = random.integers(0, 5, 1000), random.integers(1, 7, 1000)
    ours = metrics.score("classification", true, predicted)
    macro = {"average": "macro", "zero_division": 0}
    assert ours == pytest.approx(
        {
            "accuracy": sklearn.metrics.accuracy_score(true, predicted),
            "balanced_accuracy": sklearn.metrics.recall_score(
                true, predicted, average="macro", labels=np.arange(5)
            ),
            "precision_macro": sklearn.metrics.precision_score(true, predicted, **macro),
            "recall_macro": sklearn.metrics.recall_score(true, predicted, **macro),
            "f1_macro": sklearn.metrics.f1_score(true, predicted, **macro),
        },
        rel=1e-12,
    )


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=40))
@example([(0, 0), (1, 0), (1, 1)])  # the other classes are absent
@example([(0, 1), (0, 0)])  # one is predicted and never true
@example([(1, 0)])  # one is true and never predicted
@example([(3, 3), (3, 3)])  # a single one
def test_all_averages_are_those_of_scikit_learn_over_the_classes_that_occur(pairs):
    true, predicted = np.array(pairs).T
    names = [f"class {n}" for n in range(7)]
    theirs = sklearn_report(true, predicted, output_dict=True, zero_division=0)
    report = evaluation.classification_report(true, predicted, names).set_index("class")
    scores = metrics.score("classification", true, predicted)
    for average in ("macro avg", "weighted avg"):
        row = report.loc[average].rename({"f1_score": "f1-score"})
        assert row.to_dict() == pytest.approx(theirs[average])
    for n, name in enumerate(names):
        row = report.loc[name].rename({"f1_score": "f1-score"}).to_dict()
        assert row == pytest.approx(theirs.get(str(n), dict.fromkeys(row, 0)))
    assert report.loc["accuracy", "f1_score"] == scores["accuracy"] == np.mean(true == predicted)
    # What stands in both files is the same number, to the last bit.
    for metric in ("precision", "recall", "f1"):
        column = "f1_score" if metric == "f1" else metric
        assert report.loc["macro avg", column] == scores[f"{metric}_macro"]
    recalls = [theirs[str(n)]["recall"] for n in np.unique(true)]
    assert scores["balanced_accuracy"] == pytest.approx(np.mean(recalls))


def test_regression_by_hand():
    true, predicted = np.array([1.0, 2.0, 3.0, 6.0]), np.array([1.0, 3.0, 3.0, 4.0])
    arrays = {"test_true": true, "test_pred": predicted}
    assert evaluation.score_splits("regression", arrays)["test"] == pytest.approx(
        {
            "mean_squared_error": 5 / 4,
            "root_mean_squared_error": (5 / 4) ** 0.5,
            "mean_absolute_error": 3 / 4,
            "r2": 1 - 5 / 14,  # The mean is 3: 4 + 1 + 0 + 9 = 14.
        }
    )
    summary = evaluation.report(true, predicted, [])
    assert summary.loc["mean"].tolist() == [-0.25, 0.75]


def drawn_answers(name, rng, n=400):
    """Draw what a metric takes: true answers, predicted ones or probabilities, and its function."""
    record = metrics.METRICS[name]
    if record.task == "regression":
        true = rng.normal(5, 2, n)
        return true, true + rng.normal(0.3, 1, n), record.function
    n_classes = max(record.fewest_classes, min(4, record.most_classes or 4))
    true = rng.choice(n_classes, n, p=np.arange(1, n_classes + 1) / sum(range(1, n_classes + 1)))
    scores = rng.dirichlet(np.ones(n_classes), n)
    scores[np.arange(n), true] += rng.random(n)
    # Rounded, so that some are tied.
    scores = (scores / scores.sum(axis=1, keepdims=True)).round(2)
    scores /= scores.sum(axis=1, keepdims=True)
    if record.of == "probabilities":
        return true, scores, record.function
    labels = lambda true, predicted: record.function(metrics.Labels.of(true, predicted))  # noqa: E731
    return true, scores.argmax(axis=1), labels


@pytest.mark.parametrize("name", metrics.METRICS)
def test_gains_have_the_metric_as_mean_and_its_variance_over_examples(name: str):
    rng = np.random.default_rng(0)
    true, predicted, function = drawn_answers(name, rng)
    record = metrics.METRICS[name]
    gains = record.gain(true, predicted)
    sign = 1 if record.greater_is_better else -1
    assert sign * gains.mean() == pytest.approx(function(true, predicted), rel=1e-5)

    draws = 200 if name.startswith("roc_auc_ov") else 600
    drawn = rng.integers(0, 400, (draws, 400))
    bootstrapped = np.std([function(true[d], predicted[d]) for d in drawn])
    assert np.sqrt(gains.var() / 400) == pytest.approx(bootstrapped, rel=0.15)


@pytest.mark.parametrize("name", ["matthews_corrcoef", "f1_macro", "roc_auc", "r2", "kappa"])
def test_gains_of_two_runs_have_the_variance_of_their_difference(name: str):
    rng = np.random.default_rng(1)
    name = {"kappa": "cohen_kappa_score"}.get(name, name)
    true, one, function = drawn_answers(name, rng)
    if metrics.METRICS[name].of == "probabilities":
        other = (one + rng.dirichlet([1, 1], 400)) / 2
    elif name == "r2":
        other = one + rng.normal(0, 0.5, 400)
    else:
        other = np.where(rng.random(400) < 0.1, rng.integers(4, size=400), one)
    gain = metrics.METRICS[name].gain
    drawn = rng.integers(0, 400, (600, 400))
    differences = [function(true[d], one[d]) - function(true[d], other[d]) for d in drawn]
    spread = np.sqrt((gain(true, one) - gain(true, other)).var() / 400)
    assert spread == pytest.approx(np.std(differences), rel=0.15)


def test_gains_of_a_score_that_is_not_defined_are_none():
    one_class = np.zeros(5, dtype=int)
    outputs = np.full((5, 2), 0.5)
    for name in ("roc_auc", "average_precision"):
        assert np.isnan(metrics.METRICS[name].gain(one_class, outputs)).all()
    assert np.isnan(metrics.METRICS["cohen_kappa_score"].gain(one_class, one_class)).all()


@pytest.mark.parametrize("n_classes", [2, 6])
def test_metrics_that_are_asked_for_are_those_of_scikit_learn(n_classes):
    rng = np.random.default_rng(0)
    true = rng.integers(0, n_classes, 300)
    scores = rng.dirichlet(np.ones(n_classes), 300)
    predicted = scores.argmax(axis=1)
    asked = [
        name
        for name, metric in metrics.METRICS.items()
        if metric.task == "classification" and not metric.is_usual
        if metric.fewest_classes <= n_classes <= (metric.most_classes or n_classes)
    ]
    found = metrics.score("classification", true, predicted, scores, asked)
    positive = scores[:, 1] if n_classes == 2 else scores
    known = {
        "f1_weighted": sklearn.metrics.f1_score(true, predicted, average="weighted"),
        "matthews_corrcoef": sklearn.metrics.matthews_corrcoef(true, predicted),
        "cohen_kappa_score": sklearn.metrics.cohen_kappa_score(true, predicted),
        "roc_auc": n_classes == 2 and sklearn.metrics.roc_auc_score(true, positive),
        "average_precision": n_classes == 2
        and sklearn.metrics.average_precision_score(true, positive),
        "roc_auc_ovr": n_classes > 2
        and sklearn.metrics.roc_auc_score(true, positive, multi_class="ovr"),
        "top_3_accuracy": n_classes > 3
        and sklearn.metrics.top_k_accuracy_score(true, positive, k=3),
    }
    for name, value in known.items():
        assert found.get(name, False) == pytest.approx(value)
    assert "matthews_corrcoef" not in metrics.score("classification", true, predicted, scores)


def test_a_score_that_is_not_defined_is_no_number():
    true = np.zeros(5, dtype=int)
    scores = np.full((5, 3), 1 / 3)
    found = metrics.score("classification", true, true, scores, ["roc_auc_ovr"])
    assert np.isnan(found["roc_auc_ovr"])


def test_outputs_that_are_no_probabilities_are_taken_as_keras_takes_them():
    true = np.array([0, 1, 1])
    outputs = np.array([[0.2, 0.2], [3.0, -1.0], [1.0, 3.0]], dtype=np.float32)
    # Shares of the sum: 1/2, -1/2 (clipped to 1e-7) and 3/4.
    expected = -(np.log(1 / 2) + np.log(1e-7) + np.log(3 / 4)) / 3
    scores = metrics.score("classification", true, np.array([0, 0, 1]), outputs)
    assert scores["log_loss"] == pytest.approx(expected, rel=1e-6)
    nothing = np.zeros((3, 2), dtype=np.float32)
    assert np.isnan(metrics.score("classification", true, true, nothing)["log_loss"])


def test_a_diverged_classifier_gets_no_score_and_is_no_error(make):
    nothing = np.full((6, 3), np.nan, dtype=np.float32)
    folder = make("diverged", nothing, test_pred=np.full(6, -1))
    scores = evaluation.score_run("classification", CLASSES, folder, False)
    assert set(scores["test"]) == set(metrics.usual("classification"))
    assert np.isnan(list(scores["test"].values())).all()
    assert set(json.loads(folder.metrics.read_text())["test"].values()) == {None}
    matrix = pd.read_csv(folder.confusion_matrix)
    assert matrix[CLASSES].to_numpy().sum() == 0
    report = pd.read_csv(folder.classification_report)
    assert report["recall"].isna().all() and report["support"].tolist() == [3, 2, 1, 6, 6, 6]


@pytest.mark.parametrize("answer", [np.nan, np.inf, -np.inf])
def test_a_diverged_regression_gets_no_score_and_is_no_error(make, answer):
    true = np.arange(6.0)
    predicted = np.where(true == 3, answer, true)
    folder = make("diverged", np.zeros(0))
    artifacts.write_arrays(folder.predictions, {"test_true": true, "test_pred": predicted})
    scores = evaluation.score_run("regression", [], folder, False)
    assert np.isnan(list(scores["test"].values())).all()
    assert set(json.loads(folder.metrics.read_text())["test"].values()) == {None}
    assert not folder.confusion_matrix.exists() and not folder.classification_report.exists()
    assert evaluation.report(true, predicted, []).loc["examples"].tolist() == [5, 5]


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_no_examples_have_no_score(task):
    none = np.array([], dtype=int)
    assert np.isnan([*metrics.score(task, none, none).values()]).all()
    report = evaluation.classification_report(none, none, CLASSES)
    assert report["recall"].isna().all() and not report["support"].any()


def test_confusions_and_log_loss_of_training_where_asked(make):
    probabilities = np.full((6, 3), 1 / 3, dtype=np.float32)
    more = {"train_true": TRUE, "train_pred": TRUE, "train_score": probabilities}
    folder = make("run", probabilities, **more)
    scores = evaluation.score_run("classification", CLASSES, folder, True)
    assert scores["train"]["log_loss"] == pytest.approx(np.log(3))
    matrix = pd.read_csv(folder.confusion_matrix_train)[CLASSES].to_numpy()
    assert matrix.tolist() == np.diag([3, 2, 1]).tolist()
    evaluation.score_run("classification", CLASSES, folder, False)
    assert not folder.confusion_matrix_train.exists()


def test_many_runs_are_scored_fast(make):
    random = np.random.default_rng(0)
    arrays = {}
    for split, n in {"train": 48_000, "validation": 12_000, "test": 10_000}.items():
        arrays |= {f"{split}_{what}": random.integers(0, 10, n) for what in ("true", "pred")}
    arrays["test_score"] = random.random((10_000, 10)).astype(np.float32)
    metrics.score("classification", TRUE, PREDICTED)  # so that all that is imported late is
    started = time.perf_counter()
    evaluation.score_splits("classification", arrays)
    assert time.perf_counter() - started < 0.2


def test_no_score_of_an_earlier_success_outlives_a_failure(make):
    folder = make("run", np.eye(3)[PREDICTED])
    evaluation.score_run("classification", CLASSES, folder, False)
    artifacts.write_json(folder.run_json, {"status": "failed"})
    assert evaluation.score_run("classification", CLASSES, folder, False) == {}
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


def test_few_labels_that_agree_do_not_show_that_seeds_have_no_effect(make):
    fine = np.random.default_rng(0).dirichlet(np.ones(3), size=6)
    coarse = np.eye(3)[PREDICTED]
    assert evaluation.is_fixed([make("a", fine), make("b", fine)])
    assert not evaluation.is_fixed([make("a", fine)])
    assert not evaluation.is_fixed([make("a", coarse), make("b", coarse)])
    many = np.tile(coarse, (200, 1))
    assert evaluation.is_fixed([make("a", many), make("b", many)])
    assert not evaluation.is_fixed([make("a", many), make("b", many[::-1])])


def test_a_seed_without_effect_is_seen_in_a_regression_too(make):
    def values(name, predicted):
        folder = make(name, np.zeros(0))
        artifacts.write_arrays(folder.predictions, {"test_true": TRUE, "test_pred": predicted})
        return folder

    some = np.arange(6.0)
    assert evaluation.is_seed_ignored([values("a", some), values("b", some)])
    assert not evaluation.is_seed_ignored([values("a", some), values("b", some + 1)])
    lost = np.full(6, np.nan)
    assert not evaluation.is_seed_ignored([values("a", lost), values("b", lost)])

"""Metrics, one record each. To add one, add a record.

Names are scikit-learn's, without `neg_`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import lazy_loader

np = lazy_loader.load("numpy")
sklearn = lazy_loader.load("sklearn")


Function = Callable[["np.ndarray", "np.ndarray"], float]


@dataclass(frozen=True)
class Metric:
    """One number that says how good predictions are.

    Attributes
    ----------
    name
        scikit-learn's name.
    label
        What a reader sees.
    task
        Kind of task that it can judge.
    greater_is_better
        Direction.
    of
        What `function` takes beside the true labels: predicted labels, or class probabilities.
    is_proportion
        Whether it is a share of right examples, so that its sampling error is binomial.
    function
        From (true, predicted) to a number.
    """

    name: str
    label: str
    task: str
    greater_is_better: bool
    of: Literal["labels", "probabilities"]
    is_proportion: bool
    function: Function


def _log_loss(true: np.ndarray, probabilities: np.ndarray) -> float:
    return sklearn.metrics.log_loss(true, probabilities, labels=np.arange(probabilities.shape[1]))


def _macro(function: str) -> Function:
    def score(true: np.ndarray, predicted: np.ndarray) -> float:
        return getattr(sklearn.metrics, function)(true, predicted, average="macro", zero_division=0)

    return score


def _accuracy(true: np.ndarray, predicted: np.ndarray) -> float:
    return sklearn.metrics.accuracy_score(true, predicted)


def _balanced_accuracy(true: np.ndarray, predicted: np.ndarray) -> float:
    return sklearn.metrics.balanced_accuracy_score(true, predicted)


def _classification(name: str, label: str, function: Function, **more: object) -> Metric:
    usual = {"greater_is_better": True, "of": "labels", "is_proportion": False}
    return Metric(name, label, "classification", function=function, **(usual | more))


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _classification("accuracy", "Accuracy", _accuracy, is_proportion=True),
        _classification("balanced_accuracy", "Balanced accuracy", _balanced_accuracy),
        _classification("precision_macro", "Precision, macro average", _macro("precision_score")),
        _classification("recall_macro", "Recall, macro average", _macro("recall_score")),
        _classification("f1_macro", "F1, macro average", _macro("f1_score")),
        _classification(
            "log_loss", "Log loss", _log_loss, of="probabilities", greater_is_better=False
        ),
    )
}


def names(task: str) -> list[str]:
    """Names of the metrics of a task."""
    return [metric.name for metric in METRICS.values() if metric.task == task]


def score(
    task: str,
    true: np.ndarray,
    predicted: np.ndarray,
    probabilities: np.ndarray | None = None,
) -> dict[str, float]:
    """Every metric of a task for one split.

    Parameters
    ----------
    task
        For example "classification".
    true, predicted
        Labels, shape (n,).
    probabilities
        Class probabilities, shape (n, classes). Without them, or where one of them is not finite,
        the metrics that need them are NaN or left out.

    Returns
    -------
    dict
        Metric name to value. NaN where the predictions allow none.
    """
    values = {}
    for metric in (METRICS[name] for name in names(task)):
        if metric.of == "labels":
            values[metric.name] = float(metric.function(true, predicted))
        elif probabilities is not None:
            usable = np.isfinite(probabilities).all()
            values[metric.name] = (
                float(metric.function(true, probabilities)) if usable else float("nan")
            )
    return values

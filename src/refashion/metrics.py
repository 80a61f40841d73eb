"""Metrics, one record each. To add one, add a record.

Names are scikit-learn's, without `neg_`, and so are the definitions. Macro and weighted averages
are taken over the classes that occur among the true labels or the predictions, as scikit-learn does
where it is not told which labels there are. A class of a study that occurs in neither counts for
nothing in an average. `Labels` computes them, for `metrics.json` and `classification_report.csv`
alike. Balanced accuracy is the mean recall of the classes that occur among the true labels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import lazy_loader

if TYPE_CHECKING:
    import numpy as np
    import sklearn
else:
    np = lazy_loader.load("numpy")
    sklearn = lazy_loader.load("sklearn")


Function = Callable[..., float]

# What Keras clips probabilities to before it takes their logarithm.
KERAS_EPSILON = 1e-7


@dataclass(frozen=True)
class Labels:
    """Pairs of labels that occur, and how often: all that metrics of labels need, and short.

    Attributes
    ----------
    true, predicted
        Labels, shape (pairs,).
    counts
        How many examples have them, shape (pairs,).
    """

    true: np.ndarray
    predicted: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, true: np.ndarray, predicted: np.ndarray) -> Labels:
        """Count the pairs of examples, which all have an answer; shape (n,) each."""
        n = 1 + max(true.max(), predicted.max())
        counts = np.bincount(true.astype(np.int64) * n + predicted, minlength=n * n)
        pairs = np.flatnonzero(counts)
        return cls(pairs // n, pairs % n, counts[pairs])

    @cached_property
    def occurring(self) -> np.ndarray:
        """Labels that are true of an example or predicted for one, sorted."""
        return np.union1d(self.true, self.predicted)

    @cached_property
    def scores(self) -> np.ndarray:
        """Precision, recall and F1 (rows) of each label that occurs (columns).

        A score is 0 where it would be a division by zero: of a label that is never predicted, or
        never true.
        """
        return np.stack(self._counted[:3])

    @cached_property
    def support(self) -> np.ndarray:
        """Number of examples of each label that occurs."""
        return self._counted[3]

    @cached_property
    def _counted(self) -> tuple[np.ndarray, ...]:
        return sklearn.metrics.precision_recall_fscore_support(
            self.true, self.predicted, sample_weight=self.counts, zero_division=0
        )

    @cached_property
    def accuracy(self) -> float:
        """Share of right answers."""
        return sklearn.metrics.accuracy_score(self.true, self.predicted, sample_weight=self.counts)

    @cached_property
    def macro(self) -> np.ndarray:
        """Precision, recall and F1, means over the labels that occur."""
        return self.scores.mean(axis=1)

    @cached_property
    def weighted(self) -> np.ndarray:
        """Precision, recall and F1, means over the labels that occur, weighted by support."""
        return (self.scores * self.support).sum(axis=1) / self.support.sum()


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
        What `function` takes beside the truth: predictions (labels or values), or class
        probabilities.
    is_proportion
        Whether it is a share of right examples, so that its sampling error is binomial.
    function
        To a number: for a classification, from `Labels`; for a regression, or of probabilities,
        from (true, predicted).
    gain
        From (true, predicted) to a number for each example, shape (n,), whose mean orders runs on
        the same examples as the metric does, greater being better. None where there is no such.
    """

    name: str
    label: str
    task: str
    greater_is_better: bool
    of: Literal["predictions", "probabilities"]
    is_proportion: bool
    function: Function
    gain: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None


def _balanced_accuracy(labels: Labels) -> float:
    """Mean recall of the classes that occur among the true labels."""
    return labels.scores[1][labels.support > 0].mean()


def _of_values(function: str) -> Function:
    """Call a function of scikit-learn, which is imported only then."""

    def score(true: np.ndarray, predicted: np.ndarray) -> float:
        return getattr(sklearn.metrics, function)(true, predicted)

    return score


def _log_loss(true: np.ndarray, outputs: np.ndarray) -> float:
    """scikit-learn's log loss; for outputs that are no probabilities, what Keras makes of them."""
    # Single precision sums to one within about 1e-6.
    sums = outputs.sum(axis=1)
    if (outputs >= 0).all() and np.allclose(sums, 1, atol=1e-4):
        return sklearn.metrics.log_loss(true, outputs, labels=np.arange(outputs.shape[1]))
    return float(-_log_likelihood(true, outputs).mean())


def _log_likelihood(true: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Logarithm of each example's share of the right class, clipped as Keras does."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = outputs.astype(float) / outputs.sum(axis=1, keepdims=True)
    right = shares[np.arange(len(true)), true]
    return np.log(np.clip(right, KERAS_EPSILON, 1 - KERAS_EPSILON))


def _is_right(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return (true == predicted).astype(float)


def _minus_square(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return -((true - predicted) ** 2)


def _minus_size(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return -np.abs(true - predicted)


def _classification(name: str, label: str, function: Function, **more: Any) -> Metric:
    usual: dict[str, Any] = {"greater_is_better": True, "of": "predictions", "is_proportion": False}
    return Metric(name, label, "classification", function=function, **(usual | more))


def _regression(name: str, label: str, function: str, **more: Any) -> Metric:
    usual: dict[str, Any] = {"greater_is_better": False, "of": "predictions"}
    usual |= {"is_proportion": False, "function": _of_values(function), "gain": _minus_square}
    return Metric(name, label, "regression", **(usual | more))


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _classification(
            "accuracy",
            "Accuracy",
            lambda of: of.accuracy,
            is_proportion=True,
            gain=_is_right,
        ),
        _classification("balanced_accuracy", "Balanced accuracy", _balanced_accuracy),
        _classification("precision_macro", "Precision, macro average", lambda of: of.macro[0]),
        _classification("recall_macro", "Recall, macro average", lambda of: of.macro[1]),
        _classification("f1_macro", "F1, macro average", lambda of: of.macro[2]),
        _classification(
            "log_loss",
            "Log loss",
            _log_loss,
            of="probabilities",
            greater_is_better=False,
            gain=_log_likelihood,
        ),
        _regression("mean_squared_error", "Mean squared error", "mean_squared_error"),
        _regression(
            "root_mean_squared_error", "Root mean squared error", "root_mean_squared_error"
        ),
        _regression(
            "mean_absolute_error", "Mean absolute error", "mean_absolute_error", gain=_minus_size
        ),
        _regression("r2", "R²", "r2_score", greater_is_better=True),
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
        "classification" or "regression".
    true, predicted
        Labels (a prediction below 0 is none), or values, shape (n,).
    probabilities
        Class probabilities, shape (n, classes). Without them, the metrics that need them are left
        out.

    Returns
    -------
    dict
        Metric name to value. NaN where there are no examples, or where a prediction is no number:
        a model that has diverged is given no score for a few answers before or by chance.
    """
    is_labels = task == "classification"
    is_number = predicted >= 0 if is_labels else np.isfinite(predicted)
    wanted = [METRICS[name] for name in names(task)]
    given = [m for m in wanted if m.of == "predictions" or probabilities is not None]
    if not (is_number.all() and len(true)):
        return {metric.name: float("nan") for metric in given}
    answers = (Labels.of(true, predicted),) if is_labels else (true, predicted)
    return {
        metric.name: float(
            metric.function(*answers)
            if metric.of == "predictions"
            else metric.function(true, probabilities)
        )
        for metric in given
    }

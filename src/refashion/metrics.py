"""Metrics, one record each. To add a metric, add a record.

Names and definitions are scikit-learn's; names have no `neg_`. Macro and weighted averages are
taken over the classes that occur in the true labels or the predictions, which is scikit-learn's
default. A class that occurs in neither does not enter an average. `Labels` computes the averages
for both `metrics.json` and `classification_report.csv`. Balanced accuracy is the mean recall of the
classes that occur in the true labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import lazy_loader

from refashion import influence

if TYPE_CHECKING:
    import numpy as np
    import sklearn
else:
    np = lazy_loader.load("numpy")
    sklearn = lazy_loader.load("sklearn")


Function = Callable[..., float]

# Keras clips probabilities to [epsilon, 1 - epsilon] before it takes their logarithm.
KERAS_EPSILON = 1e-7


@dataclass(frozen=True)
class Labels:
    """Counts of the pairs of true and predicted labels, which all label metrics derive from.

    Attributes
    ----------
    true, predicted
        Labels of each pair that occurs, shape (pairs,).
    counts
        Number of examples of each pair, shape (pairs,).
    """

    true: np.ndarray
    predicted: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, true: np.ndarray, predicted: np.ndarray) -> Labels:
        """Count the pairs of labels.

        Parameters
        ----------
        true, predicted
            Non-negative labels, shape (n,).
        """
        n = 1 + max(true.max(), predicted.max())
        counts = np.bincount(true.astype(np.int64) * n + predicted, minlength=n * n)
        pairs = np.flatnonzero(counts)
        return cls(pairs // n, pairs % n, counts[pairs])

    @cached_property
    def occurring(self) -> np.ndarray:
        """Labels that occur in the true labels or the predictions, sorted, shape (labels,)."""
        return np.union1d(self.true, self.predicted)

    @cached_property
    def scores(self) -> np.ndarray:
        """Precision, recall and F1 of each label that occurs, shape (3, labels).

        A score is 0 where the definition divides by zero: if a label is never predicted, or is
        never the true one.
        """
        return np.stack(self._counted[:3])

    @cached_property
    def support(self) -> np.ndarray:
        """Number of examples of each label that occurs, shape (labels,)."""
        return self._counted[3]

    @cached_property
    def _counted(self) -> tuple[np.ndarray, ...]:
        return sklearn.metrics.precision_recall_fscore_support(
            self.true, self.predicted, sample_weight=self.counts, zero_division=0
        )

    @cached_property
    def accuracy(self) -> float:
        """Fraction of correct predictions."""
        return sklearn.metrics.accuracy_score(self.true, self.predicted, sample_weight=self.counts)

    @cached_property
    def macro(self) -> np.ndarray:
        """Macro averages of precision, recall and F1, shape (3,)."""
        return self.scores.mean(axis=1)

    @cached_property
    def weighted(self) -> np.ndarray:
        """Averages of precision, recall and F1 weighted by support, shape (3,)."""
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
        From (true, predicted) to a number for each example, shape (n,). Their mean is the metric,
        negated where less is better, and their variance over n is its variance over examples; see
        `refashion.influence`.
    is_usual
        Whether it is computed for every run, and not only where a claim asks for it.
    fewest_classes, most_classes
        For how many classes it is defined; None for any number. Of two classes, the second one is
        the positive class.
    """

    name: str
    label: str
    task: str
    greater_is_better: bool
    of: Literal["predictions", "probabilities"]
    is_proportion: bool
    function: Function
    gain: influence.Gain
    is_usual: bool = True
    fewest_classes: int = 2
    most_classes: int | None = None


def _balanced_accuracy(labels: Labels) -> float:
    """Mean recall of the classes that occur in the true labels."""
    return labels.scores[1][labels.support > 0].mean()


def _of_values(function: str) -> Function:
    """Wrap a function of scikit-learn so that scikit-learn is imported at the first call."""

    def score(true: np.ndarray, predicted: np.ndarray) -> float:
        return getattr(sklearn.metrics, function)(true, predicted)

    return score


def _log_loss(true: np.ndarray, outputs: np.ndarray) -> float:
    """scikit-learn's log loss; for outputs that are not probabilities, the loss of Keras."""
    # Probabilities in single precision sum to one within about 1e-6.
    sums = outputs.sum(axis=1)
    if (outputs >= 0).all() and np.allclose(sums, 1, atol=1e-4):
        return sklearn.metrics.log_loss(true, outputs, labels=np.arange(outputs.shape[1]))
    return float(-_log_likelihood(true, outputs).mean())


def _log_likelihood(true: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Logarithm of the normalized output for the true class, clipped as in Keras, shape (n,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = outputs.astype(float) / outputs.sum(axis=1, keepdims=True)
    right = shares[np.arange(len(true)), true]
    return np.log(np.clip(right, KERAS_EPSILON, 1 - KERAS_EPSILON))


def _is_right(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return (true == predicted).astype(float)


def _minus_square(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return -((true - predicted) ** 2)


def _minus_root_mean_square(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    squares = (true - predicted) ** 2
    root = np.sqrt(squares.mean())
    # The root has no slope at zero, but there all squares are zero as well.
    return -(root + (squares - squares.mean()) / (2 * root)) if root > 0 else -squares


def _minus_size(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return -np.abs(true - predicted)


def _minus_share(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    # scikit-learn divides by this number where the true value is zero.
    return -np.abs(true - predicted) / np.maximum(np.abs(true), np.finfo(float).eps)


def _weighted_by_count(function: str, **more: Any) -> Function:
    """Wrap a function of scikit-learn on labels, which come as pairs with their counts."""

    def score(of: Labels) -> float:
        score = getattr(sklearn.metrics, function)
        return score(of.true, of.predicted, sample_weight=of.counts, **more)

    return score


def _of_positive(function: str) -> Function:
    """Wrap a function of scikit-learn on the probability of the second of two classes."""

    def score(true: np.ndarray, outputs: np.ndarray) -> float:
        return getattr(sklearn.metrics, function)(true, outputs[:, 1])

    return score


def _of_probabilities(function: str, **more: Any) -> Function:
    """Wrap a function of scikit-learn on probabilities of all classes."""

    def score(true: np.ndarray, outputs: np.ndarray) -> float:
        labels = np.arange(outputs.shape[1])
        # Single precision does not sum to one exactly enough for scikit-learn.
        outputs = outputs.astype(float)
        shares = outputs / outputs.sum(axis=1, keepdims=True)
        return getattr(sklearn.metrics, function)(true, shares, labels=labels, **more)

    return score


def _classification(name: str, label: str, function: Function, **more: Any) -> Metric:
    usual: dict[str, Any] = {"greater_is_better": True, "of": "predictions", "is_proportion": False}
    return Metric(name, label, "classification", function=function, **(usual | more))


def _asked(name: str, label: str, function: Function, **more: Any) -> Metric:
    return _classification(name, label, function, is_usual=False, **more)


def _regression(name: str, label: str, function: str, **more: Any) -> Metric:
    usual: dict[str, Any] = {"greater_is_better": False, "of": "predictions"}
    usual |= {"is_proportion": False, "function": _of_values(function)}
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
        _classification(
            "balanced_accuracy",
            "Balanced accuracy",
            _balanced_accuracy,
            gain=influence.balanced_accuracy,
        ),
        _classification(
            "precision_macro",
            "Precision, macro average",
            lambda of: of.macro[0],
            gain=influence.macro("precision"),
        ),
        _classification(
            "recall_macro",
            "Recall, macro average",
            lambda of: of.macro[1],
            gain=influence.macro("recall"),
        ),
        _classification(
            "f1_macro",
            "F1, macro average",
            lambda of: of.macro[2],
            gain=influence.macro("f1_score"),
        ),
        _classification(
            "log_loss",
            "Log loss",
            _log_loss,
            of="probabilities",
            greater_is_better=False,
            gain=_log_likelihood,
        ),
        _regression(
            "mean_squared_error", "Mean squared error", "mean_squared_error", gain=_minus_square
        ),
        _regression(
            "root_mean_squared_error",
            "Root mean squared error",
            "root_mean_squared_error",
            gain=_minus_root_mean_square,
        ),
        _regression(
            "mean_absolute_error", "Mean absolute error", "mean_absolute_error", gain=_minus_size
        ),
        _regression("r2", "R²", "r2_score", greater_is_better=True, gain=influence.explained),
        # From here on, only where a claim asks for it.
        _asked(
            "precision_weighted",
            "Precision, weighted average",
            lambda of: of.weighted[0],
            gain=influence.weighted("precision"),
        ),
        _asked(
            "recall_weighted",
            "Recall, weighted average",
            lambda of: of.weighted[1],
            gain=influence.weighted("recall"),
        ),
        _asked(
            "f1_weighted",
            "F1, weighted average",
            lambda of: of.weighted[2],
            gain=influence.weighted("f1_score"),
        ),
        _asked(
            "matthews_corrcoef",
            "Matthews correlation",
            _weighted_by_count("matthews_corrcoef"),
            gain=influence.matthews,
        ),
        _asked(
            "cohen_kappa_score",
            "Cohen's kappa",
            _weighted_by_count("cohen_kappa_score"),
            gain=influence.kappa,
        ),
        _asked(
            "roc_auc",
            "ROC AUC",
            _of_positive("roc_auc_score"),
            gain=influence.area,
            of="probabilities",
            most_classes=2,
        ),
        _asked(
            "roc_auc_ovr",
            "ROC AUC, one against the rest",
            _of_probabilities("roc_auc_score", multi_class="ovr"),
            gain=influence.area_one_against_rest,
            of="probabilities",
            fewest_classes=3,
        ),
        _asked(
            "roc_auc_ovo",
            "ROC AUC, one against one",
            _of_probabilities("roc_auc_score", multi_class="ovo"),
            gain=influence.area_one_against_one,
            of="probabilities",
            fewest_classes=3,
        ),
        _asked(
            "average_precision",
            "Average precision",
            _of_positive("average_precision_score"),
            gain=influence.average_precision,
            of="probabilities",
            most_classes=2,
        ),
        _asked(
            "brier_score",
            "Brier score",
            _of_positive("brier_score_loss"),
            gain=lambda true, outputs: -influence.brier(true, outputs),
            of="probabilities",
            most_classes=2,
            greater_is_better=False,
        ),
        *(
            _asked(
                f"top_{k}_accuracy",
                f"Top-{k} accuracy",
                _of_probabilities("top_k_accuracy_score", k=k),
                gain=influence.is_among_best(k),
                of="probabilities",
                is_proportion=True,
                fewest_classes=k + 1,
            )
            for k in (2, 3, 5)
        ),
        _regression(
            "mean_absolute_percentage_error",
            "Mean absolute percentage error",
            "mean_absolute_percentage_error",
            gain=_minus_share,
            is_usual=False,
        ),
    )
}


def usual(task: str) -> list[str]:
    """Return the names of the metrics that every run of a task has."""
    return [name for name in names(task) if METRICS[name].is_usual]


def names(task: str) -> list[str]:
    """Return the names of the metrics of a task, "classification" or "regression"."""
    return [metric.name for metric in METRICS.values() if metric.task == task]


def is_at_most_one(name: str) -> bool:
    """Whether a metric cannot exceed 1, so that reports may print it in percent."""
    metric = METRICS.get(name)
    is_of_labels = metric is not None and metric.task == "classification"
    return name == "r2" or (metric is not None and is_of_labels and metric.greater_is_better)


def score(
    task: str,
    true: np.ndarray,
    predicted: np.ndarray,
    probabilities: np.ndarray | None = None,
    more: Iterable[str] = (),
) -> dict[str, float]:
    """Compute the metrics of a task on one split.

    Parameters
    ----------
    task
        "classification" or "regression".
    true, predicted
        Labels or values, shape (n,). A negative predicted label means that there is no prediction.
    probabilities
        Class probabilities, shape (n, classes). Without them, metrics that need them are omitted.
    more
        Names of metrics besides the usual ones.

    Returns
    -------
    dict
        Value of each metric by name. All values are NaN if there are no examples, or if any
        prediction is missing or not finite: a model that has diverged gets no score.
    """
    is_labels = task == "classification"
    is_number = predicted >= 0 if is_labels else np.isfinite(predicted)
    wanted = [METRICS[name] for name in dict.fromkeys((*usual(task), *more))]
    given = [m for m in wanted if m.of == "predictions" or probabilities is not None]
    if not (is_number.all() and len(true)):
        return {metric.name: float("nan") for metric in given}
    answers = (Labels.of(true, predicted),) if is_labels else (true, predicted)
    return {
        metric.name: _number(metric, *answers)
        if metric.of == "predictions"
        else _number(metric, true, probabilities)
        for metric in given
    }


def _number(metric: Metric, *answers: Any) -> float:
    try:
        return float(metric.function(*answers))
    except ValueError:
        # For example, a class of which an area under a curve is asked has no examples.
        if metric.is_usual:
            raise
        return float("nan")

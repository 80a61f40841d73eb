"""How much each test example adds to a score: what a comparison rests on, example by example.

The variance over examples of a difference of scores is that of the difference of these gains, see
`refashion.influence`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from refashion import influence
from refashion.influence import Gain
from refashion.metrics import METRICS
from refashion.runs.results import StudyResults
from refashion.spec.claims import CONFUSION


def metric_gains(
    run: str, seeds: Sequence[int], metric: str, split: str, results: StudyResults
) -> np.ndarray:
    """Gains of a run on a metric, greater being better.

    Parameters
    ----------
    run, seeds
        Executions that finished.
    metric
        Name of a metric.
    split
        Test examples of which split.
    results
        Results of the study.

    Returns
    -------
    ndarray
        Shape (n, seeds); NaN for a seed with an answer that is missing or not finite.
    """
    record = METRICS[metric]
    columns = []
    for seed in seeds:
        true, predicted = results.pair(run, seed, split)
        # As for the metric itself: a run that has diverged gets no credit for some answers.
        if not has_answers(predicted, record.task == "regression"):
            columns.append(np.full(len(true), np.nan))
            continue
        if record.of == "probabilities":
            predicted = results.probabilities(run, seed, split)
        folds = results.fold_numbers(run, seed, split)
        columns.append(_of_folds(record.gain, true, predicted, folds))
    return np.stack(columns, axis=1)


def _of_folds(
    gain: Gain, true: np.ndarray, predicted: np.ndarray, folds: np.ndarray | None
) -> np.ndarray:
    """Gains on the mean over folds of a metric; without folds, on the metric of all examples."""
    if folds is None:
        return gain(true, predicted)
    gains, numbers = np.empty(len(true)), np.unique(folds)
    for number in numbers:
        chosen = folds == number
        weight = len(true) / (len(numbers) * chosen.sum())
        gains[chosen] = weight * gain(true[chosen], predicted[chosen])
    return gains


def has_answers(predicted: np.ndarray, is_regression: bool = False) -> bool:
    """Whether no prediction is missing or not finite; a missing label is negative."""
    return bool(np.isfinite(predicted).all() if is_regression else (predicted >= 0).all())


def class_gains(true: np.ndarray, predicted: np.ndarray, metric: str, label: int) -> np.ndarray:
    """Gains of a class on one of its scores: the mean of them is the score.

    Parameters
    ----------
    true, predicted
        Labels, shape (n,).
    metric
        "precision", "recall", "f1_score" or "support".
    label
        Label of the class.

    Returns
    -------
    ndarray
        Shape (n,); NaN if there is no answer. A score that would divide by zero is zero.
    """
    if not has_answers(predicted):
        return np.full(len(true), np.nan)
    if metric == "support":
        return (true == label).astype(float) * len(true)
    return influence.of_class(true, predicted, metric, label)


def pair_gains(true: np.ndarray, predicted: np.ndarray, pair: tuple[int, int]) -> np.ndarray:
    """Gains of two classes on the number of errors between them, in both directions, shape (n,)."""
    if not has_answers(predicted):
        return np.full(len(true), np.nan)
    first, second = pair
    between = ((true == first) & (predicted == second)) | ((true == second) & (predicted == first))
    return between.astype(float) * len(true)


def gains_of(
    true: np.ndarray, predicted: np.ndarray, metric: str, labels: Sequence[int]
) -> np.ndarray:
    """Gains of a class, or for `confusion` of a pair of classes, shape (n,)."""
    if metric == CONFUSION:
        first, second = labels
        return pair_gains(true, predicted, (first, second))
    return class_gains(true, predicted, metric, labels[0])


def over_repeats(gains: np.ndarray, split: str, results: StudyResults) -> np.ndarray:
    """Average the gains of each example over the repeats of its cross-validation.

    An example that was tested ten times is still one example.

    Parameters
    ----------
    gains
        Gains on the examples of all repeats, one repeat after the other along the first axis.
    split
        Test examples of which split.
    results
        Results of the study.
    """
    repeats = getattr(results.study.split, "repeats", 1)
    if repeats == 1 or split != "test" or len(gains) % repeats:
        return gains
    return np.mean(np.split(gains, repeats), axis=0)


def variance_of_mean(gains: np.ndarray, is_shared: bool) -> float:
    """Variance over examples of the mean over examples and seeds.

    Parameters
    ----------
    gains
        Shape (n, seeds).
    is_shared
        Whether the examples are the same for all seeds; if not, each seed averages over its own.
    """
    n, k = gains.shape
    if is_shared:
        return float(np.var(gains.mean(axis=1))) / n
    return float(np.var(gains, axis=0).mean()) / (n * k)


def variance_of_difference(one: np.ndarray, other: np.ndarray, is_shared: bool) -> float:
    """Variance over examples of the difference of two runs, of the means over examples and seeds.

    Parameters
    ----------
    one, other
        Gains of each, shape (n, seeds).
    is_shared
        Whether the examples are the same for all seeds and both runs.
    """
    if is_shared and len(one) == len(other):
        gains = one.mean(axis=1) - other.mean(axis=1)
        return variance_of_mean(gains[:, None], is_shared=True)
    return variance_of_mean(one, is_shared=False) + variance_of_mean(other, is_shared=False)

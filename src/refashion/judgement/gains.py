"""How much each test example adds to a score: what a comparison rests on, example by example.

The variance over examples of a difference of scores is that of the difference of these gains. A
score that is a ratio of two sums, such as precision, is linearised around its value (delta method).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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
        A metric that is a mean over examples, or a function of one.
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
    if record.gain is None:
        raise ValueError(f"{metric}: not a mean over examples")
    columns = []
    for seed in seeds:
        true, predicted = results.pair(run, seed, split)
        is_answered = has_answers(predicted, record.task == "regression")
        if record.of == "probabilities":
            predicted = results.predictions(run, seed)[f"{split}_score"]
        gains = record.gain(true, predicted)
        # As for the metric itself: a run that has diverged gets no credit for some answers.
        columns.append(gains if is_answered else np.full(len(true), np.nan))
    return np.stack(columns, axis=1)


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
    is_true, is_predicted = (true == label).astype(float), (predicted == label).astype(float)
    if metric == "support":
        return is_true * len(true)
    above, below = {
        "precision": (is_true * is_predicted, is_predicted),
        "recall": (is_true * is_predicted, is_true),
        "f1_score": (2 * is_true * is_predicted, is_true + is_predicted),
    }[metric]
    size = below.mean()
    if size == 0:
        return np.zeros(len(true))
    score = above.mean() / size
    return score + (above - score * below) / size


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


def over_repeats(gains: np.ndarray, split: str, results: StudyResults, axis: int = 0) -> np.ndarray:
    """Average the gains of each example over the repeats of its cross-validation.

    An example that was tested ten times is still one example.

    Parameters
    ----------
    gains
        Gains on the examples of all repeats, one repeat after the other along an axis.
    split
        Test examples of which split.
    results
        Results of the study.
    axis
        The axis of the examples.
    """
    repeats = getattr(results.study.split, "repeats", 1)
    if repeats == 1 or split != "test" or gains.shape[axis] % repeats:
        return gains
    return np.mean(np.split(gains, repeats, axis=axis), axis=0)


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

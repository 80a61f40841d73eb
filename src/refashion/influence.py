"""How much each test example adds to a score: its gain.

The mean of the gains of all examples is the score, and their variance over n is the variance of the
score over examples. The gain is the score plus the influence of the example on it (Hampel 1974),
which is what the infinitesimal jackknife uses (Jaeckel 1972; Efron 1982), and the delta method. Of
a mean over examples it is the value of the example itself. The difference of the gains of two runs
on the same examples has the variance of the difference of their scores.

All functions take the true labels or values, shape (n,), and the predicted ones, or class
probabilities, shape (n, classes). They return the gains, shape (n,), NaN if the score is not
defined. Less is not negated: a gain of an error is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    import numpy as np
    import scipy
else:
    np = lazy_loader.load("numpy")
    scipy = lazy_loader.load("scipy")

Gain = Callable[["np.ndarray", "np.ndarray"], "np.ndarray"]


def of_class(true: np.ndarray, predicted: np.ndarray, metric: str, label: int) -> np.ndarray:
    """Gains of a class on its precision, recall or F1 score.

    Parameters
    ----------
    true, predicted
        Labels, shape (n,).
    metric
        "precision", "recall" or "f1_score".
    label
        Label of the class.

    Returns
    -------
    ndarray
        Shape (n,). A score that would divide by zero is zero.
    """
    is_true, is_predicted = (true == label).astype(float), (predicted == label).astype(float)
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


def macro(metric: str) -> Gain:
    """Return the gains on the mean of a score over the classes that occur."""

    def gains(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        labels = np.union1d(true, predicted)
        return np.mean([of_class(true, predicted, metric, label) for label in labels], axis=0)

    return gains


def balanced_accuracy(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Gains on the mean recall of the classes that occur in the true labels."""
    labels = np.unique(true)
    return np.mean([of_class(true, predicted, "recall", label) for label in labels], axis=0)


def weighted(metric: str) -> Gain:
    """Return the gains on the mean of a score over classes, weighted by their shares."""

    def gains(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        total = np.zeros(len(true))
        for label in np.unique(true):
            of_label, is_true = of_class(true, predicted, metric, label), true == label
            share, score = is_true.mean(), of_label.mean()
            total += share * of_label + (is_true - share) * score
        return total

    return gains


def matthews(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Gains on the Matthews correlation, for any number of classes (Gorodkin 2004)."""
    right, of_true, of_predicted = _shares(true, predicted)
    chance = float(of_true @ of_predicted)
    above = right.mean() - chance
    spare = 1 - np.array([of_true @ of_true, of_predicted @ of_predicted])
    if (spare <= 0).any():  # one class only: the score is zero by convention
        return np.zeros(len(true))
    size = np.sqrt(spare.prod())
    change = right - right.mean() - (_chance(true, predicted, of_true, of_predicted) - 2 * chance)
    bends = (of_true[true] - of_true @ of_true) / spare[0]
    bends = bends + (of_predicted[predicted] - of_predicted @ of_predicted) / spare[1]
    return above / size + change / size + above / size * bends


def kappa(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Gains on Cohen's kappa (Fleiss, Cohen and Everitt 1969)."""
    right, of_true, of_predicted = _shares(true, predicted)
    chance = float(of_true @ of_predicted)
    if chance == 1:
        return np.full(len(true), np.nan)
    agreement = right.mean()
    of_chance = _chance(true, predicted, of_true, of_predicted) - 2 * chance
    score = (agreement - chance) / (1 - chance)
    return (
        score + (right - agreement) / (1 - chance) - of_chance * (1 - agreement) / (1 - chance) ** 2
    )


def _shares(true: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = 1 + int(max(true.max(), predicted.max()))
    counts = [np.bincount(labels, minlength=n) / len(true) for labels in (true, predicted)]
    return (true == predicted).astype(float), counts[0], counts[1]


def _chance(
    true: np.ndarray, predicted: np.ndarray, of_true: np.ndarray, of_predicted: np.ndarray
) -> np.ndarray:
    """Give what each example adds to the agreement by chance, whose mean is twice that."""
    return of_predicted[true] + of_true[predicted]


def area(true: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Gains on the ROC AUC of the second of two classes (DeLong et al. 1988)."""
    return _area(outputs[:, 1], true == 1, np.ones(len(true), dtype=bool))


def area_one_against_rest(true: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Gains on the mean ROC AUC of each class against all others."""
    shares, every = _normalized(outputs), np.ones(len(true), dtype=bool)
    areas = [_area(shares[:, label], true == label, every) for label in range(shares.shape[1])]
    return np.mean(areas, axis=0)


def area_one_against_one(true: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Gains on the mean ROC AUC of each class against each other (Hand and Till 2001)."""
    shares = _normalized(outputs)
    labels = range(shares.shape[1])
    areas = [
        _area(shares[:, one], true == one, (true == one) | (true == other))
        for one in labels
        for other in labels
        if one != other
    ]
    return np.mean(areas, axis=0)


def _normalized(outputs: np.ndarray) -> np.ndarray:
    outputs = outputs.astype(float)
    return outputs / outputs.sum(axis=1, keepdims=True)


def _area(scores: np.ndarray, is_positive: np.ndarray, is_member: np.ndarray) -> np.ndarray:
    """Gains on the area under the curve of the members; those of other examples have no influence.

    The influence of a positive example is by how much more negatives it beats than the average one
    does, computed from ranks (Sun and Xu 2014).
    """
    n = len(scores)
    above, below = scores[is_member & is_positive], scores[is_member & ~is_positive]
    if not len(above) or not len(below):
        return np.full(n, np.nan)
    ranks = scipy.stats.rankdata(np.concatenate([above, below]))
    beats = (ranks[: len(above)] - scipy.stats.rankdata(above)) / len(below)
    beaten = 1 - (ranks[len(above) :] - scipy.stats.rankdata(below)) / len(above)
    found = np.full(n, beats.mean())
    found[is_member & is_positive] += (beats - beats.mean()) * n / len(above)
    found[is_member & ~is_positive] += (beaten - beats.mean()) * n / len(below)
    return found


def average_precision(true: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Gains on the average precision of the second of two classes.

    It is the mean over positive examples of the precision P among the examples that score at least
    as high, of which there are B. An example adds its own P, and changes those of all positive
    examples that it outranks, by (1 - P)/B if it is positive and by -P/B if not.
    """
    scores, is_positive, n = outputs[:, 1], true == 1, len(true)
    n_positive = int(is_positive.sum())
    if not n_positive:
        return np.full(n, np.nan)
    order = np.argsort(-scores, kind="stable")
    ordered = -scores[order]
    # For each example, the end of those that score as high, and of those that score higher.
    last = np.searchsorted(ordered, ordered, side="right")
    first = np.searchsorted(ordered, ordered, side="left")
    positive = is_positive[order].astype(float)
    precision = (np.cumsum(positive) / np.arange(1, n + 1))[last - 1]
    score = float((precision * positive).sum() / n_positive)
    share = n / n_positive
    # Sums over the positive examples that score no higher.
    weight, weighed = positive / last, positive * precision / last
    lower = [np.append(np.cumsum(each[::-1])[::-1], 0.0)[first] for each in (weight, weighed)]
    found = score + share * positive * (precision - score)
    found += share * (positive * lower[0] - lower[1])
    gains = np.empty(n)
    gains[order] = found
    return gains


def brier(true: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Squared distance of the probability of the second of two classes from the truth."""
    return (outputs[:, 1].astype(float) - (true == 1)) ** 2


def is_among_best(k: int) -> Gain:
    """Return whether the true class is among the k most probable ones."""

    def gains(true: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        # Ties are broken as scikit-learn breaks them.
        best = np.argsort(_normalized(outputs), axis=1, kind="mergesort")[:, ::-1][:, :k]
        return (best == true[:, None]).any(axis=1).astype(float)

    return gains


def explained(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Gains on R², the share of the variance of the target that is explained."""
    variance = np.var(true)
    squares = (true - predicted) ** 2
    if variance == 0:  # a constant target has no variance to explain
        return 1 - squares
    left = squares.mean() / variance
    of_target = (true - true.mean()) ** 2
    return 1 - left - (squares - squares.mean()) / variance + left * (of_target / variance - 1)

"""The joint check of scores of two classes: whether counts exist that give all of them."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from refashion.checks.consistency.finding import Finding
from refashion.checks.consistency.number import (
    MeanOf,
    Number,
    Positive,
    Stated,
    count,
    listed,
    read,
    read_proportion,
)

if TYPE_CHECKING:
    import numpy as np

Score = Literal[
    "accuracy",
    "balanced_accuracy",
    "sensitivity",
    "recall",
    "specificity",
    "ppv",
    "precision",
    "npv",
    "f1",
    "mcc",
    "kappa",
]
MOST_POSITIVES = 10**6
# Error of float64.
SLACK = 1e-12


def two_class_scores(
    *,
    scores: Annotated[dict[Score, Stated], Field(min_length=1)],
    positives: Positive,
    negatives: Positive,
    mean_of: MeanOf = None,
) -> Finding:
    """Check that some counts of right and wrong answers give all scores of a classifier.

    For each number of true positives, the false positives that give a score are a range, because
    every one of the scores falls with each further false positive. The ranges of all scores have to
    share a whole number.

    The same is tested by Kovács and Fazekas (2023), "mlscorecheck: Testing the consistency of
    reported performance scores and experiments in machine learning".

    Parameters
    ----------
    scores
        As stated. Sensitivity and recall are the same, as are PPV and precision; F1 is that of the
        positive class; MCC is Matthews' correlation coefficient, kappa is Cohen's.
    positives, negatives
        Number of examples of each class.
    mean_of
        What the scores are means of; then they need not fit whole counts.

    Raises
    ------
    ValueError
        There are too many positives.
    """
    p, n = count(positives), count(negatives)
    if p > MOST_POSITIVES:
        raise ValueError(f"{p:,} positives; accepted: at most {MOST_POSITIVES:,}")
    stated: dict[str, Number] = {name: _read(name, text) for name, text in scores.items()}
    if mean_of or any(number.is_mean for number in stated.values()):
        return Finding(True, f"Means over {mean_of or 'runs'} fit no counts.", vacuous=True)
    told = listed([f"{name} {number.text}" for name, number in stated.items()])
    if (found := _counts(stated, p, n, cut_off=False)) is not None:
        tp, fp = found
        text = f"{tp:,} of {p:,} positives and {n - fp:,} of {n:,} negatives right give {told}"
        return Finding(True, f"{text}.")
    text = f"No counts of {p:,} positives and {n:,} negatives give {told} together."
    if _counts(stated, p, n, cut_off=True) is not None:
        return Finding.only_if("digits were cut off, not rounded", text)
    return Finding(False, text)


def _read(name: str, text: str) -> Number:
    return read(text) if name in ("mcc", "kappa") else read_proportion(text)


def _counts(stated: Mapping[str, Number], p: int, n: int, cut_off: bool) -> tuple[int, int] | None:
    """Return true and false positives that fit all scores, or None."""
    import numpy as np

    limits = {name: _limits(number, cut_off) for name, number in stated.items()}
    # Where a class is never answered, a score is 0, 1 or NaN, as the library puts it.
    for (tp, fp), undefined in (((0, 0), {"ppv", "precision", "mcc"}), ((p, n), {"npv", "mcc"})):
        if all(
            low <= float(_score(name, np.array(float(tp)), np.array(float(fp)), p, n)) <= high
            for name, (low, high) in limits.items()
            if name not in undefined
        ):
            return tp, fp
    every = np.arange(p + 1.0)
    least, most = np.zeros(p + 1), np.full(p + 1, float(n))
    for name, (low, high) in limits.items():
        score = functools.partial(_score, name, every, p=p, n=n)
        least = np.maximum(least, _first_below(math.nextafter(high, math.inf), score, p, n))
        most = np.minimum(most, _first_below(low, score, p, n) - 1)
    fits = np.flatnonzero(least <= most)
    return (int(fits[0]), int(least[fits[0]])) if fits.size else None


def _limits(number: Number, cut_off: bool) -> tuple[float, float]:
    low, high = number.ends(cut_off)
    return low - SLACK, high + SLACK


def _first_below(
    limit: float, score: Callable[[np.ndarray], np.ndarray], p: int, n: int
) -> np.ndarray:
    """Find by bisection, for each true positive count, the fewest false positives below a limit.

    It is n + 1 where there are none.
    """
    import numpy as np

    low, high = np.zeros(p + 1), np.full(p + 1, n + 1.0)
    while (parted := low < high).any():
        middle = np.floor((low + high) / 2)
        is_below = score(np.minimum(middle, n)) < limit
        high = np.where(parted & is_below, middle, high)
        low = np.where(parted & ~is_below, middle + 1, low)
    return low


def _score(name: str, tp: np.ndarray, fp: np.ndarray, p: int, n: int) -> np.ndarray:
    """Calculate a score from true and false positives of p positives and n negatives.

    Each falls with fp. It is 0 where there is nothing to divide by.
    """
    import numpy as np

    fn, tn = p - tp, n - fp
    match name:
        case "accuracy":
            return (tp + tn) / (p + n)
        case "balanced_accuracy":
            return (tp / p + tn / n) / 2
        case "sensitivity" | "recall":
            return tp / p + 0 * fp
        case "specificity":
            return tn / n
        case "ppv" | "precision":
            over, under = tp, tp + fp
        case "npv":
            over, under = tn, tn + fn
        case "f1":
            over, under = 2 * tp, 2 * tp + fp + fn
        case "mcc":
            over = tp * tn - fp * fn
            under = np.sqrt((tp + fp) * p) * np.sqrt(n * (tn + fn))
        case _:
            over = 2 * (tp * tn - fp * fn)
            under = (tp + fp) * n + p * (fn + tn)
    return np.divide(over, under, out=np.zeros(np.shape(over)), where=under > 0)

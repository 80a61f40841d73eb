"""Share of a gap that a change closes, with its uncertainty. This module opens no files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.special

from refashion.judgement.scatter import Scatter, degrees_of_freedom

CONFIDENCE = 0.95


class RunValues(NamedTuple):
    """What a run gives for a number.

    Attributes
    ----------
    values
        A value of each seed, at least one, all finite.
    scatter
        Their deviation between seeds.
    of_examples
        Variance that comes from other test examples than those of the source.
    """

    values: Sequence[float]
    scatter: Scatter
    of_examples: float = 0.0

    @property
    def mean(self) -> float:
        """Mean over seeds."""
        return float(np.mean(self.values))

    @property
    def variance(self) -> float:
        """Variance of the mean."""
        return self.scatter.sd**2 / self.scatter.k


class Share(NamedTuple):
    """Share of a gap: 0 leaves it as it is, 1 closes it, a negative one widens it.

    Attributes
    ----------
    value
        The share.
    lower, upper
        Its 95 % interval; None if the seeds are too few to limit it.
    """

    value: float
    lower: float | None
    upper: float | None

    @property
    def is_clear(self) -> bool:
        """Whether the change surely closes some of the gap."""
        return self.lower is not None and self.lower > 0


def share_closed(
    reported: float, printed_variance: float, ours: RunValues, changed: RunValues
) -> Share | None:
    """Return which share of the gap between a reported number and ours a change closes.

    The share is a ratio of differences, (changed - ours) / (reported - ours). Its interval is that
    of Fieller (1954): all shares x for which changed - x·reported - (1 - x)·ours may be zero, by
    Student's t with the degrees of freedom of Welch and Satterthwaite. The reported number comes
    from one execution, whose seed has the deviation of ours.

    Parameters
    ----------
    reported
        The reported number.
    printed_variance
        Variance of its rounding.
    ours, changed
        Values of the run of the claim, and of the run with the change.

    Returns
    -------
    Share or None
        None if there is no gap.

    Examples
    --------
    >>> known = Scatter(0.0, 5, math.inf, is_random=False)
    >>> share_closed(0.9, 0.0, RunValues([0.8], known), RunValues([0.86], known)).value
    0.6
    """
    gap, moved = reported - ours.mean, changed.mean - ours.mean
    if gap == 0:
        return None
    value = round(moved / gap, 12)
    of_seed, known = ours.scatter.sd**2, printed_variance + ours.of_examples
    terms = [
        (changed.variance, changed.scatter.freedom),
        ((1 - value) ** 2 * ours.variance + value**2 * of_seed, ours.scatter.freedom),
    ]
    total = sum(variance for variance, _ in terms) + value**2 * known
    t = _quantile(degrees_of_freedom(terms, total)) if total > 0 else 0.0
    square = gap**2 - t**2 * (of_seed + known + ours.variance)
    half = gap * moved - t**2 * ours.variance
    rest = moved**2 - t**2 * (changed.variance + ours.variance)
    if square <= 0:
        return Share(value, None, None)
    root = math.sqrt(max(0.0, half**2 - square * rest))
    return Share(value, (half - root) / square, (half + root) / square)


def _quantile(freedom: float) -> float:
    probability = (1 + CONFIDENCE) / 2
    if math.isinf(freedom):
        return float(scipy.special.ndtri(probability))
    return float(scipy.special.stdtrit(freedom, probability))

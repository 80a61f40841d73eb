"""Share of a gap that a change closes, with its uncertainty. This module opens no files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import scipy.special

from refashion.judgement.scatter import RunValues, cautious_freedom

CONFIDENCE = 0.95

Signed = Mapping[str, tuple[float, RunValues]]
"""Runs by name, each with the factor that it has in a sum: 1 and -1 for a difference."""


class Aim(NamedTuple):
    """What has to be reached.

    Attributes
    ----------
    value
        The reported number, or 0 for the margin of a statement.
    known
        Variance of its rounding, and of test examples that are not ours.
    draws
        Number of executions that the source gives the mean of; they deviate as ours do. None if
        nothing was executed to get it.
    """

    value: float
    known: float = 0.0
    draws: int | None = None


class Share(NamedTuple):
    """Share of a gap: 0 leaves it as it is, 1 closes it, a negative one widens it.

    Attributes
    ----------
    value
        The share.
    lower, upper
        Its 95 % interval; None if the seeds are too few to limit it. Without randomness, both are
        the share.
    """

    value: float
    lower: float | None
    upper: float | None

    @property
    def is_exact(self) -> bool:
        """Whether no other seed would give another share."""
        return self.lower == self.value == self.upper

    @property
    def is_clear(self) -> bool:
        """Whether the change surely closes some of the gap."""
        return self.lower is not None and self.lower > 0


def total(signed: Signed) -> float:
    """Return the sum of the means of some runs."""
    return sum(sign * values.mean for sign, values in signed.values())


def share_closed(aim: Aim, ours: Signed, changed: Signed) -> Share | None:
    """Return which share of the gap between what has to be reached and ours a change closes.

    The share is a ratio of differences, (changed - ours) / (aim - ours). Its interval is that of
    Fieller (1954): all shares x for which changed - x·aim - (1 - x)·ours may be zero. As in the
    rule for differences, rounding and test examples have the quantile of the normal distribution,
    and the seeds that of Student's t with the degrees of freedom of Welch and Satterthwaite; or
    the seeds of each run have a quantile of their own (Banerjee 1960), which is narrower where some
    runs have far fewer than others. The narrower interval counts. Without randomness, the share is
    exact: that of these test examples, as far as the reported number is printed.

    Parameters
    ----------
    aim
        What has to be reached.
    ours, changed
        What the runs of the claim give, and those with the change. A run in both is the same.

    Returns
    -------
    Share or None
        None if there is no gap.

    Examples
    --------
    >>> from refashion.judgement.scatter import Scatter
    >>> known = Scatter(0.0, 5, math.inf, is_random=False)
    >>> sides = ({run: (1, RunValues([mean], known))} for run, mean in (("a", 0.8), ("b", 0.86)))
    >>> share_closed(Aim(0.9), *sides).value
    0.6
    """
    gap, moved = aim.value - total(ours), total(changed) - total(ours)
    if gap == 0:
        return None
    value = round(moved / gap, 12)
    runs = [values for _, values in (*ours.values(), *changed.values())]
    if not any(values.scatter.is_random or values.of_examples for values in runs):
        return Share(value, value, value)
    chances = _Chances(aim, ours, changed)
    of_all = np.full(len(chances.runs), _quantile(chances.freedom(value)))
    of_each = np.array([_quantile(run.scatter.freedom) for run in chances.runs.values()])
    intervals = [
        found
        for quantiles in (of_all, of_each)
        if (found := _interval(gap, moved, chances.allowed(quantiles)))
    ]
    lower, upper = min(intervals, key=lambda ends: ends[1] - ends[0], default=(None, None))
    return Share(value, lower, upper)


def _interval(
    gap: float, moved: float, allowed: tuple[float, float, float]
) -> tuple[float, float] | None:
    """Solve for the ends of an interval of Fieller; None if it has no ends.

    Parameters
    ----------
    gap, moved
        Both differences.
    allowed
        Squared quantiles times the variance of the gap, the covariance, and the variance of what
        moves.
    """
    products = (gap**2, gap * moved, moved**2)
    square, half, rest = (one - other for one, other in zip(products, allowed, strict=True))
    if square <= 0:
        return None
    root = math.sqrt(max(0.0, half**2 - square * rest))
    return (half - root) / square, (half + root) / square


class _Chances:
    """Variances of the gap, of what a change moves, and their covariance, by source of chance."""

    def __init__(self, aim: Aim, ours: Signed, changed: Signed) -> None:
        self.aim = aim
        self.runs = {name: values for name, (_, values) in {**ours, **changed}.items()}
        before, after = (
            np.array([signed[name][0] if name in signed else 0.0 for name in self.runs])
            for signed in (ours, changed)
        )
        self.of_gap, self.of_moved = -before, after - before

    def allowed(self, quantiles: np.ndarray) -> tuple[float, float, float]:
        """Return squared quantiles times variances: of the gap, the covariance, of what moves.

        Parameters
        ----------
        quantiles
            Of the deviation between the seeds of each run.
        """
        variances = np.array([values.variance for values in self.runs.values()])
        square, half, rest = self._moments(np.diag(quantiles**2 * variances))
        square += float(quantiles**2 * self.of_gap**2 @ self._of_source())
        known, z = self._of_examples(), _quantile(math.inf)
        return square + z**2 * known[0], half + z**2 * known[1], rest + z**2 * known[2]

    def _of_source(self) -> np.ndarray:
        """Variance of what each run gave in the source."""
        draws = math.inf if self.aim.draws is None else self.aim.draws
        return np.array([values.scatter.sd**2 / draws for values in self.runs.values()])

    def _of_examples(self) -> tuple[float, float, float]:
        """Variances over rounding and test examples, and their covariance."""
        if self.aim.draws is not None:  # what parts the source's examples from ours is known
            return self.aim.known, 0.0, 0.0
        each = [values.gains for values in self.runs.values()]
        shared = [gains for gains in each if gains is not None]
        if len(shared) == len(each) and len({len(gains) for gains in shared}) == 1:
            matrix = np.atleast_2d(np.cov(np.stack(shared), bias=True)) / len(shared[0])
        else:
            matrix = np.diag(
                [
                    values.of_examples if gains is None else float(np.var(gains)) / len(gains)
                    for values, gains in zip(self.runs.values(), each, strict=True)
                ]
            )
        return self._moments(matrix)

    def _moments(self, matrix: np.ndarray) -> tuple[float, float, float]:
        one, other = self.of_gap, self.of_moved
        return float(one @ matrix @ one), float(one @ matrix @ other), float(other @ matrix @ other)

    def freedom(self, share: float) -> float:
        """Degrees of freedom of the deviation between seeds at a share, about the estimated one."""
        weights = (self.of_moved - share * self.of_gap) ** 2
        of_source = share**2 * self.of_gap**2 * self._of_source()
        terms = [
            (float(weight * values.variance + source), values.scatter)
            for weight, source, values in zip(weights, of_source, self.runs.values(), strict=True)
        ]
        return cautious_freedom([term for term in terms if term[0] > 0])


def _quantile(freedom: float) -> float:
    probability = (1 + CONFIDENCE) / 2
    if math.isinf(freedom):
        return float(scipy.special.ndtri(probability))
    return float(scipy.special.stdtrit(freedom, probability))

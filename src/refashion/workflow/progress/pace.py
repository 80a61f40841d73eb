"""How long runs take, compared with what was expected of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

ALL = "runs"
"""The group of all runs."""

PRIOR_WEIGHT = 0.5
"""Weight of what is known about a larger group, in runs of the smaller one."""

SPREAD = 0.45
"""Standard deviation of the logarithm of a run's duration around what is expected of it.

Measured over the runs of two recorded commands (0.47, 0.45), whose durations had been stated by
hand. The studies have stated them better since, but others will not.
"""

SPREAD_OF_SEEDS = 0.15
"""The same around what other seeds of the run took (0.07, and 0.18 on a busy machine)."""

SMALLEST = 0.01
"""A smaller ratio says that a run did not train, and nothing about its speed."""

NOTHING = (0.0, 0.0)

_NORMAL = NormalDist()


class Pace:
    """The ratio of real to expected durations, learned from runs.

    The ratio of a group is the geometric mean of its runs, drawn towards that of the next larger
    group: the fewer of its runs are known, the more. The ratio of all runs is drawn towards the
    prior. So one run says a little about all others, more about those of its kind, and most about
    its other seeds. However many seeds a run has, it counts once in the larger groups.

    Parameters
    ----------
    prior
        The ratio that is expected if nothing is known.
    """

    def __init__(self, prior: float = 1) -> None:
        self._prior = prior
        # By group: the weights, and the weighted sum of the logarithms of the ratios. The smallest
        # group of a run has those of its seeds, and larger groups have those of their runs.
        self._known: dict[str, tuple[float, float]] = {}

    def add(self, groups: Sequence[str], ratio: float, weight: float = 1) -> None:
        """Add what a run has shown.

        Parameters
        ----------
        groups
            Its groups; see `Task.groups`.
        ratio
            Its duration, as a multiple of what was expected.
        weight
            How certain that is; 1 for a run that has finished.
        """
        *larger, own = groups
        before = self._known.get(own, NOTHING)
        log = math.log(max(ratio, SMALLEST))
        self._known[own] = after = (before[0] + weight, before[1] + weight * log)
        for group in larger:
            total, logs = self._known.get(group, NOTHING)
            (old_weight, old), (new_weight, new) = _as_one(before), _as_one(after)
            self._known[group] = total - old_weight + new_weight, logs - old + new

    def copy(self) -> Pace:
        """Return a copy, to which other runs can be added."""
        other = Pace(self._prior)
        other._known = dict(self._known)
        return other

    def ratio(self, groups: Sequence[str]) -> float:
        """Return the ratio that is to be expected of a run of these groups."""
        log = math.log(self._prior)
        for group in groups:
            weight, logs = self._known.get(group, NOTHING)
            log = (PRIOR_WEIGHT * log + logs) / (PRIOR_WEIGHT + weight)
        return math.exp(log)

    def mean_ratio(self, groups: Sequence[str]) -> float:
        """Return the mean ratio: `ratio` is the median, and many runs add up to the mean.

        As long as nothing is known, it is the prior, as announced.
        """
        if ALL not in self._known:
            return self._prior
        return self.ratio(groups) * math.exp(self.spread(groups) ** 2 / 2)

    def knows(self, groups: Sequence[str]) -> bool:
        """Whether a seed of the run has finished."""
        return self._known.get(groups[-1], NOTHING)[0] >= 1

    def spread(self, groups: Sequence[str]) -> float:
        """Return the standard deviation of the logarithm of a run's duration."""
        return SPREAD_OF_SEEDS if self.knows(groups) else SPREAD


def _as_one(seeds: tuple[float, float]) -> tuple[float, float]:
    """Give all seeds of a run the weight of one."""
    weight, logs = seeds
    return (1.0, logs / weight) if weight > 1 else seeds


def expected_end(expected: float, spread: float, age: float) -> float:
    """Return the age at which a job will probably end: as likely before as after.

    It is the median of a log-normal distribution, of which the part before `age` is cut off. So a
    job that takes longer than expected is taken to be a slow one, and not to be about to end.

    Parameters
    ----------
    expected
        Its median duration when it started.
    spread
        Standard deviation of the logarithm of the duration.
    age
        Time since it started, in the unit of `expected`.

    Examples
    --------
    >>> expected_end(100, 0.5, age=0)
    100
    >>> round(expected_end(100, 0.5, age=100)), round(expected_end(100, 0.5, age=200))
    (140, 238)
    """
    if age <= 0 or expected <= 0:
        return max(expected, age)
    passed = _NORMAL.cdf(math.log(age / expected) / spread)
    half = min((1 + passed) / 2, 1 - 1e-12)
    return max(expected * math.exp(spread * _NORMAL.inv_cdf(half)), 1.05 * age)

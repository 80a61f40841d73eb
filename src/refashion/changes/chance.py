"""Whether the values of a run in two results folders differ by more than seed-to-seed variation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from refashion.judgement.interval import CONFIDENCE, Gap
from refashion.judgement.scatter import Scatter

IDENTICAL = "identical"
ROUNDING = "rounding"
WITHIN = "within_noise"
BEYOND = "beyond_noise"
UNDECIDED = "unknown_noise"
NOT_A_NUMBER = "not_a_number"

# The order of summation depends on the library version. Settings and seeds have larger effects.
ROUNDING_ERROR = 1e-9

# Means, numbers of seeds, and whether the seeds are the same: fields of a `Difference`.
Facts = tuple[float, float, tuple[int, int], bool]


@dataclass(frozen=True)
class Difference:
    """Difference between the values of a metric in two results folders, A and B.

    Attributes
    ----------
    change
        "identical" (to the last bit), "rounding", "within_noise" or "beyond_noise";
        "unknown_noise" if there is one seed and no assumed deviation between seeds;
        "not_a_number" if a run diverged.
    a, b
        Means over the compared seeds.
    seeds
        Number of compared seeds in A and B.
    paired
        Whether the compared seeds are the same in both.
    lower, upper
        Confidence interval of the difference, B minus A; None without an interval.
    preliminary
        Whether the deviation between seeds is assumed, because there is only one seed.
    """

    change: str
    a: float
    b: float
    seeds: tuple[int, int]
    paired: bool
    lower: float | None = None
    upper: float | None = None
    preliminary: bool = False

    @property
    def size(self) -> float | None:
        """The difference, B minus A; None if a run diverged."""
        return None if self.change == NOT_A_NUMBER else self.b - self.a

    @property
    def relative(self) -> float:
        """Absolute difference divided by the larger absolute value; infinite if a run diverged."""
        if self.size is None:
            return math.inf
        largest = max(abs(self.a), abs(self.b))
        return abs(self.size) / largest if largest else 0.0


def difference(
    a: Mapping[int, float],
    b: Mapping[int, float],
    *,
    seed_sd_prior: float | None,
    deterministic: bool = False,
) -> Difference:
    """Compare the values of one metric of a run in two results folders.

    Values of common seeds are compared in pairs, and other seeds are left out. Without a common
    seed, the means over all seeds are compared.

    Parameters
    ----------
    a, b
        Values by seed, at least one each.
    seed_sd_prior
        Standard deviation between seeds to assume if each side has one value, in the unit of the
        values; None if unknown.
    deterministic
        Whether the model has no randomness, so that no difference between pairs is due to chance.
    """
    common = sorted(a.keys() & b.keys())
    left, right = ([side[seed] for seed in common or sorted(side)] for side in (a, b))
    means = float(np.mean(left)), float(np.mean(right))
    facts = (*means, (len(left), len(right)), bool(common))
    if _is_identical(left, right, bool(common)):
        return Difference(IDENTICAL, *facts)
    if not all(map(math.isfinite, means)):
        return Difference(NOT_A_NUMBER, *facts)
    compared = (left, right) if common else ([means[0]], [means[1]])
    if np.allclose(compared[0], compared[1], rtol=ROUNDING_ERROR, atol=1e-12):
        return Difference(ROUNDING, *facts)
    if common and deterministic:
        return _classified(facts, (means[1] - means[0],) * 2, preliminary=False)
    if len(left) == len(right) == 1:
        if seed_sd_prior is None:
            return Difference(UNDECIDED, *facts)
        return _classified(facts, _beside(means, left, seed_sd_prior), preliminary=True)
    interval = _paired(left, right) if common else _unpaired(left, right)
    return _classified(facts, interval, preliminary=False)


def _is_identical(left: Sequence[float], right: Sequence[float], paired: bool) -> bool:
    if paired:
        return np.array_equal(left, right, equal_nan=True)
    # Unpaired values are identical only if all are equal, so that the seed has no influence.
    values = np.unique([*left, *right])
    return len(values) == 1


def _classified(facts: Facts, interval: tuple[float, float], preliminary: bool) -> Difference:
    lower, upper = map(float, interval)
    change = WITHIN if lower <= 0 <= upper else BEYOND
    return Difference(change, *facts, lower, upper, preliminary)


def _around(means: tuple[float, float], margin: float) -> tuple[float, float]:
    size = means[1] - means[0]
    return size - margin, size + margin


def _beside(
    means: tuple[float, float], values: Sequence[float], prior: float
) -> tuple[float, float]:
    """Interval of the difference of a single value from the mean of others, by their deviation."""
    half = Gap(0.0, Scatter.of(values, prior), known_variance=0.0, tolerance=0.0).half_width
    return _around(means, half)


def _paired(left: Sequence[float], right: Sequence[float]) -> tuple[float, float]:
    """Return the confidence interval of the mean paired difference, by Student's t."""
    sizes = np.subtract(right, left)
    if np.ptp(sizes) == 0:
        return sizes[0], sizes[0]
    return tuple(stats.ttest_1samp(sizes, 0.0).confidence_interval(CONFIDENCE))


def _unpaired(left: Sequence[float], right: Sequence[float]) -> tuple[float, float]:
    """Return the confidence interval of the difference of means, by Welch's t.

    If one side has a single value, return the prediction interval for it.
    """
    means = float(np.mean(left)), float(np.mean(right))
    several = [side for side in (left, right) if len(side) > 1]
    if len(several) == 1:
        return _beside(means, several[0], prior=0.0)
    if np.ptp(left) == np.ptp(right) == 0:
        return _around(means, 0.0)
    welch = stats.ttest_ind(right, left, equal_var=False)
    return tuple(welch.confidence_interval(CONFIDENCE))

"""Whether the values of a run in two folders differ by more than the luck of the seed."""

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
UNKNOWN = "unknown_noise"
NOT_A_NUMBER = "not_a_number"

# Libraries add up in an order of their own; what a setting or a seed does is far above this.
ROUNDING_ERROR = 1e-9


@dataclass(frozen=True)
class Difference:
    """How a value in B differs from that in A.

    Attributes
    ----------
    change
        "identical" to the last bit, "rounding", "within_noise", "beyond_noise"; "unknown_noise"
        where one seed says nothing of chance; "not_a_number" where a side has diverged.
    a, b
        Means over the seeds that are compared.
    seeds
        Their numbers in A and B.
    paired
        Whether they are the same in both.
    lower, upper
        Interval of the difference, B minus A; None where there is none.
    preliminary
        Whether the deviation between seeds is a prior.
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
        """B minus A."""
        return None if self.change == NOT_A_NUMBER else self.b - self.a

    @property
    def relative(self) -> float:
        """Size as a share of the larger value; infinite where one side is no number."""
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
    """Compare the values of one metric of a run, by seed.

    Seeds that both have are compared in pairs, and the others left out; where there are none, the
    means over all seeds are compared.

    Parameters
    ----------
    a, b
        Value by seed, at least one each.
    seed_sd_prior
        Standard deviation between seeds where one value cannot tell it, in the unit of the values;
        None where it is not known.
    deterministic
        Whether the model has no randomness: in pairs, no difference is chance.
    """
    common = sorted(a.keys() & b.keys())
    left, right = ([side[seed] for seed in common or sorted(side)] for side in (a, b))
    means = float(np.mean(left)), float(np.mean(right))
    facts = (*means, (len(left), len(right)), bool(common))
    if _is_identical(left, right, bool(common)):
        return Difference(IDENTICAL, *facts)
    if not all(map(math.isfinite, means)):
        return Difference(NOT_A_NUMBER, *facts)
    if np.allclose(*((left, right) if common else means), rtol=ROUNDING_ERROR, atol=1e-12):
        return Difference(ROUNDING, *facts)
    if common and deterministic:
        return _placed(facts, (means[1] - means[0],) * 2, preliminary=False)
    if len(left) == len(right) == 1:
        if seed_sd_prior is None:
            return Difference(UNKNOWN, *facts)
        return _placed(facts, _beside(means, left, seed_sd_prior), preliminary=True)
    interval = _paired(left, right) if common else _unpaired(left, right)
    return _placed(facts, interval, preliminary=False)


def _is_identical(left: Sequence[float], right: Sequence[float], paired: bool) -> bool:
    if paired:
        return np.array_equal(left, right, equal_nan=True)
    # Seeds without influence, such as those of a model that always answers the same.
    values = np.unique([*left, *right])
    return len(values) == 1


def _placed(facts: tuple, interval: tuple[float, float], preliminary: bool) -> Difference:
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
    """Interval of the mean of the differences of pairs, by Student's t."""
    sizes = np.subtract(right, left)
    if np.ptp(sizes) == 0:
        return sizes[0], sizes[0]
    return tuple(stats.ttest_1samp(sizes, 0.0).confidence_interval(CONFIDENCE))


def _unpaired(left: Sequence[float], right: Sequence[float]) -> tuple[float, float]:
    """Interval of the difference of means by Welch's t; of a single value, where it may fall."""
    means = float(np.mean(left)), float(np.mean(right))
    several = [side for side in (left, right) if len(side) > 1]
    if len(several) == 1:
        return _beside(means, several[0], prior=0.0)
    if np.ptp(left) == np.ptp(right) == 0:
        return _around(means, 0.0)
    welch = stats.ttest_ind(right, left, equal_var=False)
    return tuple(welch.confidence_interval(CONFIDENCE))

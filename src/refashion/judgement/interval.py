"""The interval rule: a reported number against the re-created values of several seeds.

If the report is true, the reported number is one more draw of the same procedure, so its difference
from the mean of our seeds has a prediction interval (Patil, Peng and Leek 2016). The interval is
compared with a tolerance that was fixed before running, as in equivalence tests (Lakens 2017). If
it lies inside, the number is reproduced; if it lies wholly outside, it is not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, NotRequired, TypedDict, Unpack

import lazy_loader
import numpy as np

from refashion.judgement.scatter import Scatter, degrees_of_freedom
from refashion.judgement.settling import leaning
from refashion.judgement.share import judge_share
from refashion.ledger.entry import Judgement, Verdict
from refashion.reported import Bound, Reported

scipy = lazy_loader.load("scipy")

CONFIDENCE = 0.95
# From so many printed digits on, a number was printed to the last digit of a double.
DIGITS_OF_A_DOUBLE = 15
# Degrees of freedom of the tails of seed noise, which is less normal than its middle.
FREEDOM_OF_TAILS = 3
# Sums in another order change a double by so many units in its last place.
LAST_PLACES = 4


@dataclass(frozen=True)
class Gap:
    """What lies between a reported number and the mean of the re-created values.

    Attributes
    ----------
    difference
        Reported minus re-created, d.
    scatter
        Deviation between our seeds, s, of k of them.
    known_variance
        Variance that is not estimated from seeds: r²/3 of rounding to ± r, and B of other test
        examples.
    tolerance
        Largest difference that counts as reproduced, δ.
    draws
        Number of runs that the reported number is the mean of.
    best_of
        Number of runs that the reported number is the best of.
    greater_is_better
        Which of several runs is the best.
    bound
        Whether the number is only said to be over or under the value, or about it.
    step
        Smallest step by which a value can change, such as one example. Seeds may agree by chance in
        coarse steps, so the deviation between seeds contains it, as a doubt about what disagrees.
        What agrees needs no such doubt.
    """

    difference: float
    scatter: Scatter
    known_variance: float
    tolerance: float
    draws: int = 1
    best_of: int = 1
    greater_is_better: bool = True
    bound: Bound | None = None
    step: float = 0.0

    @property
    def _of_seeds(self) -> float:
        return self.scatter.sd**2 * (1 / self.draws + 1 / self.scatter.k)

    @property
    def variance(self) -> float:
        """V = s²(1/draws + 1/k) + r²/3 + B."""
        return self._of_seeds + self.known_variance

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the variance, of which only the first term is estimated."""
        return degrees_of_freedom([(self._of_seeds, self.scatter.freedom)], self.variance)

    @property
    def half_width(self) -> float:
        """Half the width of the interval of the difference: t(0.975, ν)·√V."""
        return _quantile((1 + CONFIDENCE) / 2, self.freedom) * math.sqrt(self.variance)

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end of the interval of the difference.

        The variance of steps is left out if the interval then lies within the tolerance.
        """
        between = math.sqrt(max(0.0, self.scatter.sd**2 - self.step**2 / 12))
        narrow = replace(self, scatter=replace(self.scatter, sd=between))._interval
        return narrow if self._is_within(narrow) else self._interval

    @property
    def _interval(self) -> tuple[float, float]:
        """Interval of the whole variance.

        The best of n draws lies below x if all of them do, so its quantiles are those of the nth
        roots of the probabilities. All else that parts it from our mean is no draw that anyone
        chose from. Both are combined around the median of the best, by the squares of their
        half-widths (Zou and Donner 2008); with one draw, this is `half_width`.
        """
        if self.best_of == 1:
            return self.difference - self.half_width, self.difference + self.half_width
        tail = (1 - CONFIDENCE) / 2
        low, median, high = (self._best(p) for p in (tail, 0.5, 1 - tail))
        rest = self.variance - self.scatter.sd**2
        other = _quantile(1 - tail, self.freedom) * math.sqrt(max(rest, 0.0))
        ends = median - math.hypot(median - low, other), median + math.hypot(high - median, other)
        low, high = ends if self.greater_is_better else (-ends[1], -ends[0])
        return self.difference - high, self.difference - low

    def _best(self, probability: float) -> float:
        """Quantile of the best of some draws, greater being better, from the mean of one."""
        return _quantile(probability ** (1 / self.best_of), self.freedom) * self.scatter.sd

    @property
    def verdict(self) -> Verdict:
        """Where the interval lies against the tolerance."""
        if self._is_within(self.interval):
            return Verdict.REPRODUCED
        lower, upper = (float(against(end, self.bound)) for end in self.interval)
        if lower > self.tolerance or upper < -self.tolerance:
            return Verdict.NOT_REPRODUCED
        return Verdict.INCONCLUSIVE

    def _is_within(self, interval: tuple[float, float]) -> bool:
        return all(abs(against(end, self.bound)) <= self.tolerance for end in interval)

    @property
    def direction(self) -> Literal["higher", "lower"] | None:
        """Side of our values, if the number is not reproduced."""
        if self.verdict is not Verdict.NOT_REPRODUCED:
            return None
        return "lower" if self.difference > 0 else "higher"

    @property
    def p_value(self) -> float:
        """Probability of so large a difference or a larger one if the true one is the tolerance.

        It is for comparisons of many numbers, which go far into the tail. There, the degrees of
        freedom of the whole variance promise too much, since of many cells one has seeds that agree
        by luck; and noise of training is not normal. So they are those of the seeds, and few.
        """
        freedom = self.scatter.freedom
        if self.scatter.is_random:
            freedom = min(freedom, FREEDOM_OF_TAILS)
        distance = abs(float(against(self.difference, self.bound)))
        return self._tail(distance - self.tolerance, freedom)

    @property
    def by_chance(self) -> float:
        """Probability that a number is called not reproduced though nothing but chance parts it."""
        if math.isinf(self.half_width):
            return 0.0
        return self._tail(self.tolerance + self.half_width, self.freedom)

    def _tail(self, distance: float, freedom: float) -> float:
        """Probability, of both sides, of a distance from zero or a larger one."""
        if self.variance == 0:
            return float(distance <= 0)
        if math.isinf(self.variance):
            return 1.0
        standardised = distance / math.sqrt(self.variance)
        return min(1.0, 2 * float(_upper_tail(standardised, freedom)))

    def with_seeds(self, k: float) -> Gap:
        """Give the gap as it would be with k seeds of the same mean and deviation."""
        return replace(self, scatter=self.scatter.with_seeds(k))


def against(difference: Any, bound: Bound | None) -> Any:
    """Return differences, reported minus ours, as far as they speak against the reported number.

    With "over 90 %", a larger value of ours agrees; with "under", a smaller one.
    """
    if bound == "over":
        return np.maximum(difference, 0.0)
    return np.minimum(difference, 0.0) if bound == "under" else difference


def _quantile(probability: float, freedom: float) -> float:
    """Quantile of Student's t; of the normal distribution for infinite degrees of freedom."""
    if math.isinf(freedom):
        return float(scipy.special.ndtri(probability))
    return float(scipy.special.stdtrit(freedom, probability))


def _upper_tail(value: float, freedom: float) -> float:
    if math.isinf(freedom):
        return float(scipy.special.ndtr(-value))
    return float(scipy.special.stdtr(freedom, -value))


class Terms(TypedDict):
    """What a number is judged by besides its values, see `gap`."""

    tolerance: float
    seed_sd_prior: float
    deterministic: NotRequired[bool]
    binomial: NotRequired[float]
    resolution: NotRequired[float]
    draws: NotRequired[int]
    best_of: NotRequired[int]
    greater_is_better: NotRequired[bool]


def gap(
    reported: Reported,
    values: Sequence[float],
    *,
    tolerance: float,
    seed_sd_prior: float,
    deterministic: bool = False,
    binomial: float = 0.0,
    resolution: float = 0.0,
    draws: int = 1,
    best_of: int = 1,
    greater_is_better: bool = True,
) -> Gap:
    """Measure the gap between a reported number and re-created values.

    Parameters
    ----------
    reported
        The number with its printed precision.
    values
        The re-created value of each seed, at least one, all finite.
    tolerance
        Largest difference that counts as reproduced.
    seed_sd_prior
        Standard deviation between seeds that is assumed for one seed, in the unit of the values.
    deterministic
        Whether the model has no randomness, so that one value is all there is.
    binomial
        Variance from different test examples, see `binomial_variance`.
    resolution
        Smallest step by which a value can change, see `Scatter.of`; theirs is as coarse as ours.
    draws, best_of
        Number of runs that the reported number is the mean, or the best, of.
    greater_is_better
        Which of several runs is the best.
    """
    return Gap(
        reported.value - float(np.mean(values)),
        Scatter.of(values, seed_sd_prior, deterministic, resolution),
        reported.half_unit**2 / 3 + binomial,
        tolerance,
        draws,
        best_of,
        greater_is_better,
        reported.bound,
        0.0 if deterministic else resolution,
    )


def judge_value(reported: Reported, values: Sequence[float], **terms: Unpack[Terms]) -> Judgement:
    """Judge one reported number by the interval rule.

    Parameters
    ----------
    reported, values, **terms
        As for `gap`; but values need not be finite.

    Returns
    -------
    Judgement
        Without a reason. Inconclusive if a value is not finite: `diverged` says why.
    """
    return judge_with_gap(reported, values, **terms)[0]


def judge_with_gap(
    reported: Reported, values: Sequence[float], **terms: Unpack[Terms]
) -> tuple[Judgement, Gap | None]:
    """Judge one reported number like `judge_value`, and return the gap as well.

    The gap is None if the reported number or a value is not finite.
    """
    k, mean = len(values), float(np.mean(values))
    if math.isnan(reported.value):
        return _judge_reported_nan(values), None
    if not math.isfinite(mean):
        return Judgement(Verdict.INCONCLUSIVE, seeds=k), None
    deterministic = terms.get("deterministic", False)
    found = gap(reported, values, **terms)
    if deterministic and reported.bound is None and is_exact(reported, mean):
        return Judgement(Verdict.EXACT, "", mean, 0.0, k, 0.0, 0.0, by_chance=0.0), found
    lower, upper = found.interval
    of_values = Scatter.of(values, terms["seed_sd_prior"], deterministic)
    judged = Judgement(
        found.verdict,
        "",
        mean,
        of_values.sd,
        k,
        lower,
        upper,
        found.direction,
        found.scatter.is_assumed,
        by_chance=found.by_chance,
    )
    if deterministic:  # more seeds would bring nothing new
        return judged, found
    return leaning(judged, lambda seeds: found.with_seeds(seeds).verdict), found


def is_exact(reported: Reported, value: float) -> bool:
    """Whether a value, printed with the digits of a reported number, is that number.

    A number that is printed to the last digits of a double is the same if it lies within a few
    units in its last place: there, processors differ by the order in which they add up.
    """
    if round(value, reported.digits) == round(reported.value, reported.digits):
        return True
    size = abs(reported.value)
    if size and reported.digits + math.floor(math.log10(size)) + 1 >= DIGITS_OF_A_DOUBLE:
        return abs(value - reported.value) <= LAST_PLACES * float(np.spacing(size))
    return False


def _judge_reported_nan(values: Sequence[float]) -> Judgement:
    """Judge a source that prints NaN by the share of seeds that are not finite, either."""
    judged = judge_share(sum(not math.isfinite(value) for value in values), len(values))
    numbers = {Verdict.HOLDS: Verdict.REPRODUCED, Verdict.FAILS: Verdict.NOT_REPRODUCED}
    towards = judged.leaning and numbers[judged.leaning]
    verdict = numbers.get(judged.verdict, judged.verdict)
    return replace(judged, verdict=verdict, leaning=towards, reproduced=None)


def binomial_variance(accuracy: float, theirs: int, ours: int) -> float:
    """Variance of the difference of two accuracies from different examples.

    Parameters
    ----------
    accuracy
        Proportion of right answers.
    theirs, ours
        Number of test examples of each.
    """
    return accuracy * (1 - accuracy) * (1 / theirs + 1 / ours)

"""The rules by which a claim is judged.

The interval rule, for one reported number, follows prediction intervals for replications (Patil,
Peng and Leek 2016) and equivalence tests (Lakens 2017): the difference between the reported number
and the mean of the seeds, with all that may part them by chance, is held against a tolerance fixed
beforehand. A statement is judged by the share of seeds and draws in which it is so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

import lazy_loader
import numpy as np

from refashion.ledger.entry import Judgement, Verdict
from refashion.reported import Reported

scipy = lazy_loader.load("scipy")

CONFIDENCE = 0.95
# A statement holds from this share of draws on, and fails up to its complement.
SURE = 0.95


def judge_value(
    reported: Reported,
    values: Sequence[float],
    *,
    tolerance: float,
    seed_sd_prior: float,
    deterministic: bool = False,
    binomial: float = 0.0,
) -> Judgement:
    """Judge one reported number by the interval rule.

    Parameters
    ----------
    reported
        The number with its printed precision.
    values
        The re-created value of each seed, at least one.
    tolerance
        Largest difference that still counts as reproduced.
    seed_sd_prior
        Standard deviation between seeds, where one value cannot tell it.
    deterministic
        Whether the model has no randomness, so that one value is all there is.
    binomial
        Variance from different test examples, see `binomial_variance`.

    Returns
    -------
    Judgement
        Without a reason. Inconclusive where a value is not finite: `diverged` says why.
    """
    k, mean = len(values), float(np.mean(values))
    if math.isnan(reported.value):
        return _judge_reported_nan(values)
    if not math.isfinite(mean):
        return Judgement(Verdict.INCONCLUSIVE, seeds=k)
    if deterministic and is_exact(reported, mean):
        return Judgement(Verdict.EXACT, "", mean, 0.0, k, 0.0, 0.0)
    sd, preliminary = _seed_deviation(values, seed_sd_prior, deterministic)
    difference = reported.value - mean
    margin = interval_half_width(
        sd, k, reported.half_unit, binomial, known=preliminary or deterministic
    )
    lower, upper = difference - margin, difference + margin
    verdict, direction = _place(lower, upper, tolerance)
    return Judgement(verdict, "", mean, sd, k, lower, upper, direction, preliminary)


def is_exact(reported: Reported, value: float) -> bool:
    """Whether a value, printed with the digits of a reported number, is that number."""
    return round(value, reported.digits) == round(reported.value, reported.digits)


def _judge_reported_nan(values: Sequence[float]) -> Judgement:
    """Judge a source that prints NaN: ours has to be no number either."""
    is_number = [math.isfinite(value) for value in values]
    if not any(is_number):
        return Judgement(Verdict.REPRODUCED, seeds=len(values))
    verdict = Verdict.NOT_REPRODUCED if all(is_number) else Verdict.INCONCLUSIVE
    return Judgement(verdict, seeds=len(values))


def _seed_deviation(
    values: Sequence[float], prior: float, deterministic: bool
) -> tuple[float, bool]:
    if deterministic:
        return 0.0, False
    if len(values) == 1:
        return prior, True
    return float(np.std(values, ddof=1)), False


def interval_half_width(sd: float, k: int, half_unit: float, binomial: float, known: bool) -> float:
    """Half the width of the interval around a difference.

    The variance is s²(1 + 1/k) + r²/3 + B, the degrees of freedom follow Welch and Satterthwaite,
    since only the first term is estimated.

    Parameters
    ----------
    sd, k
        Standard deviation between seeds and their number.
    half_unit
        Half a unit in the last printed place; a rounding error is uniform within it.
    binomial
        Variance from different test examples.
    known
        Whether `sd` was not estimated from the k values.
    """
    seeds = sd**2 * (1 + 1 / k)
    variance = seeds + half_unit**2 / 3 + binomial
    freedom = math.inf if known or seeds == 0 else variance**2 / (seeds**2 / (k - 1))
    return float(scipy.stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) * math.sqrt(variance)


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


def _place(
    lower: float, upper: float, tolerance: float
) -> tuple[Verdict, Literal["higher", "lower"] | None]:
    if -tolerance <= lower and upper <= tolerance:
        return Verdict.REPRODUCED, None
    if lower > tolerance:
        return Verdict.NOT_REPRODUCED, "lower"
    if upper < -tolerance:
        return Verdict.NOT_REPRODUCED, "higher"
    return Verdict.INCONCLUSIVE, None


def judge_share(share: float) -> Verdict:
    """Judge a statement by the share of seeds and draws that agree with it, from 0 to 1."""
    if share >= SURE:
        return Verdict.HOLDS
    return Verdict.FAILS if share <= 1 - SURE else Verdict.INCONCLUSIVE


# The first of these that a cell has is the verdict of its table.
_WORST_FIRST = (
    Verdict.NOT_REPRODUCED,
    Verdict.INCONCLUSIVE,
    Verdict.NOT_RUN,
    Verdict.REPRODUCED,
    Verdict.EXACT,
)


def summarise(verdicts: Iterable[Verdict]) -> Verdict:
    """Judge a table by the worst of its cells, of which there is at least one."""
    return min(verdicts, key=_WORST_FIRST.index)

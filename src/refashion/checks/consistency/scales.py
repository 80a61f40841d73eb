"""Checks of metrics that depend on each other, and of figures on the wrong scale."""

from __future__ import annotations

import math
from fractions import Fraction

from refashion.checks.consistency.finding import Finding
from refashion.checks.consistency.number import (
    Finite,
    MeanOf,
    Number,
    Stated,
    decimal,
    listed,
    read,
)

# Decimal places of square roots that are not rational.
ROOT_PLACES = 40
# The mean of the roots of k numbers is at least 1 / sqrt(k) of the root of their mean.
MOST_RUNS = 1000
# Errors of which a few make up nearly all take MAE / RMSE out of its usual limits, but only
# further than this if there are many thousands of them.
FAR_OUT = 25


def root_of(*, root: Stated, square: Finite, mean_of: MeanOf = None) -> Finding:
    """Check that one figure is the square root of another, as RMSE is of MSE.

    A mean of roots is lower than the root of the mean (Jensen's inequality), so means over folds or
    seeds have a lower RMSE than the root of their MSE.

    Parameters
    ----------
    root, square
        As stated.
    mean_of
        What both are means of. A lower root is doubtful where that is not said.

    Raises
    ------
    ValueError
        The square is negative.
    """
    under, stated = read(square), read(root)
    if under.value < 0:
        raise ValueError(f"square: {square!r}; accepted: not negative")
    ends = _root(max(under.low, Fraction(0))), _root(under.high)
    found = Finding.compare(f"The square root of {under.text} is", *ends, stated)
    may_be_mean = ends[0] / _root(Fraction(MOST_RUNS)) <= stated.value < ends[0]
    if found.agrees or not may_be_mean:
        return found
    if mean_of or stated.is_mean:
        text = f"The square root of {under.text} is {stated.written(ends[1])}"
        return Finding(True, f"{text}; a mean of roots is lower, as {stated.text} is.")
    return Finding.only_if("both are means over folds or seeds", found.detail)


def r2_matches_mse(
    *,
    r2: Stated,
    mse: Finite,
    baseline_r2: Finite,
    baseline_mse: Finite,
    mean_of: MeanOf = None,
) -> Finding:
    """Check R2 = 1 - MSE / variance, with the variance derived from another model.

    Parameters
    ----------
    r2, mse
        Scores of the model in question.
    baseline_r2, baseline_mse
        Of a model that was tested on the same examples, such as one that answers with the mean.
    mean_of
        What all four are means of. Over seeds R2 still follows from MSE; folds and batches have
        variances of their own.

    Raises
    ------
    ValueError
        The baseline has no error, so the variance is unknown.
    """
    own, baseline, explained = read(mse), read(baseline_mse), read(baseline_r2)
    if baseline.low <= 0 or explained.high >= 1:
        raise ValueError("the baseline needs an MSE above 0 and an R2 below 1")
    if mean_of not in (None, "seeds"):
        return Finding.of_mean(read(r2), mean_of)
    low = 1 - own.high * (1 - explained.low) / baseline.low
    high = 1 - own.low * (1 - explained.high) / baseline.high
    variance = baseline.value / (1 - explained.value)
    what = f"The baseline has a variance of {decimal(variance)}; with an MSE of {own.text}, R2 is"
    return Finding.compare(what, low, high, read(r2))


def unit_slip(*, stated: Finite, reference: Finite, low: Finite, high: Finite) -> Finding:
    """Check that a figure has the size that a related figure suggests.

    Where it is not, it may be another quantity or be printed in another unit: the square, the
    square root, the hundredfold and the hundredth are tried. It is inconsistent only where it is
    far out, by a factor of 25, or of the wrong sign; otherwise it is doubtful, because the limits
    are those of usual figures. `regression_scores` has limits that always hold.

    Parameters
    ----------
    stated
        The figure in question, such as a mean absolute error.
    reference
        A related figure, such as the root mean squared error.
    low, high
        Limits of the expected ratio stated / reference.

    Raises
    ------
    ValueError
        The reference is zero.
    """
    number, other, least, most = map(read, (stated, reference, low, high))
    if not other.value:
        raise ValueError(f"reference: {reference!r}; accepted: not 0")
    ratio, limits = number.value / other.value, f"{least.text} to {most.text}"
    text = f"{number.text} / {other.text} = {_short(ratio)}"
    if least.value <= ratio <= most.value:
        return Finding(True, f"{text}, within {limits}.")
    fitting = [
        f"its {name} gives {_short(value / other.value)}"
        for name, value in _transforms(number).items()
        if least.value <= value / other.value <= most.value
    ]
    end = f"; {listed(fitting)}" if fitting else "; no square, root or factor of 100 puts it there"
    detail = f"{text}, outside {limits}{end}."
    if _is_near(ratio, least.value, most.value):
        return Finding.only_if("the figures are unusual, such as very skewed errors", detail)
    return Finding(False, detail)


def _transforms(number: Number) -> dict[str, Fraction]:
    value = number.value
    transforms = {"square": value**2, "hundredfold": value * 100, "hundredth": value / 100}
    return transforms | ({"square root": _root(value)} if value >= 0 else {})


def _short(number: Fraction) -> str:
    return f"{float(number):.3g}"


def _root(number: Fraction) -> Fraction:
    scaled = math.isqrt(number.numerator * 100**ROOT_PLACES // number.denominator)
    return Fraction(scaled, 10**ROOT_PLACES)


def _is_near(ratio: Fraction, low: Fraction, high: Fraction) -> bool:
    """Whether a ratio lies outside limits by less than a factor of 25, on the same side of 0."""
    nearest = low if ratio < low else high
    return ratio * nearest > 0 and 1 / Fraction(FAR_OUT) <= ratio / nearest <= FAR_OUT

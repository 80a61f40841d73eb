"""Checks of metrics that depend on each other, and of figures on the wrong scale."""

from __future__ import annotations

import math
from fractions import Fraction

from refashion.checks.consistency.finding import Finding
from refashion.checks.consistency.number import Finite, Number, decimal, listed, read

# Decimal places of square roots that are not rational.
ROOT_PLACES = 40


def root_of(*, root: Finite, square: Finite) -> Finding:
    """Check that one figure is the square root of another, such as RMSE and MSE.

    Raises
    ------
    ValueError
        The square is negative.
    """
    under = read(square)
    if under.value < 0:
        raise ValueError(f"square: {square!r}; accepted: not negative")
    ends = _root(max(under.low, Fraction(0))), _root(under.high)
    return Finding.compare(f"The square root of {under.text} is", *ends, read(root))


def r2_matches_mse(
    *, r2: Finite, mse: Finite, baseline_r2: Finite, baseline_mse: Finite
) -> Finding:
    """Check R2 = 1 - MSE / variance, with the variance derived from another model.

    Parameters
    ----------
    r2, mse
        Scores of the model in question.
    baseline_r2, baseline_mse
        Scores of a model that was tested on the same examples, such as one that predicts the mean.

    Raises
    ------
    ValueError
        The baseline has no error, so the variance is unknown.
    """
    own, baseline, explained = read(mse), read(baseline_mse), read(baseline_r2)
    if baseline.low <= 0 or explained.high >= 1:
        raise ValueError("the baseline needs an MSE above 0 and an R2 below 1")
    low = 1 - own.high * (1 - explained.low) / baseline.low
    high = 1 - own.low * (1 - explained.high) / baseline.high
    variance = baseline.value / (1 - explained.value)
    what = f"The baseline has a variance of {decimal(variance)}; with an MSE of {own.text}, R2 is"
    return Finding.compare(what, low, high, read(r2))


def unit_slip(*, stated: Finite, reference: Finite, low: Finite, high: Finite) -> Finding:
    """Check that a figure has the size that a related figure suggests.

    If not, it may be another quantity or have another unit, so the square, the square root, the
    hundredfold and the hundredth are tried.

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
    return Finding(False, f"{text}, outside {limits}{end}.")


def _transforms(number: Number) -> dict[str, Fraction]:
    value = number.value
    transforms = {"square": value**2, "hundredfold": value * 100, "hundredth": value / 100}
    return transforms | ({"square root": _root(value)} if value >= 0 else {})


def _short(number: Fraction) -> str:
    return f"{float(number):.3g}"


def _root(number: Fraction) -> Fraction:
    scaled = math.isqrt(number.numerator * 100**ROOT_PLACES // number.denominator)
    return Fraction(scaled, 10**ROOT_PLACES)

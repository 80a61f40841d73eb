"""Checks of averages, from the rows of a classification report."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from pydantic import Field

from refashion.checks.consistency.finding import Finding
from refashion.checks.consistency.number import Finite, PrintedCount, count, read

Values = Annotated[list[Finite], Field(min_length=1)]
Weights = Annotated[list[PrintedCount], Field(min_length=1)]


def macro_average(*, values: Values, average: Finite) -> Finding:
    """Check an unweighted average, within the rounding of all values.

    Parameters
    ----------
    values
        One value for each class.
    average
        The stated average.
    """
    low, high = _mean(values, [1] * len(values))
    return Finding.compare(f"The mean of the {len(values)} values is", low, high, read(average))


def weighted_average(*, values: Values, weights: Weights, average: Finite) -> Finding:
    """Check an average weighted by counts, within the rounding of values and average.

    Parameters
    ----------
    values
        One value for each class.
    weights
        Support of each class.
    average
        The stated average.

    Raises
    ------
    ValueError
        The numbers of weights and values differ, or all weights are zero.
    """
    numbers = [count(weight) for weight in weights]
    if len(numbers) != len(values) or not any(numbers):
        raise ValueError(
            f"{len(numbers)} weights for {len(values)} values; "
            "accepted: one weight for each value, not all 0"
        )
    low, high = _mean(values, numbers)
    what = f"The mean of the {len(values)} values, weighted by {sum(numbers):,} examples, is"
    return Finding.compare(what, low, high, read(average))


def f1(*, precision: Finite, recall: Finite, f1: Finite) -> Finding:
    """Check F1 = 2PR / (P + R), within the rounding of precision, recall and F1."""
    p, r = read(precision), read(recall)
    low, high = _harmonic_mean(p.low, r.low), _harmonic_mean(p.high, r.high)
    what = f"From a precision of {p.text} and a recall of {r.text}, F1 is"
    return Finding.compare(what, low, high, read(f1))


def _mean(values: list[str], weights: list[int]) -> tuple[Fraction, Fraction]:
    """Return the smallest and largest average that rounding allows."""
    numbers = [read(value) for value in values]
    lows = sum(w * number.low for w, number in zip(weights, numbers, strict=True))
    highs = sum(w * number.high for w, number in zip(weights, numbers, strict=True))
    return Fraction(lows) / sum(weights), Fraction(highs) / sum(weights)


def _harmonic_mean(p: Fraction, r: Fraction) -> Fraction:
    """Return the harmonic mean, which increases with both; as in scikit-learn, 0 if both are 0."""
    p, r = max(p, Fraction(0)), max(r, Fraction(0))
    return 2 * p * r / (p + r) if p + r else Fraction(0)

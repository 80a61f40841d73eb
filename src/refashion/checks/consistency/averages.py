"""Checks of averages, from the rows of a classification report."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from pydantic import Field

from refashion.checks.consistency.finding import Finding
from refashion.checks.consistency.number import Count, Finite, count, read

Values = Annotated[list[Finite], Field(min_length=1)]
Weights = Annotated[list[Count], Field(min_length=1)]


def macro_average(*, values: Values, average: Finite) -> Finding:
    """Check an average in which all values count the same, within the rounding of all of them.

    Parameters
    ----------
    values
        One a class.
    average
        As stated.
    """
    low, high = _mean(values, [1] * len(values))
    return Finding.compare(f"The mean of the {len(values)} values is", low, high, read(average))


def weighted_average(*, values: Values, weights: Weights, average: Finite) -> Finding:
    """Check an average weighted by counts, within the rounding of values and average.

    Parameters
    ----------
    values
        One a class.
    weights
        Support of each class.
    average
        As stated.

    Raises
    ------
    ValueError
        There are not as many weights as values, or the weights are all zero.
    """
    numbers = [count(weight) for weight in weights]
    if len(numbers) != len(values) or not any(numbers):
        raise ValueError(f"{len(values)} values need as many weights, not all 0")
    low, high = _mean(values, numbers)
    what = f"The mean of the {len(values)} values, weighted by {sum(numbers):,} examples, is"
    return Finding.compare(what, low, high, read(average))


def f1(*, precision: Finite, recall: Finite, f1: Finite) -> Finding:
    """Check F1 = 2PR / (P + R) within the rounding of precision, recall and F1."""
    p, r = read(precision), read(recall)
    low, high = _harmonic_mean(p.low, r.low), _harmonic_mean(p.high, r.high)
    what = f"From a precision of {p.text} and a recall of {r.text}, F1 is"
    return Finding.compare(what, low, high, read(f1))


def _mean(values: list[str], weights: list[int]) -> tuple[Fraction, Fraction]:
    """Give the smallest and the largest average that rounding leaves open."""
    numbers = [read(value) for value in values]
    lows = sum(w * number.low for w, number in zip(weights, numbers, strict=True))
    highs = sum(w * number.high for w, number in zip(weights, numbers, strict=True))
    return Fraction(lows) / sum(weights), Fraction(highs) / sum(weights)


def _harmonic_mean(p: Fraction, r: Fraction) -> Fraction:
    """Give the harmonic mean. It grows with both, and is 0 where both are, as in scikit-learn."""
    p, r = max(p, Fraction(0)), max(r, Fraction(0))
    return 2 * p * r / (p + r) if p + r else Fraction(0)

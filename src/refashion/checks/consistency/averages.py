"""Checks of averages, from the rows of a classification report."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from pydantic import Field

from refashion.checks.consistency.finding import Finding
from refashion.checks.consistency.number import (
    Finite,
    MeanOf,
    Number,
    PrintedCount,
    Stated,
    count,
    read_alike,
    read_proportion,
)

Values = Annotated[list[Finite], Field(min_length=1)]
Weights = Annotated[list[PrintedCount], Field(min_length=1)]


def macro_average(*, values: Values, average: Stated, mean_of: MeanOf = None) -> Finding:
    """Check an average in which all values count the same, within the rounding of all of them.

    Parameters
    ----------
    values
        One value for each class.
    average
        As stated.
    mean_of
        What each of the numbers is a mean of. Only over batches, which may lack classes, an average
        need not be that of the means.
    """
    *numbers, stated = read_alike([*values, average])
    if mean_of == "batches":
        return Finding.of_mean(stated, mean_of)
    low, high = _mean(numbers, [1] * len(values))
    return Finding.compare(f"The mean of the {len(values)} values is", low, high, stated)


def weighted_average(
    *, values: Values, weights: Weights, average: Stated, mean_of: MeanOf = None
) -> Finding:
    """Check an average weighted by counts, within the rounding of values and average.

    Parameters
    ----------
    values
        One value for each class.
    weights
        Support of each class.
    average
        As stated.
    mean_of
        What each of the numbers is a mean of. Folds and batches have weights of their own.

    Raises
    ------
    ValueError
        The numbers of weights and values differ, or all weights are zero.
    """
    counts = [count(weight) for weight in weights]
    if len(counts) != len(values) or not any(counts):
        raise ValueError(
            f"{len(counts)} weights for {len(values)} values; "
            "accepted: one weight for each value, not all 0"
        )
    *numbers, stated = read_alike([*values, average])
    if mean_of in ("folds", "batches"):
        return Finding.of_mean(stated, mean_of)
    low, high = _mean(numbers, counts)
    what = f"The mean of the {len(values)} values, weighted by {sum(counts):,} examples, is"
    return Finding.compare(what, low, high, stated)


def f1(*, precision: Finite, recall: Finite, f1: Stated, mean_of: MeanOf = None) -> Finding:
    """Check F1 = 2PR / (P + R) within the rounding of precision, recall and F1.

    Means of the three, over classes as in the row of an average or over runs, only have an F1 that
    is at most so high: the harmonic mean is concave (Jensen's inequality).

    Parameters
    ----------
    precision, recall, f1
        Of one class of one run, or means.
    mean_of
        What they are means of. A lower F1 is doubtful where that is not said.
    """
    p, r, stated = map(read_proportion, (precision, recall, f1))
    low, high = _harmonic_mean(p.low, r.low), _harmonic_mean(p.high, r.high)
    what = f"From a precision of {p.text} and a recall of {r.text}, F1 is"
    found = Finding.compare(what, low, high, stated)
    is_lower = not found.agrees and stated.value < low
    if is_lower and (mean_of or stated.is_mean):
        text = f"{what} at most {stated.written(high)}; the mean of many is lower"
        return Finding(True, f"{text}, as {stated.text} is.")
    if is_lower:
        return Finding.only_if("these are averages over classes or runs", found.detail)
    return found


def _mean(numbers: list[Number], weights: list[int]) -> tuple[Fraction, Fraction]:
    """Return the smallest and the largest average that rounding leaves open."""
    lows = sum(w * number.low for w, number in zip(weights, numbers, strict=True))
    highs = sum(w * number.high for w, number in zip(weights, numbers, strict=True))
    return Fraction(lows) / sum(weights), Fraction(highs) / sum(weights)


def _harmonic_mean(p: Fraction, r: Fraction) -> Fraction:
    """Return the harmonic mean, which increases with both; as in scikit-learn, 0 if both are 0."""
    p, r = max(p, Fraction(0)), max(r, Fraction(0))
    return 2 * p * r / (p + r) if p + r else Fraction(0)

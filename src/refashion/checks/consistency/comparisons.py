"""Checks of statements about several figures: changes, extremes, ranges and ratios."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from refashion.checks.consistency.finding import CUT_SINGLE, Finding
from refashion.checks.consistency.number import (
    BEST_FIRST,
    Finite,
    Number,
    Stated,
    decimal,
    listed,
    read,
    read_alike,
    same,
)

Figures = Annotated[dict[str, Finite], Field(min_length=1)]
Pair = Annotated[list[Finite], Field(min_length=2, max_length=2)]


def stated_change(*, before: Finite, after: Finite, change: Stated) -> Finding:
    """Check a stated rise or drop, as a difference or relative to the first figure.

    Parameters
    ----------
    before, after
        The two figures.
    change
        Size of the change; its sign does not matter. Percent signs may be lacking: "from 92.1 to
        94.3, by 2.2 %" and "from 92.1% to 94.3%, by 2.2" are the same.
    """
    first, second = read_alike([before, after])
    stated = read(change).size()
    told = [f"the difference is {_points(first, second)}"]
    if first.low > 0:
        share = abs(second.value / first.value - 1) * 100
        told.append(f"the relative change is {decimal(share, most=2)}%")
    text = f"From {first.text} to {second.text} {listed(told)}; {change.strip()} is"
    hows = [
        (name, how)
        for name, number, ends in _readings(stated, first, second)
        if (how := number.agreement(*ends))
    ]
    if not hows:
        return Finding(False, f"{text} stated.")
    name, how = min(hows, key=lambda found: BEST_FIRST.index(found[1]))
    text = f"{text} the {name}{' if digits are cut off, not rounded' if how == 'cut off' else ''}."
    return Finding.only_if(CUT_SINGLE, text) if how == "float32 cut off" else Finding(True, text)


def is_extreme(*, name: str, values: Figures, extreme: Literal["lowest", "highest"]) -> Finding:
    """Check that a name has the lowest or highest of the printed figures.

    Ties count as consistent.

    Parameters
    ----------
    name
        One of the names of `values`.
    values
        Printed figures by name.
    extreme
        "lowest" or "highest".

    Raises
    ------
    ValueError
        The name is not among the values.
    """
    if name not in values:
        raise ValueError(f"{name!r} has no figure; accepted: {', '.join(values)}")
    numbers = {key: read(text) for key, text in values.items()}
    own = numbers.pop(name)
    tied = [key for key, other in numbers.items() if same(own, other)]
    beyond = [
        f"{key} ({other.text})"
        for key, other in numbers.items()
        if key not in tied and (other.value > own.value) == (extreme == "highest")
    ]
    if beyond:
        comparative = "higher" if extreme == "highest" else "lower"
        verb = "is" if len(beyond) == 1 else "are"
        return Finding(False, f"{name} has {own.text}; {comparative} {verb} {listed(beyond)}.")
    tie = f"; {listed(tied)} {'has' if len(tied) == 1 else 'have'} the same" if tied else ""
    return Finding(True, f"{name} has {own.text}, the {extreme} of {len(values)}{tie}.")


def in_range(
    *, values: Annotated[list[Finite], Field(min_length=1)], low: Finite, high: Finite
) -> Finding:
    """Check that figures lie between two limits, inclusive.

    Parameters
    ----------
    values
        Printed figures.
    low, high
        The limits.

    Raises
    ------
    ValueError
        The lower limit is above the upper one.
    """
    least, most = read(low), read(high)
    if least.value > most.value:
        raise ValueError(f"low {low!r} is above high {high!r}")
    outside = [
        value.strip() for value in values if not least.value <= read(value).value <= most.value
    ]
    limits = f"{least.text} to {most.text}"
    if outside:
        return Finding(False, f"Outside {limits}: {listed(dict.fromkeys(outside))}.")
    return Finding(True, f"{listed(value.strip() for value in values)}: within {limits}.")


def equal_ratios(*, ratios: Annotated[list[Pair], Field(min_length=2)]) -> Finding:
    """Check that ratios are equal, as in a / b = c / d.

    Whole numbers are exact; other numbers vary within their rounding.

    Parameters
    ----------
    ratios
        Pairs of numerator and denominator.

    Raises
    ------
    ValueError
        A denominator may be zero.
    """
    pairs = [(read(above), read(below)) for above, below in ratios]
    ends = [_ratio(above, below) for above, below in pairs]
    equal = max(low for low, _ in ends) <= min(high for _, high in ends)
    terms = [f"{a.text} / {b.text} = {decimal(a.value / b.value)}" for a, b in pairs]
    return Finding(equal, f"{', '.join(terms)}: {'equal' if equal else 'not equal'}.")


def _readings(
    stated: Number, first: Number, second: Number
) -> Iterator[tuple[str, Number, tuple[Fraction, Fraction]]]:
    """Yield what a change may mean, the plainest first: its name, its number, what it has to be.

    Figures may be percentages without a sign, and so may the change.
    """
    are_percent = first.percent and second.percent
    are_proportions = all(0 <= number.value <= 1 for number in (first, second))
    difference = _difference(first, second)
    if not stated.percent or are_percent or are_proportions:
        lacks_sign = are_percent and not stated.percent
        yield "difference", stated.as_percent() if lacks_sign else stated, difference
    if first.low > 0:
        relative = _relative(first, second)
        yield "relative change", stated, relative
        if not stated.percent:
            yield "relative change, in percent", stated.as_percent(), relative
    if not are_percent and stated.percent:
        yield "difference of percentages", stated.as_points(), difference
    elif not are_percent and are_proportions:
        yield "difference, in percentage points", stated.as_percent(), difference


def _points(first: Number, second: Number) -> str:
    size = abs(second.value - first.value)
    if first.percent and second.percent:
        return f"{decimal(size * 100)} percentage points"
    return decimal(size, most=6)


def _sizes(low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """Return the smallest and largest absolute value in an interval."""
    sizes = sorted((abs(low), abs(high)))
    return (Fraction(0) if low < 0 < high else sizes[0]), sizes[1]


def _difference(first: Number, second: Number) -> tuple[Fraction, Fraction]:
    return _sizes(second.low - first.high, second.high - first.low)


def _relative(first: Number, second: Number) -> tuple[Fraction, Fraction]:
    low, high = _quotient((second.low, second.high), (first.low, first.high))
    return _sizes(low - 1, high - 1)


def _ratio(above: Number, below: Number) -> tuple[Fraction, Fraction]:
    ends = _exact_if_whole(below)
    if ends[0] <= 0 <= ends[1]:
        raise ValueError(f"{below.text!r} as a denominator; accepted: not 0")
    return _quotient(_exact_if_whole(above), ends)


def _exact_if_whole(number: Number) -> tuple[Fraction, Fraction]:
    is_whole = number.unit == 1
    return (number.value, number.value) if is_whole else (number.low, number.high)


def _quotient(
    above: tuple[Fraction, Fraction], below: tuple[Fraction, Fraction]
) -> tuple[Fraction, Fraction]:
    corners = [a / b for a in above for b in below]
    return min(corners), max(corners)

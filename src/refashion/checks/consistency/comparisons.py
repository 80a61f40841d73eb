"""Checks of statements about several figures: changes, extremes, ranges and ratios."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from refashion.checks.consistency.finding import Finding
from refashion.checks.consistency.number import (
    BEST_FIRST,
    Finite,
    Number,
    decimal,
    listed,
    read,
    same,
)

Figures = Annotated[dict[str, Finite], Field(min_length=1)]
Pair = Annotated[list[Finite], Field(min_length=2, max_length=2)]


def stated_change(*, before: Finite, after: Finite, change: Finite) -> Finding:
    """Check a stated rise or drop, as a difference or relative to the first figure.

    Parameters
    ----------
    before, after
        The two figures.
    change
        Size of the change; its sign is ignored. Without a percent sign, the change between two
        percentages is in percentage points. With a percent sign, it can be a difference only of
        percentages or proportions.
    """
    first, second = read(before), read(after)
    sign = "%" if first.percent and second.percent and not change.strip().endswith("%") else ""
    stated = read(change.strip().lstrip("+-") + sign)
    told, ends = [f"the difference is {_points(first, second)}"], {}
    if _may_be_difference(stated, first, second):
        ends["difference"] = _difference(first, second)
    if first.low > 0:
        share = abs(second.value / first.value - 1) * 100
        told.append(f"the relative change is {decimal(share, most=2)}%")
        ends["relative change"] = _relative(first, second)
    hows = {name: how for name, end in ends.items() if (how := stated.agreement(*end))}
    text = f"From {first.text} to {second.text} {listed(told)}; {change.strip()} is"
    if not hows:
        return Finding(False, f"{text} stated.")
    name = min(hows, key=lambda name: BEST_FIRST.index(hows[name]))
    cut = " if digits are cut off, not rounded" if hows[name] == "cut off" else ""
    return Finding(True, f"{text} the {name}{cut}.")


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


def _may_be_difference(stated: Number, first: Number, second: Number) -> bool:
    return not stated.percent or all(
        number.percent or 0 <= number.value <= 1 for number in (first, second)
    )


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

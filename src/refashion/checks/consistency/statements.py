"""Checks of repeated statements and of lists."""

from __future__ import annotations

from itertools import combinations
from typing import Annotated

from pydantic import Field

from refashion.checks.consistency.finding import Finding
from refashion.checks.consistency.number import (
    Finite,
    Number,
    PrintedCount,
    count,
    listed,
    read,
    same,
    significant_digits,
)
from refashion.reported import Printed

# Fewer figures, or figures with fewer digits, may agree by chance.
TELLING_DIGITS = 4
TELLING_FIGURES = 3

Words = Annotated[str, Field(min_length=1, pattern=r"\S", description="in quotes, also a number")]


def log_ends_in_result(*, last_epoch: Finite, result: Finite) -> Finding:
    """Check that the last epoch of a log agrees with the stated result.

    The two must agree at the coarser of their precisions.
    """
    log, stated = read(last_epoch), read(result)
    how = same(log, stated)
    end = "they agree" if how else "they differ"
    text = f"The log ends in {log.text}, the result is {stated.text}: {end}{_cut_off(how)}."
    return Finding(how is not None, text)


def same_value(*, values: Annotated[list[Finite], Field(min_length=2)]) -> Finding:
    """Check that a figure that is stated several times is always the same.

    Any two values must agree at the coarser of their precisions.
    """
    numbers = [read(value) for value in values]
    hows = {pair: same(*pair) for pair in combinations(numbers, 2)}
    differing = [pair for pair, how in hows.items() if how is None]
    if differing:
        one, other = differing[0]
        return Finding(False, f"Stated as {_texts(numbers)}; {one.text} and {other.text} differ.")
    how = "cut off" if "cut off" in hows.values() else None
    text = f"Stated as {_texts(numbers)}, which agree{_cut_off(how)}."
    return Finding(True, text, vacuous=True)


def same_setting(*, values: Annotated[list[Words], Field(min_length=2)]) -> Finding:
    """Check that a setting that is stated several times always has the same value.

    Numbers are compared by value (.01 is 0.010); words are compared ignoring case and white space.
    """
    first: dict[object, str] = {}
    for value in values:
        first.setdefault(_setting(value), value.strip())
    distinct = list(first.values())
    if len(distinct) > 1:
        return Finding(False, f"Stated with {len(distinct)} values: {listed(distinct)}.")
    return Finding(True, f"Stated {len(values)} times as {distinct[0]}.", vacuous=True)


def copied(
    *,
    first: Annotated[list[Printed], Field(min_length=1)],
    second: Annotated[list[Printed], Field(min_length=1)],
) -> Finding:
    """Check that different results do not have the same figures.

    Two models, or one model on two datasets, rarely agree in many digits. The results are
    inconsistent if all figures agree in every printed digit, and there are at least three figures,
    or one of them has at least four significant digits.

    Parameters
    ----------
    first, second
        Figures of the two results, in the same order.

    Raises
    ------
    ValueError
        The numbers of figures differ.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} figures; accepted: as many of both")
    pairs = [(a.strip(), b.strip()) for a, b in zip(first, second, strict=True)]
    equal = [a for a, b in pairs if a == b]
    if len(equal) < len(pairs):
        return Finding(True, f"{len(equal)} of {len(pairs)} figures are the same.")
    telling = len(equal) >= TELLING_FIGURES or any(
        significant_digits(text) >= TELLING_DIGITS for text in equal
    )
    figures = "The figure is" if len(equal) == 1 else f"All {len(equal)} figures are"
    note = "" if telling else "; with so few digits that may be chance"
    return Finding(not telling, f"{figures} the same to the last digit: {listed(equal)}{note}.")


def count_matches_list(
    *, stated: PrintedCount, items: Annotated[list[Words], Field(min_length=1)]
) -> Finding:
    """Check that a list has as many items as stated."""
    number = count(stated)
    agrees = number == len(items)
    end = "as stated" if agrees else f"not {number:,}"
    return Finding(agrees, f"{len(items)} are listed, {end}: {listed(items)}.", vacuous=agrees)


def is_listed(*, name: Words, items: Annotated[list[Words], Field(min_length=1)]) -> Finding:
    """Check that a name is in a list, ignoring case and white space."""
    found = _plain(name) in map(_plain, items)
    end = "is among" if found else "is not among"
    text = f"{name.strip()} {end} the {len(items)} listed: {listed(items)}."
    return Finding(found, text, vacuous=found)


def _cut_off(how: str | None) -> str:
    return " if digits are cut off, not rounded" if how == "cut off" else ""


def _texts(numbers: list[Number]) -> str:
    return listed([number.text for number in numbers])


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _setting(text: str) -> object:
    try:
        return read(text).value
    except ValueError:
        return _plain(text)

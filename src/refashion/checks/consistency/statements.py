"""Checks of repeated statements and of lists."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from itertools import combinations
from typing import Annotated

from pydantic import Field

from refashion.checks.consistency.finding import CUT_SINGLE, Finding
from refashion.checks.consistency.number import (
    Number,
    PrintedCount,
    Stated,
    are_neighbours,
    count,
    listed,
    read,
    read_repeated,
    same,
)
from refashion.checks.consistency.settings import are_same
from refashion.reported import Printed

# Two similar models agree in this many digits of a figure anyway.
ALIKE_DIGITS = 2
# Shorter figures tell something only if there are many, because those of one model hang together.
SHORT_DIGITS = 4
# Digits beyond in which figures hardly ever agree by chance, and in which they seldom do.
TELLING_DIGITS, SUSPICIOUS_DIGITS = 2.75, 1.5
# On fewer examples than this, two models may give the same whole report.
FEW_EXAMPLES = 100
# What a proportion tells as one of many, however few digits it has.
TELLING_CELL = 0.1
EASY = Fraction(9, 200)

Words = Annotated[str, Field(min_length=1, pattern=r"\S", description="in quotes, also a number")]


def log_ends_in_result(*, last_epoch: Stated, result: Stated) -> Finding:
    """Check that the last epoch of a log has the figure that is given as the result.

    The two must agree at the coarser of their precisions.
    """
    log, stated = read_repeated([last_epoch, result])
    how = same(log, stated)
    end = "they agree" if how else "they differ"
    text = f"The log ends in {log.text}, the result is {stated.text}: {end}{_cut_off(how)}."
    return _agreeing(text, [(log, stated)]) or Finding(how is not None, text)


def same_value(*, values: Annotated[list[Stated], Field(min_length=2)]) -> Finding:
    """Check that one figure, stated several times, is the same.

    Any two of the values have to agree at the coarser precision of both. Two that differ by one in
    the last place of both are doubtful: one may be rounded and the other cut off.
    """
    numbers = read_repeated(values)
    pairs = list(combinations(numbers, 2))
    hows = [same(*pair) for pair in pairs]
    differing = [pair for pair, how in zip(pairs, hows, strict=True) if how is None]
    if differing:
        one, other = differing[0]
        text = f"Stated as {_texts(numbers)}; {one.text} and {other.text} differ."
        return _agreeing(text, differing) or Finding(False, text)
    if "float32 cut off" in hows:
        return Finding.only_if(CUT_SINGLE, f"Stated as {_texts(numbers)}.")
    how = "cut off" if "cut off" in hows else None
    text = f"Stated as {_texts(numbers)}, which agree{_cut_off(how)}."
    return Finding(True, text, vacuous=True)


def same_setting(*, values: Annotated[list[Words], Field(min_length=2)]) -> Finding:
    """Check that a setting that is stated several times always has the same value.

    Numbers are compared as such (.01 is 0.010, 1,000 is 1000), words without regard to case, white
    space, hyphens and a few other differences of spelling (28x28 is 28 by 28).
    """
    distinct: list[str] = []
    for value in values:
        if not any(are_same(value, other) for other in distinct):
            distinct.append(value.strip())
    if len(distinct) > 1:
        return Finding(False, f"Stated with {len(distinct)} values: {listed(distinct)}.")
    return Finding(True, f"Stated {len(values)} times as {distinct[0]}.", vacuous=True)


def copied(
    *,
    first: Annotated[list[Printed], Field(min_length=1)],
    second: Annotated[list[Printed], Field(min_length=1)],
) -> Finding:
    """Check that different results do not have the same figures.

    Two models, or one model on two datasets, hardly ever agree to the last of many digits. Each
    figure of five digits or more counts for the digits beyond those that similar models share.
    Zeros at the end do not count, nor do whole numbers, which are sizes, nor perfect scores. A
    proportion has no more digits than the root of the smallest number of examples that explains it:
    two models that are right on ten of eleven examples agree in all digits of 0.9090909090909091.
    Of two-digit proportions it takes a whole report.

    Figures that agree in more such digits than chance explains are inconsistent, those that agree
    in fewer are doubtful, as are whole reports on fewer than a hundred examples.

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
    digits = sum(map(_telling_digits, {*equal})) + sum(map(_telling_cell, equal))
    figures = "The figure is" if len(equal) == 1 else f"All {len(equal)} figures are"
    text = f"{figures} the same to the last digit: {listed(equal)}"
    sizes = [int(figure) for figure in equal if figure.isdecimal()]
    has_few = max(sizes, default=FEW_EXAMPLES) < FEW_EXAMPLES
    if digits >= TELLING_DIGITS and not has_few:
        return Finding(False, f"{text}.")
    if digits >= SUSPICIOUS_DIGITS:
        return Finding.only_if("the two are alike by chance", f"{text}.")
    return Finding(True, f"{text}; with so few telling digits that may be chance.")


def count_matches_list(
    *, stated: PrintedCount, items: Annotated[list[Words], Field(min_length=1)]
) -> Finding:
    """Check that a list has as many items as stated."""
    number = count(stated)
    agrees = number == len(items)
    end = "as stated" if agrees else f"not {number:,}"
    return Finding(agrees, f"{len(items)} are listed, {end}: {listed(items)}.", vacuous=agrees)


def is_listed(*, name: Words, items: Annotated[list[Words], Field(min_length=1)]) -> Finding:
    """Check that something that a statement is about is among what is listed.

    Names are compared like settings in `same_setting`.
    """
    found = any(are_same(name, item) for item in items)
    end = "is among" if found else "is not among"
    text = f"{name.strip()} {end} the {len(items)} listed: {listed(items)}."
    return Finding(found, text, vacuous=found)


def _cut_off(how: str | None) -> str:
    return " if digits are cut off, not rounded" if how == "cut off" else ""


def _texts(numbers: list[Number]) -> str:
    return listed([number.text for number in numbers])


def _agreeing(text: str, differing: list[tuple[Number, Number]]) -> Finding | None:
    """Find that numbers agree if some are rounded and others cut off, where that explains them."""
    hows = [same(*pair) for pair in differing]
    if "float32 cut off" in hows:
        return Finding.only_if(CUT_SINGLE, text)
    if any(hows) or not all(are_neighbours(*pair) for pair in differing):
        return None
    return Finding.only_if("one was rounded and the other cut off", text)


def _telling_digits(text: str) -> float:
    """Count the digits in which a figure hardly agrees with another by chance."""
    if re.fullmatch("[0-9, \u00a0\u2009\u202f]+|[nN][aA][nN]", text):
        return 0.0
    number = read(text)
    if number.value in (0, 1):
        return 0.0
    digits = len(str(abs(number.value) / number.unit).rstrip("0"))
    if abs(number.value) >= 1:
        return digits - ALIKE_DIGITS if digits > SHORT_DIGITS else 0.0
    # Right answers of similar models differ by about the root of the number of examples.
    examples = math.log10(_simplest(number.low, number.high).denominator)
    return examples / 2 - 0.5 if min(digits, examples + 1) > SHORT_DIGITS else 0.0


def _telling_cell(text: str) -> float:
    """Count what one proportion among many tells: less where nearly all answers are right."""
    number = read(text) if "." in text else None
    if number is None or not 0 < number.value < 1:
        return 0.0
    return TELLING_CELL if EASY < number.value < 1 - EASY else TELLING_CELL / 3


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """Return the fraction with the smallest denominator in an interval (Stern and Brocot)."""
    whole = math.floor(low)
    if whole == low or whole + 1 <= high:
        return Fraction(whole if whole == low else whole + 1)
    return whole + 1 / _simplest(1 / (high - whole), 1 / (low - whole))

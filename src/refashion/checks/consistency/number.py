"""Printed numbers in exact arithmetic, as intervals of the values that would be printed alike."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from refashion.reported import ONE_GROUP, Bound, Printed, Reported

HALF = Fraction(1, 2)
# A float32 has between 6 and 9 significant digits.
SINGLE_DIGITS = 9
# Sums of many float64 depend on their order in the digits beyond.
DOUBLE_ERROR = Fraction(1, 10**12)

LONGEST_LIST = 10

Agreement = Literal["rounded", "bound", "tie", "floating point", "cut off", "float32 cut off"]
BEST_FIRST: tuple[Agreement, ...] = get_args(Agreement)

# What a number may be a mean of. Batches: a mean of their means, as Keras shows while it trains.
MeanOf = Literal["folds", "seeds", "batches", "classes"] | None


def _finite(text: str) -> str:
    if not math.isfinite(Reported.parse(text).value):
        raise ValueError("accepted: a finite number")
    return text


def _stated(text: str) -> str:
    if not math.isfinite(Reported.parse(text).value):
        raise ValueError("accepted: a finite number")
    return text


Finite = Annotated[Printed, AfterValidator(_finite)]
# A number that others are compared with: it may also be a bound ("over 90 %").
Stated = Annotated[str, AfterValidator(_stated), Field(description='text, such as "over 90 %"')]
_GROUP = "[, \u00a0\u2007\u2009\u202f]"
PrintedCount = Annotated[
    str,
    Field(
        pattern=rf"^([0-9]{{1,18}}|[0-9]{{1,3}}({_GROUP}[0-9]{{3}}){{1,5}})$",
        description='a whole number in quotes, such as "814"',
    ),
]
Positive = Annotated[
    str,
    Field(
        pattern=rf"^([1-9][0-9]{{0,17}}|[1-9][0-9]{{0,2}}({_GROUP}[0-9]{{3}}){{1,5}})$",
        description='a whole number from 1 in quotes, such as "814"',
    ),
]


@dataclass(frozen=True)
class Number:
    """A printed number.

    Attributes
    ----------
    text
        The printed text.
    value
        The number; a percent sign divides it by one hundred.
    unit
        One unit in its last printed place.
    noise
        How far the floating point arithmetic behind it, and its own type, may be off.
    significant_digits
        Number of digits without leading zeros.
    percent
        Whether it is printed with a percent sign.
    bound
        Whether it is only stated as over, under or about the value.
    is_mean
        Whether it is printed with a deviation, as a mean is.
    """

    text: str
    value: Fraction
    unit: Fraction
    noise: Fraction
    significant_digits: int
    percent: bool = False
    bound: Bound | None = None
    is_mean: bool = False

    @property
    def error(self) -> Fraction:
        """Distance from `value` within which the number before printing lies.

        Half a unit for rounding, and the error of floating point numbers on top of it.
        """
        if self.bound == "about":
            return self._rough_unit + self.noise
        return self.unit * HALF + self.noise

    @property
    def low(self) -> Fraction:
        """Smallest number that is printed as this one."""
        return self.value - self.error

    @property
    def high(self) -> Fraction:
        """Largest number that is printed as this one."""
        return self.value + self.error

    def ends(self, cut_off: bool = False) -> tuple[float, float]:
        """Return the ends of what it was before printing.

        Parameters
        ----------
        cut_off
            Whether digits were cut off, not rounded.
        """
        if self.bound in ("over", "under"):
            end, is_over = float(self.value), self.bound == "over"
            return (end, math.inf) if is_over else (-math.inf, end)
        if not cut_off:
            return float(self.low), float(self.high)
        further = self.value + (self.unit if self.value >= 0 else -self.unit)
        low, high = sorted((self.value, further))
        return float(low - self.noise), float(high + self.noise)

    def size(self) -> Number:
        """Return the number without its sign."""
        return replace(self, value=abs(self.value))

    def as_percent(self) -> Number:
        """Read a number without a percent sign as a percentage."""
        return self._scaled(Fraction(1, 100), percent=True)

    def as_points(self) -> Number:
        """Read a percentage as a number of percentage points between figures without a sign."""
        return self._scaled(Fraction(100), percent=False)

    def agreement(self, low: Fraction, high: Fraction) -> Agreement | None:
        """Return how a number in an interval could be printed as this one.

        Parameters
        ----------
        low, high
            Ends of the interval.

        Returns
        -------
        str or None
            "rounded"; "bound" where this number is one, and holds; "tie" where the number lies
            halfway between this one and the next; "floating point" where they only agree within
            the precision of floating point numbers; "cut off" where digits have to be left out
            without rounding; "float32 cut off" where that has to be done to the nearest float32;
            None: it would not.
        """
        if self.bound:
            return "bound" if self._bounds(low, high) else None
        half = self.unit * HALF
        if low == high and abs(low - self.value) == half:
            return "tie"
        if _overlap((low, high), (self.value - half, self.value + half)):
            return "rounded"
        if _overlap((low, high), (self.low, self.high)):
            return "floating point"
        size = abs(self.value)
        # Digits are cut off towards zero, so negative numbers are mirrored.
        low, high = (low, high) if self.value >= 0 else (-high, -low)
        if high >= size and low < size + self.unit:
            return "cut off"
        is_close = high >= size and low < size + self.unit + self.noise
        return "float32 cut off" if is_close else None

    def written(self, value: Fraction) -> str:
        """Format another value like this one, with up to two more digits."""
        return self._written(value, self._places + 2 if self._places < 8 else self._places)

    def written_interval(self, low: Fraction, high: Fraction) -> str:
        """Format the ends of an interval, with only as many digits as its width requires."""
        scaled = (high - low) * self._scale
        needed = 2 + max(0, -math.floor(math.log10(scaled)))
        ends = [self._written(end, min(self._places + 2, needed)) for end in (low, high)]
        return f"between {ends[0]} and {ends[1]}"

    def _bounds(self, low: Fraction, high: Fraction) -> bool:
        if self.bound == "about":
            return _overlap((low, high), (self.low, self.high))
        if self.bound == "over":
            return high >= self.value - self.noise
        return low <= self.value + self.noise

    def _scaled(self, factor: Fraction, percent: bool) -> Number:
        scaled = {key: getattr(self, key) * factor for key in ("value", "unit", "noise")}
        return replace(self, percent=percent, **scaled)

    @property
    def _rough_unit(self) -> Fraction:
        """Return a unit of the last digit that is not 0: about 90 means 80 to 100."""
        unit = self.unit
        while self.value and self.value % (unit * 10) == 0:
            unit *= 10
        return unit

    @property
    def _scale(self) -> int:
        return 100 if self.percent else 1

    @property
    def _places(self) -> int:
        return max(_exponent(self.unit * self._scale), 0)

    def _written(self, value: Fraction, most: int) -> str:
        text = decimal(value * self._scale, min(self._places, most), most)
        return f"{text}%" if self.percent else text


def read(text: str) -> Number:
    """Read a printed number, or a bound.

    Raises
    ------
    ValueError
        The text is not a finite number.
    """
    reported = Reported.parse(text)
    if not math.isfinite(reported.value):
        raise ValueError(f"{text!r} is not a finite number")
    value, unit = Fraction(reported.exact), Fraction(10) ** -reported.digits
    return Number(
        text.strip(),
        value,
        unit,
        _noise(value, unit, reported),
        reported.significant_digits,
        reported.percent,
        reported.bound,
        is_mean=reported.deviation is not None,
    )


def read_proportion(text: str) -> Number:
    """Read a number from 0 to 1.

    One above 1 is a percentage, also without a sign, and "1,000" has a decimal comma.
    """
    number = read(text)
    if number.value > 100:
        number = _with_decimal_comma(number)
    return number.as_percent() if number.value > 1 and not number.percent else number


def read_alike(texts: Sequence[str]) -> list[Number]:
    """Read numbers of one kind, as a report prints them side by side.

    Beside one with a percent sign, those above 1 lack theirs. Beside one with a decimal comma, the
    comma of 1,000 is one too.
    """
    numbers = [read(text) for text in texts]
    if any("," in number.text and "." not in number.text and number.unit < 1 for number in numbers):
        numbers = [_with_decimal_comma(number) for number in numbers]
    if any(number.percent for number in numbers):
        return [number if number.percent else read_proportion(number.text) for number in numbers]
    return numbers


def read_repeated(texts: Sequence[str]) -> list[Number]:
    """Read one figure stated several times: its comma cannot make it a hundred times as large."""
    numbers = read_alike(texts)
    smallest = min(abs(number.value) for number in numbers)
    return [
        _with_decimal_comma(number) if abs(number.value) > 100 * smallest else number
        for number in numbers
    ]


def _with_decimal_comma(number: Number) -> Number:
    """Read 1,234 as 1.234; any other number as it is."""
    is_open = re.fullmatch(ONE_GROUP, number.text.lstrip("-+\u2212\u2013"))
    return read(number.text.replace(",", ".")) if is_open else number


def count(text: str) -> int:
    """Read a whole number."""
    return int(re.sub(_GROUP, "", text))


def same(one: Number, other: Number) -> Agreement | None:
    """Tell how two printed numbers agree at the coarser precision of both."""
    if one.bound or other.bound:
        bound, number = (one, other) if one.bound else (other, one)
        return bound.agreement(number.low, number.high)
    if one.unit == other.unit:
        if one.value == other.value:
            return "rounded"
        is_close = abs(one.value - other.value) <= one.noise + other.noise
        return "floating point" if is_close else None
    fine, coarse = sorted((one, other), key=lambda number: number.unit)
    how = coarse.agreement(fine.value, fine.value)
    if how not in (None, "float32 cut off"):
        return how
    is_close = abs(one.value - other.value) <= coarse.error + fine.noise
    return "floating point" if is_close else how


def are_neighbours(one: Number, other: Number) -> bool:
    """Whether two numbers differ by one in the last place, as by cutting off and by rounding."""
    return one.unit == other.unit and abs(one.value - other.value) == one.unit


def decimal(value: Fraction, least: int = 0, most: int = 4) -> str:
    """Format a number with commas.

    Parameters
    ----------
    value
        The number.
    least, most
        Minimum and maximum number of decimal places.

    Examples
    --------
    >>> decimal(Fraction(18372, 2)), decimal(Fraction(2, 3)), decimal(Fraction(1, 2), least=2)
    ('9,186', '0.6667', '0.50')
    """
    with localcontext(prec=80):
        rounded = round(value, most)
        text = f"{Decimal(rounded.numerator) / Decimal(rounded.denominator):,.{most}f}"
    whole, _, places = text.partition(".")
    places = places[:least] + places[least:].rstrip("0")
    return f"{whole}.{places}" if places else whole


def listed(words: Iterable[str]) -> str:
    """Join words as in a sentence; of many words, only the first ones are listed.

    Examples
    --------
    >>> listed(["Bag", "Coat", "Dress"])
    'Bag, Coat and Dress'
    """
    *first, end = words
    if len(first) > LONGEST_LIST:
        first, end = first[:LONGEST_LIST], f"{len(first) + 1 - LONGEST_LIST} more"
    return f"{', '.join(first)} and {end}" if first else end


def _overlap(one: tuple[Fraction, Fraction], other: tuple[Fraction, Fraction]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _exponent(unit: Fraction) -> int:
    """Return n for a unit of 10**-n."""
    return len(str(unit.denominator)) - len(str(unit.numerator))


def _noise(value: Fraction, unit: Fraction, reported: Reported) -> Fraction:
    """Return how far the number before printing may be off by its floating point type."""
    scales = (1, 100) if reported.percent else (1,)
    if reported.significant_digits <= SINGLE_DIGITS or any(
        _is_single(value * scale, unit * scale) for scale in scales
    ):
        return sum((_half_spacing(value * scale) / scale for scale in scales), Fraction(0))
    return abs(value) * DOUBLE_ERROR


def _half_spacing(value: Fraction) -> Fraction:
    """Return half the spacing of float32, which has 29 bits less than the float64 of `ulp`."""
    return Fraction(math.ulp(float(value))) * 2**29 * HALF


def _is_single(value: Fraction, unit: Fraction) -> bool:
    """Whether a float32 is printed so, as Keras' losses are."""
    try:
        return abs(single(value) - value) <= unit * HALF
    except OverflowError:
        return False


def single(value: Fraction) -> Fraction:
    """Round a number to a float32, the precision of metrics in Keras.

    Raises
    ------
    OverflowError
        The number is too large for a float32.
    """
    return Fraction(struct.unpack("f", struct.pack("f", float(value)))[0])

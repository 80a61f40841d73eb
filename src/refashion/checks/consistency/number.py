"""Printed numbers in exact arithmetic, as intervals of the values that would be printed alike."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from refashion.reported import Printed, Reported

HALF = Fraction(1, 2)
# A float32 has between 6 and 9 significant digits, a float64 between 15 and 17.
SINGLE_DIGITS = (7, 9)
DOUBLE_DIGITS = 15
# Relative error of sums of many float64, which depend on the order of summation.
DOUBLE_ERROR = Fraction(1, 10**12)

LONGEST_LIST = 10

Agreement = Literal["rounded", "tie", "floating point", "cut off"]
BEST_FIRST: tuple[Agreement, ...] = get_args(Agreement)


def _finite(text: str) -> str:
    if not math.isfinite(Reported.parse(text).value):
        raise ValueError("accepted: a finite number")
    return text


Finite = Annotated[Printed, AfterValidator(_finite)]
PrintedCount = Annotated[
    str,
    Field(
        pattern=r"^([0-9]{1,18}|[0-9]{1,3}(,[0-9]{3}){1,5})$",
        description='a whole number in quotes, such as "814"',
    ),
]
Positive = Annotated[
    str,
    Field(
        pattern=r"^([1-9][0-9]{0,17}|[1-9][0-9]{0,2}(,[0-9]{3}){1,5})$",
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
        One unit in the last printed place.
    error
        Largest distance between `value` and the number before rounding: half a unit, or more if so
        many digits are printed that floating point errors matter.
    """

    text: str
    value: Fraction
    unit: Fraction
    error: Fraction

    @property
    def low(self) -> Fraction:
        """Smallest number that is printed as this one."""
        return self.value - self.error

    @property
    def high(self) -> Fraction:
        """Largest number that is printed as this one."""
        return self.value + self.error

    @property
    def percent(self) -> bool:
        """Whether it is printed with a percent sign."""
        return self.text.endswith("%")

    def agreement(self, low: Fraction, high: Fraction) -> Agreement | None:
        """Return how a number in an interval could be printed as this one.

        Parameters
        ----------
        low, high
            Ends of the interval.

        Returns
        -------
        str or None
            "rounded"; "tie" if the number lies halfway between this one and the next; "floating
            point" if they agree only within the precision of floating point numbers; "cut off" if
            digits must be dropped without rounding; None if it could not.
        """
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
        return "cut off" if high >= size and low < size + self.unit else None

    def written(self, value: Fraction) -> str:
        """Format another value like this one, with up to two more digits."""
        return self._written(value, self._places + 2 if self._places < 8 else self._places)

    def written_interval(self, low: Fraction, high: Fraction) -> str:
        """Format the ends of an interval, with only as many digits as its width requires."""
        scaled = (high - low) * self._scale
        needed = 2 + max(0, -math.floor(math.log10(scaled)))
        ends = [self._written(end, min(self._places + 2, needed)) for end in (low, high)]
        return f"between {ends[0]} and {ends[1]}"

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
    """Parse a printed number.

    Raises
    ------
    ValueError
        The text is not a finite number.
    """
    reported = Reported.parse(text)
    if not math.isfinite(reported.value):
        raise ValueError(f"{text!r} is not a finite number")
    shown = text.strip()
    bare = Decimal(shown.removesuffix("%"))
    value = Fraction(bare) / (100 if shown.endswith("%") else 1)
    unit = Fraction(10) ** -reported.digits
    error = max(unit * HALF, _float_error(value, significant_digits(shown)))
    return Number(shown, value, unit, error)


def count(text: str) -> int:
    """Parse a whole number, with or without commas."""
    return int(text.replace(",", ""))


def significant_digits(text: str) -> int:
    """Return the number of significant digits of a printed number.

    Examples
    --------
    >>> significant_digits("0.0120"), significant_digits("17839964.0")
    (3, 9)
    """
    return len(Decimal(text.strip().removesuffix("%")).as_tuple().digits)


def same(one: Number, other: Number) -> Agreement | None:
    """Return how two printed numbers agree at the coarser of their precisions, or None."""
    if one.unit == other.unit:
        return "rounded" if one.value == other.value else None
    fine, coarse = sorted((one, other), key=lambda number: number.unit)
    return coarse.agreement(fine.value, fine.value)


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


def _float_error(value: Fraction, digits: int) -> Fraction:
    """Return the floating point error of a number with many digits; 0 if it has few."""
    first, last = SINGLE_DIGITS
    if first <= digits <= last or (digits > last and _is_single(float(value))):
        # Half the spacing of float32, which has 29 bits less than the float64 of `ulp`.
        return Fraction(math.ulp(float(value))) * 2**29 * HALF
    return abs(value) * DOUBLE_ERROR if digits >= DOUBLE_DIGITS else Fraction(0)


def _is_single(value: float) -> bool:
    """Whether a number is printed with all digits of a float32, as the losses of Keras are."""
    try:
        return single(Fraction(value)) == Fraction(value)
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

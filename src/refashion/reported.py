"""Reported numbers with the precision to which they are printed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from refashion.errors import shown

Bound = Literal["over", "under", "about"]

# Spaces that part thousands: normal, no-break, figure, thin and narrow no-break.
_SPACE = "[ \u00a0\u2007\u2009\u202f]"
_SIGN = "[-+\u2212\u2013]"  # also the minus sign and the en dash of typeset text
_POINT = r"[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20}"
# 0,98 has a decimal comma, and so has 0,980: no group of thousands begins with 0.
_COMMA = "[0-9]{1,20},[0-9]{1,2}|[0-9]{1,20},[0-9]{4,20}|(?:0[0-9]{0,2}|[0-9]{4,20}),[0-9]{3}"
ONE_GROUP = "[1-9][0-9]{0,2},[0-9]{3}"
_GROUPS = (
    rf"[1-9][0-9]{{0,2}}(?:,[0-9]{{3}}){{2,5}}|{ONE_GROUP}(?:,[0-9]{{3}}){{0,4}}\.[0-9]{{0,20}}"
)
_DOTTED = r"[1-9][0-9]{0,2}(?:\.[0-9]{3}){1,5},[0-9]{1,20}|[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,5}"
_SPACED = rf"[1-9][0-9]{{0,2}}(?:{_SPACE}[0-9]{{3}}){{1,5}}(?:[.,][0-9]{{0,20}})?"
_CLEAR = rf"(?:(?:{_POINT})(?:[eE]{_SIGN}?[0-9]{{1,2}})?|{_COMMA}|{_GROUPS}|{_DOTTED}|{_SPACED})"
# Percentage points are what percentages differ by: "2.3 points".
_UNIT = "%-points?|%|pp|(?:percentage )?points?"
_PERCENT = f"(?:{_SPACE}?(?:{_UNIT}))?"
_SPREAD = f"(?:{_SPACE}?(?:\u00b1|\\+/-){_SPACE}?{_CLEAR}{_PERCENT})?"

# Accepted by `Reported.parse`; the lengths exceed what anybody prints.
PRINTED = rf"^(?:{_SIGN}?{_CLEAR}{_PERCENT}{_SPREAD}|{_SIGN}?{ONE_GROUP}|[nN][aA][nN])$"
Printed = Annotated[
    str, Field(pattern=PRINTED, description='a number in quotes, as printed, such as "0.919"')
]

_WORDS: dict[Bound, str] = {
    "over": "over|above|more than|greater than|higher than|at least|no less than|>=?|≥",
    "under": "under|below|less than|lower than|fewer than|at most|up to|no more than|<=?|≤",
    "about": "about|around|approximately|approx\\.?|roughly|nearly|almost|circa|ca\\.|~|≈",
}


@dataclass(frozen=True)
class Reported:
    """A number as printed.

    Attributes
    ----------
    value
        The number; NaN if the source prints NaN.
    half_unit
        Half a unit of the last printed digit: 0.0005 for "0.897".
    digits
        Number of digits after the decimal point; negative if the number ends in powers of ten
        ("1e3").
    exact
        The number as a decimal.
    percent
        Whether it is printed with a percent sign.
    deviation
        What is printed after ±, in the unit of `value`; None if nothing is.
    bound
        Whether the number is only said to be over, under or about the value.
    """

    value: float
    half_unit: float
    digits: int
    exact: Decimal = Decimal("NaN")
    percent: bool = False
    deviation: float | None = None
    bound: Bound | None = None

    @classmethod
    @cache  # every command reads the claims of its studies, and each of them several times
    def parse(cls, text: str) -> Reported:
        """Parse a printed number; a percent sign, or "points", divides it by one hundred.

        Before the number, words or signs may say that it is a bound or approximate ("over 90 %").
        A comma before exactly three digits separates thousands ("1,234"), except after a leading 0
        ("0,980") or after more than three digits. Any other single comma is a decimal comma.
        "1,234 %" and "1,234 ± 5" are refused because they can mean either.

        Raises
        ------
        ValueError
            The text is not a number.

        Examples
        --------
        >>> Reported.parse("0.897").half_unit
        0.0005
        >>> Reported.parse("96,85 %").value, Reported.parse("1 234").value
        (0.9685, 1234.0)
        >>> Reported.parse("92.4 ± 0.3").deviation
        0.3
        >>> Reported.parse("over 90 %").bound
        'over'
        >>> Reported.parse("2.3 points").value
        0.023
        """
        for bound, words in _WORDS.items():
            if found := re.fullmatch(rf"\s*(?:{words})\s*([^\s].*)", text, re.IGNORECASE):
                return cls(**(vars(cls._parse_number(found[1])) | {"bound": bound}))
        return cls._parse_number(text)

    @classmethod
    def _parse_number(cls, text: str) -> Reported:
        if not re.fullmatch(PRINTED, text.strip()):
            raise ValueError(
                f"{shown(text)} is not a number as a report would print it, such as '0.897'"
            )
        if text.strip().lower() == "nan":
            return cls(float("nan"), 0.0, 0)
        is_percent = re.search(_UNIT, text) is not None
        plain = re.sub(rf"{_UNIT}|\s", "", text)
        number, _, spread = plain.replace("+/-", "±").partition("±")
        shift = -2 if is_percent else 0
        exact = _decimal(number).scaleb(shift)
        exponent = int(exact.as_tuple().exponent)
        return cls(
            float(exact),
            float(Decimal(5).scaleb(exponent - 1)),
            -exponent,
            exact,
            percent=is_percent,
            deviation=float(_decimal(spread).scaleb(shift)) if spread else None,
        )

    @property
    def significant_digits(self) -> int:
        """Number of significant digits, without leading zeros.

        >>> Reported.parse("0.0120").significant_digits
        3
        """
        return len(self.exact.as_tuple().digits)


def _decimal(text: str) -> Decimal:
    """Read a number without blanks, with a decimal point, a decimal comma or thousands."""
    text = re.sub("[\u2212\u2013]", "-", text)
    if re.fullmatch(rf"{_SIGN}?(?:{ONE_GROUP}|{_GROUPS})", text):
        return Decimal(text.replace(",", ""))
    if re.fullmatch(rf"{_SIGN}?(?:{_DOTTED})", text):
        text = text.replace(".", "")
    return Decimal(text.replace(",", "."))


def lacks_percent_sign(text: str, quote: str) -> bool:
    """Whether a quote shows a number with a percent sign everywhere, and the text has none.

    Examples
    --------
    >>> lacks_percent_sign("80.5", "Test accuracy 80.5 % on 1000 messages")
    True
    >>> lacks_percent_sign("80.5", "80.5 of 100"), lacks_percent_sign("80.5 %", "80.5 %")
    (False, False)
    """
    number = re.search(r"[0-9.,].*", text.strip())
    if "%" not in quote or Reported.parse(text).percent or number is None:
        return False
    same = rf"(?<![\d.,]){re.escape(number[0])}(?![\d]|[.,]\d)"
    spread = rf"(?:{_SPACE}?(?:\u00b1|\+/-){_SPACE}?{_CLEAR})?"
    signs = re.findall(rf"{same}{spread}{_SPACE}*(%?)", quote)
    return bool(signs) and all(signs)


def cells_of(line: str | Sequence[str]) -> list[str]:
    """Split a row of a table at its blanks, but not beside ± or before a percent sign.

    Examples
    --------
    >>> cells_of("0.855 ± 0.052 85.6 % -")
    ['0.855 ± 0.052', '85.6 %', '-']
    >>> cells_of(["1 234", "0.5"])
    ['1 234', '0.5']
    """
    if not isinstance(line, str):
        return [*line]
    return re.split(r"(?<!±)(?<!\+/-)\s+(?!±|\+/-|%)", line.strip())


def _checked(text: str) -> str:
    try:
        Reported.parse(text)
    except ValueError:
        raise ValueError(f"accepted: text ({_STATED})") from None
    return text


_STATED = 'a number in quotes, as printed, such as "0.919" or "over 90 %"'


# What a source says of a number: it may also be a bound.
Stated = Annotated[str, AfterValidator(_checked), Field(description=_STATED)]

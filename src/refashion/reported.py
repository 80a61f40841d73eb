"""Reported numbers with the precision to which they are printed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from refashion.errors import shown

# Accepted by `Reported.parse`; the lengths exceed what anybody prints.
PRINTED = (
    r"^([-+]?([0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})([eE][-+]?[0-9]{1,2})?%?|[nN][aA][nN])$"
)
Printed = Annotated[
    str, Field(pattern=PRINTED, description='a number in quotes, as printed, such as "0.919"')
]


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
    """

    value: float
    half_unit: float
    digits: int

    @classmethod
    def parse(cls, text: str) -> Reported:
        """Parse a printed number; a percent sign divides it by one hundred.

        Raises
        ------
        ValueError
            The text is not a number.

        Examples
        --------
        >>> Reported.parse("0.897")
        Reported(value=0.897, half_unit=0.0005, digits=3)
        >>> Reported.parse("96.85%").half_unit
        5e-05
        """
        if not re.fullmatch(PRINTED, text.strip()):
            raise ValueError(
                f"{shown(text)} is not a number as a report would print it, such as '0.897'"
            )
        if text.strip().lower() == "nan":
            return cls(float("nan"), 0.0, 0)
        number = Decimal(text.strip().removesuffix("%"))
        if text.strip().endswith("%"):
            number = number.scaleb(-2)
        exponent = int(number.as_tuple().exponent)
        return cls(float(number), float(Decimal(5).scaleb(exponent - 1)), -exponent)

"""The result of a consistency check."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from refashion.checks.consistency.number import Agreement, Number

# Relative width below which an interval is written as one number.
NARROW = Fraction(1, 10**9)

# Words for one number, and for an interval that rounding allows.
EXACT: dict[Agreement | None, str] = {
    "rounded": "which rounds to {}",
    "tie": "which is halfway to the next figure and may be printed as {}",
    "floating point": "which is {} within the precision of floating point numbers",
    "cut off": "which gives {} if further digits are cut off, not rounded",
    None: "not {}",
}
OPEN: dict[Agreement | None, str] = EXACT | {
    "rounded": "which allows {}",
    "cut off": "which allows {} if its further digits are cut off, not rounded",
}


@dataclass(frozen=True)
class Finding:
    """Result of a check.

    Attributes
    ----------
    consistent
        Whether all numbers can be correct at the same time.
    detail
        The arithmetic in one or two sentences.
    vacuous
        Whether agreement says nothing about the results: the report only repeats itself, or no
        numbers printed like these could have disagreed.
    """

    consistent: bool
    detail: str
    vacuous: bool = False

    @classmethod
    def compare(cls, what: str, low: Fraction, high: Fraction, stated: Number) -> Finding:
        """Compare a calculated number with the stated one.

        Parameters
        ----------
        what
            Beginning of the sentence, up to the number.
        low, high
            Ends of the interval that contains the calculated number.
        stated
            The stated number.
        """
        how = stated.agreement(low, high)
        if high - low > abs(low + high) * NARROW:
            number, words = stated.written_interval(low, high), OPEN
        else:
            middle = (low + high) / 2
            number, words = stated.written(middle), EXACT
            how = how and (stated.agreement(middle, middle) or how)
        is_same = number.replace(",", "") == stated.text
        told = "as stated" if is_same and how == "rounded" else words[how].format(stated.text)
        return cls(how is not None, f"{what} {number}, {told}.")

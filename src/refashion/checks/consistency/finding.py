"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from refashion.checks.consistency.number import Agreement, Number

# Width against size of an interval that is told as one number.
NARROW = Fraction(1, 10**9)

# Of one number, and of an interval that rounding leaves open.
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
    """Whether numbers of a report agree with each other.

    Attributes
    ----------
    consistent
        Whether all of them can be right at once.
    detail
        The arithmetic, in a plain sentence or two.
    vacuous
        Whether agreement says nothing about the results: the report only says one thing again, or
        no numbers printed like these could have disagreed.
    """

    consistent: bool
    detail: str
    vacuous: bool = False

    @classmethod
    def compare(cls, what: str, low: Fraction, high: Fraction, stated: Number) -> Finding:
        """Hold what was calculated, a number from `low` to `high`, against the stated one.

        Parameters
        ----------
        what
            Beginning of the sentence, up to the number.
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

"""The result of a consistency check."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from refashion.checks.consistency.number import Agreement, MeanOf, Number

# Relative width below which an interval is written as one number.
NARROW = Fraction(1, 10**9)

# Words for one number, and for an interval that rounding allows.
EXACT: dict[Agreement | None, str] = {
    "rounded": "which rounds to {}",
    "bound": "which is {}",
    "tie": "which is halfway to the next figure and may be printed as {}",
    "floating point": "which is {} within the precision of floating point numbers",
    "cut off": "which gives {} if further digits are cut off, not rounded",
    "float32 cut off": "not {} when rounded",
    None: "not {}",
}
OPEN: dict[Agreement | None, str] = EXACT | {
    "rounded": "which allows {}",
    "bound": "which allows {}",
    "cut off": "which allows {} if its further digits are cut off, not rounded",
}


CUT_SINGLE = "the digits of a float32 were cut off, not rounded"


@dataclass(frozen=True)
class Finding:
    """Result of a check.

    Attributes
    ----------
    consistent
        Whether all numbers can be correct at the same time.
    detail
        The arithmetic, in a plain sentence or two.
    vacuous
        Whether agreement says nothing about the results: the report only says one thing again, or
        no numbers printed like these could have disagreed.
    reading
        What has to be assumed for the numbers to agree, as the end of a sentence; empty if nothing
        has. Such a finding is doubtful.
    """

    consistent: bool
    detail: str
    vacuous: bool = False
    reading: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the numbers agree as they stand, without any reading that has to be assumed."""
        return self.consistent and not self.reading

    @classmethod
    def only_if(cls, reading: str, detail: str) -> Finding:
        """Find that numbers agree with one reading of the report alone.

        Parameters
        ----------
        reading
            It, as the end of a sentence.
        """
        return cls(True, f"{detail} This agrees only if {reading}.", reading=reading)

    @classmethod
    def of_mean(cls, stated: Number, mean_of: MeanOf) -> Finding:
        """Find nothing, because a mean need not fit whole counts or the means of others."""
        of = mean_of or "runs"
        text = f"{stated.text} is a mean over {of}, for which this arithmetic does not hold"
        return cls(True, f"{text}; nothing can be checked.", vacuous=True)

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
        text = f"{what} {number}, {told}."
        return cls.only_if(CUT_SINGLE, text) if how == "float32 cut off" else cls(bool(how), text)

"""What a verdict comes to for somebody who reads no more than the first screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import Enum

from refashion.ledger.entry import Verdict


class Standing(Enum):
    """Whether a claim holds. The value is its name in links to the ledger."""

    HOLDS = "all_that_hold"
    AGAINST = "all_that_do_not"
    OPEN = "all_open"
    UNTESTED = "all_untested"
    FITTED = "all_fitted"

    @classmethod
    def of(cls, verdict: Verdict) -> Standing:
        """Return what a verdict comes to."""
        if verdict is Verdict.FITTED:
            return cls.FITTED
        if verdict.rank is None:
            return cls.UNTESTED
        return cls.HOLDS if verdict.agrees else cls.OPEN if verdict.rank >= 1 else cls.AGAINST

    @property
    def verdict(self) -> Verdict:
        """The verdict that lends it its mark and its colour."""
        return {
            Standing.HOLDS: Verdict.HOLDS,
            Standing.AGAINST: Verdict.FAILS,
            Standing.OPEN: Verdict.INCONCLUSIVE,
            Standing.UNTESTED: Verdict.NOT_RUN,
            Standing.FITTED: Verdict.FITTED,
        }[self]

    def words(self, n: int) -> str:
        """Say it of n claims.

        Examples
        --------
        >>> Standing.AGAINST.words(1), Standing.AGAINST.words(2)
        ('does not hold', 'do not hold')
        """
        several = n != 1
        return {
            Standing.HOLDS: "hold" if several else "holds",
            Standing.AGAINST: "do not hold" if several else "does not hold",
            Standing.OPEN: "are open" if several else "is open",
            Standing.UNTESTED: "were not tested" if several else "was not tested",
            Standing.FITTED: f"{'are' if several else 'is'} {Verdict.FITTED.words}",
        }[self]


def count_standings(verdicts: Mapping[Verdict, int]) -> Counter[Standing]:
    """Add up counts of verdicts."""
    counts: Counter[Standing] = Counter()
    for verdict, n in verdicts.items():
        counts[Standing.of(verdict)] += n
    return counts

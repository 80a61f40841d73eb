"""How many claims were tested, and how that ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from refashion.changes.folder import JudgedClaim
from refashion.ledger.entry import Verdict
from refashion.ledger.words import fitted_text
from refashion.wording import counted

FOR = (Verdict.EXACT, Verdict.REPRODUCED, Verdict.HOLDS)
AGAINST = (Verdict.NOT_REPRODUCED, Verdict.FAILS)
OF_CHECKS = (Verdict.CONSISTENT, Verdict.INCONSISTENT, Verdict.DOUBTFUL)


@dataclass(frozen=True)
class Counts:
    """Number of claims by what the runs say of them; a table is one claim.

    Attributes
    ----------
    reproduced
        Numbers that are exact or reproduced, and statements that hold.
    inconclusive
        Claims that the results cannot decide.
    not_reproduced
        Numbers that are not reproduced, and statements that fail.
    untested
        Claims about runs that were not made, and times, which are not judged.
    checks, contradictions
        Checks of the source's own numbers, which test no run and count for nothing else, and those
        that find a contradiction.
    fitted
        Claims that agree because a search chose a setting by them. They count for nothing else.
    tables
        How many of all claims are tables.
    """

    reproduced: int
    inconclusive: int
    not_reproduced: int
    untested: int
    checks: int
    contradictions: int
    fitted: int = 0
    tables: int = 0

    @property
    def tested(self) -> int:
        """Number of claims that runs could decide."""
        return self.reproduced + self.inconclusive + self.not_reproduced

    @property
    def headline(self) -> str:
        """The counts as a phrase: no claim that is open passes for one that failed.

        Examples
        --------
        >>> Counts(41, 0, 6, 3, 0, 0).headline
        '41 of 47 claims reproduced'
        >>> Counts(1, 8, 0, 0, 0, 0).headline
        '1 of 9 claims reproduced, 8 inconclusive'
        >>> Counts(0, 0, 0, 3, 0, 0).headline
        'no claims tested'
        >>> Counts(4, 0, 1, 0, 0, 0, fitted=3).headline
        '4 of 5 claims reproduced; 3 fitted, not counted'
        """
        fitted = f"; {self.fitted:,} {Verdict.FITTED.words}" * bool(self.fitted)
        if not self.tested:
            return f"no claims tested{fitted}"
        still_open = f", {self.inconclusive:,} inconclusive" * bool(self.inconclusive)
        return (
            f"{self.reproduced:,} of {counted(self.tested, 'claim')} reproduced{still_open}{fitted}"
        )

    @property
    def sentences(self) -> str:
        """The counts in full.

        Examples
        --------
        >>> Counts(41, 4, 2, 0, 0, 0).sentences
        '47 claims were tested: 41 reproduced, 4 inconclusive, 2 not reproduced.'
        """
        untested = f" {counted(self.untested, 'claim was', 'claims were')} not tested."
        text = (
            f"{counted(self.tested, 'claim was', 'claims were')} tested: {self.reproduced:,} "
            f"reproduced, {self.inconclusive:,} inconclusive, {self.not_reproduced:,} not "
            f"reproduced.{untested * bool(self.untested)}"
        )
        text += " Each table is one claim." * bool(self.tables)
        text += f" {fitted_text(self.fitted)}" * bool(self.fitted)
        finds = counted(self.contradictions, "finds", "find")
        return text + (
            f" Of {counted(self.checks, 'check')} of the source's own numbers, {finds} a "
            "contradiction; several may have one cause."
        ) * bool(self.checks)


def count(claims: Iterable[JudgedClaim]) -> Counts:
    """Count claims by their verdicts."""
    claims = list(claims)
    found = Counter(claim.counts_as for claim in claims)
    return Counts(
        reproduced=sum(found[verdict] for verdict in FOR),
        inconclusive=found[Verdict.INCONCLUSIVE],
        not_reproduced=sum(found[verdict] for verdict in AGAINST),
        untested=found[Verdict.NOT_RUN] + found[Verdict.NOT_JUDGED],
        checks=sum(found[verdict] for verdict in OF_CHECKS),
        contradictions=found[Verdict.INCONSISTENT],
        fitted=found[Verdict.FITTED],
        tables=sum(claim.kind == "table" for claim in claims),
    )

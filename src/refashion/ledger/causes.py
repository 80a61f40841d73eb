"""Checks of a source's own numbers: which of them count, and the order in which to read them.

A contradiction may show in several places. Each has its row, and the first stands for all of them
wherever contradictions are counted. A check that says nothing by agreeing is counted apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from refashion.ledger.entry import Entry, Verdict
from refashion.spec.claims import ConsistencyClaim

Check = Entry[ConsistencyClaim]

READ_FIRST = (
    *(Verdict.INCONSISTENT, Verdict.DOUBTFUL, Verdict.CONSISTENT),
    Verdict.NOT_RUN,  # of a source that cannot be read
)


def is_vacuous(check: Check) -> bool:
    """Whether a check says nothing: its numbers agree, and they had to, or say one thing twice."""
    return check.verdict is Verdict.CONSISTENT and check.claim.found().vacuous


def is_counted(entry: Entry[Any]) -> bool:
    """Whether an entry counts: a check if it says something and stands for its cause."""
    if not isinstance(entry.claim, ConsistencyClaim):
        return True
    return not entry.claim.same_cause_as and not is_vacuous(entry)


def further_places(check: Check, checks: Sequence[Check]) -> list[Check]:
    """Find the other places of the contradiction that a check stands for."""
    own = (check.study, check.claim.id)
    return [other for other in checks if (other.study, other.claim.same_cause_as) == own]


def in_reading_order(checks: Sequence[Check]) -> list[Check]:
    """Order checks: contradictions, each with its places, then doubtful ones, then the others."""
    places = {(check.study, check.claim.id): n for n, check in enumerate(checks)}

    def rank(check: Check) -> tuple[int, bool, int, bool]:
        claim = check.claim
        first = places[check.study, claim.same_cause_as or claim.id]
        verdict = READ_FIRST.index(check.verdict)
        return verdict, is_vacuous(check), first, claim.same_cause_as is not None

    return sorted(checks, key=rank)

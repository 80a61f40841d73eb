"""Re-created numbers beside reported ones on one axis, whatever they measure.

A difference is counted in tolerances: between -1 and 1 lies what a study accepts. So an accuracy
and a price share an axis. The margin of a statement that compares two numbers has no tolerance: it
is counted in half-widths of its interval, and accepted above 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from refashion.ledger.entry import Entry, Verdict
from refashion.reported import Reported
from refashion.spec.claims import (
    CostClaim,
    ExtremeClaim,
    NumberClaim,
    OrderingClaim,
    TableClaim,
)

COMPARING = (OrderingClaim, ExtremeClaim, CostClaim)


class Distance(NamedTuple):
    """Difference between a re-created and a reported number, re-created minus reported.

    Of a statement it is the margin, and the interval is that of 90 %.

    Attributes
    ----------
    centre
        The difference, in tolerances.
    lower, upper
        Its 95 % interval, in tolerances; both are the difference if there is no interval.
    """

    centre: float
    lower: float
    upper: float


def distances_of(entry: Entry[Any]) -> list[Distance]:
    """Return the difference of a number or a margin, or of each number of a table.

    It is empty without a result, and for statements that compare no two numbers.
    """
    match entry.claim:
        case NumberClaim():
            return _of_number(entry)
        case TableClaim():
            return _of_cells(entry)
        case OrderingClaim() | ExtremeClaim() | CostClaim():
            return _of_margin(entry)
    return []


def _of_margin(entry: Entry[Any]) -> list[Distance]:
    judged = entry.judgement
    if judged.reproduced is None or judged.lower is None or judged.upper is None:
        return []
    half = (judged.upper - judged.lower) / 2
    centre = judged.reproduced / half if half else math.copysign(math.inf, judged.reproduced)
    return [Distance(centre, centre - 1, centre + 1)]


def _of_number(entry: Entry[NumberClaim]) -> list[Distance]:
    judged, tolerance = entry.judgement, entry.claim.tolerance
    if judged.reproduced is None:
        return []
    if judged.lower is None or judged.upper is None:
        centre = judged.reproduced - Reported.parse(entry.claim.reported).value
        return [Distance(*[centre / tolerance] * 3)]
    # The ledger counts from the re-created number to the reported one.
    lower, upper = -judged.upper / tolerance, -judged.lower / tolerance
    return [Distance((lower + upper) / 2, lower, upper)]


def _of_cells(entry: Entry[TableClaim]) -> list[Distance]:
    pairs = (
        ((cell.reproduced - Reported.parse(cell.reported).value), cell.column)
        for cell in entry.judgement.cells
        if cell.reproduced is not None
    )
    claim = entry.claim
    return [Distance(*[centre / claim.tolerance_of(column)] * 3) for centre, column in pairs]


def at_a_glance(entries: Iterable[Entry[Any]]) -> list[Entry[Any]]:
    """Choose the claims that have a difference to draw, the worst verdicts first.

    Numbers that a search was fitted to come last.
    """
    shown = [entry for entry in entries if distances_of(entry)]
    return sorted(shown, key=_rank)


def _rank(entry: Entry[Any]) -> tuple[bool, float]:
    rank = entry.verdict.rank
    return entry.counts_as is Verdict.FITTED, -1 if rank is None else round(rank)

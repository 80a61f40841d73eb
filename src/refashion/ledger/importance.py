"""The order of the ledger: first what a reader has to know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from refashion.ledger.causes import is_counted
from refashion.ledger.entry import Cell, Entry, Verdict
from refashion.ledger.standing import Standing
from refashion.reported import Reported
from refashion.spec.claims import ConsistencyClaim, NumberClaim


class LedgerRow(NamedTuple):
    """One claim of the ledger: an entry, or one number of a table.

    Attributes
    ----------
    entry
        The entry.
    cell
        The number of a table; None for an entry as a whole.
    number
        Place of the number in its table, from 1.
    """

    entry: Entry[Any]
    cell: Cell | None = None
    number: int = 0

    @property
    def verdict(self) -> Verdict:
        """Verdict on the claim."""
        return self.cell.verdict if self.cell else self.entry.verdict

    @property
    def counts_as(self) -> Verdict:
        """The verdict, or `FITTED`, see `Entry.counts_as`."""
        return self.cell.counts_as if self.cell else self.entry.counts_as


def by_importance(entries: Iterable[Entry[Any]]) -> list[LedgerRow]:
    """Order all claims: what deviates, what contradicts itself, what was reproduced, and the rest.

    Numbers that stand alone come before those of tables, the largest deviation first.
    """
    return sorted((row for entry in entries for row in _rows(entry)), key=_rank)


def relative_gap(entry: Entry[NumberClaim]) -> float:
    """Return the difference between reported and re-created number, in units of the tolerance.

    Raises
    ------
    ValueError
        If the entry has no re-created number.
    """
    if entry.judgement.reproduced is None:
        raise ValueError(f"{entry.claim.id}: no re-created number")
    gap = Reported.parse(entry.claim.reported).value - entry.judgement.reproduced
    return abs(gap) / entry.claim.tolerance


def _rows(entry: Entry[Any]) -> list[LedgerRow]:
    cells = enumerate(entry.judgement.cells, start=1)
    return [LedgerRow(entry), *(LedgerRow(entry, cell, n) for n, cell in cells)]


def _rank(row: LedgerRow) -> tuple[int, float]:
    entry, standing = row.entry, Standing.of(row.counts_as)
    if isinstance(entry.claim, ConsistencyClaim):
        of_check = {Standing.AGAINST: 1, Standing.OPEN: 4, Standing.HOLDS: 7}
        return of_check.get(standing, 8) if is_counted(entry) else 9, 0
    if row.cell:
        of_cell = {Standing.AGAINST: 3, Standing.UNTESTED: 8}
        return of_cell.get(standing, 6), 0
    of_claim = {Standing.AGAINST: 0, Standing.HOLDS: 2, Standing.OPEN: 5, Standing.FITTED: 6}
    has_gap = standing is Standing.AGAINST and isinstance(entry.claim, NumberClaim)
    is_known = has_gap and entry.judgement.reproduced is not None
    return of_claim.get(standing, 8), -relative_gap(entry) if is_known else 0

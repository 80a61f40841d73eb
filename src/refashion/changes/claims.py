"""Verdicts that differ between two results folders, and claims with other reported numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from refashion.changes.change import ONLY_A, ONLY_B, Change, compare_values
from refashion.changes.folder import JudgedClaim, ResultsFolder
from refashion.ledger.entry import Verdict

FLIPPED = "flipped"


def compare_verdicts(a: ResultsFolder, b: ResultsFolder) -> Iterator[Change]:
    """Compare the verdicts on claims and on single numbers of tables."""
    for one, other in _pairs(a, b):
        if one and other:
            yield from _flips(one, other)
        elif one:
            yield _change(one, one.verdict, None, ONLY_A)
        elif other:
            yield _change(other, None, other.verdict, ONLY_B)


def _flips(one: JudgedClaim, other: JudgedClaim) -> Iterator[Change]:
    if one.verdict is not other.verdict:
        note = f"A: {one.reason or '–'} B: {other.reason or '–'}"
        yield _change(one, one.verdict, other.verdict, FLIPPED, note=note)
    for cell, verdict in one.cells.items():
        if other.cells.get(cell, verdict) is not verdict:
            yield _change(one, verdict, other.cells[cell], FLIPPED, part=cell)


def _change(
    claim: JudgedClaim,
    a: Verdict | None,
    b: Verdict | None,
    change: str,
    part: str = "",
    note: str = "",
) -> Change:
    return Change(
        "cell" if part else "verdict",
        claim.id,
        a,
        b,
        change,
        study=claim.study,
        run=claim.run,
        split=claim.split,
        part=part,
        relative=_distance(a, b),
        note=note,
    )


def _distance(a: Verdict | None, b: Verdict | None) -> float | None:
    """Return how far a verdict moved, with 1 from worst to best; None if it has no rank."""
    if a is None or b is None or a.rank is None or b.rank is None:
        return None
    return abs(a.rank - b.rank) / 2 or None


def compare_claims(a: ResultsFolder, b: ResultsFolder) -> Iterator[Change]:
    """Compare the reported numbers and the tolerances of claims, on which verdicts depend."""
    for one, other in _pairs(a, b):
        if one and other:
            sides = ({"reported": c.reported, "tolerance": c.tolerance} for c in (one, other))
            for change in compare_values(*sides, kind="claim", study=one.study, run=one.run):
                yield replace(change, name=one.id, part=change.name)


def _pairs(
    a: ResultsFolder, b: ResultsFolder
) -> Iterator[tuple[JudgedClaim | None, JudgedClaim | None]]:
    for key in dict.fromkeys((*a.claims, *b.claims)):
        yield a.claims.get(key), b.claims.get(key)

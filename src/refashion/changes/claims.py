"""Verdicts that are not the same in two folders of results, and claims put otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from refashion.changes.change import ONLY_A, ONLY_B, Change, of_values
from refashion.changes.folder import Folder

FLIPPED = "flipped"

# How far a verdict is from the worst one; what was not run has no place among them.
_RANKS = {
    **dict.fromkeys(("not_reproduced", "fails", "inconsistent"), 0.0),
    "inconclusive": 1.0,
    **dict.fromkeys(("reproduced", "holds", "consistent"), 2.0),
    "exact": 2.1,
}


def of_verdicts(a: Folder, b: Folder) -> Iterator[Change]:
    for (study, claim), row, other in _claim_pairs(a, b):
        if row is None or other is None:
            change = ONLY_A if other is None else ONLY_B
            verdicts = [side["verdict"] if side else None for side in (row, other)]
            yield _verdict_change("verdict", claim, *verdicts, change, study, row or other)
            continue
        verdicts = row["verdict"], other["verdict"]
        if verdicts[0] != verdicts[1]:
            note = f"A: {row['reason'] or '–'} B: {other['reason'] or '–'}"
            yield _verdict_change("verdict", claim, *verdicts, FLIPPED, study, row, note)
        cells = [{cell["name"]: cell for cell in side.get("cells") or []} for side in (row, other)]
        for name in [name for name in cells[0] if name in cells[1]]:
            of_cell = cells[0][name]["verdict"], cells[1][name]["verdict"]
            if of_cell[0] != of_cell[1]:
                yield _verdict_change("cell", f"{claim}: {name}", *of_cell, FLIPPED, study, row)


def _verdict_change(
    kind: str,
    name: str,
    a: str | None,
    b: str | None,
    change: str,
    study: str,
    row: Mapping[str, Any],
    note: str = "",
) -> Change:
    ranks = _RANKS.get(a), _RANKS.get(b)
    size = abs(ranks[0] - ranks[1]) / 2 if None not in ranks else 0.0
    facts = {"study": study, "run": row["run"] or "", "split": row["split"] or ""}
    return Change(kind, name, a or "", b or "", change, **facts, relative=size or None, note=note)


def of_claims(a: Folder, b: Folder) -> Iterator[Change]:
    """Compare what the study says, on which a verdict rests as well."""
    for (study, claim), row, other in _claim_pairs(a, b):
        if row and other:
            sides = (
                {f"{claim}: {key}": side[key] for key in ("reported", "tolerance")}
                for side in (row, other)
            )
            yield from of_values(*sides, kind="claim", study=study, run=row["run"] or "")


def _claim_pairs(a: Folder, b: Folder) -> Iterator[tuple[tuple[str, str], Any, Any]]:
    for key in dict.fromkeys((*a.verdicts, *b.verdicts)):
        yield key, a.verdicts.get(key), b.verdicts.get(key)

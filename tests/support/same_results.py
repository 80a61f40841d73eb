"""Compare two results folders byte for byte, for changes that must keep every number.

    python tests/support/same_results.py BEFORE AFTER

Metrics and predictions have to be identical. Of the ledger, wording (reasons) may differ and fields
may be added.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

NUMBERS = ("*/*/seed-*/metrics.json", "*/*/seed-*/predictions.npz", "*/metrics.csv")
LEDGER = "verdicts.json"
WORDED = {"reason", "assumes"}


def differences(before: Path, after: Path) -> Iterator[str]:
    """Give a line for each difference that is not one of wording."""
    for pattern in NUMBERS:
        names = {path.relative_to(side) for side in (before, after) for path in side.glob(pattern)}
        if not names:
            yield f"{pattern}: neither folder has one"
        yield from (line for name in sorted(names) for line in _bytes(before, after, name))
    rows, others = (
        {(row["study"], row["id"]): row for row in json.loads((side / LEDGER).read_text())}
        for side in (before, after)
    )
    for key in sorted(rows.keys() | others.keys()):
        name = f"{LEDGER}: {'/'.join(key)}"
        if key not in rows or key not in others:
            yield f"{name}: only {'before' if key in rows else 'after'}"
        else:
            yield from _fields(rows[key], others[key], name)


def _bytes(before: Path, after: Path, name: Path) -> Iterator[str]:
    sides = [side / name for side in (before, after)]
    for side, when in zip(sides, ("before", "after"), strict=True):
        if not side.is_file():
            yield f"{name}: missing {when}"
            return
    if sides[0].read_bytes() != sides[1].read_bytes():
        yield f"{name}: not the same bytes"


def _fields(row: dict, other: dict, name: str) -> Iterator[str]:
    """Compare what the earlier row has; a later one may have more."""
    for field in row.keys() - WORDED:
        if field not in other:
            yield f"{name}: {field} is gone"
        elif field == "cells":
            cells = [{key: cell.get(key) for key in row["cells"][0]} for cell in other["cells"]]
            if row["cells"] != cells:
                yield f"{name}: cells differ"
        elif json.dumps(row[field]) != json.dumps(other[field]):
            yield f"{name}: {field} was {row[field]!r}, is {other[field]!r}"


if __name__ == "__main__":
    found = list(differences(*map(Path, sys.argv[1:3])))
    print("\n".join(found) or "the same")
    sys.exit(bool(found))

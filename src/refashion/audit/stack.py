"""The table of a stack of audits: `audits.html` and `audits.csv`."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from refashion import artifacts
from refashion.audit.audit import Audit
from refashion.audit.page import fill
from refashion.ledger.entry import Verdict

COLUMNS = ("document", "pages", "numbers", "contradictions", "doubtful", "consistent", "error")


@dataclass(frozen=True)
class Row:
    """A document of the stack.

    Attributes
    ----------
    path
        The document.
    folder
        Name of the folder of its audit.
    outcome
        The audit, or why there is none.
    """

    path: Path
    folder: str
    outcome: Audit | str


def write_table(rows: Sequence[Row], folder: Path) -> None:
    """Write both files, most contradictions first and what cannot be read last."""
    facts = sorted(map(_facts, rows), key=_order)
    folder.mkdir(parents=True, exist_ok=True)
    artifacts.write_text(folder / "audits.csv", _csv(facts))
    artifacts.write_text(folder / "audits.html", fill("audits.html", {"rows": facts}))


def _facts(row: Row) -> dict[str, Any]:
    if isinstance(row.outcome, str):
        blank = dict.fromkeys(COLUMNS[1:-1], "")
        return {"document": row.path.name, **blank, "error": row.outcome, "address": ""}
    done = row.outcome
    return {
        "document": row.path.name,
        "pages": done.document.n_parts,
        "numbers": len(done.numbers),
        "contradictions": len(done.with_verdict(Verdict.INCONSISTENT)),
        "doubtful": len(done.with_verdict(Verdict.DOUBTFUL)),
        "consistent": len(done.with_verdict(Verdict.CONSISTENT)),
        "error": "",
        "address": f"{quote(row.folder)}/audit.html",
    }


def _order(facts: dict[str, Any]) -> tuple[bool, int, int, str]:
    is_unread = bool(facts["error"])
    counts = (0, 0) if is_unread else (-facts["contradictions"], -facts["doubtful"])
    return is_unread, *counts, facts["document"]


def _csv(facts: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(facts)
    return text.getvalue()

"""`audit.json`: everything that an audit found, for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from refashion.audit.audit import Audit, audit
from refashion.audit.checking.question import Answer
from refashion.audit.numbers import PrintedNumber
from refashion.audit.reading.readings import Reading
from refashion.errors import RefashionError


def record(audit: Audit) -> dict[str, Any]:
    """Return the content of `audit.json`.

    Returns
    -------
    dict
        `document` (name, sha256, `unit` that parts are counted in, `parts`, `without_text`),
        `counts` by verdict, `findings` (the most telling first) and `numbers`.
    """
    document = audit.document
    verdicts = ("inconsistent", "doubtful", "consistent")
    of = [answer.verdict.value for answer in audit.answers]
    return {
        "document": {
            "name": document.name,
            "sha256": audit.sha256,
            "unit": document.unit.value,
            "parts": document.n_parts,
            "lines": len(document.lines),
            "without_text": [*document.without_text],
        },
        "seconds": round(audit.seconds, 3),
        "counts": {verdict: of.count(verdict) for verdict in verdicts},
        "findings": [_finding(audit, answer) for answer in audit.answers],
        "numbers": [_number(audit, number) for number in audit.numbers],
    }


def source_record(path: Path) -> dict[str, Any]:
    """Audit the source of a study, and return the content of its `audit.json`.

    Parameters
    ----------
    path
        The document.

    Returns
    -------
    dict
        As `record` returns it; or for a document that cannot be read, its name and the `fault`.
    """
    try:
        return record(audit(path))
    except RefashionError as error:  # also one that takes too long
        fault = str(error).replace(str(path), path.name)
        return {"document": {"name": path.name}, "fault": fault}


def _finding(audit: Audit, answer: Answer) -> dict[str, Any]:
    question = answer.question
    return {
        "check": question.check,
        "verdict": answer.verdict.value,
        "title": question.title,
        "detail": answer.finding.detail,
        "doubts": question.all_doubts,
        "numbers": question.numbers,
        "places": [_place(audit, reading) for reading in question.about],
    }


def _place(audit: Audit, reading: Reading) -> dict[str, Any]:
    line = audit.document.lines[reading.first - 1]
    return {"part": line.part, "line": reading.first, "last": reading.last, "quote": reading.quote}


def _number(audit: Audit, number: PrintedNumber) -> dict[str, Any]:
    reading = number.reading
    return {
        "value": number.value,
        "kind": number.kind,
        "metric": number.metric,
        "row": number.row,
        "column": number.column,
        "split": getattr(reading, "split", None),
        "part": audit.document.lines[number.line - 1].part,
        "line": number.line,
        "lines": [reading.first, reading.last],
        "quote": reading.quote,
        "sure": not reading.doubts,
        "doubts": [*reading.doubts],
    }

"""`audit.html`: an audit as one page that loads nothing, with the document beside each finding."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from refashion.audit import wording
from refashion.audit.audit import Audit
from refashion.audit.checking.question import Answer
from refashion.audit.reading.readings import Reading
from refashion.documents import pictures
from refashion.documents.document import Box, Line, Unit
from refashion.ledger.entry import Verdict
from refashion.shortening import shortened
from refashion.wording import counted

TEMPLATES = Path(__file__).parents[3] / "report"
# Pictures of more pages than these make a page that nobody can send.
MOST_PICTURES = 40
PICTURE_WIDTH = 900
# What is shown around a finding: points of a page, and lines of a text.
MARGIN, NEAR = 60.0, 2
LONGEST_LINE, LONGEST_QUOTE = 200, 240
# Lines of a finding that are shown; the rest of a long table is where the first ones are.
MOST_LINES = 12
MOST_NUMBERS = 5_000

Pictures = dict[int, str]


def fill(name: str, variables: Mapping[str, Any]) -> str:
    """Fill a template of a page that loads nothing, with the style of the report in it.

    Parameters
    ----------
    name
        File name of the template in `report/`.
    variables
        Its variables; they are escaped.
    """
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    template = environment.get_template(name)
    return template.render(variables, style=Markup(style), style_hash=digest)


def page(audit: Audit) -> str:
    """Return the page as HTML."""
    drawn = _pictures(audit)
    variables = {
        "name": audit.document.name,
        "subtitle": _subtitle(audit),
        "facts": f"SHA-256 {audit.sha256[:16]}…, read in {audit.seconds:.1f} s",
        "counts": [*_counts(audit)],
        "read": f"Read: {wording.read_words(audit.readings) or 'nothing'}.",
        "gap": wording.scanned(audit.document),
        "sections": [_section(audit, verdict, drawn) for verdict in wording.HEADINGS],
        "numbers": [_number(audit, number) for number in audit.numbers[:MOST_NUMBERS]],
        "n_numbers": counted(len(audit.numbers), "number"),
    }
    return fill("audit.html", variables)


def _subtitle(audit: Audit) -> str:
    parts = audit.document.n_parts
    size = "" if audit.document.unit is Unit.NONE else f"{counted(parts, audit.document.unit)}, "
    return f"{size}{counted(len(audit.numbers), 'number')}, {counted(len(audit.answers), 'check')}"


def _counts(audit: Audit) -> Iterator[dict[str, Any]]:
    nouns = {
        Verdict.INCONSISTENT: ("contradiction", None),
        Verdict.DOUBTFUL: ("doubtful finding", None),
        Verdict.CONSISTENT: ("check that agrees", "checks that agree"),
    }
    for verdict, noun in nouns.items():
        yield {
            "anchor": verdict.name_in_pages,
            "verdict": verdict.name_in_pages,
            "mark": verdict.mark,
            "words": counted(len(audit.with_verdict(verdict)), *noun),
        }


def _section(audit: Audit, verdict: Verdict, drawn: Pictures) -> dict[str, Any]:
    found = audit.with_verdict(verdict)
    return {
        "anchor": verdict.name_in_pages,
        "title": wording.HEADINGS[verdict],
        "is_table": verdict is Verdict.CONSISTENT,
        "findings": [
            _finding(audit, answer, f"{verdict.name_in_pages}-{number}", drawn)
            for number, answer in enumerate(found, start=1)
        ],
    }


def _finding(audit: Audit, answer: Answer, anchor: str, drawn: Pictures) -> dict[str, Any]:
    is_shown = answer.verdict is not Verdict.CONSISTENT
    return {
        "anchor": anchor,
        "title": answer.question.title,
        "places": wording.places(audit, answer),
        "detail": answer.finding.detail,
        "doubts": wording.doubts_words(answer),
        "verdict": answer.verdict.name_in_pages,
        "mark": answer.verdict.mark,
        "name": answer.verdict.words,
        "excerpts": [*_excerpts(audit, answer, drawn)] if is_shown else [],
    }


def _excerpts(audit: Audit, answer: Answer, drawn: Pictures) -> Iterator[dict[str, Any]]:
    """Yield what the document shows at each place of a finding, each place once."""
    shown: set[int] = set()
    for reading in answer.question.about:
        if reading.first in shown:
            continue
        last = min(reading.last, reading.first + MOST_LINES - 1)
        shown |= {*range(reading.first, last + 1)}
        lines = [*audit.document.lines[reading.first - 1 : last]]
        yield _excerpt(audit, reading, lines, drawn.get(lines[0].part))


def _excerpt(
    audit: Audit, reading: Reading, lines: Sequence[Line], picture: str | None
) -> dict[str, Any]:
    place = wording.place(audit.document, lines[0])
    common = {
        "place": place[:1].upper() + place[1:],
        "quote": shortened(" ".join(reading.quote.split()), LONGEST_QUOTE),
        "picture": picture,
    }
    boxes = [line.box for line in lines if line.box and line.part == lines[0].part]
    if picture and boxes:
        return common | _cut(audit, lines[0].part, boxes)
    first, last = lines[0].number, lines[-1].number
    around = audit.document.lines[max(0, first - 1 - NEAR) : last + NEAR]
    texts = [
        {"text": shortened(line.text, LONGEST_LINE), "is_found": first <= line.number <= last}
        for line in around
    ]
    return common | {"picture": None, "lines": texts}


def _cut(audit: Audit, part: int, boxes: Sequence[Box]) -> dict[str, Any]:
    """Return the part of a page around boxes, in points."""
    width, height = audit.document.page_sizes[part - 1]
    top = max(0.0, min(box.top for box in boxes) - MARGIN)
    bottom = min(height, max(box.bottom for box in boxes) + MARGIN)
    marks = [
        {
            "x": round(box.left - 2, 1),
            "y": round(box.top - 1, 1),
            "width": round(box.right - box.left + 4, 1),
            "height": round(box.bottom - box.top + 2, 1),
        }
        for box in boxes
    ]
    return {
        "width": round(width, 1),
        "full": round(height, 1),
        "top": round(top, 1),
        "height": round(bottom - top, 1),
        "boxes": marks,
    }


def _pictures(audit: Audit) -> Pictures:
    """Draw the pages of what is not in order, as addresses that hold their data."""
    document = audit.document
    if not document.page_sizes:
        return {}
    parts = [
        document.lines[reading.first - 1].part
        for answer in audit.answers
        if answer.verdict is not Verdict.CONSISTENT
        for reading in answer.question.about
    ]
    pages = [*dict.fromkeys(parts)][:MOST_PICTURES]
    drawn = pictures.page_pictures(audit.path, pages, PICTURE_WIDTH)
    return {
        part: f"data:image/png;base64,{base64.b64encode(picture).decode()}"
        for part, picture in zip(pages, drawn, strict=True)
    }


def _number(audit: Audit, number: Any) -> dict[str, Any]:
    return {
        "value": number.value,
        "metric": number.metric.replace("_", " "),
        "row": number.row or "",
        "place": wording.place(audit.document, audit.document.lines[number.line - 1]),
        "sure": "no: " + "; ".join(number.reading.doubts) if number.reading.doubts else "yes",
    }

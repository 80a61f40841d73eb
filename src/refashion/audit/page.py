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
from refashion.documents.document import Box, TextLine, Unit
from refashion.ledger.entry import Verdict
from refashion.shortening import shortened
from refashion.wording import counted

TEMPLATES = Path(__file__).parents[3] / "report"
# Pictures of more pages than these make a page that nobody can send.
MOST_PICTURES = 40
PICTURE_WIDTH = 900
# What is shown around a finding: points of a page, and lines of a text.
MARGIN, NEAR = 60.0, 2
# Lines between places that are shown together.
NEAR_EACH_OTHER = 8
LONGEST_LINE, LONGEST_QUOTE = 200, 240
# Lines of a finding that are shown; the rest of a long table is where the first ones are.
MOST_LINES = 12
MOST_NUMBERS = 5_000

Pictures = dict[int, dict[str, Any]]


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
        "pictures": [*drawn.values()],
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
    """Yield what the document shows at the places of a finding; near places are shown together."""
    for readings in _together(audit, answer.question.about):
        lines = {
            number: audit.document.lines[number - 1]
            for reading in readings
            for number in range(
                reading.first, min(reading.last, reading.first + MOST_LINES - 1) + 1
            )
        }
        found = [lines[number] for number in sorted(lines)]
        place = wording.place(audit.document, found[0])
        quotes = [" ".join(reading.quote.split()) for reading in readings]
        common = {
            "place": place[:1].upper() + place[1:],
            "quote": shortened("” and “".join(dict.fromkeys(quotes)), LONGEST_QUOTE),
            "picture": drawn.get(found[0].part, {}).get("id"),
        }
        boxes = [line.box for line in found if line.box and line.part == found[0].part]
        if common["picture"] and boxes:
            yield common | _cut(audit, found[0].part, boxes)
        else:
            yield common | {"picture": None, "lines": _around(audit, found, quotes)}


def _together(audit: Audit, about: Sequence[Reading]) -> list[list[Reading]]:
    """Group readings that stand near each other on one page, in the order of the first of each."""
    lines = audit.document.lines
    groups: list[list[Reading]] = []
    for reading in about:
        near = (
            group
            for group in groups
            if lines[group[0].first - 1].part == lines[reading.first - 1].part
            and abs(group[0].first - reading.first) <= NEAR_EACH_OTHER
        )
        if group := next(near, None):
            group.append(reading)
        else:
            groups.append([reading])
    return groups


def _around(audit: Audit, found: Sequence[TextLine], quotes: Sequence[str]) -> list[dict[str, Any]]:
    """Return the lines of a finding and those around it; of a long one what is around its quote."""
    numbers = {line.number for line in found}
    first, last = found[0].number, found[-1].number
    return [
        {"text": _part(line.text, quotes), "is_found": line.number in numbers}
        for line in audit.document.lines[max(0, first - 1 - NEAR) : last + NEAR]
    ]


def _part(text: str, quotes: Sequence[str]) -> str:
    """Cut a long line around the quote in it."""
    if len(text) <= LONGEST_LINE:
        return text
    at = max((text.find(quote[:30]) for quote in quotes), default=-1)
    start = max(0, at - LONGEST_LINE // 2)
    end = start + LONGEST_LINE + max(map(len, quotes), default=0)
    return f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}"


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
        "top": round(top, 1),
        "height": round(bottom - top, 1),
        "boxes": marks,
    }


def _pictures(audit: Audit) -> Pictures:
    """Draw the pages of what is not in order."""
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
    return {part: _picture(audit, part, data) for part, data in zip(pages, drawn, strict=True)}


def _picture(audit: Audit, part: int, data: bytes) -> dict[str, Any]:
    """Return a page that several findings show, once for all of them; its size is in points."""
    width, height = audit.document.page_sizes[part - 1]
    address = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    size = {"width": round(width, 1), "height": round(height, 1)}
    return {"id": f"page-{part}", "data": address, **size}


def _number(audit: Audit, number: Any) -> dict[str, Any]:
    return {
        "value": number.value,
        "metric": number.metric.replace("_", " "),
        "row": number.row or "",
        "place": wording.place(audit.document, audit.document.lines[number.line - 1]),
        "sure": "no: " + "; ".join(number.reading.doubts) if number.reading.doubts else "yes",
    }

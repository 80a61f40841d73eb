"""Captions and headings: what the things that stand beside them are of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from refashion.audit.reading.cells import quoted, text_of
from refashion.audit.reading.readings import Caption, Heading, Reading
from refashion.documents.document import Document, Kind

# Lines without text between a thing and its caption.
FURTHEST = 4
LONGEST_HEADING = 100

_LABELS = {
    **{"fig": "Figure", "figure": "Figure", "abb": "Figure", "abbildung": "Figure"},
    **{"tab": "Table", "table": "Table", "tabelle": "Table"},
    **{"listing": "Listing", "code": "Listing", "algorithm": "Listing"},
}
_CAPTION = re.compile(
    r"\W{0,4}(?P<label>fig(?:ure)?|abb(?:ildung)?|tab(?:le|elle)?|listing|code|algorithm)\b\.?"
    r"\s*(?P<number>\d{1,3}(?:\.\d{1,3})*[a-z]?|[IVX]{1,5})\b\s*(?P<sign>[:.)|\-–—]|\*\*|$)\s*(?P<text>.*)",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(r"\s{0,3}(?P<signs>#{1,6})\s+(?P<text>\S.*)")
_NUMBERED = re.compile(
    r"\s{0,3}(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+(?P<text>[^\W\d_][^.:;=()\[\]]*)"
)
_LEADING = re.compile(r"(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?|[IVX]{1,5}\.)\s+")


def find(document: Document) -> Iterator[Caption]:
    """Yield the captions of a document.

    A sentence that begins with "Figure 3 shows" is none: a sign has to part number and text.
    """
    for line in document.lines:
        found = _CAPTION.match(text_of(line).strip())
        if found and line.kind not in (Kind.CODE, Kind.OUTPUT):
            yield Caption(
                first=line.number,
                last=line.number,
                quote=quoted(document, line.number),
                label=_LABELS[found["label"].lower()],
                number=found["number"],
                text=found["text"].strip(" *_"),
            )


def find_headings(document: Document) -> Iterator[Heading]:
    """Yield the headings: those of Markdown, those that the format tells, and numbered ones."""
    for line in document.lines:
        text = text_of(line)
        if line.kind in (Kind.CODE, Kind.OUTPUT) or len(text) > LONGEST_HEADING:
            continue
        if found := _heading(document, line.number, text.rstrip(), line.kind):
            name, level = found
            yield Heading(
                first=line.number,
                last=line.number,
                quote=quoted(document, line.number),
                text=_LEADING.sub("", name.strip(" *_#"), count=1).strip(" *_:"),
                level=level,
            )


def _heading(document: Document, number: int, text: str, kind: Kind) -> tuple[str, int] | None:
    if found := _MARKDOWN.fullmatch(text):
        return found["text"], len(found["signs"])
    if kind is Kind.HEADING:
        return text, 0
    found = _NUMBERED.fullmatch(text)
    if found and not text.endswith((",", "-")) and len(text.split()) <= 9:
        alone = all(
            not document.lines[near].text.strip()
            for near in (number - 2, number)
            if 0 <= near < len(document.lines)
        )
        if alone or "." in found["number"]:
            return found["text"], found["number"].count(".") + 1
    return None


def beside(reading: Reading, captions: Sequence[Caption], document: Document) -> Caption | None:
    """Return the caption of a thing: the nearest one with no other text between.

    Of two that are as near, the one above is taken.
    """
    near: list[tuple[int, bool, Caption]] = []
    for caption in captions:
        is_below = caption.first > reading.last
        low, high = sorted(
            (reading.last, caption.first) if is_below else (caption.last, reading.first)
        )
        between = [line.text.strip(" `") for line in document.lines[low : high - 1]]
        if reading.first <= caption.first <= reading.last:
            near.append((0, False, caption))
        elif not any(between) and len(between) <= FURTHEST:
            near.append((len(between) + 1, is_below, caption))
    return min(near, key=lambda found: found[:2])[2] if near else None


def section(reading: Reading, headings: Sequence[Heading]) -> Sequence[Heading]:
    """Return the headings that a thing stands under, the nearest last."""
    open_: list[Heading] = []
    for heading in headings:
        if heading.first >= reading.first:
            break
        level = heading.level or 99
        open_ = [other for other in open_ if (other.level or 99) < level] + [heading]
    return open_

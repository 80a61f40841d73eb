"""Captions and headings: what the things that stand beside them are of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from refashion.audit.reading.cells import quoted, text_of
from refashion.audit.reading.readings import Caption, Heading, Reading
from refashion.documents.document import Document, LineKind, TextLine

# Lines without text between a thing and its caption.
FURTHEST = 4
LONGEST_HEADING = 100
MOST_WORDS = 9
SHORTEST_PARAGRAPH = 60

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
# A line of capitalised words above a paragraph, such as "Data Set Description".
_LONE = re.compile(r"[A-Z][\w-]*(?:[ /&]{1,3}(?:[A-Z][\w-]*|and|of|the|for|in|with|to|on|a))*:?")
_CODE = re.compile(r"[=;{}]|\w\(|^\s*(?:def|import|from|class)\s")
_TITLE = re.compile(r"[^\W\d][\w -]{0,40}:")
_LEADING = re.compile(r"(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?|[IVX]{1,5}\.)\s+")


def find(document: Document) -> Iterator[Caption]:
    """Yield the captions of a document.

    A sentence that begins with "Figure 3 shows" is none: a sign has to part number and text.
    """
    for line in document.lines:
        found = _CAPTION.match(text_of(line).strip())
        if found and line.kind not in (LineKind.CODE, LineKind.OUTPUT):
            yield Caption(
                first=line.number,
                last=line.number,
                quote=quoted(document, line.number),
                label=_LABELS[found["label"].lower()],
                number=found["number"],
                text=found["text"].strip(" *_"),
            )


def find_headings(document: Document) -> Iterator[Heading]:
    """Yield the headings: of Markdown, those that the format tells, numbered and lone ones."""
    is_code = False
    for line in document.lines:
        text = text_of(line).rstrip()
        if text.lstrip().startswith("```"):
            is_code = not is_code
        if is_code or line.kind in (LineKind.CODE, LineKind.OUTPUT) or len(text) > LONGEST_HEADING:
            continue
        if found := _heading(document, line, text):
            name, level = found
            yield Heading(
                first=line.number,
                last=line.number,
                quote=quoted(document, line.number),
                text=_LEADING.sub("", name.strip(" *_#"), count=1).strip(" *_:"),
                level=level,
            )


def _heading(document: Document, line: TextLine, text: str) -> tuple[str, int] | None:
    """Return the text of a heading and its level."""
    if _CODE.search(text) or not text.strip():
        return None
    if found := _MARKDOWN.fullmatch(text):
        return found["text"], len(found["signs"])
    if line.kind is LineKind.HEADING:
        return text, 0
    near = document.lines[max(0, line.number - 2) : line.number + 1]
    is_alone = not any(other.text.strip() for other in near if other is not line)
    found = _NUMBERED.fullmatch(text)
    if found and not text.endswith((",", "-")) and len(text.split()) <= MOST_WORDS:
        if is_alone or "." in found["number"]:
            return found["text"], found["number"].count(".") + 1
    elif is_alone and _LONE.fullmatch(text) and len(text.split()) <= MOST_WORDS:
        below = document.lines[line.number : line.number + 3]
        if any(len(other.text) >= SHORTEST_PARAGRAPH for other in below):
            return text, 0
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
        if reading.first <= caption.first <= reading.last:
            near.append((0, False, caption))
            continue
        if high - 1 - low > FURTHEST:
            continue
        between = [line.text.strip(" `\t") for line in document.lines[low : high - 1]]
        if not is_below:  # the title that a program prints above what follows
            between = between if any(map(_is_text, between)) else [""] * len(between)
        if not any(between):
            near.append((len(between) + 1, is_below, caption))
    return min(near, key=lambda found: found[:2])[2] if near else None


def _is_text(line: str) -> bool:
    return bool(line) and not _TITLE.fullmatch(line)


def section(reading: Reading, headings: Sequence[Heading]) -> Sequence[Heading]:
    """Return the headings that a thing stands under, the nearest last."""
    open_: list[Heading] = []
    for heading in headings:
        if heading.first >= reading.first:
            break
        level = heading.level or 99
        open_ = [other for other in open_ if (other.level or 99) < level] + [heading]
    return open_

"""Lines of Markdown and of plain text, which are read alike and stay as they are."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from refashion.documents.document import Document, LineKind, TextLine, Unit, numbered
from refashion.documents.faults import UnreadableError
from refashion.printed import last_state, table_rows

MOST_LINES = 500_000
# Lines of one table in HTML.
LONGEST_TABLE = 20_000
LONGEST_FENCE = 1_000

_FENCE = re.compile(r"\s*(?:>\s*)?(`{3,}|~{3,})([^`]*)$")
_HEADING = re.compile(r" {0,3}#{1,6}(?:\s|$)")
# A file within a text, such as an image.
EMBEDDED = re.compile(r"data:[\w/+.-]{1,100};base64,[A-Za-z0-9+/=]+")


def read(text: str, name: str) -> Document:
    """Read Markdown or plain text. Form feeds part pages.

    Parameters
    ----------
    text
        The text.
    name
        Name of the document.
    """
    pages = text.rstrip("\f\r\n ").split("\f")
    is_paged = len(pages) > 1
    lines = (line for number, page in enumerate(pages, 1) for line in lines_of(page, number))
    empty = [number for number, page in enumerate(pages, 1) if not page.strip()]
    unit = Unit.PAGE if is_paged else Unit.NONE
    return Document(name, unit, len(pages), numbered(lines), empty if is_paged else ())


def lines_of(text: str, part: int = 1) -> Iterator[TextLine]:
    """Yield the lines of Markdown. Tables in HTML become those of Markdown, embedded files go.

    Parameters
    ----------
    text
        The Markdown.
    part
        The page or cell that it stands on.
    """
    raw = split_lines(EMBEDDED.sub("data:", text))
    ends = [number for number, line in enumerate(raw) if "</table>" in line.lower()]
    fence, place = "", 0
    while place < len(raw):
        line = raw[place]
        place += 1
        found = _FENCE.match(line) if len(line) < LONGEST_FENCE else None
        if fence:
            yield TextLine(0, line, part, LineKind.CODE)
            if found and found[1].startswith(fence) and not found[2].strip():
                fence = ""
        elif found:
            fence = found[1]
            yield TextLine(0, line, part, LineKind.CODE)
        elif "<table" in line.lower() and (end := _table_end(ends, place - 1)):
            rows = table_rows("\n".join(raw[place - 1 : end]))
            yield from (TextLine(0, row, part) for row in pipe_table(rows, is_headed=True))
            place = end
        else:
            yield TextLine(
                0, line, part, LineKind.HEADING if _HEADING.match(line) else LineKind.TEXT
            )


def _table_end(ends: Sequence[int], start: int) -> int | None:
    """Return the number of the line that ends a table, if one does."""
    found = bisect_left(ends, start)
    if found == len(ends) or ends[found] - start > LONGEST_TABLE:
        return None
    return ends[found] + 1


def split_lines(text: str) -> list[str]:
    """Split a text into lines as a terminal shows them in the end.

    Raises
    ------
    UnreadableError
        There are too many lines.
    """
    text = text.replace("\r\n", "\n")
    if "\n" not in text:
        text = text.replace("\r", "\n")  # as old Macs end lines
    if text.count("\n") > MOST_LINES:
        raise UnreadableError(f"has {text.count(chr(10)):,} lines", f"at most {MOST_LINES:,}")
    lines = text.split("\n")
    return [last_state(line) if "\r" in line or "\x1b" in line else line for line in lines]


def pipe_table(rows: Iterable[Sequence[str]], is_headed: bool) -> Iterator[str]:
    """Yield the lines of a table in Markdown.

    Parameters
    ----------
    rows
        Cells by row.
    is_headed
        Whether the first row holds the names of the columns.
    """
    for number, row in enumerate(rows):
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
        if is_headed and not number:
            yield f"|{'---|' * len(row)}"

"""Lines of the text layer of a PDF file, by pdfium."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from statistics import median

import pypdfium2 as pdfium
from pypdfium2 import raw

from refashion.documents.characters import PageFrame, words_of
from refashion.documents.document import Box, Document, LineKind, TextLine, Unit, numbered
from refashion.documents.faults import UnreadableError
from refashion.documents.layout import LaidRow, lay_out
from refashion.documents.running_heads import without_running_heads
from refashion.documents.words import Word

MOST_PAGES = 1_000
# Text that stands upright beside the text proper: labels of axes are shorter.
FEWEST_TURNED = 60
# How much larger than the text a heading is set, at least.
HEADING = 1.1
LONGEST_HEADING = 120
# The share of lines of fixed width from which on a document is written with a typewriter.
MOST_FIXED = 0.8
# A keyword, comment or command at the start, an assignment or argument, a call, a closing bracket.
_CODE = re.compile(
    r"^\s*(?:import|from|def|class|for|while|if|elif|else|try|except|with|return|print)\b"
    r"|^\s*(?:[#@%!]|>>>|\)|\])|\b\w+\s?=\s?[^=\s]|\w\((?!s\))"
)


def read(content: bytes, name: str) -> Document:
    """Read a PDF file.

    Parameters
    ----------
    content
        The file.
    name
        Name of the document.

    Raises
    ------
    UnreadableError
        It is no valid PDF file, is encrypted, or has too many pages.
    """
    document = open_pdf(content)
    pages: list[list[TextLine]] = []
    sizes = []
    for number in range(1, len(document) + 1):
        lines, size = _page(document, number)
        pages.append(lines)
        sizes.append(size)
    empty = [number for number, lines in enumerate(pages, 1) if not lines]
    kept = without_running_heads(pages, [height for _, height in sizes])
    lines = numbered(_told_apart([*chain(*kept)]))
    return Document(name, Unit.PAGE, len(pages), lines, empty, sizes)


def _told_apart(lines: Sequence[TextLine]) -> Iterator[TextLine]:
    """Tell code and output apart in lines of fixed width; if most are, it is but a typewriter."""
    n_fixed = sum(line.kind is LineKind.CODE for line in lines)
    is_typewriter = n_fixed > MOST_FIXED * sum(bool(line.text) for line in lines)
    for line in lines:
        kind = line.kind
        if kind is LineKind.CODE and (is_typewriter or not _CODE.search(line.text[:1_000])):
            kind = LineKind.TEXT if is_typewriter else LineKind.OUTPUT
        yield replace(line, kind=kind)


def open_pdf(content: bytes) -> pdfium.PdfDocument:
    """Open a PDF file; see `read` for the errors."""
    try:
        document = pdfium.PdfDocument(content)
        n_pages = len(document)
    except pdfium.PdfiumError as error:
        if raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD or "password" in str(error).lower():
            raise UnreadableError("is encrypted", "a PDF file without a password") from None
        raise UnreadableError("is a broken PDF file", "one that other programs open") from None
    if not n_pages:
        raise UnreadableError("is a PDF file without pages")
    if n_pages > MOST_PAGES:
        raise UnreadableError(f"has {n_pages:,} pages", f"at most {MOST_PAGES:,}")
    return document


def _page(document: pdfium.PdfDocument, number: int) -> tuple[list[TextLine], tuple[float, float]]:
    try:
        page = document[number - 1]
        text = page.get_textpage()
    except pdfium.PdfiumError:
        return [], (0.0, 0.0)  # named as a page without text
    try:
        size, turn = page.get_size(), page.get_rotation() // 90
        frame = PageFrame(page)
        by_turn: dict[int, list[Word]] = defaultdict(list)
        for quarter, word in words_of(text, frame):
            by_turn[quarter].append(word)
        body = _body_size(word for words in by_turn.values() for word in words)
        lines: list[TextLine] = []
        for quarter in sorted(by_turn, key=lambda quarter: (quarter != turn, quarter)):
            words = by_turn[quarter]
            if quarter == turn or sum(len(word.text) for word in words) >= FEWEST_TURNED:
                lines += _lines(lay_out(words), body, number, frame, quarter, turn)
        return lines, size
    finally:
        text.close()
        page.close()


def _lines(
    rows: Iterable[LaidRow], body: float, number: int, frame: PageFrame, quarter: int, turn: int
) -> Iterator[TextLine]:
    for row in rows:
        kind = LineKind.CODE if all(word.is_fixed for word in row.words) else LineKind.TEXT
        if kind is LineKind.TEXT and _is_heading(row, body):
            kind = LineKind.HEADING
        if row.is_apart:
            yield TextLine(0, "", number)
        text = unicodedata.normalize("NFC", row.text)
        yield TextLine(0, text, number, kind, _box(row.words, frame, quarter, turn))


def _body_size(words: Iterable[Word]) -> float:
    """Return the size of most letters of a page; listings are often smaller and do not count."""
    letters: dict[float, int] = defaultdict(int)
    for word in words:
        letters[round(word.size, 1)] += 0 if word.is_fixed else len(word.text)
    return max(letters, key=lambda size: letters[size], default=0)


def _is_heading(row: LaidRow, body: float) -> bool:
    size = median(word.size for word in row.words)
    has_words = any(character.isalpha() for character in row.text)
    return has_words and size > HEADING * body and len(row.text.strip()) < LONGEST_HEADING


def _box(words: Sequence[Word], frame: PageFrame, quarter: int, turn: int) -> Box:
    ends = (
        (min(word.left for word in words), min(word.top for word in words)),
        (max(word.right for word in words), max(word.bottom for word in words)),
    )
    places = [frame.place(*frame.source(*end, quarter), turn) for end in ends]
    (left, right), (top, bottom) = (sorted(axis) for axis in zip(*places, strict=True))
    return Box(*(round(value, 1) for value in (left, top, right, bottom)))

"""Lines of the text layer of a PDF file, by pdfium."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from math import atan2, hypot, pi
from typing import Any, NamedTuple

import pypdfium2 as pdfium
from pypdfium2 import raw

from refashion.documents.document import Box, Document, Kind, Line, Unit, numbered
from refashion.documents.faults import UnreadableError
from refashion.documents.layout import WORD_GAP, LaidRow, Word, lay_out
from refashion.documents.running_heads import without_running_heads

MOST_PAGES = 1_000
# A page of the smallest print has fewer; so has a figure with text.
MOST_CHARACTERS = 100_000
# Text that stands upright beside the text proper: labels of axes are shorter.
FEWEST_TURNED = 60
# How high the lower end of a raised digit is, in units of the font size.
RAISED = 0.2
FIXED_FONT = re.compile(r"mono|courier|consol|menlo|typewriter|cmtt|cmvtt|sourcecode|inconsolata")
_DIGITS = frozenset("0123456789")
_HYPHENS = dict.fromkeys((0x02, 0xAD, 0x2010, 0x2011, 0xFFFE), "-")
_BLANKS = dict.fromkeys((0x09, 0x0A, 0x0D, 0x20, 0xA0, *range(0x2000, 0x200B), 0x202F, 0x3000), " ")
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
_DROPPED = dict.fromkeys((*range(0x01, 0x20), *range(0x7F, 0xA0), 0x200B, 0xFEFF), "")
_REPLACED: dict[int, str] = {0: "\ufffd", **_DROPPED, **_HYPHENS, **_BLANKS, **_LIGATURES}


class _Style(NamedTuple):
    """What the characters of one text object have in common."""

    size: float
    turn: int | None  # quarter turns to the left; None if the text is oblique
    baseline: float
    is_fixed: bool


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
    pages: list[list[Line]] = []
    sizes = []
    for number in range(1, len(document) + 1):
        lines, size = _page(document, number)
        pages.append(lines)
        sizes.append(size)
    empty = [number for number, lines in enumerate(pages, 1) if not lines]
    kept = without_running_heads(pages, [height for _, height in sizes])
    return Document(name, Unit.PAGE, len(pages), numbered(chain(*kept)), empty, sizes)


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


def _page(document: pdfium.PdfDocument, number: int) -> tuple[list[Line], tuple[float, float]]:
    try:
        page = document[number - 1]
        text = page.get_textpage()
    except pdfium.PdfiumError:
        return [], (0.0, 0.0)  # named as a page without text
    try:
        size, turn = page.get_size(), page.get_rotation() // 90
        frame = _Frame(page)
        by_turn: dict[int, list[Word]] = defaultdict(list)
        for quarter, word in _words(text, frame):
            by_turn[quarter].append(word)
        lines: list[Line] = []
        for quarter in sorted(by_turn, key=lambda quarter: (quarter != turn, quarter)):
            words = by_turn[quarter]
            if quarter == turn or sum(len(word.text) for word in words) >= FEWEST_TURNED:
                lines += _lines(lay_out(words), number, frame, quarter, turn)
        return lines, size
    finally:
        text.close()
        page.close()


class _Frame:
    """The visible part of a page, and its coordinates."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        box = raw.FS_RECTF()
        raw.FPDF_GetPageBoundingBox(page, box)
        self.left, self.bottom = min(box.left, box.right), min(box.bottom, box.top)
        self.width, self.height = abs(box.right - box.left), abs(box.top - box.bottom)

    def place(self, x: float, y: float, turn: int) -> tuple[float, float]:
        """Return a place from the upper left corner of the page turned to the right by quarters."""
        x, y = x - self.left, y - self.bottom
        places = ((x, self.height - y), (y, x), (self.width - x, y))
        return places[turn] if turn < 3 else (self.height - y, self.width - x)

    def source(self, x: float, y: float, turn: int) -> tuple[float, float]:
        """Return the place in the file that `place` gives this one for."""
        places = ((x, self.height - y), (y, x), (self.width - x, y))
        x, y = places[turn] if turn < 3 else (self.width - y, self.height - x)
        return x + self.left, y + self.bottom

    def shows(self, x: float, y: float) -> bool:
        """Whether a place is on the visible page."""
        return 0 <= x - self.left <= self.width and 0 <= y - self.bottom <= self.height


def _words(text: pdfium.PdfTextPage, frame: _Frame) -> Iterator[tuple[int, Word]]:
    """Yield words in the order of the file, with the quarter turns of their text."""
    word: Word | None = None
    turn = 0
    for letter, left, right, style in _letters(text, frame):
        if letter == " ":
            if word:
                word.is_closed = True
                yield turn, word
            word = None
            continue
        assert style.turn is not None
        if word and style.turn == turn and _continues(word, left, style):
            word.text += letter
            word.right = max(word.right, right)
            continue
        if word:
            yield turn, word
        turn = style.turn
        word = Word(letter, left, right, style.baseline, style.size, style.is_fixed)
    if word:
        yield turn, word


def _continues(word: Word, left: float, style: _Style) -> bool:
    return (
        abs(style.baseline - word.baseline) < 0.05 * word.size
        and abs(style.size - word.size) < 0.1 * word.size
        and style.is_fixed == word.is_fixed
        and -0.4 * word.size < left - word.right < WORD_GAP * word.size
    )


def _letters(text: pdfium.PdfTextPage, frame: _Frame) -> Iterator[tuple[str, float, float, _Style]]:
    """Yield the characters of a page: text, left and right end as shown, and style."""
    page = text.raw
    n = raw.FPDFText_CountChars(page)
    if n > MOST_CHARACTERS:
        fault = f"has a page with {n:,} characters"
        raise UnreadableError(fault, f"pages with at most {MOST_CHARACTERS:,}")
    box, last, style, high = raw.FS_RECTF(), None, None, 0
    for index in range(n):
        if raw.FPDFText_IsGenerated(page, index):
            continue
        code = raw.FPDFText_GetUnicode(page, index)
        if 0xD800 <= code < 0xE000:  # half a character beyond the first 65,536
            if code < 0xDC00:
                high = code
                continue
            code = 0x10000 + ((high - 0xD800) << 10) + code - 0xDC00 if high else 0xFFFD
        letter = _REPLACED[code] if code in _REPLACED else chr(code)
        found = raw.FPDFText_GetTextObject(page, index)
        item = ctypes.addressof(found.contents) if found else None
        if style is None or item is None or item != last:
            last, style = item, _style(page, index, frame)
        if not letter or style.turn is None:
            continue
        raw.FPDFText_GetLooseCharBox(page, index, box)
        if not frame.shows(box.left, box.bottom) and not frame.shows(box.right, box.top):
            continue
        if style.turn == 0:
            shown = style if letter not in _DIGITS else _raised(page, index, style, frame)
            yield letter, box.left - frame.left, box.right - frame.left, shown
        else:
            start, _ = frame.place(box.left, box.bottom, style.turn)
            end, _ = frame.place(box.right, box.top, style.turn)
            yield letter, min(start, end), max(start, end), style


def _raised(page: Any, index: int, style: _Style, frame: _Frame) -> _Style:
    """Return the style of a digit; some fonts have raised digits of their own for footnotes."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    raw.FPDFText_GetCharBox(page, index, left, right, bottom, top)
    rise = style.baseline - frame.place(0, bottom.value, 0)[1]
    if rise < RAISED * style.size:
        return style
    return style._replace(size=0.6 * style.size, baseline=style.baseline - rise)


def _style(page: Any, index: int, frame: _Frame) -> _Style:
    matrix, x, y = raw.FS_MATRIX(), ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetMatrix(page, index, matrix)
    size = raw.FPDFText_GetFontSize(page, index) * (hypot(matrix.c, matrix.d) or 1)
    quarters = atan2(matrix.b, matrix.a) / (pi / 2)
    turn = round(quarters) % 4 if abs(quarters - round(quarters)) < 0.06 else None
    raw.FPDFText_GetCharOrigin(page, index, x, y)
    _, baseline = frame.place(x.value, y.value, turn or 0)
    name, flags = ctypes.create_string_buffer(200), ctypes.c_int()
    raw.FPDFText_GetFontInfo(page, index, name, 200, flags)
    font = name.value.decode(errors="replace").lower()
    is_fixed = bool(flags.value & 1) or bool(FIXED_FONT.search(font))
    return _Style(max(size, 0.1), turn, baseline, is_fixed)


def _lines(
    rows: Iterable[LaidRow], number: int, frame: _Frame, quarter: int, turn: int
) -> Iterator[Line]:
    for row in rows:
        kind = Kind.CODE if all(word.is_fixed for word in row.words) else Kind.TEXT
        if row.is_apart:
            yield Line(0, "", number)
        text = unicodedata.normalize("NFC", row.text)
        yield Line(0, text, number, kind, _box(row.words, frame, quarter, turn))


def _box(words: Sequence[Word], frame: _Frame, quarter: int, turn: int) -> Box:
    ends = (
        (min(word.left for word in words), min(word.top for word in words)),
        (max(word.right for word in words), max(word.bottom for word in words)),
    )
    places = [frame.place(*frame.source(*end, quarter), turn) for end in ends]
    (left, right), (top, bottom) = (sorted(axis) for axis in zip(*places, strict=True))
    return Box(*(round(value, 1) for value in (left, top, right, bottom)))

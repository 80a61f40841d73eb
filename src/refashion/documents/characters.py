"""Characters of a page of a PDF file, with their places and fonts, joined to words."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections.abc import Iterator
from math import atan2, hypot, pi
from typing import Any, NamedTuple

import pypdfium2 as pdfium
from pypdfium2 import raw

from refashion.documents.faults import UnreadableError
from refashion.documents.words import WORD_GAP, Word

# A page of the smallest print has fewer; so has a figure with text.
MOST_CHARACTERS = 100_000
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


class PageFrame:
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


def words_of(text: pdfium.PdfTextPage, frame: PageFrame) -> Iterator[tuple[int, Word]]:
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


def _letters(
    text: pdfium.PdfTextPage, frame: PageFrame
) -> Iterator[tuple[str, float, float, _Style]]:
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


def _raised(page: Any, index: int, style: _Style, frame: PageFrame) -> _Style:
    """Return the style of a digit; some fonts have raised digits of their own for footnotes."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    raw.FPDFText_GetCharBox(page, index, left, right, bottom, top)
    rise = style.baseline - frame.place(0, bottom.value, 0)[1]
    if rise < RAISED * style.size:
        return style
    return style._replace(size=0.6 * style.size, baseline=style.baseline - rise)


def _style(page: Any, index: int, frame: PageFrame) -> _Style:
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

"""Lines of text from the positions of characters on a page.

Characters are joined to words and words to rows. Rows are read column by column. In a row, blanks
stand where the page has white space: one between words, and as many as needed between the cells of
a table, so that columns stay below one another, as in `pdftotext -layout`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from refashion.documents.columns import columns_of
from refashion.documents.words import CELL_GAP, PARAGRAPH_GAP, WORD_GAP, Row, Word, baseline_of

WIDEST_ROW = 1_000


@dataclass(frozen=True, slots=True)
class LaidRow:
    """A row as text.

    Attributes
    ----------
    text
        Its text.
    words
        Its words from left to right.
    is_apart
        Whether more white space stands above it than between the lines of a paragraph.
    """

    text: str
    words: Sequence[Word]
    is_apart: bool = False


def lay_out(words: Iterable[Word]) -> list[LaidRow]:
    """Return the rows of a page in the order of reading.

    Parameters
    ----------
    words
        Words of the page, in any order. Parts of a word may be separate.
    """
    laid: list[LaidRow] = []
    for column in columns_of(list(words)):
        width = _letter_width(word for row in column for word in row)
        left = _margin(column)
        rows = [LaidRow(_text_of(row, left, width), row) for row in column]
        laid += _with_gaps(rows)
    return laid


def _margin(rows: Sequence[Row]) -> float:
    """Return where the rows of a column begin: the leftmost place where two do."""
    starts = sorted(row[0].left for row in rows)
    shared = (start for start, after in pairwise(starts) if after - start < 1)
    return next(shared, starts[0])


def _with_gaps(rows: Sequence[LaidRow]) -> Iterator[LaidRow]:
    baselines = [baseline_of(row.words) for row in rows]
    steps = [after - before for before, after in pairwise(baselines)]
    for place, row in enumerate(rows):
        if place:
            near = [step for step in steps[max(place - 8, 0) : place + 8] if step > 0]
            usual = min(median(near), 2 * max(word.size for word in row.words)) if near else 0
            row = replace(row, is_apart=steps[place - 1] > PARAGRAPH_GAP * usual)
        yield row


def _letter_width(words: Iterable[Word]) -> float:
    widths = [(word.right - word.left) / len(word.text) for word in words if len(word.text) > 2]
    return max(median(widths), 1.0) if widths else 5.0


def _text_of(row: Row, left: float, width: float) -> str:
    if all(word.is_fixed for word in row):
        width = _letter_width(row) if any(len(word.text) > 2 for word in row) else width
    text, before = "", None
    is_stretched = _is_stretched(row)
    for word in row:
        column = min(max(round((word.left - left) / width), 0), WIDEST_ROW)
        if before is None:
            text = " " * column
        else:
            gap = (word.left - before.right) / max(word.size, before.size)
            if gap > CELL_GAP and not is_stretched:
                # A space of fixed width is 0.6 of the size, so two blanks are a wide gap there.
                text += " " * max(2, column - len(text))
            elif gap > WORD_GAP or before.is_closed:
                text += " "
            else:
                text += _script_mark(before, word)
        text += word.text
        before = word
    return text.rstrip()


def _script_mark(before: Word, word: Word) -> str:
    """Return "^" or "_" between two numbers that stand at different heights, or nothing."""
    rise = before.baseline - word.baseline
    if abs(rise) < 0.1 * before.size or word.size > 0.9 * before.size:
        return ""
    # 0.91 with footnote 2 is not 0.912, and 10 to the power of -3 is not 10-3.
    is_number = before.text[-1].isdigit() and word.text[0] in "0123456789-−+"
    return ("^" if rise > 0 else "_") if is_number else ""


def _is_stretched(row: Row) -> bool:
    """Whether the wide gaps of a row are the blanks of a justified line."""
    gaps = [after.left - before.right for before, after in pairwise(row)]
    between = [gap for gap, word in zip(gaps, row, strict=False) if gap > WORD_GAP * word.size]
    if len(between) < 3 or max(between) > min(2 * row[0].size, 1.15 * min(between)):
        return False
    letters = sum(word.text[:1].isalpha() for word in row)
    return letters > 0.6 * len(row) and not row[0].is_fixed

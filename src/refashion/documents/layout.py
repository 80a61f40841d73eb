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

# Gaps in units of the font size. Words of TeX may stand 0.2 apart; a letter of a word does not.
WORD_GAP = 0.17
CELL_GAP = 0.8
# Rows whose baselines differ by less are one row: superscripts and subscripts belong to it.
SAME_ROW = 0.45
PARAGRAPH_GAP = 1.6
WIDEST_ROW = 1_000
# Where the gap between two columns may be, as a share of the width of the text.
GUTTER_RANGE = (0.25, 0.75)
GUTTER_STEP = 2.0
# A row of prose fills most of its column; the cells of a table do not.
FILLED = 0.6
MOST_COLUMNS_DEPTH = 2
FEWEST_COLUMN_ROWS = 4


@dataclass(slots=True)
class Word:
    """A word on a page, in points from the upper left corner.

    Attributes
    ----------
    text
        Its characters.
    left, right, baseline
        Where it stands.
    size
        The size of its font.
    is_fixed
        Whether its font has characters of one width.
    is_closed
        Whether a blank follows it in the file.
    """

    text: str
    left: float
    right: float
    baseline: float
    size: float
    is_fixed: bool = False
    is_closed: bool = False

    @property
    def top(self) -> float:
        """The upper end of its letters, roughly."""
        return self.baseline - 0.8 * self.size

    @property
    def bottom(self) -> float:
        """The lower end of its letters, roughly."""
        return self.baseline + 0.22 * self.size


Row = list[Word]


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
    for column in _columns(list(words)):
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
    baselines = [_baseline(row.words) for row in rows]
    steps = [after - before for before, after in pairwise(baselines)]
    for place, row in enumerate(rows):
        if place:
            near = [step for step in steps[max(place - 8, 0) : place + 8] if step > 0]
            usual = min(median(near), 2 * max(word.size for word in row.words)) if near else 0
            row = replace(row, is_apart=steps[place - 1] > PARAGRAPH_GAP * usual)
        yield row


def rows_of(words: Iterable[Word]) -> list[Row]:
    """Group words into rows, from top to bottom, each from left to right."""
    rows: list[Row] = []
    tallest: Word | None = None
    for word in sorted(words, key=lambda word: (word.baseline, word.left)):
        if tallest and _is_same_row(word, tallest):
            rows[-1].append(word)
            tallest = max(tallest, word, key=lambda word: word.size)
        else:
            rows.append([word])
            tallest = word
    for row in rows:
        row.sort(key=lambda word: word.left)
    return rows


def _is_same_row(word: Word, tallest: Word) -> bool:
    return word.baseline - tallest.baseline < SAME_ROW * max(word.size, tallest.size)


def _baseline(words: Sequence[Word]) -> float:
    return max(words, key=lambda word: word.size).baseline


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


def _columns(words: list[Word], depth: int = 0) -> Iterator[list[Row]]:
    """Split a part of a page into columns, in the order of reading, each as rows."""
    if not words:
        return
    rows = rows_of(words)
    gutter = _gutter(rows) if depth < MOST_COLUMNS_DEPTH else None
    if gutter is None:
        yield rows
        return
    for is_split, band in _bands(rows, gutter):
        if not is_split:
            yield band
            continue
        yield from _columns([w for row in band for w in row if w.left < gutter], depth + 1)
        yield from _columns([w for row in band for w in row if w.left >= gutter], depth + 1)


def _segments(row: Row) -> Iterator[tuple[float, float]]:
    """Yield the left and right ends of the parts of a row that wide gaps separate."""
    start = row[0]
    right = start.right
    for word in row[1:]:
        if word.left - right > CELL_GAP * word.size:
            yield start.left, right
            start = word
        right = max(right, word.right)
    yield start.left, right


def _gutter(rows: Sequence[Row]) -> float | None:
    """Find the middle of the white space between two columns of prose; None without columns."""
    left = min(word.left for row in rows for word in row)
    right = max(word.right for row in rows for word in row)
    first, last = (left + share * (right - left) for share in GUTTER_RANGE)
    n_steps = int((last - first) / GUTTER_STEP)
    if len(rows) < FEWEST_COLUMN_ROWS or n_steps < 2 or n_steps > 10_000:
        return None
    crossings = [0] * (n_steps + 2)
    for row in rows:
        for start, end in _segments(row):
            low = max(int((start - first) // GUTTER_STEP) + 1, 0)
            high = min(int((end - first) // GUTTER_STEP) + 1, n_steps + 1)
            if low < high:
                crossings[low] += 1
                crossings[high] -= 1
    total, counts = 0, []
    for change in crossings[: n_steps + 1]:
        total += change
        counts.append(total)
    fewest = min(counts)
    run = _longest_run([count == fewest for count in counts])
    gutter = first + GUTTER_STEP * (run[0] + run[1]) / 2
    return gutter if _has_columns(rows, gutter) else None


def _longest_run(flags: Sequence[bool]) -> tuple[int, int]:
    best, start = (0, 0), None
    for place, flag in enumerate([*flags, False]):
        if flag and start is None:
            start = place
        elif not flag and start is not None:
            best = max(best, (start, place - 1), key=lambda run: run[1] - run[0])
            start = None
    return best


def _has_columns(rows: Sequence[Row], gutter: float) -> bool:
    split = [row for row in rows if not _crosses(row, gutter)]
    lefts, rights = _filled(split, gutter)
    return min(sum(lefts), sum(rights)) >= FEWEST_COLUMN_ROWS and all(
        2 * sum(side) >= len(side) for side in (lefts, rights)
    )


def _crosses(row: Row, gutter: float) -> bool:
    return any(start < gutter < end for start, end in _segments(row))


def _filled(rows: Sequence[Row], gutter: float) -> tuple[list[bool], list[bool]]:
    """Tell for each row with words on a side of the gutter whether they fill that side."""
    if not rows:
        return [], []
    left = min(word.left for row in rows for word in row)
    right = max(word.right for row in rows for word in row)
    sides: tuple[list[bool], list[bool]] = ([], [])
    for row in rows:
        for side, width in ((0, gutter - left), (1, right - gutter)):
            words = [word for word in row if (word.left >= gutter) == bool(side)]
            if words:
                written = sum(word.right - word.left for word in words)
                sides[side].append(len(words) > 2 and written > FILLED * width)
    return sides


def _bands(rows: Sequence[Row], gutter: float) -> list[tuple[bool, list[Row]]]:
    """Split a page with two columns into bands: with columns, or across them (title, table)."""
    bands: list[tuple[bool, list[Row]]] = []
    for block in _blocks(rows, gutter):
        is_split = not _crosses(block[0], gutter) and _is_prose(block, gutter)
        if bands and bands[-1][0] == is_split:
            bands[-1][1].extend(block)
        else:
            bands.append((is_split, list(block)))
    return bands


def _blocks(rows: Sequence[Row], gutter: float) -> Iterator[list[Row]]:
    """Part rows where they begin or cease to cross the gutter, and at white space."""
    block = [rows[0]]
    for before, row in pairwise(rows):
        gap = _baseline(row) - _baseline(before)
        is_far = gap > 1.5 * PARAGRAPH_GAP * max(word.size for word in row)
        if is_far or _crosses(before, gutter) != _crosses(row, gutter):
            yield block
            block = []
        block.append(row)
    yield block


def _is_prose(block: Sequence[Row], gutter: float) -> bool:
    """Whether a block is read column by column: it has one side only, or prose on one side."""
    return any(not side or 5 * sum(side) >= 2 * len(side) for side in _filled(block, gutter))

"""Columns of a page, which are read one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from refashion.documents.words import CELL_GAP, PARAGRAPH_GAP, Row, Word, baseline_of, rows_of

# Where the gap between two columns may be, as a share of the width of the text.
GUTTER_RANGE = (0.25, 0.75)
GUTTER_STEP = 2.0
# A row of prose fills most of its column; the cells of a table do not.
FILLED = 0.6
MOST_COLUMNS_DEPTH = 2
FEWEST_COLUMN_ROWS = 4


def columns_of(words: list[Word], depth: int = 0) -> Iterator[list[Row]]:
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
        yield from columns_of([w for row in band for w in row if w.left < gutter], depth + 1)
        yield from columns_of([w for row in band for w in row if w.left >= gutter], depth + 1)


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
        gap = baseline_of(row) - baseline_of(before)
        is_far = gap > 1.5 * PARAGRAPH_GAP * max(word.size for word in row)
        if is_far or _crosses(before, gutter) != _crosses(row, gutter):
            yield block
            block = []
        block.append(row)
    yield block


def _is_prose(block: Sequence[Row], gutter: float) -> bool:
    """Whether a block is read column by column: it has one side only, or prose on one side."""
    return any(not side or 5 * sum(side) >= 2 * len(side) for side in _filled(block, gutter))

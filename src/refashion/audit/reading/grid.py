"""A printed array whose rows broke: the columns follow from how far its numbers are indented."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, repeat

Rows = list[list[str | None]]

# Share of the numbers that have to stand exactly in a column.
EXACT = 0.6
MOST_COLUMNS = 60


def on_grid(texts: Sequence[str]) -> Rows | None:
    """Read a square array from lines that each hold a part of a row.

    Numbers are right-aligned in columns of one width, as NumPy prints them. A number that stands
    further left than the one before begins a row. Two such rows with different columns are one if
    there are more rows than columns.

    Returns
    -------
    list of list
        None for a cell that was lost; None in place of the array if the numbers fit no grid.

    Examples
    --------
    >>> on_grid(["[[10", "      2]", " [ 1", "      7]]"])
    [['10', '2'], ['1', '7']]
    """
    # Where white space in front of lines is lost, the first has two signs more than the others.
    fits = [(fit, ends) for ends in map(_ends, repeat(texts), (0, 2)) if (fit := _fit(ends))]
    if not fits:
        return None
    (_, width, offset), ends = max(fits, key=lambda found: found[0])
    columns = [(round((end - offset) / width), text) for end, text in ends]
    low = min(column for column, _ in columns)
    size = max(column for column, _ in columns) - low + 1
    rows: list[dict[int, str]] = [{}]
    before = low - 1
    for column, text in columns:
        if column <= before:
            rows.append({})
        rows[-1][column - low] = text
        before = column
    rows = _merged(rows, size)
    if len(rows) != size or size < 2:
        return None
    return [[row.get(column) for column in range(size)] for row in rows]


def _ends(texts: Sequence[str], shift: int) -> list[tuple[int, str]]:
    """Return where the numbers end, and these; those of the first line stand further left."""
    return [
        (match.end() - (0 if place else shift), match[0])
        for place, text in enumerate(texts)
        for match in re.finditer(r"\d{1,12}", text)
    ]


def _fit(ends: Sequence[tuple[int, str]]) -> tuple[int, int, int] | None:
    """Return how many numbers stand in a column, the width of these, and where one ends."""
    if not 4 <= len(ends) <= MOST_COLUMNS**2:
        return None
    width = max(len(text) for _, text in ends) + 1
    exact, offset = max((sum(end % width == at for end, _ in ends), at) for at in range(width))
    return (exact, width, offset) if exact >= EXACT * len(ends) else None


def _merged(rows: list[dict[int, str]], size: int) -> list[dict[int, str]]:
    """Join neighbours that share no column, as long as there are too many rows."""
    while len(rows) > size:
        pairs = [
            at for at, (one, other) in enumerate(pairwise(rows)) if not one.keys() & other.keys()
        ]
        if not pairs:
            return rows
        at = min(pairs, key=lambda place: len(rows[place]) + len(rows[place + 1]))
        rows = [*rows[:at], rows[at] | rows[at + 1], *rows[at + 2 :]]
    return rows

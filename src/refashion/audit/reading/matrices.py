"""Confusion matrices of NumPy, pandas and tables, also with brackets or cells lost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from refashion.audit.reading.cells import (
    cells,
    gaps,
    has_cells,
    is_count,
    is_rule,
    plain,
    quoted,
    text_of,
)
from refashion.audit.reading.grid import on_grid
from refashion.audit.reading.readings import Matrix
from refashion.documents.document import Document, TextLine

MOST_CLASSES = 120
# A matrix may be printed over several lines for each row.
MOST_LINES = 600
MOST_FOREIGN = 2
LONGEST_LABEL = 40
# Lines before and after, in which the text may say that it is a confusion matrix.
BEFORE, AFTER = 12, 5
# Share of the diagonal from which a matrix that nothing names is taken for one, with a doubt.
CLEAR = 0.5

Rows = list[list[str | None]]

_CONFUSION = re.compile(r"confusion|conf\w*[_\s]mat|\bcm\b\s*[:=]|heatmap\(cm", re.IGNORECASE)
_AXES = re.compile(
    r"\b(?:predicted|actual|true (?:class|label))\b|precision\W*recall", re.IGNORECASE
)
_NO_COUNTS = re.compile(
    r"dtype=(?:np\.|numpy\.)?(?:u?int8|float\d*|bool)\b|\d\.\d|\d\.(?!\w)|\.\.\."
)
_OPENING, _CLOSING = r"[\[({|IlſJ!]+", r"[\])}|IlJ!]+"
_WORDS = re.compile(r"[A-Za-z]{4,}")
_MARGIN = re.compile(r"all|total|sum", re.IGNORECASE)


@dataclass(frozen=True)
class _Row:
    """A line of a matrix: what stands before its numbers, and these."""

    number: int
    label: str
    cells: Sequence[str | None]
    is_opened: bool
    is_closed: bool


@dataclass(frozen=True)
class _Square:
    rows: Rows
    labels: Sequence[str] = ()
    doubts: Sequence[str] = ()


def find(document: Document) -> Iterator[Matrix]:
    """Yield the confusion matrices of a document.

    An array counts as one if the text around calls it so, or, with a doubt, if most of what it
    counts stands on its diagonal. Cells that were lost are None.
    """
    place = 0
    while place < len(document.lines):
        text = text_of(document.lines[place])
        found = None
        if "[[" in text and re.search(r"\[\[\s*(?:\d|$)", text):
            found = _in_brackets(document, place)
        if found is None:
            found = _in_lines(document, place)
        if isinstance(found, int):
            place = found
            continue
        square, numbers = found
        if matrix := _matrix(document, square, numbers):
            yield matrix
            place = numbers[-1]
        else:
            place += 1


def _matrix(document: Document, square: _Square, numbers: Sequence[int]) -> Matrix | None:
    """Return a matrix, unless it is an array of something else."""
    first, last = numbers[0], numbers[-1]
    around = [text_of(line) for line in document.lines[max(0, first - 1 - BEFORE) : last + AFTER]]
    near = around[-(last - first + 1 + AFTER + 3) :]
    is_named = any(map(_CONFUSION.search, around)) or any(map(_AXES.search, near))
    doubts = [*square.doubts]
    if _is_picture(square.rows):
        return None
    if not is_named:
        text = text_of(document.lines[first - 1])
        if "[" not in text or not _has_clear_diagonal(square.rows):
            return None
        doubts.append("the text does not call it a confusion matrix")
    return Matrix(
        first=first,
        last=last,
        quote=quoted(document, first),
        doubts=tuple(dict.fromkeys(doubts)),
        apart=gaps(first, last, numbers),
        rows=square.rows,
        labels=square.labels,
    )


def _is_picture(rows: Rows) -> bool:
    """Whether an array is a picture with an empty edge, a unit matrix, or empty."""
    counts = [[int(cell or 0) for cell in row] for row in rows]
    if not any(map(any, counts)) or all(
        counts[i][j] == (i == j) for i in range(len(counts)) for j in range(len(counts))
    ):
        return True
    is_dark = not any(counts[0]) and not any(counts[-1])
    return is_dark and max(map(max, counts)) <= 255


def _has_clear_diagonal(rows: Rows) -> bool:
    counts = [[int(cell or 0) for cell in row] for row in rows]
    total = sum(map(sum, counts))
    right = sum(row[place] for place, row in enumerate(counts))
    return total > 2 * len(counts) and right >= CLEAR * total


def _in_brackets(document: Document, place: int) -> tuple[_Square, list[int]] | int | None:
    """Read an array from `[[` to `]]`; the place behind it if it is no square of counts."""
    numbers: list[int] = []
    texts: list[str] = []
    for line in document.lines[place : place + MOST_LINES]:
        text = text_of(line)
        text = text[text.index("[[") :] if not texts else text
        numbers.append(line.number)
        texts.append(text)
        if "]]" in text:
            break
        if len(texts) > 1 and (_WORDS.search(text) or "[[" in text):
            return None
    else:
        return None
    behind = texts[-1].partition("]]")[2]
    inside = "\n".join(texts)
    inside = inside[: len(inside) - len(behind)]
    if _NO_COUNTS.search(inside + behind[:60]):
        return numbers[-1]
    rows = [re.split(r"[\s,;]+", row.strip(" \n,;")) for row in re.findall(r"\[([^][]*)\]", inside)]
    if _is_square(rows) and all(is_count(cell) for row in rows for cell in row):
        return _Square([[*row] for row in rows]), numbers
    if grid := on_grid([*texts[:-1], texts[-1][: len(texts[-1]) - len(behind)]]):
        lost = sum(row.count(None) for row in grid)
        doubts = ["the places of its cells follow from their indentation"]
        if lost:
            doubts.insert(0, "a cell is lost" if lost == 1 else f"{lost} cells are lost")
        return _Square(grid, doubts=doubts), numbers
    return None


def _is_square(rows: Sequence[Sequence[object]]) -> bool:
    return 2 <= len(rows) <= MOST_CLASSES and all(len(row) == len(rows) for row in rows)


def _in_lines(document: Document, place: int) -> tuple[_Square, list[int]] | int:
    """Read a matrix with a line for each row; the place behind if there is none."""
    first = _row(document, place)
    if first is None:
        return place + 1
    rows, foreign, end = [first], 0, place + 1
    while end < len(document.lines) and len(rows) <= MOST_CLASSES + 2:
        row = _row(document, end)
        text = text_of(document.lines[end])
        if row and (abs(len(row.cells) - len(first.cells)) <= 1):
            rows.append(row)
            foreign = 0
        elif text.strip(" `") and not is_rule(text):
            foreign += 1
            if foreign > MOST_FOREIGN or len(rows) >= len(first.cells):
                break
        end += 1
        if "]]" in text:
            break
    for some in (rows, rows[1:]):
        square = None if _is_inside(document, some) else _square(document, some)
        if square:
            return square, [row.number for row in some]
    return rows[-1].number if len(rows) > 2 else place + 1


def _is_inside(document: Document, rows: Sequence[_Row]) -> bool:
    """Whether rows are only a part of what brackets hold: they would make a wrong square."""
    if not rows:
        return True
    first, last = rows[0].number, rows[-1].number
    above = _first_text(document.lines[max(0, first - 4) : first - 1][::-1])
    below = _first_text(document.lines[last : last + 3])
    is_open = "[" in above and "]" not in above and any(map(str.isdigit, above))
    is_cut = not rows[-1].is_closed and re.match(r"[\s\d,]*\d\s*\]", below)
    return is_open or bool(is_cut)


def _first_text(lines: Sequence[TextLine]) -> str:
    return next((text for text in map(text_of, lines) if text.strip()), "")


def _row(document: Document, place: int) -> _Row | None:
    """Read a line as a row: perhaps a label and a bracket, then counts, then perhaps a bracket."""
    line = document.lines[place]
    text = text_of(line).strip()
    if len(text) < 3 or not any(letter.isdigit() for letter in text) or len(text) > 2000:
        return None
    if "[[" in text:
        text = text[text.index("[[") :]
    if has_cells(text):
        parts = [part.rstrip(",;") for part in cells(text)]
        while parts and not parts[-1] and len(parts) > 2:
            parts.pop()
    else:
        # A name may hold a number; then gaps show where it ends.
        parts = cells(text)
        is_named = len(parts) > 2 and not is_count(parts[0]) and all(map(is_count, parts[1:]))
        if not is_named or "[" in text:
            parts = [plain(part).rstrip(",;") for part in text.rstrip(".").split()]
    return _parted(line.number, parts)


def _parted(number: int, parts: list[str]) -> _Row | None:
    if len(parts) < 2:
        return None
    is_opened, is_closed = False, False
    if found := re.match(_OPENING, parts[0]):
        rest = parts[0][found.end() :]
        is_opened = not rest or is_count(rest)
        parts = [*([rest] if rest else []), *parts[1:]] if is_opened else parts
    if parts and (found := re.search(f"{_CLOSING}$", parts[-1])):
        rest = parts[-1][: found.start()]
        is_closed = not rest or is_count(rest)
        parts = [*parts[:-1], *([rest] if rest else [])] if is_closed else parts
    start = next((place for place, part in enumerate(parts) if is_count(part)), len(parts))
    # Of a table whose cells are parted by signs, an empty cell in front is a lost label.
    label, own = " ".join(parts[:start]).strip(), parts[start:]
    read = [cell if is_count(cell) else None for cell in own]
    is_whole = all(is_count(cell) or cell in ("", "-", "–", "?") for cell in own)
    if not is_whole or len(own) - read.count(None) < 2 or len(label) > LONGEST_LABEL:
        return None
    return _Row(number, label, read, is_opened, is_closed)


def _square(document: Document, rows: Sequence[_Row]) -> _Square | None:
    """Interpret rows as a square of counts, with or without a row and a column of labels."""
    if len(rows) < 2:
        return None
    names: list[str] = []
    if _counts_up(rows[0].cells) and len(rows) > 2:
        names = [str(cell) for cell in rows[0].cells]
        rows = rows[1:]
    width = Counter(len(row.cells) for row in rows).most_common(1)[0][0]
    if _have_brackets(rows) and any(len(row.cells) == len(rows) for row in rows):
        width = len(rows)  # most have a cell more if their bracket was read as 1
    has_margin = len(rows) > 2 and bool(_MARGIN.fullmatch(rows[-1].label))
    heads = [row.cells[0] for row in (rows[:-1] if has_margin else rows)]
    if has_margin and len(rows[-1].cells) == width - 1 == len(rows) and _counts_up(heads):
        labelled = [replace(row, label=str(row.cells[0]), cells=row.cells[1:]) for row in rows[:-1]]
        rows, width = [*labelled, rows[-1]], width - 1
    elif width == len(rows) + 1 and _counts_up(heads):
        names = names or [str(head) for head in heads]
        rows = [replace(row, label=str(row.cells[0]), cells=row.cells[1:]) for row in rows]
        width -= 1
    if len(rows) != width:
        return None
    repaired = [_repaired(row, width, rows, at) for at, row in enumerate(rows)]
    if None in repaired:
        return None
    whole = [row for row in repaired if row]
    square = [[*row[0]] for row in whole]
    labels = _labels(document, rows, names, width)
    if has_margin:
        square, labels = [row[:-1] for row in square[:-1]], labels[: width - 1]
    doubts = [doubt for _, doubt in whole if doubt]
    lost = sum(row.count(None) for row in square)
    if lost:
        doubts.insert(0, "a cell is lost" if lost == 1 else f"{lost} cells are lost")
    return _Square(square, labels, doubts)


def _counts_up(row: Sequence[str | None]) -> bool:
    """Whether cells are labels: 0, 1, 2 and so on, or from 1."""
    start = 1 if row and row[0] == "1" else 0
    return len(row) > 1 and [*row] == [str(start + place) for place in range(len(row))]


def _repaired(
    row: _Row, width: int, rows: Sequence[_Row], at: int
) -> tuple[Sequence[str | None], str | None] | None:
    """Take off brackets that were read as 1; say what is doubtful."""
    own = list(row.cells)
    where = f"row {at + 1}"
    brackets = _have_brackets(rows)
    if brackets and len(own) == width + 1 and not row.is_opened and own[0] == "1":
        own = own[1:]
    elif brackets and len(own) == width + 1 and not row.is_closed and own[-1] in ("1", "11"):
        return own[:-1], None
    elif brackets and len(own) == width and not row.is_opened and _may_be_glued(own[0], rows):
        return own, f"the first cell of {where} may begin with a bracket that was read as 1"
    if len(own) == width - 1:
        return [None] * width, f"the place of a lost cell of {where} is not known"
    if len(own) != width:
        return None
    last = own[-1]
    if brackets and not row.is_closed and last and last.endswith("1"):
        signs = "11" if at == len(rows) - 1 and last.endswith("11") else "1"
        own[-1] = last[: -len(signs)] or None
        return own, f"the last cell of {where}, {last}, may end with a bracket that was read as 1"
    return own, None


def _have_brackets(rows: Sequence[_Row]) -> bool:
    return sum(row.is_closed for row in rows) >= len(rows) / 2


def _may_be_glued(cell: str | None, rows: Sequence[_Row]) -> bool:
    is_usual = sum(row.is_opened for row in rows) >= len(rows) / 2
    return is_usual and cell is not None and len(cell) > 1 and cell[0] == "1"


def _labels(
    document: Document, rows: Sequence[_Row], names: Sequence[str], width: int
) -> Sequence[str]:
    """Return the names of the classes: those of the rows, else those in the line above."""
    own = [re.sub(r"^(?:actual|true)\W+", "", row.label, flags=re.IGNORECASE) for row in rows]
    if all(own) and len({*own}) == width:
        return own
    if names:
        return names[-width:]
    for line in reversed(document.lines[max(0, rows[0].number - 4) : rows[0].number - 1]):
        text = text_of(line)
        if not text.strip(" `") or is_rule(text):
            continue
        for parts in (cells(text), text.split()):
            head = [part for part in parts if part]
            if len(head) in (width, width + 1) and not any(map(is_count, head)):
                return head[-width:]
        break
    return ()

"""Tables: with signs or gaps between their cells, or with single blanks, as in text of a PDF."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from refashion.audit.reading.cells import (
    cells,
    gaps,
    has_cells,
    is_number,
    is_rule,
    plain,
    quoted,
    text_of,
)
from refashion.audit.reading.readings import PrintedTable
from refashion.documents.document import Document, LineKind, TextLine

MOST_COLUMNS = 60
MOST_ROWS = 2_000
LONGEST_CELL = 200
# Numbers that a row of words needs to be one of a table.
FEWEST_NUMBERS = 2
MOST_HEADS = 2

_MISSING = ("", "-", "–", "—", "n/a", "nan", "none", "?")
_CODE_SIGN = re.compile(r"[=({\[;\"'#]|^\s*(?:import|from|def|class|for|if|else|return|print)\b")
_UNIT = re.compile(r"(?<=\d)\s?(?:ms|s|sec|min|h|MB|GB|K|M|k|px|x)$")
_GLUED = re.compile(r"\d*\.\d+\.\d+%?|\d+(?:\.\d+)?%\d+(?:\.\d+)?%")
_PROSE = re.compile(r"[.!?]\s+[A-Z]|\b(?:the|is|was|were|are|that|which|with|we)\b", re.IGNORECASE)
_SPLIT = (
    "train|training|test|testing|val|valid|validation|dev|macro|micro|weighted|avg|average|mean"
)
_NOUN = (
    "loss|accuracy|acc|error|score|precision|recall|f1|f1-score|auc|mse|rmse|mae|time|number|name"
    "|size|rate|epochs|avg|set|params|r2"
)
# Heads of columns in a line without gaps: a few words belong together.
_HEADS = re.compile(
    rf"(?:(?:{_SPLIT})\.?\s+(?:{_NOUN})\b|(?:model|run|layer)\s+(?:number|name|no|size|type)\b|"
    rf"(?:learning|batch|roc|top-?\d|f1|r2)\s+(?:{_NOUN})\b|\S+)(?:\s*(?:\([^()]*\)|\[[^\[\]]*\]))?",
    re.IGNORECASE,
)


@dataclass
class _Row:
    number: int
    cells: list[str]
    has_signs: bool = False


@dataclass
class _Block:
    rows: list[_Row] = field(default_factory=list)
    rules: list[int] = field(default_factory=list)


def find(document: Document, taken: Collection[int] = frozenset()) -> Iterator[PrintedTable]:
    """Yield the tables of a document that hold a number.

    Parameters
    ----------
    document
        The document.
    taken
        Numbers of lines that others have read, such as those of a log.
    """
    for block in _blocks(document, taken):
        if table := _table(document, block):
            yield table
    yield from _of_words(document, {*taken, *_lines_with_gaps(document, taken)})


def _lines_with_gaps(document: Document, taken: Collection[int]) -> Iterator[int]:
    for block in _blocks(document, taken):
        if _table(document, block):
            yield from range(block.rows[0].number, block.rows[-1].number + 1)


def _blocks(document: Document, taken: Collection[int]) -> Iterator[_Block]:
    """Yield runs of lines that have several cells each."""
    block = _Block()
    for line in document.lines:
        text = text_of(line)
        if line.number not in taken and is_rule(text):
            block.rules.append(line.number)
            continue
        row = None if line.number in taken else _row(line)
        if row and block.rows and not _fits(block, row):
            yield from _whole(block)
            block = _Block()
        if row:
            block.rows.append(row)
        elif text.strip():
            yield from _whole(block)
            block = _Block()
    yield from _whole(block)


def _whole(block: _Block) -> Iterator[_Block]:
    if 2 <= len(block.rows) <= MOST_ROWS:
        yield block


def _row(line: TextLine) -> _Row | None:
    """Read a line with at least two cells. Code with `|` and `&` is none."""
    text = text_of(line)
    if is_code(line) or text.lstrip().startswith(("#", "```", "http")):
        return None
    own = cells(text)
    signs = has_cells(text)
    while signs and len(own) > 1 and not own[-1]:
        own.pop()
    if not 2 <= len(own) <= MOST_COLUMNS or any(len(cell) > LONGEST_CELL for cell in own):
        return None
    if not signs and any(len(cell) > 60 and _PROSE.search(cell) for cell in own):
        return None
    return _Row(line.number, own, signs)


def is_code(line: TextLine) -> bool:
    """Whether a line of code is no output: Markdown, Word and TeX set both in the same way."""
    return line.kind is LineKind.CODE and bool(_CODE_SIGN.search(line.text))


def _fits(block: _Block, row: _Row) -> bool:
    last = block.rows[-1]
    between = {*range(last.number + 1, row.number)} - {*block.rules}
    if last.has_signs != row.has_signs or len(between) > 1:
        return False
    # A blank line parts two tables, but also the rows of one.
    is_one = len(last.cells) == len(row.cells) and _is_body(last) and _is_body(row)
    return not between or (is_one and (row.has_signs or bool(block.rules)))


def _table(document: Document, block: _Block) -> PrintedTable | None:
    """Tell head and body apart; None if it holds no number, or is no table."""
    rows = block.rows
    start = next((at for at, row in enumerate(rows) if _is_body(row)), None)
    if start is None:
        return None
    heads, body = rows[max(0, start - MOST_HEADS) : start], rows[start:]
    if start > MOST_HEADS and rows[0].has_signs:  # a body of words, with a number here and there
        ruled = [row for row in rows if block.rules and row.number < block.rules[0]]
        heads, body = (ruled or rows[:1])[-MOST_HEADS:], rows[len(ruled) or 1 :]
    if not body or (len(body) < 2 and (not heads or len(heads[-1].cells) != len(body[0].cells))):
        return None
    widths = Counter(len(row.cells) for row in body)
    width = max(len(heads[-1].cells) if heads else 0, widths.most_common(1)[0][0])
    if not rows[0].has_signs and sum(len(row.cells) == width for row in body) < len(body) / 2:
        width = widths.most_common(1)[0][0]
        if widths[width] < len(body) / 2:
            return None
    doubts: list[str] = []
    if not heads:
        heads = _head_above(document, body[0], width)
    header = _header(heads, width, body, doubts)
    read = [_filled(row, width, body, doubts, at) for at, row in enumerate(body, 1)]
    header, read = _without_index(header, read)
    if not any(is_number(_bare(cell)) for row in read for cell in row):
        return None
    own = [row.number for row in (*heads, *body)]
    first, last = own[0], own[-1]
    return PrintedTable(
        first=first,
        last=last,
        quote=quoted(document, body[0].number),
        doubts=tuple(dict.fromkeys(doubts)),
        apart=tuple(n for n in gaps(first, last, own) if n not in block.rules),
        header=header,
        rows=read,
    )


def _head_above(document: Document, first: _Row, width: int) -> list[_Row]:
    """Return the line above a table if it holds a name a column, a blank apart from each other."""
    if first.has_signs or first.number < 2:
        return []
    names = _heads(text_of(document.lines[first.number - 2]), width)
    return [_Row(first.number - 1, [*names])] if names else []


def _without_index(
    header: Sequence[str], rows: list[Sequence[str]]
) -> tuple[Sequence[str], list[Sequence[str]]]:
    """Leave out the index that pandas prints, 0, 1, 2 ..., if names stand in the next column."""
    is_index = header and not header[0] and len(header) > 2
    counted = all(row[:1] == [str(at)] for at, row in enumerate(rows))
    if is_index and counted and not any(is_number(_bare(row[1])) for row in rows if row[1:]):
        return header[1:], [row[1:] for row in rows]
    return header, rows


def _bare(cell: str) -> str:
    return _UNIT.sub("", cell)


def _is_body(row: _Row) -> bool:
    """Whether a row holds values: half of its cells behind the first are numbers, or missing."""
    values = [_bare(cell) for cell in row.cells[1:]]
    numbers = sum(is_number(value) or bool(_GLUED.fullmatch(value)) for value in values)
    missing = sum(value.lower() in _MISSING for value in values)
    is_counted = is_number(row.cells[0]) and len(row.cells) > 1
    return (numbers > 0 and 2 * (numbers + missing) >= len(values)) or (
        is_counted and row.has_signs
    )


def _header(
    heads: Sequence[_Row], width: int, body: Sequence[_Row], doubts: list[str]
) -> Sequence[str]:
    """Return the names of the columns, joined where the head has two lines."""
    if not heads:
        return ()
    last = [*heads[-1].cells]
    if len(last) < width - 1 and not heads[-1].has_signs:
        last = [*_heads(" ".join(last), width)] or last  # names may stand a blank apart
    if len(last) == width - 1 and body[0].cells and not heads[-1].has_signs:
        last = ["", *last]  # as pandas prints: the index has no name
    if len(last) < width and heads[-1].has_signs:
        last += [""] * (width - len(last))
    if len(last) != width:
        doubts.append("its head has another number of columns")
        return ()
    if len(heads) == 1:
        return last
    above = [*heads[0].cells]
    if heads[0].has_signs and len(above) <= width and "" in above:
        above += [""] * (width - len(above))
        for at in range(2, width):
            above[at] = above[at] or above[at - 1]
    elif len(above) != width:
        spanned = len(above) if (width - 1) % len(above) == 0 else len(above) - 1
        if not spanned or (width - 1) % spanned:
            doubts.append("the upper line of its head spans columns that are not known")
            return last
        each = (width - 1) // spanned
        first = above[:-spanned] or [""]
        above = [*first, *(name for name in above[-spanned:] for _ in range(each))]
    pairs = zip(above, last, strict=True)
    return [one if one == other else f"{one} {other}".strip() for one, other in pairs]


def _filled(
    row: _Row, width: int, body: Sequence[_Row], doubts: list[str], at: int
) -> Sequence[str]:
    """Return the cells of a row; numbers that were glued are parted."""
    own = [*row.cells]
    if len(own) < width:
        own = [part for cell in own for part in _unglued(cell, body)]
        if len(own) != len(row.cells):
            doubts.append(f"numbers of row {at} are glued together")
    if len(own) < width and row.has_signs:
        return own + [""] * (width - len(own))
    if len(own) != width:
        doubts.append(f"row {at} has {len(own)} cells, not {width}")
    return own


def _unglued(cell: str, body: Sequence[_Row]) -> list[str]:
    """Part numbers that stand together: by the sign of per cent, or by the usual places."""
    if not _GLUED.fullmatch(cell):
        return [cell]
    if cell.count("%") == 2:
        return [f"{part}%" for part in cell.split("%")[:-1]]
    places = Counter(
        len(other.rstrip("%").partition(".")[2])
        for row in body
        for other in row.cells
        if "." in other and is_number(other)
    )
    usual = places.most_common(1)[0][0] if places else 0
    whole, _, rest = cell.partition(".")
    if not usual or "." not in rest[usual:] or "." in rest[:usual]:
        return [cell]
    return [f"{whole}.{rest[:usual]}", rest[usual:]]


def _of_words(document: Document, taken: Collection[int]) -> Iterator[PrintedTable]:
    """Yield tables whose cells are parted by single blanks: a name, then numbers."""
    run: list[tuple[int, list[str]]] = []
    for line in document.lines:
        text = text_of(line)
        is_free = line.number not in taken and not is_code(line)
        row = _words(text) if is_free else None
        if run and ((text.strip() and row is None) or line.number > run[-1][0] + 2):
            yield from _table_of_words(document, run, taken)
            run = []
        if row:
            run.append((line.number, row))
    yield from _table_of_words(document, run, taken)


def _words(text: str) -> list[str] | None:
    """Read a line as a name of a few words and at least two numbers."""
    if len(text) > 300 or len(text) < 5 or has_cells(text) or text.lstrip().startswith("["):
        return None
    words = [plain(word) for word in text.split()]
    n = len(words)
    while n and (is_number(_bare(words[n - 1])) or words[n - 1].lower() in _MISSING[1:]):
        n -= 1
    if n == 0 and len(words) > FEWEST_NUMBERS:
        n = 1
    name = " ".join(words[:n])
    has_numbers = any(is_number(_bare(word)) for word in words[n:])
    if (
        not has_numbers
        or len(words) - n < FEWEST_NUMBERS
        or not name
        or len(name) > 60
        or name.endswith((":", "=", ","))
        or n > 6
    ):
        return None
    return [name, *words[n:]]


def _table_of_words(
    document: Document, run: Sequence[tuple[int, list[str]]], taken: Collection[int]
) -> Iterator[PrintedTable]:
    if len(run) < 2:
        return
    own = [number for number, _ in run]
    lengths = Counter(len(row) for _, row in run)
    usual, least = lengths.most_common(1)[0][0], min(lengths)
    above = next(
        (
            line
            for line in reversed(document.lines[max(0, own[0] - 3) : own[0] - 1])
            if text_of(line).strip() and not is_rule(text_of(line))
        ),
        None,
    )
    header: Sequence[str] = ()
    if above and above.number not in taken and len(above.text) < 200:
        header = _heads(text_of(above), least) or _heads(text_of(above), usual)
    if header and above:
        own.insert(0, above.number)
    width = len(header) or least
    # Numbers in a name, as in "ResNet 18", belong to it.
    extra = [max(0, len(row) - width) for _, row in run]
    whole = []
    for (_, row), n in zip(run, extra, strict=True):
        whole.append([" ".join(row[: n + 1]), *row[n + 1 :]])
    if not header and not _is_plausible(whole):
        return
    odd = ((at, len(row)) for at, row in enumerate(whole, 1) if len(row) != width)
    doubts = [f"row {at} has {length} cells, not {width}" for at, length in odd]
    if not header:
        doubts.append("the names of its columns are not known")
    yield PrintedTable(
        first=own[0],
        last=own[-1],
        quote=quoted(document, run[0][0]),
        doubts=doubts,
        apart=gaps(own[0], own[-1], own),
        header=header,
        rows=whole,
    )


def _heads(text: str, width: int) -> Sequence[str]:
    """Part a line into names of columns, if it has as many as there are."""
    if re.search(r"[.:;,]$", text.strip()) or any(is_number(word) for word in text.split()):
        return ()
    names = [found[0] for found in _HEADS.finditer(text.strip())]
    if len(names) not in (width, width - 1):
        names = text.split()
    names = [plain(name) for name in names]
    if len(names) == width - 1:
        return ["", *names]
    return names if len(names) == width else ()


def _is_plausible(rows: Sequence[Sequence[str]]) -> bool:
    """Whether rows without a head are a table: at least three, with places alike in a column."""
    if len(rows) < 3:
        return False
    columns = [*zip(*rows, strict=True)][1:]
    alike = sum(len({len(cell.partition(".")[2]) for cell in column}) == 1 for column in columns)
    return any("." in cell or "%" in cell for row in rows for cell in row[1:]) and alike > 0

"""Tables of layers: `model.summary()` of Keras 2 and 3, and that of torchsummary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from refashion.audit.reading.cells import gaps, is_rule, quoted, text_of
from refashion.audit.reading.readings import Layer, LayerTable
from refashion.documents.document import Document
from refashion.printed import ESCAPES

MOST_FOREIGN = 4
LONGEST_NAME = 120

_DRAWN = re.compile("[│┃║|]")
_HEAD = re.compile(r"layer\s*\(type\)|output\s+shape\W+param", re.IGNORECASE)
_SHAPE = (
    r"[\[({]{1,3}(?P<shape>(?:None|-1|\d{1,9})(?:\s*,\s*(?:None|\d{1,9}))*\s*,?)"
    r"(?P<end>[\])}]{0,3})"
)
_ROW = re.compile(
    r"(?P<left>[\w./… -]{1,80}(?:\(\s*\w[\w.]{0,60}\s?\)?)?)\s*"
    rf"(?:{_SHAPE}|(?P<free>multiple|\?))"
    r".*?(?:\s|^|(?<=[\])}]))(?P<parameters>\d{1,3}(?:,\d{3})+|\d+)(?:\s*\(unbuilt\))?(?=\s|$)"
)
# A row whose number of parameters stands in the next line.
_BROKEN = re.compile(rf"(?P<left>[\w./… -]{{1,80}}(?:\(\s*\w[\w.]{{0,60}}\s?\)?)?)\s*{_SHAPE}")
_TOTAL = re.compile(
    r"(?P<which>total|non-?\s?trainable|trainable)\s*params\s*:?\s*"
    r"(?P<number>\d{1,3}(?:,\d{3})+|\d+)",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?P<name>[\w./…-]+?)\s*\(\s*(?P<type>\w+)\s*\)?")
_NUMBERED = re.compile(r"(?P<type>[A-Za-z]\w*?)-\d+")
_LINKS = re.compile(r"\[?'?\w+(?:\[\d+\])+\S*|\[\]|,$")


@dataclass
class _Row:
    left: str
    shape: str
    parameters: int


@dataclass
class _Open:
    lines: list[int] = field(default_factory=list)
    rows: list[_Row] = field(default_factory=list)
    is_unclosed: bool = False
    totals: dict[str, int] = field(default_factory=dict)
    foreign: int = 0
    has_head: bool = False
    pending: tuple[str, str] | None = None  # left and shape of a row whose number is to come


def find(document: Document) -> Iterator[LayerTable]:
    """Yield the tables of layers of a document."""
    table = _Open()
    for line in document.lines:
        text = ESCAPES.sub("", text_of(line)).rstrip()
        if not text.strip(" `") or is_rule(text):
            continue
        if len(text) > 400 or (_HEAD.search(text) and (table.rows or table.totals)):
            yield from _closed(table, document)
            table = _Open()
        if len(text) > 400:
            continue
        is_own = _take(table, text)
        if is_own:
            table.lines.append(line.number)
            table.foreign = 0
        elif table.lines:
            table.foreign += 1
            if table.foreign > MOST_FOREIGN or table.totals:
                yield from _closed(table, document)
                table = _Open()
    yield from _closed(table, document)


def _take(table: _Open, text: str) -> bool:
    """Read a line; return whether it belongs to the table."""
    if _HEAD.search(text):
        table.has_head = True
        return True
    if not table.has_head:
        return False
    if found := _TOTAL.search(text):
        which = "fixed" if found["which"].lower().startswith("non") else found["which"].lower()
        table.totals[which] = int(found["number"].replace(",", ""))
        return True
    if table.totals:
        return bool(re.match(r"\s*optimizer params", text, re.IGNORECASE))
    flat = " ".join(_DRAWN.sub(" ", text).split())
    if (row := _ROW.fullmatch(flat) or _ROW.match(flat)) and len(row["left"]) <= LONGEST_NAME:
        shape = row["shape"] if row["shape"] is not None else ""
        table.is_unclosed = row["shape"] is not None and not row["end"]
        parameters = int(row["parameters"].replace(",", ""))
        table.rows.append(_Row(row["left"].strip(), shape, parameters))
        return True
    if table.pending and re.fullmatch(r"[\d,]{1,15}", flat) and flat[0].isdigit():
        left, shape = table.pending
        table.rows.append(_Row(left, shape, int(flat.replace(",", ""))))
        table.pending = None
        return True
    table.pending = None
    if (row := _BROKEN.fullmatch(flat)) and row["end"]:
        table.pending = row["left"].strip(), row["shape"]
        return True
    is_head = not table.rows and re.fullmatch(r"param\s*#", flat, re.IGNORECASE)
    return bool(is_head) or (bool(table.rows) and _goes_on(table, text))


def _goes_on(table: _Open, text: str) -> bool:
    """Add the rest of a name, or of a shape, that did not fit its column."""
    parts = _DRAWN.split(text.strip().strip("│┃║|")) if _DRAWN.search(text) else [text]
    left = _LINKS.sub("", parts[0].strip()).strip()
    rest = re.sub(r"\s{2,}.*", "", left) if len(parts) == 1 else left
    row = table.rows[-1]
    if table.is_unclosed and (found := re.search(r"(\d+(?:,\s*\d+)*)\s*\)", text)):
        row.shape += f", {found[1]}"
        table.is_unclosed = False
        rest = rest if not rest.startswith(found[1]) else ""
    elif not rest:
        return len(parts) > 1 or bool(_LINKS.search(text))
    if rest and not re.fullmatch(r"\(?[\w.-]{1,60}\)?", rest):
        return False
    is_open = row.left.count("(") > row.left.count(")")
    if rest and not (is_open or rest.startswith("(") or len(parts) > 1 or "(" not in row.left):
        return False
    row.left += rest
    return True


def _closed(table: _Open, document: Document) -> Iterator[LayerTable]:
    if len(table.rows) < 1:
        return
    doubts: list[str] = []
    layers = [_layer(row, doubts) for row in table.rows]
    if table.is_unclosed:
        doubts.append("a shape is cut off")
    first, last = table.lines[0], table.lines[-1]
    yield LayerTable(
        first=first,
        last=last,
        quote=quoted(document, table.lines[min(1, len(table.lines) - 1)]),
        doubts=tuple(dict.fromkeys(doubts)),
        apart=gaps(first, last, table.lines),
        layers=layers,
        total=table.totals.get("total"),
        trainable=table.totals.get("trainable"),
        fixed=table.totals.get("fixed"),
    )


def _layer(row: _Row, doubts: list[str]) -> Layer:
    left = row.left
    named = _NAMED.search(left)
    numbered = _NUMBERED.fullmatch(left.split()[-1]) if left else None
    name = named["name"] if named else left.split()[-1] if left else ""
    kind = named["type"] if named else numbered["type"] if numbered else ""
    if not kind:
        doubts.append(f"the type of {name or 'a layer'} is lost")
    elif named and not left.endswith(")"):
        doubts.append(f"the type of {name} is cut off")
    sizes = [size.strip() for size in row.shape.split(",") if size.strip()]
    return Layer(
        name=name,
        type=kind,
        shape=[None if size in ("None", "-1") else int(size) for size in sizes],
        parameters=row.parameters,
    )

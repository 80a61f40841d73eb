"""The pages of the report on paper.

The tables that list the claims of a chapter are gathered in a ledger, and figures and tables that
are narrow enough stand side by side. Figures do not float, so each stays in its section.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, zip_longest
from typing import Any

from refashion.render.front.appendix import NAME, ledger_anchor
from refashion.render.site.site import Node, Page, anchor_of, anchors, nodes, plain_text
from refashion.render.text import markdown

# Tables of a chapter that list claims; the last stands for one for each kind of statement.
LISTS = ("verdicts", "own_numbers", "untestable", "statements_")
IN_LEDGER = "In the ledger"
# Exhibits that may stand side by side: the width of a figure in percent of the text, and that of a
# table in letters, with a gap for each column. Longer tables break across pages.
HALF, MOST_LETTERS, GAP, MOST_ROWS = 75, 58, 2, 50
# Widths of two figures, in percent, that fit beside each other in the size that paper has.
MOST_WIDTH = 175
# Least share of a figure beside a wide one, so that its caption has room.
LEAST = 40
# Rows from which a narrow table is set in two columns.
LONG = 10
BESIDE = "beside"


def on_paper(pages: Mapping[str, Page], ledger: Page) -> dict[str, Page]:
    """Return the pages of the PDF, with the ledger as the last.

    Parameters
    ----------
    pages
        Pages of the report, by part. They are not changed.
    ledger
        The ledger on paper. It has the anchors of claims, as far as the chapters do not keep them.
    """
    shortened = {name: _without_lists(name, page) for name, page in pages.items()}
    kept = {name for page in shortened.values() for name in anchors(page.blocks)}
    for node in nodes(ledger.blocks):
        if node["t"] == "Span" and anchor_of(node) in kept:
            node["c"][0][0] = ""
    for page in shortened.values():
        page.blocks[:] = _side_by_side(page.blocks)
    every = shortened | {NAME: ledger}
    _unlink_missing(every.values())
    return every


def _without_lists(study: str, page: Page) -> Page:
    """Replace the tables that list claims by their captions and a link to the ledger."""
    blocks = json.loads(json.dumps(page.blocks))
    for node in nodes(blocks):
        if node["t"] == "Table" and _is_list(anchor_of(node), study):
            anchor, caption = anchor_of(node), node["c"][1][1]
            link = _link(IN_LEDGER, ledger_anchor(study))
            inlines = [*(caption[0]["c"] if caption else []), {"t": "Space"}, link, _str(".")]
            node["t"], node["c"] = "Div", [[anchor, [], []], [{"t": "Para", "c": inlines}]]
    return replace(page, blocks=blocks)


def _is_list(anchor: str, study: str) -> bool:
    label = anchor.removeprefix(f"{study}-")
    return label != anchor and label.startswith(LISTS)


def _side_by_side(blocks: Sequence[Node]) -> list[Node]:
    """Join those of figures and tables that follow each other and fit, two at a time.

    A narrow table that is left over, with many rows, is set in two columns.
    """
    placed: list[Node] = []
    printed = (block for block in blocks if not _is_left_out(block))
    for is_exhibit, group in groupby(printed, lambda block: block["t"] in ("Figure", "Table")):
        run = list(group)
        placed += _joined(run) if is_exhibit else run
    return placed


def _is_left_out(block: Node) -> bool:
    """Whether a block is only on screens, such as the values of a figure."""
    return block["t"] == "Div" and block["c"][0][1] == ["folded", markdown.NOTHING]


def _joined(run: list[Node]) -> Iterator[Node]:
    left = list(run)
    while left:
        block = left.pop(0)
        other = next((n for n, other in enumerate(left) if _fit(block, other)), None)
        if other is not None:
            yield _pair(block, left.pop(other))
        elif block["t"] == "Table" and len(_rows_of(block)) >= LONG and _is_narrow(block):
            yield _together("halves", block)
        else:
            yield block


def _fit(a: Node, b: Node) -> bool:
    """Whether two exhibits fit beside each other: both are narrow, or figures not too wide."""
    if a["t"] == b["t"] == "Figure" and _width(a) + _width(b) <= MOST_WIDTH:
        return True
    return _is_narrow(a) and _is_narrow(b)


def _pair(a: Node, b: Node) -> Node:
    pair = _together("pair", a, b)
    equal = _is_narrow(a) and _is_narrow(b)
    shares = "1, 1" if equal else f"{max(_width(a), LEAST):g}, {max(_width(b), LEAST):g}"
    pair["c"][0][2].append(["shares", shares])
    return pair


def _together(name: str, *blocks: Node) -> Node:
    for block in blocks:
        block["c"][0][1].append(BESIDE)
    columns = [{"t": "Div", "c": [["", [], []], [block]]} for block in blocks]
    return {"t": "Div", "c": [["", [name], []], columns]}


def _width(figure: Node) -> float:
    """Return the width of a figure on a screen, in percent of the text."""
    images = [node for node in nodes(figure) if node["t"] == "Image"]
    widths = [dict(image["c"][0][2]).get("width", "100%") for image in images]
    return max((float(width[:-1]) for width in widths if width.endswith("%")), default=100.0)


def _is_narrow(block: Node) -> bool:
    """Whether a figure or a table takes no more than half of the width of the text."""
    if block["t"] == "Figure":
        return _width(block) <= HALF
    rows = _rows_of(block)
    if len(rows) > MOST_ROWS or not rows:
        return False
    letters = [[len(plain_text(cell[4])) for cell in row[1]] for row in rows]
    columns = list(zip_longest(*letters, fillvalue=0))
    return sum(map(max, columns)) + GAP * len(columns) <= MOST_LETTERS


def _rows_of(table: Node) -> list[list[Any]]:
    head, bodies = table["c"][3], table["c"][4]
    return [*head[1], *(row for body in bodies for row in body[3])]


def _unlink_missing(pages: Iterable[Page]) -> None:
    """Turn links to places that are not on paper into text, since typst rejects them."""
    pages = list(pages)
    found = {name for page in pages for name in anchors(page.blocks)}
    for page in pages:
        for node in nodes(page.blocks):
            if node["t"] != "Link":
                continue
            target = node["c"][2][0]
            if target.startswith("#") and target[1:] not in found:
                node["t"], node["c"] = "Span", [["", [], []], node["c"][1]]


def _link(text: str, anchor: str) -> Node:
    return {"t": "Link", "c": [["", [], []], [_str(text)], [f"#{anchor}", ""]]}


def _str(text: str) -> Node:
    return {"t": "Str", "c": text}

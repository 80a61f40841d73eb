"""The pages of the report on paper: the tables of the chapters' claims are gathered in a ledger."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from refashion.render.front.appendix import NAME, ledger_anchor
from refashion.render.site.site import Node, Page, anchor_of, anchors, nodes

# Tables of a chapter that list claims; the last stands for one for each kind of statement.
LISTS = ("verdicts", "own_numbers", "untestable", "statements_")
IN_LEDGER = "In the ledger"


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

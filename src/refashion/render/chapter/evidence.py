"""From a row of the ledger to the notebooks behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from refashion.artifacts import Layout
from refashion.ledger import text as ledger_text
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown

# Links come from a file: nothing but a notebook page may be linked.
_PAGE = re.compile(
    r"report/(?P<page>notebooks/(?P<study>\w+)/(?P<run>\w+)/seed-(?P<seed>\d+)\.html)", re.ASCII
)


def linked_value(row: Mapping[str, Any], layout: Layout) -> Markdown:
    """Give the re-created value, linked to the notebook of the first seed behind it."""
    text = ledger_text.reproduced_text(row)
    for page in _pages(row, layout):
        return markdown.link(text, page["page"])
    return markdown.escape(text)


def notebooks(row: Mapping[str, Any], layout: Layout, titles: Mapping[str, str]) -> list[Markdown]:
    """List the notebooks behind a row, the first seed of each run: "Notebooks: CNN, GRU."."""
    first = first_pages(row, layout)
    if not first:
        return []
    links = [markdown.link(titles.get(run, run), page) for run, page in first.items()]
    noun = "Notebook" if len(links) == 1 else "Notebooks"
    return [markdown.join([f"{noun}: ", markdown.join(links, ", "), "."])]


def first_pages(row: Mapping[str, Any], layout: Layout) -> dict[str, str]:
    """Find the notebook page of the first seed of each run behind a row, by run."""
    first: dict[str, str] = {}
    for page in _pages(row, layout):
        first.setdefault(page["run"], page["page"])
    return first


def _pages(row: Mapping[str, Any], layout: Layout) -> Iterator[re.Match[str]]:
    for page in row["evidence"]:
        match = _PAGE.fullmatch(page)
        if match and layout.run(*match.group("study", "run", "seed")).notebook.exists():
            yield match

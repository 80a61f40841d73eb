"""From an entry of the ledger to the notebooks behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from refashion.artifacts import Layout
from refashion.ledger import words
from refashion.ledger.entry import Entry
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.spec.claims import ValueClaim


def linked_value(entry: Entry[ValueClaim], layout: Layout) -> Markdown:
    """Give the re-created value, linked to the notebook of the first seed behind it."""
    text = words.reproduced_text(entry)
    for _, page in _pages(entry, layout):
        return markdown.link(text, page)
    return markdown.escape(text)


def notebooks(entry: Entry[Any], layout: Layout, titles: Mapping[str, str]) -> list[Markdown]:
    """List the notebooks behind an entry, the first seed of each run: "Notebooks: CNN, GRU."."""
    first = first_pages(entry, layout)
    if not first:
        return []
    links = [markdown.link(titles.get(run, run), page) for run, page in first.items()]
    noun = "Notebook" if len(links) == 1 else "Notebooks"
    return [markdown.join([f"{noun}: ", markdown.join(links, ", "), "."])]


def first_pages(entry: Entry[Any], layout: Layout) -> dict[str, str]:
    """Find the notebook page of the first seed of each run behind an entry, by run."""
    first: dict[str, str] = {}
    for run, page in _pages(entry, layout):
        first.setdefault(run, page)
    return first


def _pages(entry: Entry[Any], layout: Layout) -> Iterator[tuple[str, str]]:
    """Give run and page, relative to the report, of each executed notebook."""
    for run, seed in entry.evidence:
        if layout.run(entry.study, run, seed).notebook.exists():
            page = layout.run_page(entry.study, run, seed)
            yield run, page.relative_to(layout.report).as_posix()

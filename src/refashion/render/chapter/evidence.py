"""Links from an entry of the ledger to its executed notebooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from refashion.artifacts import Layout
from refashion.ledger import words
from refashion.ledger.entry import Entry
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.spec.claims import NumberClaim


def linked_value(entry: Entry[NumberClaim], layout: Layout) -> Markdown:
    """Return the re-created value of a number, linked to the notebook of its first seed."""
    text = words.reproduced_text(entry)
    for _, page in _pages(entry, layout):
        return markdown.link(text, page)
    return markdown.escape(text)


def notebooks(entry: Entry[Any], layout: Layout, titles: Mapping[str, str]) -> list[Markdown]:
    """Return links to the notebooks of the first seed of each run: "Notebooks: CNN, GRU.".

    Parameters
    ----------
    entry
        Entry of the ledger.
    layout
        Paths of the results.
    titles
        Titles of the runs, by name.

    Returns
    -------
    list of Markdown
        One text, or none if the entry has no executed notebook.
    """
    first = first_pages(entry, layout)
    if not first:
        return []
    links = [markdown.link(titles.get(run, run), page) for run, page in first.items()]
    noun = "Notebook" if len(links) == 1 else "Notebooks"
    return [markdown.join([f"{noun}: ", markdown.join(links, ", "), "."])]


def first_pages(entry: Entry[Any], layout: Layout) -> dict[str, str]:
    """Return the notebook page of the first seed of each run of an entry, by run."""
    first: dict[str, str] = {}
    for run, page in _pages(entry, layout):
        first.setdefault(run, page)
    return first


def _pages(entry: Entry[Any], layout: Layout) -> Iterator[tuple[str, str]]:
    """Yield the run and the page, relative to the report, of each executed notebook."""
    for run, seed in entry.evidence:
        if layout.run(entry.study, run, seed).notebook.exists():
            page = layout.run_page(entry.study, run, seed)
            yield run, page.relative_to(layout.report).as_posix()

"""The index of the search page: sections, figures, tables, claims and notebooks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from refashion.artifacts import Layout
from refashion.render.site.ledger_page import Line
from refashion.render.site.notebook_pages import NotebookPage
from refashion.render.site.site import Page, Site, anchor_of, plain_text

SEARCH_PATH = "search.html"
PLACE_KINDS = ("section", "figure", "table", "claim", "notebook")


class Place(NamedTuple):
    """An entry of the search index.

    Attributes
    ----------
    what
        Kind of the place, one of `PLACE_KINDS`.
    address
        Link target, relative to the report.
    title
        Title of the place.
    chapter
        Title of its chapter.
    text
        Text to search and to show.
    """

    what: str
    address: str
    title: str
    chapter: str
    text: str


def searchable_places(
    site: Site, ledger: Sequence[Line], notebooks: Sequence[NotebookPage], layout: Layout
) -> list[Place]:
    """Return all entries of the search index, sections first.

    Parameters
    ----------
    site
        Pages of the report.
    ledger
        Lines of the ledger; those of numbers in tables are left out.
    notebooks
        Pages of executed notebooks.
    layout
        Paths of the results.
    """
    found = [place for page in site.pages for place in _places_on(page)]
    found.sort(key=lambda place: PLACE_KINDS.index(place.what))
    claims = [
        Place("claim", line.chapter, line.about, line.study_title, f"“{line.quote}” {line.reason}")
        for line in ledger
        if line.kind != "cell"
    ]
    pages = [
        Place("notebook", address, page.title, page.chapter, address)
        for page in notebooks
        for address in [page.path.relative_to(layout.report).as_posix()]
    ]
    return [*found, *claims, *pages]


def _places_on(page: Page) -> Iterator[Place]:
    title, anchor = page.title, ""
    prose: list[str] = []
    for block in page.blocks:
        if block["t"] == "Header":
            if anchor:
                yield _section(page, anchor, title, prose)
            title, anchor, prose = plain_text(block["c"][2]), anchor_of(block), []
        elif block["t"] in ("Figure", "Table"):
            caption = plain_text(block["c"][1])
            noun = block["t"].lower()
            address = f"{page.path}#{anchor_of(block)}"
            yield Place(noun, address, caption.split(". ")[0], page.title, caption)
        else:
            prose.append(plain_text(block))
    if anchor:
        yield _section(page, anchor, title, prose)


def _section(page: Page, anchor: str, title: str, prose: Sequence[str]) -> Place:
    return Place("section", f"{page.path}#{anchor}", title, page.title, " ".join(prose))

"""What the report holds, place by place, for its search: sections, exhibits, claims, notebooks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from refashion.artifacts import Layout
from refashion.render.site.ledger_page import Line
from refashion.render.site.pages import Page as NotebookPage
from refashion.render.site.site import Page, Site, anchor_of, plain

PATH = "search.html"
WHATS = ("section", "figure", "table", "claim", "notebook")


class Place(NamedTuple):
    """A place that can be found.

    Attributes
    ----------
    what
        One of `WHATS`.
    address
        Relative to the report.
    title, chapter, text
        Of the place.
    """

    what: str
    address: str
    title: str
    chapter: str
    text: str


def places(
    site: Site, ledger: Sequence[Line], notebooks: Sequence[NotebookPage], layout: Layout
) -> list[Place]:
    """List all places of the report, sections first.

    Parameters
    ----------
    site
        Pages of the report.
    ledger
        Its lines; those of numbers in tables are left out.
    notebooks
        Pages of notebooks.
    layout
        Where the report lies.
    """
    found = [place for page in site.pages for place in _of_page(page)]
    found.sort(key=lambda place: WHATS.index(place.what))
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


def _of_page(page: Page) -> Iterator[Place]:
    title, anchor = page.title, ""
    prose: list[str] = []
    for block in page.blocks:
        if block["t"] == "Header":
            if anchor:
                yield _section(page, anchor, title, prose)
            title, anchor, prose = plain(block["c"][2]), anchor_of(block), []
        elif block["t"] in ("Figure", "Table"):
            caption = plain(block["c"][1])
            noun = block["t"].lower()
            address = f"{page.path}#{anchor_of(block)}"
            yield Place(noun, address, caption.split(". ")[0], page.title, caption)
        else:
            prose.append(plain(block))
    if anchor:
        yield _section(page, anchor, title, prose)


def _section(page: Page, anchor: str, title: str, prose: Sequence[str]) -> Place:
    return Place("section", f"{page.path}#{anchor}", title, page.title, " ".join(prose))

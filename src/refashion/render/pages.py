"""Pages of executed notebooks: which there are, and which of them have to be printed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.render import site
from refashion.render.made_from import digest, is_made_from
from refashion.render.outcomes import Outcomes


class Page(NamedTuple):
    """An executed notebook and where its page goes.

    Attributes
    ----------
    notebook, path
        Files.
    title
        Of the page.
    chapter
        Title of the chapter that it belongs to.
    back
        Address that it links back to, relative to the report.
    ledger
        Query of the claims that rest on it.
    """

    notebook: Path
    path: Path
    title: str
    chapter: str
    back: str
    ledger: str


def pages_of(outcomes: Outcomes) -> Iterator[Page]:
    """List the pages of one study whose notebooks are there."""
    layout, study = outcomes.layout, outcomes.study
    chapter, whole = site.address_of_chapter(study.name), f"study={study.name}"
    compare, explore = layout.compare(study.name), layout.explore(study.dataset)
    listed = [
        Page(
            outcomes.notebook(run, seed),
            layout.run_page(study.name, run, seed),
            f"{outcomes.run(run).title}, seed {seed}",
            study.title,
            site.address_of_chapter(study.name, site.place_of_run(study.name, run)),
            f"{whole}&run={study.name}/{run}",
        )
        for run, states in outcomes.states.items()
        for seed in states
    ]
    page = layout.compare_page(study.name)
    listed.append(Page(compare, page, f"Claims of {study.title}", study.title, chapter, whole))
    page, title = layout.explore_page(study.dataset), outcomes.dataset.TITLE
    listed.append(Page(explore, page, title, study.title, chapter, whole))
    yield from (page for page in listed if page.notebook.exists())


def print_page(templates: Path, layout: Layout, page: Page) -> list[Path]:
    """Write one page and, beside it, its notebook; give the paths of both.

    A page that was made from the same notebook in the same way stays as it is.

    Parameters
    ----------
    templates
        Folder with the nbconvert template `notebook`.
    layout
        Where the report lies.
    page
        The page.

    Raises
    ------
    OSError, nbformat.reader.NotJSONError
        The notebook cannot be read.
    """
    source = page.notebook.read_bytes()
    raw = page.path.with_suffix(".ipynb")
    made_from = digest(source, *_makers(templates), repr(page[2:]).encode())
    if not (raw.exists() and is_made_from(page.path, made_from)):
        # It takes long to import, and in most cases nothing is to be printed.
        from refashion.render import printing

        shown = printing.for_others(source)
        resources = {
            "report_root": os.path.relpath(layout.report, page.path.parent),
            "report_page": page,
            "report_raw": raw.name,
            "report_made_from": made_from,
        }
        artifacts.write_text(raw, shown)
        artifacts.write_text(page.path, printing.to_html(shown, resources, templates))
    return [page.path, raw]


@cache
def _makers(templates: Path) -> list[bytes]:
    """What makes a page of a notebook: templates, modules and nbconvert."""
    modules = (Path(__file__), Path(__file__).with_name("printing.py"))
    files = [*modules, *sorted((templates / "notebook").iterdir())]
    return [*(file.read_bytes() for file in files), metadata.version("nbconvert").encode()]

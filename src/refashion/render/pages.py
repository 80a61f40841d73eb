"""Pages of executed notebooks: which there are, and which of them have to be printed."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.render import executed, site
from refashion.render.executed import NotShownError
from refashion.render.frame import framed
from refashion.render.frame import makers as frame_makers
from refashion.render.made_from import digest, is_made_from
from refashion.render.outcomes import Outcomes

logger = logging.getLogger(__name__)

FRAME = "notebook.html"


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

    A page that was made from the same notebook in the same way stays as it is. The page of a
    notebook that cannot be shown says why, and has none beside it.

    Parameters
    ----------
    templates
        Folder with the nbconvert template `notebook`, and with `notebook.html`.
    layout
        Where the report lies.
    page
        The page.
    """
    raw = page.path.with_suffix(".ipynb")
    told = {"page": page, "root": f"{os.path.relpath(layout.report, page.path.parent)}/"}
    try:
        source = executed.content(page.notebook)
        made_from = digest(source, *_makers(templates), repr(page[2:]).encode())
        if not (raw.exists() and is_made_from(page.path, made_from)):
            _write(page.path, raw, source, templates, told | {"made_from": made_from})
    except NotShownError as error:
        logger.warning("%s cannot be shown in the report. %s", page.notebook, error)
        artifacts.write_text(page.path, framed(templates, FRAME, "", told | {"reason": str(error)}))
        return [page.path]
    return [page.path, raw]


def _write(path: Path, raw: Path, source: bytes, templates: Path, told: Mapping[str, Any]) -> None:
    # It takes long to import, and in most cases nothing is to be printed.
    from refashion.render import printing

    file, content, facts = printing.printed(source, templates)
    artifacts.write_text(raw, file)
    told = {**told, "facts": facts, "raw": raw.name}
    artifacts.write_text(path, framed(templates, FRAME, content, told))


@cache
def _makers(templates: Path) -> list[bytes]:
    """What makes a page of a notebook: templates, modules and nbconvert."""
    modules = (Path(__file__), Path(executed.__file__), Path(__file__).with_name("printing.py"))
    files = [*modules, *sorted((templates / "notebook").iterdir())]
    version = metadata.version("nbconvert").encode()
    return [*(file.read_bytes() for file in files), version, *frame_makers(templates, FRAME)]

"""Pages of executed notebooks, which are rewritten only if the notebook has changed."""

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
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.site import notebook_content
from refashion.render.site.frame import fill_frame, frame_inputs
from refashion.render.site.notebook_content import NotShownError
from refashion.render.text import addresses
from refashion.render.text.cache import digest, is_up_to_date

logger = logging.getLogger(__name__)

TEMPLATE = "notebook.html"


class NotebookPage(NamedTuple):
    """An executed notebook and its page.

    Attributes
    ----------
    notebook
        Path of the executed notebook.
    path
        Path of the page.
    title
        Title of the page.
    chapter
        Title of the chapter that the page belongs to.
    back
        Link to the section of the run in that chapter, relative to the report.
    ledger
        Query of the ledger page that shows the claims of the run.
    """

    notebook: Path
    path: Path
    title: str
    chapter: str
    back: str
    ledger: str


def notebook_pages_of(outcomes: Outcomes) -> Iterator[NotebookPage]:
    """Yield the pages for the existing notebooks of a study."""
    layout, study = outcomes.layout, outcomes.study
    chapter, whole = addresses.chapter_address(study.name), f"study={study.name}"
    judge = layout.judge(study.name)
    listed = [
        NotebookPage(
            outcomes.notebook(run, seed),
            layout.run_page(study.name, run, seed),
            f"{outcomes.run(run).title}, seed {seed}",
            study.title,
            addresses.chapter_address(study.name, addresses.run_anchor(study.name, run)),
            f"{whole}&run={study.name}/{run}",
        )
        for run, states in outcomes.states.items()
        for seed in states
    ]
    page = layout.judge_page(study.name)
    title = f"Claims of {study.title}"
    listed.append(NotebookPage(judge, page, title, study.title, chapter, whole))
    listed += [
        NotebookPage(
            layout.recovery_notebook(study.name, name),
            layout.recovery_page(study.name, name),
            f"Search {name} of {study.title}",
            study.title,
            chapter,
            f"{whole}&run={study.name}/{search.run}",
        )
        for name, search in study.recover.items()
    ]
    if study.dataset is not None:
        explore, page = layout.explore(study.dataset), layout.explore_page(study.dataset)
        title = outcomes.dataset.TITLE
        listed.append(NotebookPage(explore, page, title, study.title, chapter, whole))
    yield from (page for page in listed if page.notebook.exists())


def write_notebook_page(templates: Path, layout: Layout, page: NotebookPage) -> list[Path]:
    """Write the page of a notebook and a copy of the notebook beside it.

    An up-to-date page is not rewritten. If the notebook cannot be shown, the page states the
    reason, and there is no copy.

    Parameters
    ----------
    templates
        Folder with the nbconvert template `notebook`, and with `notebook.html`.
    layout
        Paths of the results.
    page
        The page.

    Returns
    -------
    list of Path
        Paths of the page and of the copy.
    """
    raw = page.path.with_suffix(".ipynb")
    variables = {"page": page, "root": f"{os.path.relpath(layout.report, page.path.parent)}/"}
    try:
        source = notebook_content.read_notebook(page.notebook)
        made_from = digest(source, *_inputs(templates), repr(page[2:]).encode())
        if not (raw.exists() and is_up_to_date(page.path, made_from)):
            _write(page.path, raw, source, templates, variables | {"made_from": made_from})
    except NotShownError as error:
        logger.warning("%s cannot be shown in the report. %s", page.notebook, error)
        variables |= {"reason": str(error)}
        artifacts.write_text(page.path, fill_frame(templates, TEMPLATE, "", variables))
        return [page.path]
    return [page.path, raw]


def _write(
    path: Path, raw: Path, source: bytes, templates: Path, variables: Mapping[str, Any]
) -> None:
    # Importing nbconvert is slow, and in most cases there is nothing to convert.
    from refashion.render.site import notebook_html

    file, content, facts = notebook_html.convert_notebook(source, templates)
    artifacts.write_text(raw, file)
    variables = {**variables, "facts": facts, "raw": raw.name}
    artifacts.write_text(path, fill_frame(templates, TEMPLATE, content, variables))


@cache
def _inputs(templates: Path) -> list[bytes]:
    """Return what the page depends on besides the notebook: templates, modules and nbconvert."""
    here = Path(__file__)
    others = map(here.with_name, ("notebook_html.py", "parameters.py"))
    modules = (here, Path(notebook_content.__file__), *others)
    files = [*modules, *sorted((templates / "notebook").iterdir())]
    version = metadata.version("nbconvert").encode()
    return [*(file.read_bytes() for file in files), version, *frame_inputs(templates, TEMPLATE)]

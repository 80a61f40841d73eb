"""The report: results and narratives to HTML, PDF and pages of notebooks."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import matplotlib as mpl

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.errors import RefashionError
from refashion.ledger import rows
from refashion.processes import shared_by
from refashion.render.chapter.chapters import Part, bare, chapter
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.front.overview import Overview
from refashion.render.front.summary import Summary
from refashion.render.site.assets import listings_of, write_assets
from refashion.render.site.documents import write_page
from refashion.render.site.manuscript import Manuscript
from refashion.render.site.pages import pages_of, print_page
from refashion.render.site.paper import write_pdf
from refashion.render.site.site import OVERVIEW, Site
from refashion.render.text.book import Book
from refashion.render.text.made_from import Store
from refashion.render.text.templates import filled, public
from refashion.spec.config import Config
from refashion.wording import moment

logger = logging.getLogger(__name__)

TITLE = "Reported and re-created"
# In the folder of the results.
STORE = ".rendered"
# Parts of the report before and after the chapters.
FRAME = ("summary", "provenance")
# What a process is handed at a time.
PAGES = 8


def render(config: Config, layout: Layout, n_processes: int, root: Path = Path()) -> None:
    """Write the report: pages of HTML, `report.pdf`, figures, and a page per executed notebook.

    What an earlier report left and this one has not is removed.

    Parameters
    ----------
    config
        The whole configuration.
    layout
        Where the results lie; the ledger and the manifest have been written.
    n_processes
        That share the work.
    root
        Folder of the project, with `report/` and `studies/`.

    Raises
    ------
    RefashionError
        A narrative or a template asks for what there is not.
    """
    mpl.use("Agg")
    templates = root / "report"
    store = Store(layout.results / STORE)
    chapters = _outcomes(config, layout)
    manifest = artifacts.read_json(layout.manifest)
    # pandoc computes outside this process, and is waited for in threads. Those are begun after the
    # processes, which are copies of this one.
    with shared_by(n_processes) as pool, ThreadPoolExecutor(n_processes) as threads:
        filled_in = _filled_in(chapters, root, pool)
        pages = {page.path: page for chapter in chapters for page in pages_of(chapter)}
        notebooks = pool.map(
            partial(print_page, templates, layout), pages.values(), chunksize=PAGES
        )
        parts = _parts(chapters, filled_in, manifest, layout, root)
        linked = frozenset(_within(layout.report, pages))
        manuscript = Manuscript(parts, chapters, root, layout, store, linked)
        set_pages = manuscript.set(threads)
        site = set_pages.site
        facts = _facts(chapters)
        # Only the first page and the PDF say of when they are: the others may stay as they are.
        dated = facts | {"date": moment(manifest["started"])}
        # The PDF first, since it takes longest.
        told = dated | {"started": manifest["started"], "source": _cited(chapters)}
        printed = threads.submit(write_pdf, manuscript, set_pages, told)
        written = []
        for name in manuscript.parts:
            told = dated if site.page(name).path == OVERVIEW else facts
            written.append(threads.submit(_write_part, name, manuscript, site, told))
        files = manuscript.files | write_assets(templates, layout.report)
        for page in listings_of(chapters, site, list(pages.values()), templates, layout):
            told = facts | {"tables": "yes"}
            written.append(threads.submit(write_page, page, site, templates, told, layout.report))
        printed.result()
        files |= {layout.report_pdf, *(task.result() for task in written)}
        files |= set(chain.from_iterable(notebooks))
    _remove_stale(files, manuscript.left, layout)
    store.remove_unused()
    _tell(manuscript)


def _write_part(name: str, manuscript: Manuscript, site: Site, facts: Mapping[str, str]) -> Path:
    """Write the page of a part, or where pandoc refuses it, a plainer one."""
    templates, folder = manuscript.root / "report", manuscript.layout.report
    try:
        return write_page(site.page(name), site, templates, facts, folder)
    except RefashionError as error:
        plainer = manuscript.plainer({name: str(error)})
        manuscript.faults.setdefault(name, []).append(plainer.parts[name].problems[-1])
    with ThreadPoolExecutor(1) as threads:
        site = plainer.set(threads).site
    return write_page(site.page(name), site, templates, facts, folder)


def _within(report: Path, pages: Iterable[Path]) -> Iterator[str]:
    """Paths of pages of notebooks, and of the notebooks beside them, within the report."""
    for page in pages:
        for path in (page, page.with_suffix(".ipynb")):
            yield path.relative_to(report).as_posix()


def _tell(manuscript: Manuscript) -> None:
    """Log what is wrong with the report, and write it for who concludes the command."""
    problems, path = manuscript.problems, manuscript.layout.report_problems
    for problem in problems:
        logger.error("%s", problem["message"])
    attempts = artifacts.report_attempt(path) - (not problems)
    told = {"attempts": attempts, "problems": problems, "warnings": manuscript.warnings}
    artifacts.write_json(path, told)


def _outcomes(config: Config, layout: Layout) -> list[Outcomes]:
    return [
        Outcomes(config, study, layout, rows.read(layout.study_verdicts(name), config))
        for name, study in config.studies.items()
    ]


def _facts(chapters: list[Outcomes]) -> dict[str, str]:
    sources = "a published report" if len(chapters) == 1 else "published reports"
    return {"title": TITLE, "subtitle": f"The numbers of {sources}, run again", "lang": "en"}


def _cited(chapters: list[Outcomes]) -> list[dict[str, str]]:
    """Title of each study, and whose report it runs again."""
    studies = [chapter.study for chapter in chapters]
    return [{"title": study.title, "citation": study.source.citation} for study in studies]


def _filled_in(chapters: list[Outcomes], root: Path, pool: Executor) -> list[Future[Part]]:
    """Begin to fill the narratives of all studies."""
    # Copies, since they are sent while others read into these.
    return [pool.submit(chapter, replace(outcomes), root) for outcomes in chapters]


def _parts(
    chapters: list[Outcomes],
    filled_in: list[Future[Part]],
    manifest: dict[str, Any],
    layout: Layout,
    root: Path,
) -> dict[str, Part]:
    """Give every part by its name, in the order in which the report is read."""
    first, last = (_framing(name, chapters, manifest, layout, root) for name in FRAME)
    parts = [first, *(task.result() for task in filled_in), last]
    return {part.name: part for part in parts}


def _framing(
    name: str, chapters: list[Outcomes], manifest: dict[str, Any], layout: Layout, root: Path
) -> Part:
    """Fill the template of what stands before or after the chapters."""
    book = Book(layout)
    calls = public(Summary(chapters, manifest, book)) | public(Overview(chapters, book))
    try:
        return Part(name, filled(root, f"report/{name}.md", calls), book)
    except RefashionError as error:
        return bare(name, name.capitalize(), book, [str(error)], "unnumbered")


def _remove_stale(files: set[Path], left: set[Path], layout: Layout) -> None:
    """Remove the files of the earlier report that this one has not, and folders that this empties.

    Nothing else is removed, whatever lies beside them.

    Parameters
    ----------
    files
        Of this report.
    left
        Written for this report, and perhaps not part of it in the end.
    layout
        Where the report lies.
    """
    report = layout.report.resolve()
    listed = artifacts.read_json(layout.report_files) if layout.report_files.exists() else []
    own = {path.resolve() for path in files}
    written = {(report / name).resolve() for name in listed} | {path.resolve() for path in left}
    for stale in written - own:
        if stale.is_relative_to(report):
            stale.unlink(missing_ok=True)
            _remove_empty(stale.parent, report)
    names = sorted(path.relative_to(report).as_posix() for path in own)
    artifacts.write_json(layout.report_files, names)


def _remove_empty(folder: Path, top: Path) -> None:
    while folder != top and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent

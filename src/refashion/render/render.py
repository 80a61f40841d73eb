"""Write the report from the results and the narratives: HTML, PDF and notebook pages."""

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
from refashion.render.chapter.chapters import Part, error_notice, write_chapter
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.front.appendix import ledger_on_paper
from refashion.render.front.overview import Overview
from refashion.render.front.summary import Summary
from refashion.render.site.assets import CHAPTER_SCRIPT, listing_pages, write_assets
from refashion.render.site.manuscript import Manuscript
from refashion.render.site.notebook_pages import notebook_pages_of, write_notebook_page
from refashion.render.site.pandoc import write_page
from refashion.render.site.pdf import write_pdf
from refashion.render.site.site import OVERVIEW, Site
from refashion.render.text.cache import TextCache
from refashion.render.text.cross_references import CrossReferences
from refashion.render.text.templates import fill_template, template_functions
from refashion.spec.config import Config
from refashion.wording import moment

logger = logging.getLogger(__name__)

REPORT_TITLE = "Reported and re-created"
# Folder for intermediate texts, in the results folder.
CACHE_FOLDER = ".rendered"
# Parts of the report before and after the chapters.
FIRST_PART, LAST_PART = "summary", "provenance"
# Number of notebook pages that a process takes at a time.
CHUNK = 8


def render(config: Config, layout: Layout, n_processes: int, root: Path = Path()) -> None:
    """Write the report: HTML pages, `report.pdf`, figures, and a page for each executed notebook.

    Files of an earlier report that are no longer needed are removed. A narrative with a mistake
    does not stop the report: its chapter is written from the results alone. The mistake is logged
    and listed in `report_problems.json`.

    Parameters
    ----------
    config
        The whole configuration.
    layout
        Paths of the results, which must include the ledger and the manifest.
    n_processes
        Number of processes to use.
    root
        Folder of the project, with `report/`.

    Raises
    ------
    RefashionError
        If the ledger cannot be read, or if even a plain chapter cannot be written.
    """
    mpl.use("Agg")
    templates = root / "report"
    cache = TextCache(layout.results / CACHE_FOLDER)
    chapters = _load_outcomes(config, layout)
    manifest = artifacts.read_json(layout.manifest)
    # pandoc runs outside this process, so threads suffice to wait for it. They start after the
    # worker processes, which are forked from this one.
    with shared_by(n_processes) as pool, ThreadPoolExecutor(n_processes) as threads:
        narratives = _fill_narratives(chapters, root, pool)
        pages = {page.path: page for chapter in chapters for page in notebook_pages_of(chapter)}
        notebooks = pool.map(
            partial(write_notebook_page, templates, layout), pages.values(), chunksize=CHUNK
        )
        parts = _collect_parts(chapters, narratives, manifest, layout, root)
        linkable = frozenset(_relative_paths(layout.report, pages))
        ledger = ledger_on_paper(chapters)
        manuscript = Manuscript(parts, chapters, root, layout, cache, linkable, ledger=ledger)
        prepared = manuscript.prepare(threads)
        site = prepared.site
        variables = _template_variables(chapters)
        # Only the first page and the PDF are dated, so that the other pages can stay unchanged.
        dated = variables | {"date": moment(manifest["started"])}
        # Start with the PDF, which takes longest.
        for_pdf = dated | {"started": manifest["started"], "source": _citations(chapters)}
        pdf = threads.submit(write_pdf, manuscript, prepared, for_pdf)
        written = []
        for name in manuscript.parts:
            of_page = dated if site.page(name).path == OVERVIEW else variables
            written.append(threads.submit(_write_part, name, manuscript, site, of_page))
        files = manuscript.files | write_assets(templates, layout.report)
        with_tables = variables | {"tables": "yes"}
        for page in listing_pages(chapters, site, list(pages.values()), templates, layout):
            task = threads.submit(write_page, page, site, templates, with_tables, layout.report)
            written.append(task)
        pdf.result()
        files |= {layout.report_pdf, *(task.result() for task in written)}
        files |= set(chain.from_iterable(notebooks))
    _remove_stale(files, manuscript.drawn, layout)
    cache.remove_unused()
    _report_problems(manuscript)


def _write_part(
    name: str, manuscript: Manuscript, site: Site, variables: Mapping[str, str]
) -> Path:
    """Write the page of a part; if pandoc rejects it, write a plainer one."""
    templates, folder = manuscript.root / "report", manuscript.layout.report
    try:
        return write_page(site.page(name), site, templates, variables, folder)
    except RefashionError as error:
        plainer = manuscript.simplified({name: str(error)})
        manuscript.faults.setdefault(name, []).append(plainer.parts[name].problems[-1])
    with ThreadPoolExecutor(1) as threads:
        site = plainer.prepare(threads).site
    return write_page(site.page(name), site, templates, variables, folder)


def _relative_paths(report: Path, pages: Iterable[Path]) -> Iterator[str]:
    """Yield the paths of notebook pages and of their notebook files, relative to the report."""
    for page in pages:
        for path in (page, page.with_suffix(".ipynb")):
            yield path.relative_to(report).as_posix()


def _report_problems(manuscript: Manuscript) -> None:
    """Log the problems of the report, and save them for the end of the command."""
    problems, path = manuscript.problems, manuscript.layout.report_problems
    for problem in problems:
        logger.error("%s", problem["message"])
    attempts = artifacts.report_attempt(path) - (not problems)
    content = {"attempts": attempts, "problems": problems, "warnings": manuscript.warnings}
    artifacts.write_json(path, content)


def _load_outcomes(config: Config, layout: Layout) -> list[Outcomes]:
    return [
        Outcomes(config, study, layout, rows.read(layout.study_verdicts(name), config))
        for name, study in config.studies.items()
    ]


def _template_variables(chapters: list[Outcomes]) -> dict[str, str]:
    sources = "a published report" if len(chapters) == 1 else "published reports"
    subtitle = f"The numbers of {sources}, beside those of a new run"
    return {"title": REPORT_TITLE, "subtitle": subtitle, "lang": "en", "script": CHAPTER_SCRIPT}


def _citations(chapters: list[Outcomes]) -> list[dict[str, str]]:
    """Return the title of each study and the citation of the report that it re-runs."""
    studies = [chapter.study for chapter in chapters]
    return [{"title": study.title, "citation": study.source.citation} for study in studies]


def _fill_narratives(chapters: list[Outcomes], root: Path, pool: Executor) -> list[Future[Part]]:
    """Start filling the narratives of all studies."""
    # Send copies: the pickling happens later, while other code fills the caches of the originals.
    return [pool.submit(write_chapter, replace(outcomes), root) for outcomes in chapters]


def _collect_parts(
    chapters: list[Outcomes],
    narratives: list[Future[Part]],
    manifest: dict[str, Any],
    layout: Layout,
    root: Path,
) -> dict[str, Part]:
    """Return all parts by name, in reading order."""
    first, last = (
        _fill_part(name, chapters, manifest, layout, root) for name in (FIRST_PART, LAST_PART)
    )
    parts = [first, *(task.result() for task in narratives), last]
    return {part.name: part for part in parts}


def _fill_part(
    name: str, chapters: list[Outcomes], manifest: dict[str, Any], layout: Layout, root: Path
) -> Part:
    """Fill the template of the part before or after the chapters."""
    references = CrossReferences(layout)
    summary, overview = Summary(chapters, manifest, references), Overview(chapters, references)
    functions = template_functions(summary) | template_functions(overview)
    try:
        return Part(name, fill_template(root, f"report/{name}.md", functions), references)
    except RefashionError as error:
        return error_notice(name, name.capitalize(), references, [str(error)], "unnumbered")


def _remove_stale(files: set[Path], drawn: set[Path], layout: Layout) -> None:
    """Remove files of the previous report that are no longer part of it, and emptied folders.

    Other files in the folder of the report stay.

    Parameters
    ----------
    files
        Files of this report.
    drawn
        Figures drawn for this report, whether or not they ended up in it.
    layout
        Paths of the results.
    """
    report = layout.report.resolve()
    listed = artifacts.read_json(layout.report_files) if layout.report_files.exists() else []
    own = {path.resolve() for path in files}
    written = {(report / name).resolve() for name in listed} | {path.resolve() for path in drawn}
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

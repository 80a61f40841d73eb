"""The report: results and narratives to HTML, PDF and pages of notebooks."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import matplotlib as mpl

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.config import Config
from refashion.processes import shared_by
from refashion.render import markdown
from refashion.render.assets import listings_of, write_assets
from refashion.render.book import Book
from refashion.render.claims import Claims
from refashion.render.class_values import ClassValues
from refashion.render.documents import on_paper, read_parts, write_page, write_pdf
from refashion.render.drawings import Drawings
from refashion.render.listings import Listings
from refashion.render.made_from import Store
from refashion.render.outcomes import Outcomes
from refashion.render.overview import Overview
from refashion.render.pages import pages_of, print_page
from refashion.render.site import OVERVIEW, Site
from refashion.render.summary import Summary, moment
from refashion.render.templates import environment, filled, public
from refashion.render.values import Values

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
    book, templates = Book(layout), root / "report"
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
        parts = _parts(chapters, filled_in, manifest, book, root)
        site = Site.parted(read_parts(parts, store, threads))
        for chapter in chapters:
            site.add_places(chapter.study.name, chapter.states)
        facts = _facts(chapters)
        # Only the first page and the PDF say of when they are: the others may stay as they are.
        dated = facts | {"date": moment(manifest["started"])}
        # The PDF first, since it takes longest.
        sheets = list(threads.map(lambda page: on_paper(page, site, templates, store), site.pages))
        told = dated | {"started": manifest["started"], "source": _cited(chapters)}
        written = [threads.submit(write_pdf, sheets, site, templates, told, layout)]
        for page in site.pages:
            told = dated if page.path == OVERVIEW else facts
            written.append(threads.submit(write_page, page, site, templates, told, layout.report))
        book.files |= write_assets(templates, layout.report)
        for page in listings_of(chapters, site, list(pages.values()), templates, layout):
            told = facts | {"tables": "yes"}
            written.append(threads.submit(write_page, page, site, templates, told, layout.report))
        book.files |= {task.result() for task in written}
        book.files |= set(chain.from_iterable(notebooks))
    _remove_stale(book)
    store.remove_unused()


def _outcomes(config: Config, layout: Layout) -> list[Outcomes]:
    rows = artifacts.read_json(layout.verdicts_json)
    return [
        Outcomes(config, study, layout, [row for row in rows if row["study"] == name])
        for name, study in config.studies.items()
    ]


def _facts(chapters: list[Outcomes]) -> dict[str, str]:
    sources = "a published report" if len(chapters) == 1 else "published reports"
    return {"title": TITLE, "subtitle": f"The numbers of {sources}, run again", "lang": "en"}


def _cited(chapters: list[Outcomes]) -> list[dict[str, str]]:
    """Title of each study, and whose report it runs again."""
    studies = [chapter.study for chapter in chapters]
    return [{"title": study.title, "citation": study.source.citation} for study in studies]


def _filled_in(
    chapters: list[Outcomes], root: Path, pool: Executor
) -> list[Future[tuple[str, Book]]]:
    """Begin to fill the narratives of all studies."""
    # Copies, since they are sent while others read into these.
    return [pool.submit(_chapter, replace(chapter), root) for chapter in chapters]


def _parts(
    chapters: list[Outcomes],
    filled_in: list[Future[tuple[str, Book]]],
    manifest: dict[str, Any],
    book: Book,
    root: Path,
) -> dict[str, str]:
    """Give the text of every part by its name, in the order in which the report is read."""
    templates = environment(root)
    frame = public(Summary(chapters, manifest, book)) | public(Overview(chapters, book))
    first, last = (filled(templates, f"report/{name}.md", frame) for name in FRAME)
    texts = []
    for task in filled_in:
        text, drawn = task.result()
        texts.append(text)
        book.take_in(drawn)
    names = [FRAME[0], *(chapter.study.name for chapter in chapters), FRAME[1]]
    return dict(zip(names, book.resolve([first, *texts, last]), strict=True))


def _chapter(chapter: Outcomes, root: Path) -> tuple[str, Book]:
    """Fill the narrative of a study, and draw its figures, in whichever process."""
    mpl.use("Agg")
    book, study = Book(chapter.layout), chapter.study
    calls = public(Values(chapter)) | public(ClassValues(chapter))
    for exhibits in (Drawings, Listings, Claims):
        calls |= public(exhibits(chapter, book))
    text = filled(environment(root), f"studies/{study.name}/narrative.md", calls)
    return markdown.heading(study.title, 1, study.name) + text, book


def _remove_stale(book: Book) -> None:
    """Remove the files of the earlier report that this one has not, and folders that this empties.

    Nothing else is removed, whatever lies beside them.
    """
    layout = book.layout
    report = layout.report.resolve()
    listed = artifacts.read_json(layout.report_files) if layout.report_files.exists() else []
    own = {path.resolve() for path in book.files}
    for stale in {(report / name).resolve() for name in listed} - own:
        if stale.is_relative_to(report):
            stale.unlink(missing_ok=True)
            _remove_empty(stale.parent, report)
    names = sorted(path.relative_to(report).as_posix() for path in own)
    artifacts.write_json(layout.report_files, names)


def _remove_empty(folder: Path, top: Path) -> None:
    while folder != top and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent

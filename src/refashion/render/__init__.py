"""The report: results and narratives to HTML, PDF and pages of notebooks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import matplotlib as mpl

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.config import Config
from refashion.render.assets import listings_of, write_assets
from refashion.render.book import Book
from refashion.render.claims import Claims
from refashion.render.class_values import ClassValues
from refashion.render.documents import read, write_page, write_pdf
from refashion.render.drawings import Drawings
from refashion.render.listings import Listings
from refashion.render.markdown import Markdown
from refashion.render.outcomes import Outcomes
from refashion.render.overview import Overview
from refashion.render.pages import Printer, pages_of
from refashion.render.site import Site
from refashion.render.summary import Summary, moment
from refashion.render.templates import environment, filled, public
from refashion.render.values import Values

TITLE = "Reported and re-created"
AT_A_TIME = 4


def render(config: Config, layout: Layout, root: Path = Path()) -> None:
    """Write the report: pages of HTML, `report.pdf`, figures, and a page per executed notebook.

    What an earlier report left and this one has not is removed.

    Parameters
    ----------
    config
        The whole configuration.
    layout
        Where the results lie; the ledger and the manifest have been written.
    root
        Folder of the project, with `report/` and `studies/`.

    Raises
    ------
    RefashionError
        A narrative or a template asks for what there is not.
    """
    mpl.use("Agg")
    book, templates = Book(layout), root / "report"
    chapters = _outcomes(config, layout)
    manifest = artifacts.read_json(layout.manifest)
    text = _markdown(chapters, manifest, book, root)
    facts = _facts(chapters, manifest)
    document = read(text)
    site = Site.parted(document)
    pages = {page.path: page for chapter in chapters for page in pages_of(chapter, site)}
    book.files |= write_assets(templates, layout.report)
    further = listings_of(chapters, site, list(pages.values()), templates, layout)
    # pandoc and typst compute outside this process, or without holding it up.
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        whole = facts | {"source": _sources(chapters)}
        written = [pool.submit(write_pdf, document, templates, whole, layout)]
        for page in site.pages:
            written.append(pool.submit(write_page, page, site, templates, facts, layout.report))
        for page in further:
            tabled = facts | {"tables": "yes"}
            written.append(pool.submit(write_page, page, site, templates, tabled, layout.report))
        printer = Printer(templates, layout)
        for page in pages.values():
            book.files.update(printer.print(page))
        book.files |= {task.result() for task in written}
    _remove_stale(book)


def _outcomes(config: Config, layout: Layout) -> list[Outcomes]:
    rows = artifacts.read_json(layout.verdicts_json)
    return [
        Outcomes(config, study, layout, [row for row in rows if row["study"] == name])
        for name, study in config.studies.items()
    ]


def _facts(chapters: list[Outcomes], manifest: dict[str, Any]) -> dict[str, str]:
    sources = "a published report" if len(chapters) == 1 else "published reports"
    return {
        "title": TITLE,
        "subtitle": f"The numbers of {sources}, run again",
        "date": moment(manifest["started"]),
        "started": manifest["started"],
        "lang": "en",
    }


def _sources(chapters: list[Outcomes]) -> list[dict[str, str]]:
    """Title of each study, and whose report it runs again."""
    studies = [chapter.study for chapter in chapters]
    return [{"title": study.title, "citation": study.source.citation} for study in studies]


def _markdown(chapters: list[Outcomes], manifest: dict[str, Any], book: Book, root: Path) -> str:
    """Fill the templates, in the order in which the report is read."""
    templates = environment(root)
    summary = Summary(chapters, manifest, book)

    def narrative(chapter: Outcomes) -> Markdown:
        calls = public(Values(chapter)) | public(ClassValues(chapter))
        for exhibits in (Drawings, Listings, Claims):
            calls |= public(exhibits(chapter, book))
        name = f"studies/{chapter.study.name}/narrative.md"
        return Markdown(filled(templates, name, calls))

    frame = public(summary) | public(Overview(chapters, book))
    frame |= {"chapters": chapters, "narrative": narrative}
    return book.resolve(filled(templates, "report/report.md", frame))


def _remove_stale(book: Book) -> None:
    """Remove files of earlier reports, and the folders that this empties."""
    # Deepest first, so that a folder is empty when its turn comes.
    for path in sorted(book.layout.report.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        elif not path.is_dir() and path not in book.files:
            path.unlink()

"""The parts of the report on their way from Markdown to pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from refashion.artifacts import Layout
from refashion.errors import RefashionError
from refashion.render.chapter.chapters import BARE, NARRATED, PLAIN, Part, bare, narrative_of, plain
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.site import documents, proofs
from refashion.render.site.site import Page, Site
from refashion.render.text.book import Book
from refashion.render.text.made_from import Store


class Pages(NamedTuple):
    """The report, ready to be written.

    Attributes
    ----------
    site
        Its pages.
    sheets
        What typst is told to set for each part, by its name.
    """

    site: Site
    sheets: dict[str, str]


@dataclass
class Manuscript:
    """All parts of the report, of which those that pandoc refuses are written in a plainer way.

    Attributes
    ----------
    parts
        By name, in the order in which they are read.
    chapters
        Outcomes of every study.
    root, layout, store
        The project, where the results lie, and what keeps the work of pandoc.
    linked
        Files of the report that a text may link to, by their paths within it, beside its pages.
    faults
        What is wrong with parts that are there all the same, by their names.
    warnings
        What is to be said of the report, and costs it nothing.
    left
        Files written for parts as they were first, some of which nothing shows any more.
    """

    parts: dict[str, Part]
    chapters: Sequence[Outcomes]
    root: Path
    layout: Layout
    store: Store
    linked: frozenset[str] = frozenset()
    faults: dict[str, list[str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    left: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        for part in self.parts.values():
            self.left |= part.book.files | part.left

    @property
    def problems(self) -> list[dict[str, str]]:
        """What went wrong, in the order of the parts: `part` and `message`."""
        return [
            {"part": name, "message": message}
            for name, part in self.parts.items()
            for message in (*part.problems, *self.faults.get(name, []))
        ]

    @property
    def files(self) -> set[Path]:
        """Files that the parts show."""
        return {path for part in self.parts.values() for path in part.book.files}

    def plainer(self, refused: Mapping[str, str]) -> Manuscript:
        """Give the manuscript with some parts written in a plainer way.

        Parameters
        ----------
        refused
            Why, by the name of the part.

        Raises
        ------
        RefashionError
            One of them cannot be written in any other way.
        """
        parts, faults = dict(self.parts), dict(self.faults)
        of = {chapter.study.name: chapter for chapter in self.chapters}
        for name, why in refused.items():
            part, outcomes = parts[name], of.get(name)
            faults.pop(name, None)
            where = (
                "" if outcomes is None or why.startswith(narrative_of(name)) else narrative_of(name)
            )
            problems = [*part.problems, f"{where}: {why}" if where else why]
            if part.manner == BARE:
                raise documents.RefusedError({name: why})
            if outcomes is None:
                parts[name] = bare(name, name.capitalize(), part.book, problems, "unnumbered")
            elif part.manner == PLAIN:
                parts[name] = bare(name, outcomes.study.title, part.book, problems)
            else:
                parts[name] = plain(outcomes, problems)
        return replace(self, parts=parts, faults=faults)

    def set(self, threads: Executor) -> Pages:
        """Read the parts into pages, for both HTML and paper, and mark the faults that they have.

        Parts that pandoc refuses are written in a plainer way.
        """
        while True:
            try:
                site = self._site(threads)
                return Pages(site, self._sheets(site, threads))
            except documents.RefusedError as error:
                written = self.plainer(error.reasons)
                self.parts, self.faults = written.parts, written.faults

    def _site(self, threads: Executor) -> Site:
        site = Site.parted(documents.read_parts(self._texts(), self.store, threads))
        for chapter in self.chapters:
            site.add_places(chapter.study.name, chapter.states)
        self._proofread(site)
        return site

    def _texts(self) -> dict[str, str]:
        whole = Book(self.layout)
        for part in self.parts.values():
            whole.take_in(part.book)
        texts = whole.resolve([part.text for part in self.parts.values()])
        return dict(zip(self.parts, texts, strict=True))

    def _proofread(self, site: Site) -> None:
        report = self.layout.report
        shown = {path.relative_to(report).as_posix() for path in self.files}
        known = proofs.Known(site, self.linked, frozenset(shown))
        for name in self._narrated():
            if found := proofs.faults(page := site.page(name), known):
                self._tell(name, page, found)

    def _narrated(self) -> list[str]:
        names = [chapter.study.name for chapter in self.chapters]
        return [name for name in names if self.parts[name].manner == NARRATED]

    def _tell(self, name: str, page: Page, found: Sequence[proofs.Fault]) -> None:
        messages = list(dict.fromkeys(fault.message(self.root, name) for fault in found))
        self.faults.setdefault(name, []).extend(messages)
        proofs.tell(page, messages)

    def _sheets(self, site: Site, threads: Executor) -> dict[str, str]:
        templates = self.root / "report"

        def sheet(name: str) -> str:
            try:
                return documents.on_paper(site.page(name), site, templates, self.store)
            except RefashionError as error:
                raise documents.RefusedError({name: str(error)}) from error

        sheets = dict(zip(self.parts, threads.map(sheet, self.parts), strict=True))
        for name in self._narrated():
            if found := proofs.broken_formulas(sheets[name]):
                self._tell(name, site.page(name), found)
                sheets[name] = sheet(name)
        return sheets

"""Preparation of the parts of the report for HTML and PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from refashion.artifacts import Layout
from refashion.errors import RefashionError
from refashion.render.chapter.chapters import (
    Form,
    Part,
    error_notice,
    narrative_of,
    plain_chapter,
)
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.front.appendix import NAME
from refashion.render.site import pandoc, paper, proofreading
from refashion.render.site.site import Page, Site
from refashion.render.text.cache import TextCache
from refashion.render.text.cross_references import CrossReferences


class PreparedReport(NamedTuple):
    """The report, ready to be written.

    Attributes
    ----------
    site
        Pages of the report.
    typst_sources
        The typst source of each part, by the name of the part.
    """

    site: Site
    typst_sources: dict[str, str]


@dataclass
class Manuscript:
    """All parts of the report. Parts that pandoc rejects are replaced by simpler ones.

    Attributes
    ----------
    parts
        Parts by name, in reading order.
    chapters
        Results of every study.
    root
        Folder of the project.
    layout
        Paths of the results.
    cache
        Keeps the output of pandoc.
    linkable
        Paths of further files that a text can link to, relative to the report.
    faults
        Messages about faults that do not prevent a part from being written, by part.
    warnings
        Messages that do not make the command fail.
    drawn
        All figures drawn, including those of parts that were replaced.
    ledger
        The ledger on paper, as Markdown; empty for none.
    """

    parts: dict[str, Part]
    chapters: Sequence[Outcomes]
    root: Path
    layout: Layout
    cache: TextCache
    linkable: frozenset[str] = frozenset()
    faults: dict[str, list[str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    drawn: set[Path] = field(default_factory=set)
    ledger: str = ""

    def __post_init__(self) -> None:
        for part in self.parts.values():
            self.drawn |= part.references.files | part.discarded

    @property
    def problems(self) -> list[dict[str, str]]:
        """Problems in the order of the parts, each with `part` and `message`."""
        return [
            {"part": name, "message": message}
            for name, part in self.parts.items()
            for message in (*part.problems, *self.faults.get(name, []))
        ]

    @property
    def files(self) -> set[Path]:
        """Figures that the parts show."""
        return {path for part in self.parts.values() for path in part.references.files}

    def written_in(self, name: str) -> str:
        """Return the path of the narrative of a part; for a part without one, its name."""
        narratives = {c.study.name: narrative_of(c.study, self.root) for c in self.chapters}
        return narratives.get(name, name)

    def simplified(self, rejected: Mapping[str, str]) -> Manuscript:
        """Return the manuscript with simpler versions of some parts.

        Parameters
        ----------
        rejected
            Why each part was rejected, by the name of the part.

        Raises
        ------
        RejectedPartsError
            If there is no simpler version of a part.
        """
        parts, faults = dict(self.parts), dict(self.faults)
        by_study = {chapter.study.name: chapter for chapter in self.chapters}
        for name, why in rejected.items():
            part, outcomes = parts[name], by_study.get(name)
            faults.pop(name, None)
            narrative = self.written_in(name)
            if outcomes is not None and not why.startswith(narrative):
                why = f"{narrative}: {why}"
            problems = [*part.problems, why]
            if part.form is Form.NOTICE:
                raise pandoc.RejectedPartsError({name: why})
            if outcomes is not None and part.form is Form.NARRATED:
                parts[name] = plain_chapter(outcomes, problems)
            elif outcomes is not None:
                parts[name] = error_notice(name, outcomes.study.title, part.references, problems)
            else:
                title = name.capitalize()
                parts[name] = error_notice(name, title, part.references, problems, "unnumbered")
        return replace(self, parts=parts, faults=faults)

    def prepare(self, threads: Executor) -> PreparedReport:
        """Convert the parts to pages and to typst, and mark the faults in them.

        Parts that pandoc rejects are replaced by simpler ones.

        Parameters
        ----------
        threads
            Threads that wait for pandoc.
        """
        while True:
            try:
                site = self._site(threads)
                return PreparedReport(site, self._typst_sources(site, threads))
            except pandoc.RejectedPartsError as error:
                simpler = self.simplified(error.reasons)
                self.parts, self.faults = simpler.parts, simpler.faults

    def _site(self, threads: Executor) -> Site:
        site = Site.from_document(pandoc.read_parts(self._texts(), self.cache, threads))
        for chapter in self.chapters:
            site.add_run_anchors(chapter.study.name, chapter.states)
        for part in self.parts.values():
            site.pictures |= part.references.pictures
        self._proofread(site)
        return site

    def _texts(self) -> dict[str, str]:
        whole = CrossReferences(self.layout)
        for part in self.parts.values():
            whole.merge(part.references)
        texts = whole.resolve([part.text for part in self.parts.values()])
        return dict(zip(self.parts, texts, strict=True))

    def _proofread(self, site: Site) -> None:
        report = self.layout.report
        images = {path.relative_to(report).as_posix() for path in self.files}
        targets = proofreading.LinkTargets(site, self.linkable, frozenset(images))
        for name in self._narrated():
            if found := proofreading.mark_faults(page := site.page(name), targets):
                self._add_faults(name, page, found)

    def _narrated(self) -> list[str]:
        names = [chapter.study.name for chapter in self.chapters]
        return [name for name in names if self.parts[name].form is Form.NARRATED]

    def _add_faults(self, name: str, page: Page, found: Sequence[proofreading.Fault]) -> None:
        narrative = self.written_in(name)
        messages = list(dict.fromkeys(fault.message(self.root, narrative) for fault in found))
        self.faults.setdefault(name, []).extend(messages)
        proofreading.add_notice(page, messages)

    def _typst_sources(self, site: Site, threads: Executor) -> dict[str, str]:
        templates = self.root / "report"

        def convert(name: str) -> str:
            try:
                return pandoc.as_typst(pages[name], site, templates, self.cache)
            except RefashionError as error:
                raise pandoc.RejectedPartsError({name: str(error)}) from error

        pages = self._paper(site, threads)
        sources = dict(zip(pages, threads.map(convert, pages), strict=True))
        for name in self._narrated():
            if found := proofreading.broken_formulas(sources[name]):
                self._add_faults(name, site.page(name), found)
                pages = self._paper(site, threads)
                sources[name] = convert(name)
        return sources

    def _paper(self, site: Site, threads: Executor) -> dict[str, Page]:
        """Return the pages of the PDF, by part; without a ledger if pandoc rejects it."""
        pages = {name: site.page(name) for name in self.parts}
        if not self.ledger:
            return pages
        try:
            read = pandoc.read_parts({NAME: self.ledger}, self.cache, threads)
        except pandoc.RejectedPartsError as error:
            self.warnings.append(f"{self.layout.report_pdf}: no ledger: {error}")
            return pages
        ledger = Site.from_document(read).pages[0]
        return paper.on_paper(pages, ledger)

"""The document of a study's source beside its claims: page numbers, and pictures of the pages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from refashion import artifacts, documents, sources
from refashion.documents import pictures
from refashion.documents.document import Document, Line, Unit
from refashion.documents.quotes import Passages
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.spec.claims import AuditedCheck
from refashion.spec.coverage import Coverage, coverage_of

# Points of a page that are shown around a quote.
MARGIN = 40.0
PICTURE_WIDTH = 900
# Of the pages of a longer source, only the numbers are shown.
MOST_PICTURES = 100


class SourcePages:
    """The document of a study's source. Without one that can be read, nothing is shown.

    Parameters
    ----------
    outcomes
        Results of the study.
    """

    def __init__(self, outcomes: Outcomes) -> None:
        self._outcomes = outcomes

    @cached_property
    def audit(self) -> dict[str, Any] | None:
        """What the audit of the source left; None if the study names no document."""
        path = self._outcomes.layout.audit(self._outcomes.study.name)
        if self._outcomes.study.source.file is None or not path.exists():
            return None
        return artifacts.read_json(path)

    @cached_property
    def coverage(self) -> Coverage | None:
        """Which of its numbers the study states; None if it cannot be read."""
        if self._passages is None or self.audit is None or "numbers" not in self.audit:
            return None
        return coverage_of(self._outcomes.study, self.audit["numbers"], self._passages)

    def where(self, claim: Any) -> str:
        """Return the place of a claim in the source, with the number of its page."""
        lines = self._lines(claim)
        if not lines or self._document is None or self._document.unit is Unit.NONE:
            return claim.where
        page = f"{self._document.unit} {lines[0].part:,}"
        return claim.where if page in claim.where.lower() else f"{claim.where}, {page}"

    def picture(self, claim: Any) -> Markdown:
        """Return the part of a page around a quote; empty if the study does not show its source."""
        lines = [line for line in self._lines(claim) if line.box]
        if not lines or lines[0].part not in self.files:
            return Markdown("")
        page = lines[0].part
        path = self.files[page].relative_to(self._outcomes.layout.report).as_posix()
        alt = f"Page {page:,} of the source, at the quote"
        return markdown.cut(path, alt, *self._cut([line for line in lines if line.part == page]))

    @cached_property
    def files(self) -> dict[int, Path]:
        """Pictures of the pages with quotes, by page; they are drawn unless they are there."""
        document, path = self._document, self._path
        if document is None or path is None or not document.page_sizes:
            return {}
        if not self._outcomes.study.source.show:
            return {}
        whole = [entry.claim for entry in self._outcomes.entries]
        pages = sorted({line.part for claim in whole for line in self._lines(claim)[:1]})
        study, digest = self._outcomes.study.name, sources.sha256(path)
        made = {
            page: self._outcomes.layout.source_page(study, page, digest)
            for page in pages[:MOST_PICTURES]
        }
        _draw(path, {page: file for page, file in made.items() if not file.exists()})
        return {page: file for page, file in made.items() if file.exists()}

    @cached_property
    def _path(self) -> Path | None:
        return self._outcomes.study.document(self._outcomes.config.data_dirs)

    @cached_property
    def _document(self) -> Document | None:
        if self._path is None or self.audit is None or "fault" in self.audit:
            return None
        try:
            return documents.read(self._path)
        except documents.DocumentError:  # it has changed since the audit
            return None

    @cached_property
    def _passages(self) -> Passages | None:
        return None if self._document is None else Passages.of(self._document)

    def _lines(self, claim: Any) -> Sequence[Line]:
        """Return the lines of a quote: its first place; those of a check by the audit are known."""
        if self._passages is None or self._document is None:
            return []
        if isinstance(claim, AuditedCheck):
            lines = self._document.lines
            return [lines[claim.line - 1]] if claim.line <= len(lines) else []
        return next(iter(self._passages.find(claim.quote)), [])

    def _cut(self, lines: Sequence[Line]) -> tuple[list[float], list[list[float]]]:
        """Return a part of a page, and the marks on it, in points; see `markdown.cut`."""
        assert self._document is not None
        width, height = self._document.page_sizes[lines[0].part - 1]
        boxes = [line.box for line in lines if line.box]
        top = max(0.0, min(box.top for box in boxes) - MARGIN)
        size = min(height, max(box.bottom for box in boxes) + MARGIN) - top
        marks = [[b.left, b.top, b.right - b.left, b.bottom - b.top] for b in boxes]
        return [width, height, top, size], marks


def _draw(path: Path, files: dict[int, Path]) -> None:
    try:
        drawn = pictures.page_pictures(path, [*files], PICTURE_WIDTH)
    except documents.DocumentError:
        return
    for file, content in zip(files.values(), drawn, strict=True):
        with artifacts.atomic(file) as temporary:
            temporary.write_bytes(content)

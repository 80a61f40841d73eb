"""The document of a study's source beside its claims: page numbers, and pictures of the pages."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageChops, ImageDraw

from refashion import artifacts, documents, sources
from refashion.documents import pictures
from refashion.documents.document import Box, Document, TextLine, Unit
from refashion.documents.quotes import Passages
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.spec.claims import AuditedCheck
from refashion.spec.coverage import Coverage, coverage_of

# Points of a page that are shown around a quote.
MARGIN = 40.0
PICTURE_WIDTH = 900
TINT, N_COLOURS = "#ffe9a8", 64
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
        boxes = self._boxes(claim)
        if not boxes or boxes.page not in self.files or self._document is None:
            return Markdown("")
        width, height = self._document.page_sizes[boxes.page - 1]
        top = max(0.0, min(box.top for box in boxes.boxes) - MARGIN)
        size = min(height, max(box.bottom for box in boxes.boxes) + MARGIN) - top
        position = round(100 * top / (height - size)) if height > size else 0
        path = self.files[boxes.page].relative_to(self._outcomes.layout.report).as_posix()
        alt = f"Page {boxes.page:,} of the source, at the quote"
        return markdown.cut(path, alt, round(width), max(1, round(size)), min(100, position))

    @cached_property
    def files(self) -> dict[int, Path]:
        """Pictures of the pages with quotes, by page; they are drawn unless they are there."""
        document, path, whole = self._document, self._path, self._outcomes.study
        if document is None or path is None or not (document.page_sizes and whole.source.show):
            return {}
        marks: dict[int, set[Box]] = {}
        for entry in self._outcomes.entries:
            if found := self._boxes(entry.claim):
                marks.setdefault(found.page, set()).update(found.boxes)
        digest = sources.sha256(path)
        drawn = {
            page: _in_pixels(marks[page], PICTURE_WIDTH / document.page_sizes[page - 1][0])
            for page in sorted(marks)[:MOST_PICTURES]
        }
        files = {
            page: self._outcomes.layout.source_page(whole.name, page, _digest(digest, boxes))
            for page, boxes in drawn.items()
        }
        _draw(path, {page: file for page, file in files.items() if not file.exists()}, drawn)
        return {page: file for page, file in files.items() if file.exists()}

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

    def _lines(self, claim: Any) -> Sequence[TextLine]:
        """Return the lines of a quote: its first place; those of a check by the audit are known."""
        if self._passages is None or self._document is None:
            return []
        if isinstance(claim, AuditedCheck):
            lines = self._document.lines
            return [lines[claim.line - 1]] if claim.line <= len(lines) else []
        return next(iter(self._passages.find(claim.quote)), [])

    def _boxes(self, claim: Any) -> _Boxes | None:
        """Return where the quote of a claim stands on a page; None if that is not known."""
        lines = [line for line in self._lines(claim) if line.box]
        if not lines:
            return None
        page = lines[0].part
        return _Boxes(page, [line.box for line in lines if line.part == page and line.box])


class _Boxes(NamedTuple):
    page: int
    boxes: list[Box]


def _in_pixels(boxes: set[Box], scale: float) -> list[Box]:
    """Scale boxes, in an order that does not depend on the run."""
    corners = sorted((box.top, box.left, box.bottom, box.right) for box in boxes)
    return [
        Box(left * scale, top * scale, right * scale, bottom * scale)
        for top, left, bottom, right in corners
    ]


def _digest(document: str, boxes: Sequence[Box]) -> str:
    return hashlib.sha256(f"{document} {boxes}".encode()).hexdigest()


def _draw(path: Path, files: Mapping[int, Path], marks: Mapping[int, Sequence[Box]]) -> None:
    """Draw pages of a PDF file with marks on them; none if that fails, as with a broken page."""
    try:
        drawn = pictures.page_pictures(path, [*files], PICTURE_WIDTH)
    except documents.DocumentError:
        return
    for (page, file), content in zip(files.items(), drawn, strict=True):
        with artifacts.atomic(file) as temporary:
            _marked(content, marks[page]).save(temporary, "PNG", optimize=True)


def _marked(content: bytes, boxes: Sequence[Box]) -> Image.Image:
    """Tint places on the picture of a page; the places are in pixels."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    tint = Image.new("RGB", picture.size, "white")
    drawing = ImageDraw.Draw(tint)
    for box in boxes:
        drawing.rectangle((box.left, box.top, box.right, box.bottom), fill=TINT)
    # As by a pen: black stays black, and white becomes the tint.
    return ImageChops.multiply(picture, tint).quantize(N_COLOURS, dither=Image.Dither.NONE)

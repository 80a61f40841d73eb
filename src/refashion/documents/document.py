"""A document as lines of text that know where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property


class Unit(StrEnum):
    """What a document is divided into; the value is the word for it in a report."""

    PAGE = "page"
    CELL = "cell"
    NONE = "document"


class LineKind(StrEnum):
    """What a line is. In a PDF file, what is set in a font of fixed width is code or output."""

    TEXT = "text"
    HEADING = "heading"
    CODE = "code"
    OUTPUT = "output"


@dataclass(frozen=True)
class Box:
    """A rectangle on a page, in points of 1/72 inch from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class TextLine:
    """A line of text.

    Attributes
    ----------
    number
        Its number in the document, from 1.
    text
        Its text. Cells of a table are separated by at least two blanks, by tabs or by `|`.
    part
        The page or cell that it stands on, from 1.
    kind
        What it is.
    box
        Where it stands on its page, if the format has pages.
    """

    number: int
    text: str
    part: int = 1
    kind: LineKind = LineKind.TEXT
    box: Box | None = None


@dataclass(frozen=True)
class Document:
    """A document that has been read.

    Attributes
    ----------
    name
        The name of its file, without folders.
    unit
        What `Line.part` counts.
    n_parts
        How many pages or cells there are.
    lines
        All lines in the order of reading; `lines[n - 1].number == n`.
    without_text
        Pages that hold no text, such as scanned ones, from 1.
    page_sizes
        Width and height of each page in points, if the format has them; see `Box`.
    encoding
        How its text was decoded. "cp1252" is a guess: the text is not in UTF-8.
    notes
        What a reader of the document should know about how it was read, each a sentence.
    """

    name: str
    unit: Unit
    n_parts: int
    lines: Sequence[TextLine]
    without_text: Sequence[int] = ()
    page_sizes: Sequence[tuple[float, float]] = ()
    encoding: str = "utf-8"
    notes: Sequence[str] = ()

    @cached_property
    def text(self) -> str:
        """All lines as one text."""
        return "\n".join(line.text for line in self.lines)


def numbered(lines: Iterable[TextLine]) -> list[TextLine]:
    """Return lines with their numbers, in their order."""
    return [replace(line, number=number) for number, line in enumerate(lines, 1)]

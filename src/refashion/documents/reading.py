"""Reading a document of any format."""

from __future__ import annotations

from pathlib import Path

from refashion.documents import confined
from refashion.documents.document import Box, Document, LineKind, TextLine, Unit


def read(path: Path) -> Document:
    """Read a document, whatever its name says it is.

    It is read by another process with limits of time and memory, because it may be hostile.

    Parameters
    ----------
    path
        A PDF file, plain text, Markdown, HTML, a notebook, a Word document or TeX.

    Raises
    ------
    DocumentError
        It is none of these, is broken or encrypted, or exceeds a limit.
    """
    found = confined.run(path, "read")["document"]
    lines = [
        TextLine(number, text, part, LineKind(kind), Box(**box) if box else None)
        for number, (text, part, kind, box) in enumerate(found.pop("lines"), 1)
    ]
    sizes = [(width, height) for width, height in found.pop("page_sizes")]
    unit = Unit(found.pop("unit"))
    return Document(**{**found, "name": path.name}, unit=unit, lines=lines, page_sizes=sizes)

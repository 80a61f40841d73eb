"""Lines of a notebook: its text, its code, and what it printed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from refashion.documents import markdown
from refashion.documents.document import Document, LineKind, TextLine, Unit, numbered
from refashion.documents.faults import UnreadableError
from refashion.printed import is_notebook, last_state, table_rows, text_of

NOTEBOOK = "a notebook of format 4, as Jupyter saves it"


def read(text: str, name: str) -> Document:
    """Read a notebook of any language. Standard error is left out, as are errors.

    Parameters
    ----------
    text
        The notebook as JSON.
    name
        Name of the document.

    Raises
    ------
    UnreadableError
        It is no notebook.
    """
    try:
        content = json.loads(text)
    except ValueError:
        raise UnreadableError("is not a notebook, or not a whole one", NOTEBOOK) from None
    if not is_notebook(content):
        raise UnreadableError("is not a notebook", NOTEBOOK)
    cells = content["cells"]
    lines = numbered(line for part, cell in enumerate(cells, 1) for line in _lines(cell, part))
    return Document(name, Unit.CELL, len(cells), lines)


def _lines(cell: Mapping[str, Any], part: int) -> Iterator[TextLine]:
    source = text_of(cell.get("source"))
    if cell["cell_type"] != "code":
        yield from markdown.lines_of(source, part)
        return
    yield from (
        TextLine(0, line, part, LineKind.CODE) for line in markdown.split_lines(source) if source
    )
    for line in _printed(cell):
        yield TextLine(0, line, part, LineKind.OUTPUT)


def _printed(cell: Mapping[str, Any]) -> Iterator[str]:
    stream = ""  # one text may arrive in several pieces
    for output in cell.get("outputs", []):
        kind, data = output.get("output_type"), output.get("data")
        if kind == "stream":
            stream += text_of(output.get("text")) if output.get("name") == "stdout" else ""
            continue
        yield from _shown(stream)
        stream = ""
        if kind in ("execute_result", "display_data") and isinstance(data, Mapping):
            yield from _displayed(data)
    yield from _shown(stream)


def _shown(text: str) -> Iterator[str]:
    """Yield the lines of a text as they look in the end, without white space around the text."""
    lines = [last_state(line) for line in text.strip("\n").split("\n")] if text.strip() else []
    yield from lines


def _displayed(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a value in its fullest form: a table, or else plain text."""
    html = text_of(data.get("text/html"))
    if "<table" in html and (rows := table_rows(html)):
        yield from markdown.pipe_table(rows, is_headed=True)
        return
    if prose := text_of(data.get("text/markdown")):
        yield from (line.text for line in markdown.lines_of(prose))
        return
    plain = text_of(data.get("text/plain")).strip("\n")
    # An object that has only a form in HTML or as an image is called by its type.
    if not (plain.startswith("<") and plain.endswith(">")):
        yield from _shown(plain)

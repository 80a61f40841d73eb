"""The displayable content of an executed notebook.

A notebook contains whatever its code has printed, and its file may be damaged. A new notebook is
built here from text and images of known types, without metadata. Notes replace everything that is
malformed or exceeds the limits.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from refashion.errors import RefashionError
from refashion.shortening import shortened

MOST_NOTEBOOK_BYTES = 100_000_000
MOST_NOTEBOOK_CELLS = 1_000
MOST_CELL_OUTPUTS = 200
# Characters of one text.
MOST_TEXT = 100_000
# Characters of one Markdown text and of all Markdown of a page, which takes longer to convert.
MOST_MARKDOWN = 20_000
MOST_PAGE_MARKDOWN = 100_000
# Characters of all texts of a page, and of all its images in base 64.
MOST_PAGE_TEXT = 1_000_000
MOST_PAGE_IMAGES = 30_000_000
# HTML elements of one output, except for the parts of tables. Deep nesting slows browsers down.
MOST_HTML_ELEMENTS = 5_000

MERMAID = "text/vnd.mermaid"
# If an output has several of these types, the first is shown.
MIME_TYPES = (
    *("text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg"),
    *("text/latex", "text/plain", MERMAID),
)
_BASE_64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")
_ELEMENT = re.compile(r"<(?!t[rdh]\b)[a-z]", re.IGNORECASE)
# Characters that are not allowed in XML. The escape character stays, since it marks colours.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f\ud800-\udfff]")

# A cell or an output, or a whole notebook, in the format of nbformat 4.
NotebookNode = dict[str, Any]


class NotShownError(RefashionError):
    """A notebook that cannot be shown. The message is a sentence that states the reason."""


def read_notebook(path: Path) -> bytes:
    """Read the file of a notebook.

    Parameters
    ----------
    path
        Path of the notebook.

    Raises
    ------
    NotShownError
        If it is not a regular file, is too large, or cannot be read.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise NotShownError("It is not a regular file.")
        if status.st_size > MOST_NOTEBOOK_BYTES:
            sizes = (size / 1e6 for size in (status.st_size, MOST_NOTEBOOK_BYTES))
            raise NotShownError("Its file has {:,.0f} MB; the limit is {:,.0f} MB.".format(*sizes))
        return path.read_bytes()
    except OSError as error:
        raise NotShownError(f"Its file cannot be read: {error.strerror}.") from error


def parse_notebook(source: bytes | str) -> dict[str, Any]:
    """Parse a notebook of format 4.

    Parameters
    ----------
    source
        Content of the file.

    Raises
    ------
    NotShownError
        If it is empty, not JSON, or not a notebook of format 4.
    """
    if not source.strip():
        raise NotShownError("Its file is empty.")
    try:
        notebook = json.loads(source)
    except (ValueError, RecursionError) as error:
        reason = shortened(str(error), 200)
        raise NotShownError(f"Its file is damaged and not valid JSON: {reason}.") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        found = notebook.get("nbformat") if isinstance(notebook, dict) else None
        is_other = isinstance(found, int) and found != 4
        what = f"has format {found}, not 4" if is_other else "is not a notebook: it has no cells"
        raise NotShownError(f"Its file {what}.")
    return notebook


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Return a mapping unchanged, and an empty one for any other value."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: Any) -> list[Any]:
    """Return a list unchanged, and an empty one for any other value."""
    return value if isinstance(value, list) else []


def displayable(cells: Sequence[Any]) -> NotebookNode:
    """Return a new notebook with the displayable content of some cells, in nbformat 4.

    Parameters
    ----------
    cells
        Cells of a notebook, which may be malformed.
    """
    builder = _CellBuilder()
    made = _first_and_last(
        cells, MOST_NOTEBOOK_CELLS, builder.cell, lambda n: _raw(f"[{n:,} cells left out]")
    )
    return {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": made}


def _raw(text: str) -> NotebookNode:
    return {"cell_type": "raw", "metadata": {}, "source": text}


def _display(mime_type: str, content: str) -> NotebookNode:
    return {"output_type": "display_data", "metadata": {}, "data": {mime_type: content}}


def _note(text: str) -> NotebookNode:
    return _display("text/plain", f"[{text}]")


def _first_and_last(
    items: Sequence[Any],
    most: int,
    make: Callable[[Any], NotebookNode],
    note: Callable[[int], NotebookNode],
) -> list[NotebookNode]:
    """Convert the first and last items, with a note on how many were left out between them."""
    if len(items) <= most:
        return [make(item) for item in items]
    half = most // 2
    first, last = items[:half], items[len(items) - half :]
    return [*map(make, first), note(len(items) - 2 * half), *map(make, last)]


@dataclass
class _CellBuilder:
    """Builds new cells and outputs within the size limits of a page."""

    text_left: int = MOST_PAGE_TEXT
    markdown_left: int = MOST_PAGE_MARKDOWN
    images_left: int = MOST_PAGE_IMAGES

    def cell(self, cell: Any) -> NotebookNode:
        cell = as_mapping(cell)
        source = _text(cell.get("source"))
        if source is None:
            return _raw("[a cell that cannot be read]")
        kind, made = cell.get("cell_type"), _raw(self._shortened(source))
        if kind == "code":
            outputs = _joined_streams(as_list(cell.get("outputs")))
            listed = _first_and_last(
                outputs, MOST_CELL_OUTPUTS, self._output, lambda n: _note(f"{n:,} outputs left out")
            )
            made |= {"cell_type": "code", "execution_count": None, "outputs": listed}
        elif kind == "markdown" and self._has_room_for_markdown(source):
            attached = self._attachments(as_mapping(cell.get("attachments")))
            made |= {"cell_type": "markdown", "attachments": attached}
        return made

    def _attachments(self, attached: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        """Keep the images that are attached to a Markdown cell."""
        kept = {}
        for name, bundle in attached.items():
            for mime_type in ("image/png", "image/jpeg"):
                if image := self._image(as_mapping(bundle).get(mime_type)):
                    kept[name] = {mime_type: image}
        return kept

    def _output(self, output: Any) -> NotebookNode:
        output = as_mapping(output)
        match output.get("output_type"):
            case "stream" if (text := _text(output.get("text"))) is not None:
                name = "stderr" if output.get("name") == "stderr" else "stdout"
                text = _without_overwritten(self._shortened(text))
                return {"output_type": "stream", "name": name, "text": text}
            case "error":
                text = self._shortened(_error_text(output))
                return {"output_type": "error", "ename": "", "evalue": "", "traceback": [text]}
            case "display_data" | "execute_result":
                return self._rich_output(as_mapping(output.get("data")))
        return _note("an output that cannot be read")

    def _rich_output(self, bundle: Mapping[str, Any]) -> NotebookNode:
        """Show an output in its first type that is well formed and within the limits."""
        for mime_type in MIME_TYPES:
            text = _text(bundle.get(mime_type))
            if text is not None and (content := self._content(mime_type, text)) is not None:
                return _display("text/plain" if mime_type == MERMAID else mime_type, content)
        types = shortened(", ".join(map(str, bundle)) or "empty", 200)
        return _note(f"an output that is not shown here: {types}")

    def _content(self, mime_type: str, text: str) -> str | None:
        if mime_type in ("image/png", "image/jpeg"):
            return self._image(text)
        if mime_type == "image/svg+xml":
            return text if self._has_room_for_image(text) else None
        if mime_type in ("text/plain", MERMAID):
            return self._shortened(text)
        if mime_type == "text/markdown" and not self._has_room_for_markdown(text):
            return None
        is_short = len(text) <= min(MOST_TEXT, self.text_left)
        return self._shortened(text) if is_short and is_shallow(text) else None

    def _image(self, text: Any) -> str | None:
        text = _text(text)
        is_valid = text and self._has_room_for_image(text) and _BASE_64.fullmatch(text)
        return "".join(text.split()) if is_valid else None

    def _has_room_for_image(self, text: str) -> bool:
        has_room = len(text) <= self.images_left
        self.images_left -= len(text) * has_room
        return has_room

    def _has_room_for_markdown(self, text: str) -> bool:
        has_room = len(text) <= min(MOST_MARKDOWN, self.markdown_left)
        self.markdown_left -= len(text) * has_room
        return has_room

    def _shortened(self, text: str) -> str:
        short = shortened(text, min(MOST_TEXT, self.text_left))
        self.text_left = max(0, self.text_left - len(short))
        return short


def is_shallow(html: str) -> bool:
    """Return whether HTML has too few elements to nest deeply."""
    return sum(1 for _ in _ELEMENT.finditer(html)) <= MOST_HTML_ELEMENTS


def _text(value: Any) -> str | None:
    """Return a text, which notebooks store whole or as a list of lines; None for anything else."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    return _CONTROL.sub("\ufffd", value) if isinstance(value, str) else None


def _error_text(output: Mapping[str, Any]) -> str:
    lines = [line for line in as_list(output.get("traceback")) if isinstance(line, str)]
    message = f"{output.get('ename')}: {output.get('evalue')}"
    return _CONTROL.sub("\ufffd", "\n".join(lines) or message)


def _joined_streams(outputs: Iterable[Any]) -> list[Any]:
    """Join consecutive stream outputs, such as lines printed one by one."""
    joined: list[Any] = []
    for name, group in groupby(outputs, _stream_name):
        texts = list(group)
        if name is None:
            joined += texts
        else:
            whole = "".join(_text(output["text"]) or "" for output in texts)
            joined.append({"output_type": "stream", "name": name, "text": whole})
    return joined


def _stream_name(output: Any) -> str | None:
    is_stream = as_mapping(output).get("output_type") == "stream"
    return str(output.get("name")) if is_stream and "text" in output else None


def _without_overwritten(text: str) -> str:
    """Keep only the final state of lines that were overwritten, such as progress bars."""
    if "\r" not in text:
        return text
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))

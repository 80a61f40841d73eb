"""What of an executed notebook its page shows: what is sound, within limits; the rest in words.

A notebook holds whatever its code has printed, and its file may be damaged. What is made here is
new: nothing but text and images of known kinds comes through, and no metadata.
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

MOST_BYTES = 100_000_000
MOST_CELLS = 1_000
# Of one cell.
MOST_OUTPUTS = 200
# Of one text.
MOST_LETTERS = 100_000
# Of one text in Markdown, and of all of them, which take longer.
MOST_MARKDOWN = 20_000
MOST_MARKDOWN_TEXT = 100_000
# Of all texts of a page, and of all its images in base 64.
MOST_TEXT = 1_000_000
MOST_IMAGES = 30_000_000
# Elements of one output that may contain others. Browsers, too, slow down where they nest deeply.
MOST_ELEMENTS = 5_000

MERMAID = "text/vnd.mermaid"
# Of several kinds of one output, the first is shown.
KINDS = (
    *("text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg"),
    *("text/latex", "text/plain", MERMAID),
)
_BASE_64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")
_ELEMENT = re.compile(r"<(?!t[rdh]\b)[a-z]", re.IGNORECASE)
# Not XML, or not text. Escapes stay: they colour.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f\ud800-\udfff]")


Node = dict[str, Any]


class NotShownError(RefashionError):
    """A notebook cannot be shown; the message says why, as a whole sentence."""


def content(path: Path) -> bytes:
    """Read the file of a notebook.

    Raises
    ------
    NotShownError
        It is no file, too large, or cannot be read.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise NotShownError("It is no regular file.")
        if status.st_size > MOST_BYTES:
            sizes = (size / 1e6 for size in (status.st_size, MOST_BYTES))
            raise NotShownError("Its file has {:,.0f} MB, of at most {:,.0f}.".format(*sizes))
        return path.read_bytes()
    except OSError as error:
        raise NotShownError(f"Its file cannot be read: {error.strerror}.") from error


def parsed(source: bytes | str) -> dict[str, Any]:
    """Read a notebook of format 4.

    Raises
    ------
    NotShownError
        It is none.
    """
    if not source.strip():
        raise NotShownError("Its file is empty.")
    try:
        notebook = json.loads(source)
    except (ValueError, RecursionError) as error:
        reason = shortened(str(error), 200)
        raise NotShownError(f"Its file is damaged and no longer JSON: {reason}.") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        found = notebook.get("nbformat") if isinstance(notebook, dict) else None
        is_other = isinstance(found, int) and found != 4
        what = f"has format {found}, not 4" if is_other else "is no notebook: it has no cells"
        raise NotShownError(f"Its file {what}.")
    return notebook


def mapping(value: Any) -> Mapping[str, Any]:
    """Give what should be a mapping; an empty one where it is not."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: Any) -> list[Any]:
    """Give what should be a list; an empty one where it is not."""
    return value if isinstance(value, list) else []


def shown(cells: Sequence[Any]) -> Node:
    """Make a notebook of what can be shown of some cells, in the form of nbformat 4."""
    page = _Page()
    made = _ends(cells, MOST_CELLS, page.cell, lambda n: _raw(f"[{n:,} cells left out]"))
    return {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": made}


def _raw(text: str) -> Node:
    return {"cell_type": "raw", "metadata": {}, "source": text}


def _displayed(kind: str, content: str) -> Node:
    return {"output_type": "display_data", "metadata": {}, "data": {kind: content}}


def _note(text: str) -> Node:
    return _displayed("text/plain", f"[{text}]")


def _ends(
    items: Sequence[Any], most: int, make: Callable[[Any], Node], note: Callable[[int], Node]
) -> list[Node]:
    """Make the first and the last of many, and a note of how many stand between."""
    if len(items) <= most:
        return [make(item) for item in items]
    half = most // 2
    first, last = items[:half], items[len(items) - half :]
    return [*map(make, first), note(len(items) - 2 * half), *map(make, last)]


@dataclass
class _Page:
    """Makes cells and outputs anew while there is room on the page."""

    text_left: int = MOST_TEXT
    markdown_left: int = MOST_MARKDOWN_TEXT
    images_left: int = MOST_IMAGES

    def cell(self, cell: Any) -> Node:
        cell = mapping(cell)
        source = _text(cell.get("source"))
        if source is None:
            return _raw("[a cell that cannot be read]")
        kind, made = cell.get("cell_type"), _raw(self._shortened(source))
        if kind == "code":
            outputs = _joined(sequence(cell.get("outputs")))
            listed = _ends(
                outputs, MOST_OUTPUTS, self._output, lambda n: _note(f"{n:,} outputs left out")
            )
            made |= {"cell_type": "code", "execution_count": None, "outputs": listed}
        elif kind == "markdown" and self._has_room_for_markdown(source):
            attached = self._attachments(mapping(cell.get("attachments")))
            made |= {"cell_type": "markdown", "attachments": attached}
        return made

    def _attachments(self, attached: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        """Keep the images that a text holds."""
        kept = {}
        for name, bundle in attached.items():
            for kind in ("image/png", "image/jpeg"):
                if image := self._image(mapping(bundle).get(kind)):
                    kept[name] = {kind: image}
        return kept

    def _output(self, output: Any) -> Node:
        output = mapping(output)
        match output.get("output_type"):
            case "stream" if (text := _text(output.get("text"))) is not None:
                name = "stderr" if output.get("name") == "stderr" else "stdout"
                text = _overwritten(self._shortened(text))
                return {"output_type": "stream", "name": name, "text": text}
            case "error":
                text = self._shortened(_error_text(output))
                return {"output_type": "error", "ename": "", "evalue": "", "traceback": [text]}
            case "display_data" | "execute_result":
                return self._displayed(mapping(output.get("data")))
        return _note("an output that cannot be read")

    def _displayed(self, bundle: Mapping[str, Any]) -> Node:
        """Show an output in the first of its kinds that is sound and for which there is room."""
        for kind in KINDS:
            text = _text(bundle.get(kind))
            if text is not None and (content := self._content(kind, text)) is not None:
                return _displayed("text/plain" if kind == MERMAID else kind, content)
        kinds = shortened(", ".join(map(str, bundle)) or "empty", 200)
        return _note(f"an output that is not shown here: {kinds}")

    def _content(self, kind: str, text: str) -> str | None:
        if kind in ("image/png", "image/jpeg"):
            return self._image(text)
        if kind == "image/svg+xml":
            return text if self._has_room_for_image(text) else None
        if kind in ("text/plain", MERMAID):
            return self._shortened(text)
        if kind == "text/markdown" and not self._has_room_for_markdown(text):
            return None
        is_short = len(text) <= min(MOST_LETTERS, self.text_left)
        return self._shortened(text) if is_short and is_shallow(text) else None

    def _image(self, text: Any) -> str | None:
        text = _text(text)
        is_sound = text and self._has_room_for_image(text) and _BASE_64.fullmatch(text)
        return "".join(text.split()) if is_sound else None

    def _has_room_for_image(self, text: str) -> bool:
        has_room = len(text) <= self.images_left
        self.images_left -= len(text) * has_room
        return has_room

    def _has_room_for_markdown(self, text: str) -> bool:
        has_room = len(text) <= min(MOST_MARKDOWN, self.markdown_left)
        self.markdown_left -= len(text) * has_room
        return has_room

    def _shortened(self, text: str) -> str:
        short = shortened(text, min(MOST_LETTERS, self.text_left))
        self.text_left = max(0, self.text_left - len(short))
        return short


def is_shallow(html: str) -> bool:
    """Whether a text has too few elements to nest deeply."""
    return sum(1 for _ in _ELEMENT.finditer(html)) <= MOST_ELEMENTS


def _text(value: Any) -> str | None:
    """Give a text as notebooks hold it, whole or in lines; None where it is none."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    return _CONTROL.sub("\ufffd", value) if isinstance(value, str) else None


def _error_text(output: Mapping[str, Any]) -> str:
    lines = [line for line in sequence(output.get("traceback")) if isinstance(line, str)]
    named = f"{output.get('ename')}: {output.get('evalue')}"
    return _CONTROL.sub("\ufffd", "\n".join(lines) or named)


def _joined(outputs: Iterable[Any]) -> list[Any]:
    """Join what a cell has printed line by line: it reads as one text."""
    joined: list[Any] = []
    for name, group in groupby(outputs, _stream):
        texts = list(group)
        if name is None:
            joined += texts
        else:
            whole = "".join(_text(output["text"]) or "" for output in texts)
            joined.append({"output_type": "stream", "name": name, "text": whole})
    return joined


def _stream(output: Any) -> str | None:
    is_stream = mapping(output).get("output_type") == "stream"
    return str(output.get("name")) if is_stream and "text" in output else None


def _overwritten(text: str) -> str:
    """Keep of a line that was written over and over, such as a bar of progress, what it became."""
    if "\r" not in text:
        return text
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))

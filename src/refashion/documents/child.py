"""The process that reads a document: with limits of memory and time, because it may be hostile.

    python -m refashion.documents.child {read,draw} SECONDS MEMORY NAME [PAGE ... WIDTH]

The document is the standard input. What is found is printed as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from refashion.documents.confined import MOST_BYTES
from refashion.documents.document import Document
from refashion.documents.faults import UnreadableError
from refashion.documents.formats import SUFFIXES, Format, Text, tell

MOST_TEXT_BYTES = 20_000_000
MOST_CHARACTERS = 30_000_000


def main(action: str, seconds: str, memory: str, name: str, *arguments: str) -> None:
    """Read or draw the document on standard input, and print the result as JSON."""
    _limit(int(seconds), int(memory))
    accepted = "a smaller document"
    try:
        content = sys.stdin.buffer.read(MOST_BYTES + 1)
        result: dict[str, Any] = _ACTIONS[action](content, name, *arguments)
    except UnreadableError as error:
        result = {"fault": error.fault, "accepted": error.accepted}
    except MemoryError:
        result = {"fault": "needs too much memory to read", "accepted": accepted}
    except RecursionError:
        result = {"fault": "is nested too deeply", "accepted": accepted}
    print(json.dumps(result))


def _limit(seconds: int, memory: int) -> None:
    for kind, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # where the system does not know the limit
            resource.setrlimit(kind, (most, most))


def _read(content: bytes, name: str) -> dict[str, Any]:
    suffix = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
    kind, text = tell(content, suffix)
    if kind not in (Format.PDF, Format.WORD, Format.NOTEBOOK) and len(content) > MOST_TEXT_BYTES:
        raise UnreadableError(f"has {len(content):,} bytes of text", f"at most {MOST_TEXT_BYTES:,}")
    document, notes = _document(kind, content, text, name)
    if sum(len(line.text) for line in document.lines) > MOST_CHARACTERS:
        raise UnreadableError("is too long", f"at most {MOST_CHARACTERS:,} characters")
    named = SUFFIXES.get(suffix)
    if named and named is not kind:
        notes.insert(0, f"It is named {suffix}, but was read as what it is: {kind}.")
    if text and text.encoding != "utf-8":
        notes.append("It is not in UTF-8; it was read as Windows-1252.")
    rows = [
        (line.text, line.part, line.kind, vars(line.box) if line.box else None)
        for line in document.lines
    ]
    encoding = text.encoding if text else "utf-8"
    return {
        "document": {**vars(document), "lines": rows, "notes": notes, "encoding": encoding},
    }


def _document(
    kind: Format, content: bytes, text: Text | None, name: str
) -> tuple[Document, list[str]]:
    # Each reader is imported only where it is needed, which saves a tenth of a second.
    if kind is Format.PDF:
        from refashion.documents import pdf

        return pdf.read(content, name), []
    if kind is Format.WORD:
        from refashion.documents import converted

        return converted.read(content, kind, name), []
    assert text
    from refashion.documents import markdown

    if kind is Format.NOTEBOOK:
        from refashion.documents import notebooks

        return notebooks.read(text.text, name), []
    if kind is Format.TEXT:
        return markdown.read(text.text, name), []
    from refashion.documents import converted

    try:
        return converted.read(text.text.encode(errors="replace"), kind, name), []
    except UnreadableError as error:
        if kind is not Format.TEX or "not valid" not in error.fault:
            raise
        note = "pandoc cannot read its TeX; it was read as plain text, with the commands."
        return markdown.read(text.text, name), [note]


def _draw(content: bytes, name: str, *arguments: str) -> dict[str, Any]:
    from refashion.documents import drawing

    *pages, width = map(int, arguments)
    return {"pictures": drawing.draw(content, pages, width)}


_ACTIONS: dict[str, Callable[..., dict[str, Any]]] = {"read": _read, "draw": _draw}

if __name__ == "__main__":
    main(*sys.argv[1:])

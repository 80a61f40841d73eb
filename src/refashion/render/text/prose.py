"""Texts that a person has written: read with care, for they may be anything."""

from __future__ import annotations

import re
from pathlib import Path

from refashion.errors import RefashionError
from refashion.regular_files import open_regular

LARGEST = 1_000_000  # bytes; a book has fewer

# All but tab and line ends. Three of them stand for numbers and links in `book`.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def read_prose(root: Path, name: str) -> str:
    """Read a text as it is written: UTF-8, with or without a byte order mark, any line ends.

    Parameters
    ----------
    root
        Folder of the project.
    name
        Path of the file within it, as messages call it.

    Raises
    ------
    RefashionError
        It is no regular file in its folder, too large, or no text.
    """
    path = root / name
    try:
        target = path.resolve(strict=True)
        if not target.is_relative_to(path.parent.resolve()):
            raise RefashionError(
                f"{name}: a symbolic link out of its folder; put the text itself there"
            )
        with open_regular(target, LARGEST) as file:
            data = file.read()
    except OSError as error:
        raise RefashionError(f"{name}: cannot be read: {error.strerror or error}") from None
    except RuntimeError:  # Python 3.11 and 3.12, of links in a circle
        raise RefashionError(f"{name}: a symbolic link to itself") from None
    return _text(data, name)


def _text(data: bytes, name: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + data[: error.start].count(b"\n")
        byte = data[error.start]
        raise RefashionError(
            f"{name}:{line}: not UTF-8 (byte 0x{byte:02x}); save the file as UTF-8"
        ) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := _CONTROL.search(text):
        line = 1 + text[: found.start()].count("\n")
        letter = f"U+{ord(found[0]):04X}"
        raise RefashionError(f"{name}:{line}: has the control character {letter}; remove it")
    return text

"""Safe reading of narratives, which are not trusted."""

from __future__ import annotations

import re
from pathlib import Path

from refashion.errors import RefashionError
from refashion.regular_files import open_regular

MOST_SOURCE_BYTES = 1_000_000

# All but tab and line feed. `cross_references` uses three of them as placeholders.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def read_prose(root: Path, name: str) -> str:
    """Read a text file in UTF-8, with or without a byte order mark, and normalise its line ends.

    Parameters
    ----------
    root
        Folder of the project.
    name
        Path of the file relative to `root`; error messages begin with it.

    Raises
    ------
    RefashionError
        If the file is missing, not a regular file, outside its folder, too large or not text.
    """
    path = root / name
    try:
        target = path.resolve(strict=True)
        if not target.is_relative_to(path.parent.resolve()):
            raise RefashionError(
                f"{name}: a symbolic link that leaves its folder; replace it by the file itself"
            )
        with open_regular(target, MOST_SOURCE_BYTES) as file:
            data = file.read()
    except OSError as error:
        raise RefashionError(f"{name}: cannot be read: {error.strerror or error}") from None
    except RuntimeError:  # Python 3.11 and 3.12 raise this for a cycle of links.
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
        character = f"U+{ord(found[0]):04X}"
        raise RefashionError(
            f"{name}:{line}: contains the control character {character}; remove it"
        )
    return text

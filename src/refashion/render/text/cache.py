"""Files that are rewritten only if their inputs have changed.

A page carries the digest of its inputs in its head; an intermediate text is named after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from refashion import artifacts

# The digest stands among the first characters of a page.
HEAD_LENGTH = 1000


def digest(*inputs: bytes) -> str:
    """Return one digest of several inputs."""
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in inputs)).hexdigest()


def is_up_to_date(path: Path, made_from: str) -> bool:
    """Return whether a page exists and is up to date.

    Parameters
    ----------
    path
        Path of the page.
    made_from
        Digest of the current inputs of the page.
    """
    if not path.exists():
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        return made_from in file.read(HEAD_LENGTH)


@dataclass
class TextCache:
    """Intermediate texts, each in a file that is named after the digest of its inputs.

    Attributes
    ----------
    folder
        Folder of the files.
    """

    folder: Path
    _used: set[Path] = field(default_factory=set)

    def text(self, make: Callable[[], str], *inputs: bytes) -> str:
        """Return the text that was made from these inputs, or make it now.

        Parameters
        ----------
        make
            Function that makes the text.
        *inputs
            Everything that the text depends on.
        """
        path = self.folder / digest(*inputs)
        self._used.add(path)
        if not path.exists():
            artifacts.write_text(path, make())
        return path.read_text(encoding="utf-8")

    def remove_unused(self) -> None:
        """Remove the texts that this object has not returned."""
        for path in self.folder.glob("*"):
            if path not in self._used:
                path.unlink()

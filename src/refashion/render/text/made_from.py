"""What would be made again the same is left as it is: files know what they were made from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from refashion import artifacts

# So many letters of a page hold the name of what it was made from.
HEAD = 1000


def digest(*parts: bytes) -> str:
    """Name what something is made from, by its content."""
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def is_made_from(path: Path, name: str) -> bool:
    """Whether a page is there, and names this in its head."""
    if not path.exists():
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        return name in file.read(HEAD)


@dataclass
class Store:
    """Texts on their way to the report, each in a file that is named by what it was made from.

    Attributes
    ----------
    folder
        Where they lie.
    """

    folder: Path
    _used: set[Path] = field(default_factory=set)

    def text(self, make: Callable[[], str], *made_from: bytes) -> str:
        """Give a text that was made from the same before, or make it now."""
        path = self.folder / digest(*made_from)
        self._used.add(path)
        if not path.exists():
            artifacts.write_text(path, make())
        return path.read_text(encoding="utf-8")

    def remove_unused(self) -> None:
        """Remove the texts that nobody has asked for this time."""
        for path in self.folder.glob("*"):
            if path not in self._used:
                path.unlink()

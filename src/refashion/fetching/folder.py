"""Folders on this machine as a source."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from refashion.fetching.acceptance import find_member
from refashion.fetching.source import Candidate, Search, Unavailable


@dataclass(frozen=True)
class Folder:
    """A folder that holds the files, or one of its subfolders does.

    Attributes
    ----------
    path
        The folder; a leading "~" is the user's home.
    named_by
        Where the program has it from, for messages.
    """

    path: str | Path
    named_by: str = "well-known"

    def __str__(self) -> str:
        return f"folder {self.path} ({self.named_by})"

    def candidates(self, search: Search) -> Iterator[Candidate]:
        """Yield each file as it is, with `.gz`, and as a member of any zip archive."""
        try:
            root = Path(self.path).expanduser()
            if not root.is_dir():
                raise Unavailable("no such folder")
            for place in (root, *(root / name for name in search.subfolders)):
                for name in search.names:
                    for path in _forms(place, name):
                        yield Candidate(name, path, str(path.relative_to(root)))
        except (OSError, RuntimeError) as error:  # RuntimeError: "~" of a user without a home
            raise Unavailable(str(error)) from error


def _forms(place: Path, name: str) -> Iterator[Path]:
    for path in (place / name, place / f"{name}.gz"):
        if path.is_file():
            yield path
    for path in sorted(place.glob("*.zip")):
        if _holds(path, name):
            yield path


def _holds(path: Path, name: str) -> bool:
    """Whether a zip archive has the file. One that is broken, or about other things, has not."""
    try:
        with zipfile.ZipFile(path) as archive:
            return find_member(archive, name) is not None
    except (OSError, zipfile.BadZipFile):
        return False

"""Folders on this machine as a source."""

from __future__ import annotations

import heapq
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from refashion.data.fetching import archives
from refashion.data.fetching.archives import Rejected
from refashion.data.fetching.patience import within
from refashion.data.fetching.source import Candidate, Search, Unavailable

MOST_ARCHIVES = 1000


class Contents(NamedTuple):
    """What a folder has, and what stood against looking further.

    Attributes
    ----------
    files
        The name that is looked for, and where there is such a file, best first.
    archives
        Zip archives, sorted.
    problem
        Why there may be more.
    """

    files: list[tuple[str, Path]]
    archives: list[Path]
    problem: str | None


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
        """Yield each file as it is, with `.gz`, and as a member of any zip archive.

        What cannot be looked into is noted, and the rest is looked into all the same.
        """
        try:
            root = Path(self.path).expanduser()
        except RuntimeError as error:  # "~" of a user without a home
            raise Unavailable(str(error)) from error
        for place in (root, *(root / name for name in search.subfolders)):
            found = _look(place, place == root, search)
            for name, path in found.files:
                yield Candidate(name, path, str(path.relative_to(root)))
            for path in found.archives:
                label = str(path.relative_to(root))
                for name in _names_in(path, label, search):
                    yield Candidate(name, path, label)


def _look(place: Path, is_root: bool, search: Search) -> Contents:
    """Look into a folder; a missing one is a problem if it is the root, which was asked for."""
    try:
        # A folder whose server is gone answers nothing, not even whether it is there.
        found = within(search.limits.folder_seconds, _contents, place, search.names)
    except (FileNotFoundError, NotADirectoryError) as error:
        if is_root:
            told = "no such folder"
            is_file = isinstance(error, NotADirectoryError)
            raise Unavailable(f"{told}; it is a file" if is_file else told) from error
        return Contents([], [], None)
    except OSError as error:
        raise Unavailable(str(error)) from error
    if found.problem:
        search.note(found.problem)
    return found


def _contents(place: Path, names: Sequence[str]) -> Contents:
    # First by their names, which works in a folder that may not be listed, too.
    files = [
        (name, path)
        for name in names
        for path in (place / name, place / f"{name}.gz")
        if os.path.lexists(path)
    ]
    by_key = {name.casefold(): name for name in names}
    others, zips = [], []
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                key = entry.name.casefold()
                if name := by_key.get(key.removesuffix(".gz")):
                    others.append((name, Path(entry.path)))
                elif key.endswith(".zip"):
                    zips.append(entry.path)
    except PermissionError as error:
        return Contents(files, [], str(error))
    too_many = f"{len(zips):,} zip archives, of which the first {MOST_ARCHIVES:,} are looked into"
    return Contents(
        [*files, *(found for found in sorted(others) if found not in files)],
        [Path(path) for path in heapq.nsmallest(MOST_ARCHIVES, zips)],
        too_many if len(zips) > MOST_ARCHIVES else None,
    )


def _names_in(path: Path, label: str, search: Search) -> list[str]:
    """Names of files in an archive; none in one that is broken, which is noted."""
    seconds = search.limits.folder_seconds
    deadline = time.monotonic() + seconds
    try:
        return within(seconds, archives.names_in, path, search.names, search.limits, deadline)
    except (Rejected, TimeoutError) as error:
        search.note(f"{label}: {error}")
        return []

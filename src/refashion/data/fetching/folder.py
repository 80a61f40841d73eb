"""Local folders as sources."""

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
from refashion.data.fetching.source import Candidate, FileRequest, Unavailable
from refashion.data.fetching.timeout import with_timeout

MOST_ARCHIVES = 1000


class Contents(NamedTuple):
    """Relevant contents of a folder.

    Attributes
    ----------
    files
        Names of wanted files with the paths of candidates, best first.
    archives
        Zip archives, sorted.
    problem
        Why the list may not be complete, or None.
    """

    files: list[tuple[str, Path]]
    archives: list[Path]
    problem: str | None


@dataclass(frozen=True)
class LocalFolder:
    """A source that searches a folder and the dataset's subfolders in it.

    Attributes
    ----------
    path
        The folder; a leading "~" is the user's home.
    named_by
        Where the folder was named, for messages.
    """

    path: str | Path
    named_by: str = "well-known"

    def __str__(self) -> str:
        return f"folder {self.path} ({self.named_by})"

    def candidates(self, request: FileRequest) -> Iterator[Candidate]:
        """Yield the requested files: plain, with `.gz`, and in zip archives.

        Subfolders and archives that cannot be read are noted and skipped.

        Raises
        ------
        Unavailable
            The folder does not exist or cannot be read.
        """
        try:
            root = Path(self.path).expanduser()
        except RuntimeError as error:  # "~" of a user without a home
            raise Unavailable(str(error)) from error
        for place in (root, *(root / name for name in request.subfolders)):
            found = _list(place, place == root, request)
            for name, path in found.files:
                yield Candidate(name, path, str(path.relative_to(root)))
            for path in found.archives:
                label = str(path.relative_to(root))
                for name in _names_in(path, label, request):
                    yield Candidate(name, path, label)


def _list(place: Path, is_root: bool, request: FileRequest) -> Contents:
    """List a folder. A missing folder is an error only if it is the root."""
    try:
        # If the server of a network folder is down, even checking that the folder exists blocks.
        found = with_timeout(request.limits.folder_seconds, _contents, place, request.names)
    except (FileNotFoundError, NotADirectoryError) as error:
        if is_root:
            is_file = isinstance(error, NotADirectoryError)
            raise Unavailable(f"no such folder{'; it is a file' if is_file else ''}") from error
        return Contents([], [], None)
    except OSError as error:
        raise Unavailable(str(error)) from error
    if found.problem:
        request.note(found.problem)
    return found


def _contents(place: Path, names: Sequence[str]) -> Contents:
    # Exact names first, which works even in a folder without permission to list it.
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
    too_many = f"{len(zips):,} zip archives, of which only the first {MOST_ARCHIVES:,} are searched"
    return Contents(
        [*files, *(found for found in sorted(others) if found not in files)],
        [Path(path) for path in heapq.nsmallest(MOST_ARCHIVES, zips)],
        too_many if len(zips) > MOST_ARCHIVES else None,
    )


def _names_in(path: Path, label: str, request: FileRequest) -> list[str]:
    """Names of wanted files in an archive; an archive that cannot be read is noted."""
    seconds = request.limits.folder_seconds
    deadline = time.monotonic() + seconds
    try:
        arguments = (path, request.names, request.limits, deadline)
        return with_timeout(seconds, archives.names_in, *arguments)
    except (Rejected, TimeoutError) as error:
        request.note(f"{label}: {error}")
        return []

"""A folder of images as a source: it is packed into one archive, which has a checksum."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from refashion.data.fetching.source import Candidate, FileRequest, Unavailable
from refashion.errors import one_line
from refashion.regular_files import MOST_AT_ONCE, open_regular

MOST_FILES = 200_000
_OLDEST = (1980, 1, 1, 0, 0, 0)  # the first time that a zip archive can state


@dataclass(frozen=True)
class PackedFolder:
    """A source of one zip archive with all files of a folder and its subfolders.

    Equal folders give equal archives, whatever the times of their files.

    Attributes
    ----------
    path
        The folder.
    name
        Name of the archive.
    """

    path: Path
    name: str

    def __str__(self) -> str:
        return f"folder {self.path}"

    def candidates(self, request: FileRequest) -> Iterator[Candidate]:
        """Yield the archive.

        Raises
        ------
        Unavailable
            The folder does not exist, or holds something other than files.
        """
        if self.name in request.names:
            archive = request.scratch / self.name
            pack(self.path, archive, request.limits.max_bytes)
            yield Candidate(self.name, archive, self.name)


def pack(folder: Path, archive: Path, max_bytes: int) -> str:
    """Write the files of a folder to a zip archive, without compression, and return its SHA-256.

    Hidden files are left out.

    Raises
    ------
    Unavailable
        The folder cannot be read, or holds links, devices or too much.
    """
    try:
        files = sorted(_files(folder))
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
            left = max_bytes
            for file in files:
                with open_regular(file, left) as opened:
                    content = b"".join(iter(partial(opened.read, MOST_AT_ONCE), b""))
                left -= len(content)
                name = file.relative_to(folder).as_posix()
                packed.writestr(zipfile.ZipInfo(name, _OLDEST), content)
    except OSError as error:
        text = f"{error.filename or folder}: {error.strerror or error}"
        raise Unavailable(one_line(text)) from error
    with archive.open("rb") as written:
        return hashlib.file_digest(written, "sha256").hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    n = 0
    for place, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in [*folders, *names]:
            if (path := Path(place, name)).is_symlink():
                raise Unavailable(f"{one_line(str(path))} is a link; accepted: files")
        for name in names:
            if not name.startswith("."):
                n += 1
                if n > MOST_FILES:
                    raise Unavailable(f"{folder} has more than {MOST_FILES:,} files")
                yield Path(place, name)


def _raise(error: OSError) -> None:
    raise error

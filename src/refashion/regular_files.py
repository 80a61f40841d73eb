"""Safe reading of untrusted files: only regular files, within limits of size and time.

A path may lead to a pipe, a device or a folder, which can block or never end, and a file may be
larger than memory. This module refuses the former and limits how much is read of the latter.
"""

from __future__ import annotations

import io
import math
import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer

# More than any reader here requests at once, and small enough to fit in memory.
MOST_AT_ONCE = 8 * 1024**2

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class UnfitFileError(OSError):
    """A path that is not a regular file, or a file that exceeds a limit.

    Parameters
    ----------
    problem
        What is wrong, as the end of a sentence about the file.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.strerror = problem


def open_regular(path: Path, max_bytes: int, deadline: float = math.inf) -> BoundedReader:
    """Open a file for reading if it is a regular file.

    Parameters
    ----------
    path
        The file, or a link to it.
    max_bytes
        Largest accepted size.
    deadline
        Time after which reading fails, on the clock of `time.monotonic`.

    Returns
    -------
    BoundedReader
        The open file. Reading beyond a limit raises `UnfitFileError`.

    Raises
    ------
    UnfitFileError
        It is not a regular file, or it is too large.
    OSError
        It cannot be opened.
    """
    # Opening a device may start it, so check first. Check again after opening, because the path
    # may have been replaced. Without O_NONBLOCK, opening a pipe would block until someone writes.
    _require_regular(path.stat())
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        _require_regular(status)
        if status.st_size > max_bytes:
            raise _too_large(max_bytes)
        return BoundedReader(_BoundedFile(descriptor, max_bytes, deadline))
    except BaseException:
        os.close(descriptor)
        raise


class BoundedReader(io.BufferedReader):
    """A file whose reading fails beyond a limit of size or time.

    `max_bytes` limits the position in the file, not the total read: archives are read back and
    forth.
    """

    def read(self, size: int | None = -1) -> bytes:
        """Read up to `size` bytes.

        Raises
        ------
        UnfitFileError
            A limit is exceeded.
        """
        # Python allocates the buffer before it reads. An archive states the length of its table of
        # contents, and zipfile reads that many bytes at once.
        if size is not None and size > MOST_AT_ONCE:
            raise UnfitFileError(f"requires reading {size:,} bytes at once")
        return super().read(size)


class _BoundedFile(io.FileIO):
    def __init__(self, descriptor: int, max_bytes: int, deadline: float) -> None:
        super().__init__(descriptor)
        self._max_bytes = max_bytes
        self._deadline = deadline

    def readinto(self, buffer: Buffer, /) -> int:
        if time.monotonic() > self._deadline:
            raise UnfitFileError("takes too long to read")
        n_read = super().readinto(buffer)
        if n_read is None:  # some files of the kernel block until there is news
            raise UnfitFileError("has no content yet")
        if self.tell() > self._max_bytes:
            raise _too_large(self._max_bytes)
        return n_read

    def readall(self) -> bytes:
        # FileIO's own would bypass `readinto`.
        return io.RawIOBase.readall(self)


def _require_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        raise UnfitFileError(f"is {kind}, not a regular file")


def _too_large(max_bytes: int) -> UnfitFileError:
    return UnfitFileError(f"is larger than the limit of {max_bytes:,} bytes")

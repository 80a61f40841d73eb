"""Reading files that somebody else has put there: regular ones, to a limit of size and of time.

A name may stand for a pipe, a device, a folder or a link to any of them, which never end or never
answer, and a file may be larger than the memory. Nothing here waits for them or reads them whole.
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

# More than any reader here asks for at once, and so little that it always fits into memory.
MOST_AT_ONCE = 8 * 1024**2

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class UnfitFileError(OSError):
    """Something that is no regular file, or that is beyond a limit."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.strerror = problem


def open_regular(path: Path, max_bytes: int, deadline: float = math.inf) -> BoundedReader:
    """Open a regular file for reading, whatever the name turns out to be.

    Parameters
    ----------
    path
        The file, or a link to it.
    max_bytes
        Size up to which it is read.
    deadline
        Latest time to read at, on the clock `time.monotonic`.

    Returns
    -------
    BoundedReader
        Its reading raises `UnfitFileError` at a limit.

    Raises
    ------
    UnfitFileError
        It is no regular file, or too large.
    OSError
        It cannot be opened.
    """
    # To open a device may set it going, so ask first; ask again, for the name may since have
    # become another's. Without O_NONBLOCK, a pipe would wait for somebody to write.
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
    """A file that ends with an error at a limit of size or time.

    `max_bytes` bounds the place in the file, not what is read in all: archives are read to and fro.
    """

    def read(self, size: int | None = -1) -> bytes:
        # The buffer is made before anything is read. An archive says itself how long its table of
        # contents is, and zipfile reads it in one go.
        if size is not None and size > MOST_AT_ONCE:
            raise UnfitFileError(f"asks for {size:,} bytes at once")
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
        if n_read is None:  # Some files of the kernel wait for news.
            raise UnfitFileError("has no content to read now")
        if self.tell() > self._max_bytes:
            raise _too_large(self._max_bytes)
        return n_read

    def readall(self) -> bytes:
        # That of FileIO would go past `readinto`.
        return io.RawIOBase.readall(self)


def _require_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        raise UnfitFileError(f"is {kind}, no regular file")


def _too_large(max_bytes: int) -> UnfitFileError:
    return UnfitFileError(f"larger than {max_bytes:,} bytes, the most that is accepted")

"""The interface of a source of data files, and the limits of all sources."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol


@dataclass(frozen=True)
class FetchLimits:
    """FetchLimits of a fetch. Times are in seconds.

    Attributes
    ----------
    connect_seconds
        Time until an address answers for the first time.
    read_seconds
        Time between two chunks of an answer.
    folder_seconds
        Time to list a folder, or an archive in it.
    total_seconds
        Time for all attempts to download one file, for one command of `apt-get`, and for
        decompressing one file. One source gets four times as much for all files.
    attempts
        Number of attempts to download one file, if the error may be temporary.
    wait_seconds
        Wait before the second attempt; it doubles before each further attempt.
    max_bytes
        Size of one file in bytes, both compressed and decompressed.
    """

    connect_seconds: float = 10
    read_seconds: float = 30
    folder_seconds: float = 60
    total_seconds: float = 300
    attempts: int = 3
    wait_seconds: float = 1
    max_bytes: int = 512 * 1024**2


class Candidate(NamedTuple):
    """A file that may be a wanted file: plain, gzip, or a zip archive that contains it.

    Attributes
    ----------
    name
        Plain name of the wanted file.
    path
        Path of the candidate.
    label
        Name of the candidate in messages.
    """

    name: str
    path: Path
    label: str


@dataclass(frozen=True)
class FileRequest:
    """A request for files, which is passed to a source.

    Attributes
    ----------
    names
        Plain names of the missing files.
    subfolders
        Names of subfolders that may contain the files in a folder of many datasets.
    scratch
        Temporary folder for the source.
    limits
        FetchLimits of the source.
    note
        Function that records a problem with something that the source skips.
    """

    names: Sequence[str]
    subfolders: Sequence[str]
    scratch: Path
    limits: FetchLimits
    note: Callable[[str], None]


class Source(Protocol):
    """A source of the files of a dataset. `str()` gives its name in messages."""

    def candidates(self, request: FileRequest) -> Iterator[Candidate]:
        """Yield candidates for the requested files.

        Raises
        ------
        Unavailable
            The source has no more candidates because of a problem.
        """
        ...


class Unavailable(Exception):  # noqa: N818 - an answer, not an error of the program
    """A source cannot provide more files; the message says why."""


class LimitExceeded(Exception):  # noqa: N818 - as above
    """A file is too large, or took too long."""


class CappedFile:
    """A writable file with a limit of size and a deadline.

    Parameters
    ----------
    file
        File to write to.
    max_bytes
        Largest size in bytes.
    deadline
        Time after which writing fails, on the clock of `time.monotonic`.
    """

    def __init__(self, file: BinaryIO, max_bytes: int, deadline: float = math.inf) -> None:
        self._file = file
        self._max_bytes = max_bytes
        self._deadline = deadline
        self._size = 0

    def write(self, chunk: bytes) -> None:
        """Write bytes.

        Raises
        ------
        LimitExceeded
            The file is too large, or the deadline has passed.
        """
        self._size += len(chunk)
        if self._size > self._max_bytes:
            raise LimitExceeded(f"is larger than the limit of {self._max_bytes:,} bytes")
        if time.monotonic() > self._deadline:
            raise LimitExceeded("the transfer took too long")
        self._file.write(chunk)

    def flush(self) -> None:
        """Flush the file, which pooch does after a download."""
        self._file.flush()

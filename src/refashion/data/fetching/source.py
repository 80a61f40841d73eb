"""What a source of data files is, and the limits that every source keeps to."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol


@dataclass(frozen=True)
class Limits:
    """Bounds on the time, the size and the attempts of a fetch.

    Attributes
    ----------
    connect_seconds
        Until an address has answered for the first time.
    read_seconds
        Between two pieces of an answer.
    folder_seconds
        Until a folder, or an archive in it, has told what is in it.
    total_seconds
        For one file from an address, all attempts together; for one command of `apt-get`; and for
        decompressing one file. For everything from one source four times that.
    attempts
        Transfers of one file, where the error may pass.
    wait_seconds
        Before the second attempt; doubled before each later one.
    max_bytes
        Size of one file, both as transferred and decompressed.
    """

    connect_seconds: float = 10
    read_seconds: float = 30
    folder_seconds: float = 60
    total_seconds: float = 300
    attempts: int = 3
    wait_seconds: float = 1
    max_bytes: int = 512 * 1024**2


class Candidate(NamedTuple):
    """A file that may be the one wanted: plain, gzip, or a zip archive with it.

    Attributes
    ----------
    name
        Plain name of the file wanted.
    path
        Where the candidate lies.
    label
        What to call it to the user.
    """

    name: str
    path: Path
    label: str


@dataclass(frozen=True)
class Search:
    """What a source is asked for.

    Attributes
    ----------
    names
        Files still missing, by their plain names.
    subfolders
        Where a folder of many datasets may keep this one.
    scratch
        A temporary folder that the source may fill.
    limits
        What the source keeps to.
    note
        Takes a problem with something that is then passed over.
    """

    names: Sequence[str]
    subfolders: Sequence[str]
    scratch: Path
    limits: Limits
    note: Callable[[str], None]


class Source(Protocol):
    """One way to come by the files of a dataset. `str()` names it to the user."""

    def candidates(self, search: Search) -> Iterator[Candidate]:
        """Yield what may be the missing files; raise `Unavailable` when nothing more can come."""
        ...


class Unavailable(Exception):  # noqa: N818 - an answer, not an error of the program
    """A source can give no more; the message says why."""


class LimitExceeded(Exception):  # noqa: N818 - as above
    """A file is too large, or took too long."""


class CappedFile:
    """A file to write to, up to a size and until a deadline.

    Parameters
    ----------
    file
        What is written to.
    max_bytes
        Size that it may reach.
    deadline
        Latest time to write at, on the clock `time.monotonic`.
    """

    def __init__(self, file: BinaryIO, max_bytes: int, deadline: float = math.inf) -> None:
        self._file = file
        self._max_bytes = max_bytes
        self._deadline = deadline
        self._size = 0

    def write(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > self._max_bytes:
            raise LimitExceeded(f"larger than {self._max_bytes:,} bytes, the most that is accepted")
        if time.monotonic() > self._deadline:
            raise LimitExceeded("the transfer took too long")
        self._file.write(chunk)

    def flush(self) -> None:
        self._file.flush()

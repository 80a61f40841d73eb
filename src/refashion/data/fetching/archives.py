"""What a file holds that may be packed: plain, gzip, or a zip archive, told by its first bytes.

Nothing in an archive is trusted: not its table of contents, not a name in it, not a stated size.
Its members are read and never unpacked under names of their own.
"""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from io import BufferedIOBase
from pathlib import Path, PurePosixPath
from typing import cast

from refashion.data.fetching.source import Limits
from refashion.errors import one_line
from refashion.regular_files import BoundedReader, UnfitFileError, open_regular

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"

# Those that Python decompresses piece by piece. Of the others it holds all that a piece becomes.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

Content = Callable[[], AbstractContextManager[BufferedIOBase]]


class Rejected(Exception):  # noqa: N818 - an answer, not an error of the program
    """A candidate is not the file that is wanted; the message says why."""


@contextmanager
def reading() -> Iterator[None]:
    """Turn whatever goes wrong while a file is read into a reason to reject it.

    Raises
    ------
    Rejected
        A damaged file can raise nearly everything: errors of the system, of decompression, of
        names that are not valid, of sizes that are not true.
    """
    try:
        yield
    except Rejected:
        raise
    except UnfitFileError as error:
        raise Rejected(str(error)) from error
    except Exception as error:
        told = one_line(str(error) or type(error).__name__)
        raise Rejected(f"cannot be read or decompressed: {told}") from error


def contents(path: Path, name: str, limits: Limits, deadline: float) -> Iterator[Content]:
    """Yield, still to be opened, everything in a file that may be the one that is wanted.

    Parameters
    ----------
    path
        Plain, gzip or zip.
    name
        Of the file that is wanted; of a zip archive, each member so named in any of its folders is
        one, as it is or as `.gz`.
    limits, deadline
        Of reading.

    Raises
    ------
    Rejected
        It cannot be read, or is an archive without such a member.
    """
    with reading(), open_regular(path, limits.max_bytes, deadline) as file:
        if not _starts(file, _ZIP):
            yield partial(_plain, file)
            return
        with zipfile.ZipFile(file) as archive:
            members = _members(archive, name)
            if not members:
                raise Rejected(f"a zip archive without a file {name}")
            for member in members:
                yield partial(_member, archive, member)


def names_in(path: Path, names: Collection[str], limits: Limits, deadline: float) -> list[str]:
    """List those of some names that a zip archive has a member for.

    Raises
    ------
    Rejected
        It is no zip archive, or cannot be read.
    """
    with reading(), open_regular(path, limits.max_bytes, deadline) as file:
        if not _starts(file, _ZIP):
            raise Rejected("no zip archive")
        with zipfile.ZipFile(file) as archive:
            return [name for name in names if _members(archive, name)]


def is_called(found: str, name: str) -> bool:
    """Whether a file's name is one that is looked for, in whatever case, with `.gz` or without."""
    return found.casefold().removesuffix(".gz") == name.casefold()


def _members(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """All members of a name, those in its very case first."""
    found = [m for m in archive.infolist() if not m.is_dir() and is_called(_base(m), name)]
    return sorted(found, key=lambda member: _base(member) != name)


def _base(member: zipfile.ZipInfo) -> str:
    # Some programs on Windows part folders by a backslash.
    return PurePosixPath(member.filename.replace("\\", "/")).name


@contextmanager
def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[BufferedIOBase]:
    if member.compress_type not in _METHODS:
        raise Rejected(f"compressed by method {member.compress_type}; accepted: deflate")
    content = cast(zipfile.ZipExtFile, archive.open(member))  # as it is documented
    with content, _plain(content) as plain:
        yield plain


@contextmanager
def _plain(file: BoundedReader | zipfile.ZipExtFile) -> Iterator[BufferedIOBase]:
    # By the first bytes and not the suffix: browsers and servers decompress on the way as they
    # like, and a zip archive may come from an address that says nothing of it.
    if _starts(file, _GZIP):
        with gzip.open(file) as content:
            yield content
    else:
        yield file


def _starts(file: BoundedReader | zipfile.ZipExtFile, mark: bytes) -> bool:
    return file.peek(len(mark)).startswith(mark)

"""Reading of files that may be plain, gzip or zip, which is recognized by their first bytes.

Archives are not trusted: neither their table of contents, nor names, nor stated sizes. Members are
read, but never unpacked under their own names.
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

from refashion.data.fetching.source import FetchLimits
from refashion.errors import one_line
from refashion.regular_files import BoundedReader, UnfitFileError, open_regular

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"

# Python decompresses these in chunks. With the others, a small chunk can expand without limit.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# Formats of data that are zip archives themselves.
_ZIPPED = (".npz", ".zip")

Content = Callable[[], AbstractContextManager[BufferedIOBase]]


class Rejected(Exception):  # noqa: N818 - an answer, not an error of the program
    """A candidate is not the wanted file; the message says why."""


@contextmanager
def reading() -> Iterator[None]:
    """Convert every exception in a `with` block that reads a file to `Rejected`.

    Raises
    ------
    Rejected
        The file cannot be read. A damaged file can cause nearly any exception: errors of the
        system or of decompression, invalid names, wrong sizes.
    """
    try:
        yield
    except Rejected:
        raise
    except UnfitFileError as error:
        raise Rejected(str(error)) from error
    except Exception as error:
        cause = one_line(str(error) or type(error).__name__)
        raise Rejected(f"cannot be read or decompressed: {cause}") from error


def contents(path: Path, name: str, limits: FetchLimits, deadline: float) -> Iterator[Content]:
    """Yield functions that open the contents of a file that may be the wanted one.

    Parameters
    ----------
    path
        A plain, gzip or zip file.
    name
        Name of the wanted file. In a zip archive, every member of this name in any folder is
        yielded, with or without `.gz`. If the wanted file is itself a zip archive, so is this file.
    limits, deadline
        FetchLimits of size and time.

    Raises
    ------
    Rejected
        The file cannot be read, or is an archive without such a member.
    """
    with reading(), open_regular(path, limits.max_bytes, deadline) as file:
        if not _starts(file, _ZIP):
            yield partial(_plain, file)
            return
        with zipfile.ZipFile(file) as archive:
            members = _members(archive, name)
            if not members and name.endswith(_ZIPPED):
                file.seek(0)
                yield partial(_plain, file)
                return
            if not members:
                raise Rejected(f"a zip archive without a file {name}")
            for member in members:
                yield partial(_member, archive, member)


def names_in(path: Path, names: Collection[str], limits: FetchLimits, deadline: float) -> list[str]:
    """Return those of some names for which a zip archive has a member.

    Parameters
    ----------
    path
        The archive.
    names
        Names to look for.
    limits, deadline
        Limits of size and time.

    Raises
    ------
    Rejected
        The file is not a zip archive, or cannot be read.
    """
    with reading(), open_regular(path, limits.max_bytes, deadline) as file:
        if not _starts(file, _ZIP):
            raise Rejected("not a zip archive")
        with zipfile.ZipFile(file) as archive:
            return [name for name in names if _members(archive, name)]


def is_called(found: str, name: str) -> bool:
    """Return whether a file name matches a name, ignoring case and a suffix `.gz`."""
    return found.casefold().removesuffix(".gz") == name.casefold()


def _members(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """All members with a name, those that match its case first."""
    found = [m for m in archive.infolist() if not m.is_dir() and is_called(_base(m), name)]
    return sorted(found, key=lambda member: _base(member) != name)


def _base(member: zipfile.ZipInfo) -> str:
    # Some programs on Windows separate folders with a backslash.
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
    # The suffix is not reliable: browsers and servers may decompress files in transit, and the
    # address of a zip archive need not end in .zip.
    if _starts(file, _GZIP):
        with gzip.open(file) as content:
            yield content
    else:
        yield file


def _starts(file: BoundedReader | zipfile.ZipExtFile, mark: bytes) -> bool:
    return file.peek(len(mark)).startswith(mark)

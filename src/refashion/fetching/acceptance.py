"""Whether a candidate is the file that a dataset wants: judged by its content, not its name."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

import lazy_loader

from refashion.artifacts import atomic
from refashion.fetching.source import CappedFile, LimitExceeded

pooch = lazy_loader.load("pooch")

_CHUNK_BYTES = 1024**2
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"

# All that reading a broken gzip or zip file can raise; RuntimeError: a zip member with a password.
_UNREADABLE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)


class Rejected(Exception):  # noqa: N818 - an answer, not an error of the program
    """A candidate is not the file that is wanted; the message says why."""


def accept(
    candidate: Path, name: str, sha256: str, destination: Path, max_bytes: int, is_text: bool
) -> None:
    """Decompress a candidate, check it, and move it to its place.

    pooch's own decompression is not used because it has no bound on the size.

    Parameters
    ----------
    candidate
        A file: plain, gzip, or a zip archive with the member `name` in any of its folders.
    name
        Plain name of the file.
    sha256
        Of the decompressed content, of a text file with line ends LF.
    destination
        Where the decompressed file goes, whole or not at all.
    max_bytes
        Decompressed size from which on the candidate is rejected.
    is_text
        Whether line ends CRLF are made LF first: copies of text files differ in them.

    Raises
    ------
    Rejected
        If the candidate is not that file. Nothing is written then.
    """
    with atomic(destination) as temporary:
        with temporary.open("wb") as file:
            _unpack(candidate, name, CappedFile(file, max_bytes), is_text)
        if pooch.file_hash(str(temporary)) != sha256:
            raise Rejected(_describe_mismatch(temporary))


def matches(path: Path, sha256: str) -> bool:
    """Whether a file exists and has the content that is wanted."""
    return path.is_file() and pooch.file_hash(str(path)) == sha256


def find_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo | None:
    """Look up a file in any folder of a zip archive."""
    return next((m for m in archive.infolist() if PurePosixPath(m.filename).name == name), None)


def _unpack(candidate: Path, name: str, file: CappedFile, is_text: bool) -> None:
    chunks = _chunks(candidate, name)
    try:
        for chunk in _with_line_feeds(chunks) if is_text else chunks:
            file.write(chunk)
    except LimitExceeded as error:
        raise Rejected(str(error)) from error


def _chunks(candidate: Path, name: str) -> Iterator[bytes]:
    """Yield the decompressed content. Only errors of reading are caught here, none of writing."""
    try:
        with _open_content(candidate, name) as content:
            while chunk := content.read(_CHUNK_BYTES):
                yield chunk
    except _UNREADABLE as error:
        raise Rejected(f"cannot be read or decompressed: {error}") from error


def _with_line_feeds(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Replace CRLF by LF, also where a chunk ends between the two."""
    held = b""
    for chunk in chunks:
        text = held + chunk
        held = text[-1:] if text.endswith(b"\r") else b""
        yield text.removesuffix(held).replace(b"\r\n", b"\n")
    yield held


@contextmanager
def _open_content(candidate: Path, name: str) -> Iterator[IO[bytes]]:
    # By the first bytes and not the suffix: browsers and servers decompress on the way as they
    # like, and a zip archive may come from an address that says nothing of it.
    with candidate.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        if start.startswith(_GZIP):
            with gzip.open(file) as content:
                yield content
        elif start == _ZIP:
            with zipfile.ZipFile(file) as archive, archive.open(_member(archive, name)) as content:
                yield content
        else:
            yield file


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    member = find_member(archive, name)
    if member is None:
        raise Rejected(f"a zip archive without a file {name}")
    return member


def _describe_mismatch(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(512)
    if not start:
        return "empty"
    if start.lstrip().startswith(b"<"):
        return "an HTML or XML page instead of the file"
    return "the content is not the one wanted (its sha256 differs)"

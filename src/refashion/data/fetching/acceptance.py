"""Acceptance of a candidate as a file of a dataset, by the checksum of its content."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from refashion.artifacts import atomic
from refashion.data.fetching.archives import Content, Rejected, contents, reading
from refashion.data.fetching.source import CappedFile, FetchLimits, LimitExceeded
from refashion.data.fetching.timeout import with_timeout
from refashion.regular_files import open_regular

_CHUNK_BYTES = 1024**2


def accept(
    candidate: Path, name: str, sha256: str, destination: Path, limits: FetchLimits, is_text: bool
) -> None:
    """Decompress a candidate, check it, and move it to its destination.

    pooch's own decompression is not used because it does not limit the size.

    Parameters
    ----------
    candidate
        A plain file, a gzip file, or a zip archive with members called `name` in any of its
        folders, of which the first correct one is taken.
    name
        Plain name of the file.
    sha256
        SHA-256 of the decompressed content; of a text file with LF line endings.
    destination
        Path of the decompressed file, which is written atomically.
    limits
        FetchLimits of time and size, before and after decompression.
    is_text
        Whether to convert CRLF line endings to LF first, in which copies of text files differ.

    Raises
    ------
    Rejected
        The candidate is not that file. Nothing is written.
    """
    seconds = limits.total_seconds
    deadline = time.monotonic() + seconds
    with atomic(destination) as temporary, temporary.open("wb") as file:
        try:
            found = contents(candidate, name, limits, deadline)
            with_timeout(seconds, _take, found, sha256, file, limits, deadline, is_text)
        except TimeoutError as error:
            raise Rejected(str(error)) from error


def matches(path: Path, sha256: str, max_bytes: int) -> bool:
    """Return whether a path is a regular file, not larger than a limit, with a given SHA-256."""
    try:
        with open_regular(path, max_bytes) as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def _take(
    found: Iterator[Content],
    sha256: str,
    file: BinaryIO,
    limits: FetchLimits,
    deadline: float,
    is_text: bool,
) -> None:
    """Write the first correct content, or raise `Rejected` with the problem of each."""
    problems: dict[str, None] = {}
    for content in found:
        file.seek(0)
        file.truncate()
        try:
            _copy(content, sha256, CappedFile(file, limits.max_bytes, deadline), is_text)
            return
        except (Rejected, LimitExceeded) as error:
            problems[str(error)] = None
    raise Rejected("; ".join(problems))


def _copy(content: Content, sha256: str, file: CappedFile, is_text: bool) -> None:
    chunks = _chunks(content)
    digest, start = hashlib.sha256(), b""
    for chunk in _with_line_feeds(chunks) if is_text else chunks:
        file.write(chunk)
        digest.update(chunk)
        start = start or chunk[:512]
    if not sha256:
        raise Rejected("accepted only if its sha256 is stated")
    if digest.hexdigest() != sha256:
        raise Rejected(_describe_mismatch(start))


def _chunks(content: Content) -> Iterator[bytes]:
    """Yield the decompressed content. Reading errors become `Rejected`; writing errors do not."""
    with reading(), content() as opened:
        while chunk := opened.read(_CHUNK_BYTES):
            yield chunk


def _with_line_feeds(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Replace CRLF by LF, even if a chunk ends between the two."""
    held = b""
    for chunk in chunks:
        text = held + chunk
        held = text[-1:] if text.endswith(b"\r") else b""
        yield text.removesuffix(held).replace(b"\r\n", b"\n")
    yield held


def _describe_mismatch(start: bytes) -> str:
    if not start:
        return "empty"
    if start.lstrip().startswith(b"<"):
        return "an HTML or XML page instead of the file"
    return "wrong content (its sha256 differs)"

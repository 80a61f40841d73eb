"""Whether a candidate is the file that a dataset wants: judged by its content, not its name."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from refashion.artifacts import atomic
from refashion.data.fetching.archives import Content, Rejected, contents, reading
from refashion.data.fetching.patience import within
from refashion.data.fetching.source import CappedFile, LimitExceeded, Limits
from refashion.regular_files import open_regular

_CHUNK_BYTES = 1024**2


def accept(
    candidate: Path, name: str, sha256: str, destination: Path, limits: Limits, is_text: bool
) -> None:
    """Decompress a candidate, check it, and move it to its place.

    pooch's own decompression is not used because it has no bound on the size.

    Parameters
    ----------
    candidate
        A file: plain, gzip, or a zip archive with members `name` in any of its folders, of which
        the first that is right is taken.
    name
        Plain name of the file.
    sha256
        Of the decompressed content, of a text file with line ends LF.
    destination
        Where the decompressed file goes, whole or not at all.
    limits
        On the size, both as it is and decompressed, and on the time.
    is_text
        Whether line ends CRLF are made LF first: copies of text files differ in them.

    Raises
    ------
    Rejected
        If the candidate is not that file. Nothing is written then.
    """
    seconds = limits.total_seconds
    deadline = time.monotonic() + seconds
    with atomic(destination) as temporary, temporary.open("wb") as file:
        try:
            found = contents(candidate, name, limits, deadline)
            within(seconds, _take, found, sha256, file, limits, deadline, is_text)
        except TimeoutError as error:
            raise Rejected(str(error)) from error


def matches(path: Path, sha256: str, max_bytes: int) -> bool:
    """Whether a regular file has the content that is wanted, plain, and no more than some bytes."""
    try:
        with open_regular(path, max_bytes) as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def _take(
    found: Iterator[Content],
    sha256: str,
    file: BinaryIO,
    limits: Limits,
    deadline: float,
    is_text: bool,
) -> None:
    """Write the first content that is right, or say of each why it is not."""
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
    if digest.hexdigest() != sha256:
        raise Rejected(_describe_mismatch(start))


def _chunks(content: Content) -> Iterator[bytes]:
    """Yield the decompressed content. Only errors of reading are caught here, none of writing."""
    with reading(), content() as opened:
        while chunk := opened.read(_CHUNK_BYTES):
            yield chunk


def _with_line_feeds(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Replace CRLF by LF, also where a chunk ends between the two."""
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
    return "the content is not the one wanted (its sha256 differs)"

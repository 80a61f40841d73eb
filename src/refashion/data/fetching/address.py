"""Download addresses as a source."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import lazy_loader

from refashion.data.fetching.source import (
    Candidate,
    CappedFile,
    FetchLimits,
    FileRequest,
    Unavailable,
)
from refashion.data.fetching.timeout import with_timeout

if TYPE_CHECKING:
    import pooch
    import requests
    import tenacity
else:
    pooch = lazy_loader.load("pooch")
    requests = lazy_loader.load("requests")
    tenacity = lazy_loader.load("tenacity")

_BUSY = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Address:
    """A source that downloads from an address.

    Attributes
    ----------
    template
        The URL, in which "{file}" is replaced by the plain name of each file. The URL of a zip
        archive needs no "{file}".

    Examples
    --------
    >>> print(Address("https://example.org/data/{file}.gz"))
    https://example.org/data/
    """

    template: str

    def __str__(self) -> str:
        return self.template.partition("{")[0]

    def candidates(self, request: FileRequest) -> Iterator[Candidate]:
        """Download the requested files one by one, until one fails.

        Raises
        ------
        Unavailable
            A download failed.
        """
        self._check_reachable(request)
        for name in request.names:
            url, path = self.template.format(file=name), request.scratch / name
            try:
                with_timeout(request.limits.total_seconds, _download, url, path, request.limits)
            except Exception as error:  # an answer of a server can cause any error in libraries
                raise Unavailable(f"{name}: {_explain(error)}") from error
            yield Candidate(name, path, name)

    def _check_reachable(self, request: FileRequest) -> None:
        # Without this check, a network that drops all packets would cost a timeout for each server
        # behind the name and each attempt. Name resolution has no timeout of its own.
        seconds = request.limits.connect_seconds
        url = self.template.format(file=request.names[0])
        ask = partial(pooch.HTTPDownloader(timeout=seconds), check_only=True)
        try:
            with_timeout(seconds, ask, url, None, None)
        except Exception as error:
            raise Unavailable(f"not reachable: {_explain(error)}") from error


def _download(url: str, path: Path, limits: FetchLimits) -> None:
    deadline = time.monotonic() + limits.total_seconds
    transfer = pooch.HTTPDownloader(
        timeout=(limits.connect_seconds, limits.read_seconds), chunk_size=64 * 1024
    )

    def attempt() -> None:
        with path.open("wb") as file:
            transfer(url, CappedFile(file, limits.max_bytes, deadline), None)

    tenacity.Retrying(
        retry=tenacity.retry_if_exception(_is_temporary),
        stop=tenacity.stop_after_attempt(limits.attempts),
        wait=tenacity.wait_exponential(multiplier=limits.wait_seconds),
        reraise=True,
    )(attempt)


def _is_temporary(error: BaseException) -> bool:
    if isinstance(error, requests.HTTPError):
        return error.response.status_code in _BUSY
    broken = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return isinstance(error, broken)


def _explain(error: BaseException) -> str:
    """Return the short cause of an error of requests, which wraps it in long ones."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"{response.status_code} {response.reason}"
    while cause := error.__cause__ or (not error.__suppress_context__ and error.__context__):
        error = cause
    return str(error) or type(error).__name__

"""Download addresses as a source."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import lazy_loader

from refashion.data.fetching.patience import within
from refashion.data.fetching.source import Candidate, CappedFile, Limits, Search, Unavailable

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
    """An address to download from.

    Attributes
    ----------
    template
        The URL; "{file}" stands for the plain name of the file. A zip archive needs no "{file}".

    Examples
    --------
    >>> print(Address("https://example.org/data/{file}.gz"))
    https://example.org/data/
    """

    template: str

    def __str__(self) -> str:
        return self.template.partition("{")[0]

    def candidates(self, search: Search) -> Iterator[Candidate]:
        """Download the files one by one; the first that fails ends it."""
        self._check_reachable(search)
        for name in search.names:
            url, path = self.template.format(file=name), search.scratch / name
            try:
                within(search.limits.total_seconds, _download, url, path, search.limits)
            except Exception as error:  # whatever a server's answer makes of libraries
                raise Unavailable(f"{name}: {_explain(error)}") from error
            yield Candidate(name, path, name)

    def _check_reachable(self, search: Search) -> None:
        # Without it, a network that drops everything costs a time-out for every server behind the
        # name and every attempt, and name resolution has no time-out of its own.
        seconds = search.limits.connect_seconds
        url = self.template.format(file=search.names[0])
        ask = partial(pooch.HTTPDownloader(timeout=seconds), check_only=True)
        try:
            within(seconds, ask, url, None, None)
        except Exception as error:
            raise Unavailable(f"cannot be reached: {_explain(error)}") from error


def _download(url: str, path: Path, limits: Limits) -> None:
    deadline = time.monotonic() + limits.total_seconds
    transfer = pooch.HTTPDownloader(
        timeout=(limits.connect_seconds, limits.read_seconds), chunk_size=64 * 1024
    )

    def attempt() -> None:
        with path.open("wb") as file:
            transfer(url, CappedFile(file, limits.max_bytes, deadline), None)

    tenacity.Retrying(
        retry=tenacity.retry_if_exception(_may_pass),
        stop=tenacity.stop_after_attempt(limits.attempts),
        wait=tenacity.wait_exponential(multiplier=limits.wait_seconds),
        reraise=True,
    )(attempt)


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, requests.HTTPError):
        return error.response.status_code in _BUSY
    broken = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return isinstance(error, broken)


def _explain(error: BaseException) -> str:
    """Say in a few words what an error of requests wraps in many."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"{response.status_code} {response.reason}"
    while cause := error.__cause__ or (not error.__suppress_context__ and error.__context__):
        error = cause
    return str(error) or type(error).__name__

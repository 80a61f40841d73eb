"""One fetch of a dataset: the files found so far, and the problems of each source."""

from __future__ import annotations

import logging
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

from refashion.data.fetching.acceptance import accept, matches
from refashion.data.fetching.archives import Rejected
from refashion.data.fetching.source import Candidate, FetchLimits, FileRequest, Source, Unavailable
from refashion.errors import DataError, RefashionError, one_line
from refashion.scratch import scratch_folder

ENVIRONMENT_VARIABLE = "REFASHION_DATA"

_IN_PLACE = "already in place"
_MOST_PROBLEMS = 20  # in the message about one source

# Time for one source, as a multiple of the time for one file. A folder may have 1,000 archives.
_FILES_PER_SOURCE = 4
_REMEDY = (
    "To supply the files, put them into a folder (plain, as .gz or in a .zip) and add the folder "
    f"to data_dirs in config.yaml or to the environment variable {ENVIRONMENT_VARIABLE}."
)

logger = logging.getLogger("refashion.data.fetching")


class Dataset(Protocol):
    """The part of a dataset's module that fetching uses.

    Attributes
    ----------
    FILES
        SHA-256 of the decompressed content of each file, by its plain name; empty if nobody has
        seen the file.
    SOURCES
        Sources in the order in which to try them.
    SUBFOLDERS
        Names of subfolders that may contain the files in a folder of many datasets.
    TEXT_FILES
        Names of files with CRLF or LF line endings; optional.
    """

    FILES: Mapping[str, str]
    SOURCES: Sequence[Source]
    SUBFOLDERS: Sequence[str]

    def read(self, raw: Path) -> Any:
        """Parse the files in a folder.

        Raises
        ------
        ValueError
            A file does not have the right format.
        """
        ...


@dataclass(frozen=True)
class Fetched:
    """Result of a fetch: the fields of `fetch.json`.

    Attributes
    ----------
    status
        "available" if all files are in place and correct.
    source
        Where the files came from; several sources are separated by "; ".
    files
        SHA-256 of the decompressed content of each available file, by its plain name.
    reason
        If unavailable: the problem of each source on one line, and how to supply the files.
    """

    status: Literal["available", "unavailable"]
    source: str | None
    files: dict[str, str]
    reason: str | None


class Fetcher:
    """Fetches the files of one dataset.

    Parameters
    ----------
    dataset
        Module of the dataset.
    raw
        Folder for the files.
    limits
        FetchLimits of time, size and attempts.
    """

    def __init__(self, dataset: Dataset, raw: Path, limits: FetchLimits) -> None:
        self._dataset = dataset
        self._raw = raw
        self._limits = limits
        self._origins: dict[str, str] = {}
        self._problems: defaultdict[str, list[str]] = defaultdict(list)
        self._fault: str | None = None

    @property
    def missing(self) -> list[str]:
        """Names of the files that have not been found yet."""
        return [name for name in self._dataset.FILES if name not in self._origins]

    def check_existing(self) -> None:
        """Keep the correct files in the folder, and remove wrong ones.

        Raises
        ------
        RefashionError
            There is a folder with the name of a file.
        """
        for name, sha256 in self._dataset.FILES.items():
            path = self._raw / name
            if matches(path, sha256, self._limits.max_bytes):
                self._origins[name] = _IN_PLACE
            elif path.is_dir() and not path.is_symlink():
                raise RefashionError(f"{path}: is a folder, not a data file; remove it")
            elif os.path.lexists(path):
                self._note(_IN_PLACE, f"{name}: wrong content; removed, to be fetched again")
                path.unlink()

    def try_source(self, source: Source) -> None:
        """Take the missing files that a source has."""
        with scratch_folder() as scratch:
            deadline = time.monotonic() + _FILES_PER_SOURCE * self._limits.total_seconds
            for candidate in self._candidates(source, scratch):
                self._try_candidate(candidate, source)
                if not self.missing:
                    return
                if time.monotonic() > deadline:
                    self._note(str(source), "takes too long; skipping the rest of it")
                    break
        if self.missing and one_line(str(source)) not in self._problems:
            self._note(str(source), f"does not have {', '.join(self.missing)}")

    def result(self) -> Fetched:
        """Check that the files can be parsed, and return the result."""
        if not self.missing:
            self._check_by_reading()
        files = {n: sha256 for n, sha256 in self._dataset.FILES.items() if n in self._origins}
        source = "; ".join(dict.fromkeys(self._origins.values())) or None
        if self.missing:
            return Fetched("unavailable", source, files, self._reason())
        if self._fault:
            return Fetched("unavailable", source, files, self._fault)
        return Fetched("available", source, files, None)

    def _candidates(self, source: Source, scratch: Path) -> Iterator[Candidate]:
        """Yield the candidates of a source, until it fails in any way."""
        subfolders, note = self._dataset.SUBFOLDERS, partial(self._note, str(source))
        request = FileRequest(self.missing, subfolders, scratch, self._limits, note)
        try:
            yield from source.candidates(request)
        except Unavailable as error:
            note(str(error))
        except Exception as error:
            note(f"{type(error).__name__}: {error}")

    def _try_candidate(self, candidate: Candidate, source: Source) -> None:
        name = candidate.name
        if name in self._origins:
            return
        try:
            sha256, place = self._dataset.FILES[name], self._raw / name
            is_text = name in getattr(self._dataset, "TEXT_FILES", ())
            accept(candidate.path, name, sha256, place, self._limits, is_text)
        except Rejected as error:
            self._note(str(source), f"{candidate.label}: {error}")
        else:
            self._origins[name] = str(source)
            logger.info("%s: using %s", source, candidate.label)

    def _check_by_reading(self) -> None:
        """Remove files that have the right checksum but cannot be parsed.

        If they only do not fit their description, other copies would not help.
        """
        try:
            self._dataset.read(self._raw)
        except DataError as error:
            self._fault = str(error)
        except ValueError as error:
            self._note("; ".join(dict.fromkeys(self._origins.values())), f"removed: {error}")
            for name in self._origins:
                (self._raw / name).unlink()
            self._origins.clear()

    def _note(self, source: str, problem: str) -> None:
        # Both may contain names of files, which may contain any characters.
        source, problem = one_line(source), one_line(problem)
        logger.warning("%s: %s", source, problem)
        self._problems[source].append(problem)

    def _reason(self) -> str:
        tried = [f"- {source}: {_joined(found)}" for source, found in self._problems.items()]
        return "\n".join([f"Could not find {', '.join(self.missing)}. Tried:", *tried, _REMEDY])


def _joined(problems: Sequence[str]) -> str:
    more = len(problems) - _MOST_PROBLEMS
    shown = [*problems[:_MOST_PROBLEMS], *[f"and {more:,} more problems"] * (more > 0)]
    return "; ".join(shown)

"""One fetch under way: what has been found so far, what was tried, and what came of it."""

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
from refashion.data.fetching.source import Candidate, Limits, Search, Source, Unavailable
from refashion.errors import RefashionError, one_line
from refashion.scratch import scratch_folder

ENVIRONMENT_VARIABLE = "REFASHION_DATA"

_IN_PLACE = "already in place"
_MOST_TOLD = 20  # of one source

# The time for one file, so many times, is what one source gets. There may be a thousand archives.
_PATIENCE = 4
_REMEDY = (
    "To supply the files, put them into a folder (as they are, as .gz or in a .zip) and name the "
    f"folder in data_dirs of config.yaml or in the environment variable {ENVIRONMENT_VARIABLE}."
)

logger = logging.getLogger("refashion.data.fetching")


class Dataset(Protocol):
    """What fetching needs of a dataset's module.

    Attributes
    ----------
    FILES
        Plain name of each file -> sha256 of its decompressed content.
    SOURCES
        Where the files may be had, in the order in which to try.
    SUBFOLDERS
        Where a folder of many datasets may keep this one.
    TEXT_FILES
        Those of `FILES` whose line ends may be CRLF or LF, where there are any.
    """

    FILES: Mapping[str, str]
    SOURCES: Sequence[Source]
    SUBFOLDERS: Sequence[str]

    def read(self, raw: Path) -> Any:
        """Parse the files; raise `ValueError` if they are not what they should be."""
        ...


@dataclass(frozen=True)
class Fetched:
    """What a fetch came to: the fields of `fetch.json`.

    Attributes
    ----------
    status
        Whether all files are there, checked.
    source
        What they were taken from; several are separated by "; ".
    files
        Plain name -> sha256 of the decompressed content, of the files that are there.
    reason
        If unavailable: what was tried, one line each, and how to supply the files.
    """

    status: Literal["available", "unavailable"]
    source: str | None
    files: dict[str, str]
    reason: str | None


class Hunt:
    """The search for the files of one dataset.

    Parameters
    ----------
    dataset
        Module of the dataset.
    raw
        Folder that the files go to.
    limits
        Bounds on time, size and attempts.
    """

    def __init__(self, dataset: Dataset, raw: Path, limits: Limits) -> None:
        self._dataset = dataset
        self._raw = raw
        self._limits = limits
        self._origins: dict[str, str] = {}
        self._problems: defaultdict[str, list[str]] = defaultdict(list)

    @property
    def missing(self) -> list[str]:
        """Names of the files not found yet."""
        return [name for name in self._dataset.FILES if name not in self._origins]

    def keep_what_is_there(self) -> None:
        """Count the files that are in place; remove wrong ones, lest they be taken for right.

        Raises
        ------
        RefashionError
            A folder is in the place of a file.
        """
        for name, sha256 in self._dataset.FILES.items():
            path = self._raw / name
            if matches(path, sha256, self._limits.max_bytes):
                self._origins[name] = _IN_PLACE
            elif path.is_dir() and not path.is_symlink():
                raise RefashionError(f"{path}: a folder, in the place of a data file; remove it")
            elif os.path.lexists(path):
                self._note(_IN_PLACE, f"{name}: not the content wanted; removed, to be replaced")
                path.unlink()

    def ask(self, source: Source) -> None:
        """Take from a source what it has of the missing files."""
        with scratch_folder() as scratch:
            deadline = time.monotonic() + _PATIENCE * self._limits.total_seconds
            for candidate in self._candidates(source, scratch):
                self._judge(candidate, source)
                if not self.missing:
                    return
                if time.monotonic() > deadline:
                    self._note(str(source), "takes too long; the rest of it is passed over")
                    break
        if self.missing and one_line(str(source)) not in self._problems:
            self._note(str(source), f"has no {', '.join(self.missing)}")

    def conclude(self) -> Fetched:
        """Read the files if all are there, and sum up."""
        if not self.missing:
            self._check_by_reading()
        files = {n: sha256 for n, sha256 in self._dataset.FILES.items() if n in self._origins}
        source = "; ".join(dict.fromkeys(self._origins.values())) or None
        if self.missing:
            return Fetched("unavailable", source, files, self._reason())
        return Fetched("available", source, files, None)

    def _candidates(self, source: Source, scratch: Path) -> Iterator[Candidate]:
        """Yield what a source has, until it fails, however that is."""
        subfolders, note = self._dataset.SUBFOLDERS, partial(self._note, str(source))
        search = Search(self.missing, subfolders, scratch, self._limits, note)
        try:
            yield from source.candidates(search)
        except Unavailable as error:
            note(str(error))
        except Exception as error:
            note(f"{type(error).__name__}: {error}")

    def _judge(self, candidate: Candidate, source: Source) -> None:
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
            logger.info("%s: took %s", source, candidate.label)

    def _check_by_reading(self) -> None:
        """Reject files that have the right sha256 but not the right form."""
        try:
            self._dataset.read(self._raw)
        except ValueError as error:
            self._note("; ".join(dict.fromkeys(self._origins.values())), f"removed: {error}")
            for name in self._origins:
                (self._raw / name).unlink()
            self._origins.clear()

    def _note(self, source: str, problem: str) -> None:
        # Both may hold names of files, which may hold anything.
        source, problem = one_line(source), one_line(problem)
        logger.warning("%s: %s", source, problem)
        self._problems[source].append(problem)

    def _reason(self) -> str:
        tried = [f"- {source}: {_several(found)}" for source, found in self._problems.items()]
        return "\n".join([f"Not to be had: {', '.join(self.missing)}. Tried:", *tried, _REMEDY])


def _several(problems: Sequence[str]) -> str:
    more = len(problems) - _MOST_TOLD
    told = [*problems[:_MOST_TOLD], *[f"and {more:,} more problems"] * (more > 0)]
    return "; ".join(told)

"""Fetching of the files of a dataset from several sources.

A source (`LocalFolder`, `Address`, `DebianPackage`) yields candidates. The module `acceptance`
decides by its checksum if a candidate is the wanted file. If a source fails, the problem is logged
and the next source is tried.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from refashion.data.fetching.acceptance import matches
from refashion.data.fetching.address import Address
from refashion.data.fetching.debian import DebianPackage
from refashion.data.fetching.fetcher import ENVIRONMENT_VARIABLE, Dataset, Fetched, Fetcher
from refashion.data.fetching.folder import LocalFolder
from refashion.data.fetching.openml import OpenML
from refashion.data.fetching.packed import PackedFolder
from refashion.data.fetching.source import FetchLimits

__all__ = [
    "Address",
    "Dataset",
    "DebianPackage",
    "FetchLimits",
    "Fetched",
    "LocalFolder",
    "OpenML",
    "PackedFolder",
    "fetch",
    "is_complete",
    "named_folders",
]

_LIMITS = FetchLimits()


def fetch(
    dataset: Dataset, raw: Path, folders: Sequence[Path], limits: FetchLimits = _LIMITS
) -> Fetched:
    """Fetch the files of a dataset into a folder, decompressed and checked.

    Correct files that already exist are kept; others are replaced. The sources are, in this order,
    `folders`, the folders named by the environment variable `REFASHION_DATA`, and the sources of
    the dataset.

    Parameters
    ----------
    dataset
        Module of the dataset.
    raw
        Folder for the files, under their plain names. It is created if necessary.
    folders
        Folders to search first.
    limits
        FetchLimits of time, size and attempts.

    Returns
    -------
    Fetched
        The result. Files that are not available are not an error.

    Raises
    ------
    OSError
        `raw` is not writable.
    """
    fetcher = Fetcher(dataset, raw, limits)
    fetcher.check_existing()
    for source in (*named_folders(folders), *dataset.SOURCES):
        if fetcher.missing:
            fetcher.try_source(source)
    return fetcher.result()


def is_complete(dataset: Dataset, raw: Path) -> bool:
    """Return whether all files of a dataset are in a folder, with the right content."""
    files, most = dataset.FILES.items(), _LIMITS.max_bytes
    return all(matches(raw / name, sha256, most) for name, sha256 in files)


def named_folders(folders: Sequence[Path]) -> Iterator[LocalFolder]:
    """Yield the folders that the user has named: `folders`, and those in `REFASHION_DATA`."""
    for path in folders:
        yield LocalFolder(path, "data_dirs")
    for name in filter(None, os.environ.get(ENVIRONMENT_VARIABLE, "").split(os.pathsep)):
        yield LocalFolder(Path(name), ENVIRONMENT_VARIABLE)

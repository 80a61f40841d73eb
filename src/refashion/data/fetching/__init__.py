"""Fetching the files of a dataset, from the first of its sources that have them.

A source (`Folder`, `Address`, `DebianPackage`) yields candidates; whether a candidate is the file
wanted is decided in one place, `acceptance`, the same for all. A source that fails is logged, and
the next one is tried.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from refashion.data.fetching.acceptance import matches
from refashion.data.fetching.address import Address
from refashion.data.fetching.debian import DebianPackage
from refashion.data.fetching.folder import Folder
from refashion.data.fetching.hunt import ENVIRONMENT_VARIABLE, Dataset, Fetched, Hunt
from refashion.data.fetching.source import Limits

__all__ = [
    "Address",
    "Dataset",
    "DebianPackage",
    "Fetched",
    "Folder",
    "Limits",
    "fetch",
    "is_whole",
]

_LIMITS = Limits()


def fetch(
    dataset: Dataset, raw: Path, folders: Sequence[Path], limits: Limits = _LIMITS
) -> Fetched:
    """Bring the files of a dataset into a folder, decompressed and checked.

    Files that are there already and right are kept; wrong ones are replaced. The folders named by
    the environment variable `REFASHION_DATA` are searched after `folders`, then come the dataset's
    own sources.

    Parameters
    ----------
    dataset
        Module of the dataset.
    raw
        Folder that the files go to, under their plain names. It is made if need be.
    folders
        Folders to search first.
    limits
        Bounds on time, size and attempts.

    Returns
    -------
    Fetched
        Also when the files cannot be had: that is not an error.

    Raises
    ------
    OSError
        If `raw` cannot be written to.
    """
    hunt = Hunt(dataset, raw, limits)
    hunt.keep_what_is_there()
    for source in (*_named_folders(folders), *dataset.SOURCES):
        if hunt.missing:
            hunt.ask(source)
    return hunt.conclude()


def is_whole(dataset: Dataset, raw: Path) -> bool:
    """Whether all files of a dataset are in their folder, with the content that is wanted."""
    files, most = dataset.FILES.items(), _LIMITS.max_bytes
    return all(matches(raw / name, sha256, most) for name, sha256 in files)


def _named_folders(folders: Sequence[Path]) -> Iterator[Folder]:
    """Yield the folders that the user has named."""
    for path in folders:
        yield Folder(path, "data_dirs")
    for name in filter(None, os.environ.get(ENVIRONMENT_VARIABLE, "").split(os.pathsep)):
        yield Folder(Path(name), ENVIRONMENT_VARIABLE)

"""Readers of data in the formats that a study can describe: one module for each format.

Each module has a function `read`, which takes the description and the paths of the files. It
returns `Content`: the arrays, and what was found out about them. A fault of the data is a
`DataError`, which names the file, the line or row, the column, the value and what is accepted.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

MODULES = {
    "csv": "delimited",
    "tsv": "delimited",
    "parquet": "parquet",
    "openml": "arff",
    "npz": "npz",
    "idx": "idx",
    "images": "images",
    "sklearn": "bundled",
}
"""Name of the module that reads each format."""


class Content(NamedTuple):
    """Content of the files of a dataset.

    Attributes
    ----------
    arrays
        `<part>_x` and `<part>_y` for each part, as `read` of a dataset module returns them.
    classes
        Names of the classes, by label; empty for a regression.
    features
        Names of the columns of a table; empty for images and texts.
    categories
        Levels of each category, whose columns are named `<category>_<level>`.
    dropped
        Number of rows that were left out because of missing values.
    """

    arrays: dict[str, np.ndarray]
    classes: list[str]
    features: list[str]
    categories: dict[str, list[str]]
    dropped: int = 0


def read(description: Mapping[str, Any], files: Mapping[str, Path]) -> Content:
    """Read the files of a dataset.

    Parameters
    ----------
    description
        A description of `refashion.spec.dataset` as JSON, with its `format`.
    files
        Paths of the files by the names that the description gives them.

    Raises
    ------
    DataError
        The files do not fit the description.
    """
    name = MODULES[description["format"]]
    return importlib.import_module(f"{__name__}.{name}").read(description, files)


def by_part(named: str | Mapping[str, str]) -> dict[str, str]:
    """Return the names of files or arrays by part of the dataset.

    Examples
    --------
    >>> by_part("iris.csv")
    {'all': 'iris.csv'}
    >>> by_part({"train": "a.csv", "test": "b.csv"})
    {'train': 'a.csv', 'test': 'b.csv'}
    """
    return {"all": named} if isinstance(named, str) else dict(named)


def archive_and_folder(name: str) -> tuple[str, str]:
    """Split a name into that of a zip archive and that of a folder in it.

    Examples
    --------
    >>> archive_and_folder("shoes.zip/train"), archive_and_folder("shoes")
    (('shoes.zip', 'train'), ('shoes.zip', ''))
    """
    archive, suffix, folder = name.partition(".zip/")
    if suffix:
        return f"{archive}.zip", folder.strip("/")
    return (name if name.endswith(".zip") else f"{name.rstrip('/')}.zip"), ""

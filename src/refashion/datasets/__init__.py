"""Datasets: one module each, whose file name is the name of the dataset.

A study may have its own, in `datasets/` of its folder. A module defines

- where the files come from: `FILES`, `SOURCES`, `SUBFOLDERS` and, for text files, `TEXT_FILES`; see
  `refashion.data.fetching.fetcher.Dataset`;
- how to read them: `read`, which returns the arrays `<part>_x` and `<part>_y` for each of `PARTS`:
  "train" and "test", or "all" if there is no test set;
- the target: `TASK`, "classification" or "regression"; `TARGET` and its `UNIT` (empty for
  classes); `CLASSES`, by label (empty for a regression);
- the columns of a table: `FEATURES`, and in `CATEGORIES` the levels of each category, whose
  columns are named `<category>_<level>` (both are empty for images);
- texts for the report: `TITLE`, `CITATION`, `LICENCE`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from refashion.dropins import Kind

KIND = Kind(
    "datasets",
    "dataset",
    defines=(
        *("FILES", "SOURCES", "SUBFOLDERS", "read", "PARTS", "TASK", "TARGET", "UNIT", "CLASSES"),
        *("FEATURES", "CATEGORIES", "TITLE", "CITATION", "LICENCE"),
    ),
)


def names(study: Path | None = None) -> list[str]:
    """Return the names of all datasets, sorted: of the library, and of a study's folder.

    Examples
    --------
    >>> "fashion_mnist" in names()
    True
    """
    return KIND.names(study)


def file(name: str, study: Path | None = None) -> Path:
    """Return the file of a dataset's module; see `dropins.Kind.file`."""
    return KIND.file(name, study)


def module(name: str, study: Path | None = None) -> ModuleType:
    """Import the module of a dataset.

    Parameters
    ----------
    name
        One of `names(study)`.
    study
        Folder of a study, whose own modules come first; None for the library.

    Raises
    ------
    ValueError
        There is no such dataset.
    ConfigError
        The study's own module cannot be imported, or lacks something.
    """
    return KIND.module(name, study)


def classes(name: str, chosen: Sequence[str] | None, study: Path | None = None) -> list[str]:
    """Return the names of the classes of a study, by label; empty for a regression.

    Parameters
    ----------
    name
        Name of the dataset.
    chosen
        `split.classes` of the study; None for all classes.
    study
        Folder of the study, or None.

    Examples
    --------
    >>> classes("fashion_mnist", ["Trouser", "Bag"])
    ['Trouser', 'Bag']
    >>> len(classes("fashion_mnist", None))
    10
    """
    return list(module(name, study).CLASSES if chosen is None else chosen)

"""Datasets: one module each, whose file name is the name of the dataset.

A module defines

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

import importlib
import pkgutil
from collections.abc import Sequence
from types import ModuleType

from refashion.errors import did_you_mean


def names() -> list[str]:
    """Return the names of all datasets, sorted.

    Examples
    --------
    >>> "fashion_mnist" in names()
    True
    """
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def module(name: str) -> ModuleType:
    """Import the module of a dataset.

    Parameters
    ----------
    name
        One of `names()`.

    Raises
    ------
    ValueError
        There is no such dataset.
    """
    if name not in names():
        known = ", ".join(names())
        raise ValueError(f"no dataset {name!r}; accepted: {known}{did_you_mean(name, names())}")
    return importlib.import_module(f"{__name__}.{name}")


def classes(name: str, chosen: Sequence[str] | None) -> list[str]:
    """Return the names of the classes of a study, by label; empty for a regression.

    Parameters
    ----------
    name
        Name of the dataset.
    chosen
        `split.classes` of the study; None for all classes.

    Examples
    --------
    >>> classes("fashion_mnist", ["Trouser", "Bag"])
    ['Trouser', 'Bag']
    >>> len(classes("fashion_mnist", None))
    10
    """
    return list(module(name).CLASSES if chosen is None else chosen)

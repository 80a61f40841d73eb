"""Datasets: one module each, its file name the dataset's name.

A module says

- where the files may be had: `FILES`, `SOURCES`, `SUBFOLDERS` and, where it has text files,
  `TEXT_FILES`: see `fetching`;
- how they are read: `read`, which gives the arrays `<part>_x` and `<part>_y` for each of `PARTS`,
  "train" and "test", or "all" where there is no test set;
- what is to be learnt: `TASK`, "classification" or "regression"; `TARGET` and its `UNIT` (empty
  for classes); `CLASSES`, by label (empty for a regression);
- what the columns of a table are: `FEATURES`, and in `CATEGORIES` the levels of each category,
  whose columns are named `<category>_<level>` (both empty for images);
- what a report says of it: `TITLE`, `CITATION`, `LICENCE`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from types import ModuleType

from refashion.errors import did_you_mean


def names() -> list[str]:
    """Names of all datasets, sorted.

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
        If there is no such dataset.
    """
    if name not in names():
        known = ", ".join(names())
        raise ValueError(f"no dataset {name!r}; accepted: {known}{did_you_mean(name, names())}")
    return importlib.import_module(f"{__name__}.{name}")


def classes(name: str, chosen: Sequence[str] | None) -> list[str]:
    """Names of the classes that a study tells apart, by label; empty for a regression.

    Parameters
    ----------
    name
        Of the dataset.
    chosen
        `split.classes` of the study; None for all.

    Examples
    --------
    >>> classes("fashion_mnist", ["Trouser", "Bag"])
    ['Trouser', 'Bag']
    >>> len(classes("fashion_mnist", None))
    10
    """
    return list(module(name).CLASSES if chosen is None else chosen)

"""Datasets: one module each, its file name the dataset's name.

A module says where the files may be had (`FILES`, `SOURCES`, `SUBFOLDERS`: see `fetching`), how
they are read (`read`), and what a report says of the dataset (`TITLE`, `TASK`, `CLASSES`,
`CITATION`, `LICENCE`).
"""

from __future__ import annotations

import importlib
import pkgutil
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

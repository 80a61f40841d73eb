"""Columns of a dataset by name: by them examples are chosen, grouped and preprocessed."""

from __future__ import annotations

from typing import Any

import numpy as np

from refashion.errors import ConfigError, choices, shown


def places(source: Any, name: str) -> list[int]:
    """Return the places of a column in the inputs: one, or for a category that of each level.

    Parameters
    ----------
    source
        Module of the dataset, with `FEATURES` and `CATEGORIES`.
    name
        Name of a feature or a category.

    Raises
    ------
    ConfigError
        There is no such column.
    """
    features = list(source.FEATURES)
    if name in features:
        return [features.index(name)]
    if name in source.CATEGORIES:
        return [features.index(f"{name}_{level}") for level in source.CATEGORIES[name]]
    raise ConfigError(f"{shown(name)}; {choices(name, [*features, *source.CATEGORIES])}")


def values(source: Any, x: np.ndarray, further: np.ndarray | None, name: str) -> np.ndarray:
    """Return the values of a column, shape (n,): numbers, names of levels, or texts.

    Parameters
    ----------
    source
        Module of the dataset. If it has `COLUMNS`, these are the names of columns that are not
        inputs, such as the number of a patient.
    x
        Inputs, shape (n, features).
    further
        Values of `COLUMNS`, shape (n, columns), as text; None without any.
    name
        Name of the column.
    """
    own = list(getattr(source, "COLUMNS", ()))
    if further is not None and name in own:
        return np.asarray(further[:, own.index(name)])
    if name not in (known := [*source.FEATURES, *source.CATEGORIES, *own]):
        raise ConfigError(f"{shown(name)}; {choices(name, known)}")
    if name in source.CATEGORIES:
        levels = np.array(list(source.CATEGORIES[name]), dtype=np.str_)
        return levels[np.asarray(x[:, places(source, name)]).argmax(axis=1)]
    return np.asarray(x[:, places(source, name)[0]])


def typed(column: np.ndarray) -> np.ndarray:
    """Convert texts that are all numbers to numbers.

    Groups are drawn from their sorted values, and 10 comes before 9 as a text.
    """
    for kind in (np.int64, np.float64) if column.dtype.kind == "U" else ():
        try:
            return column.astype(kind)
        except ValueError:
            continue
    return column


def as_text(value: str, column: np.ndarray) -> str:
    """Return a value as the text that it has in a column, where 1 may stand as 1.0."""
    if column.dtype.kind in "US":
        return value
    try:
        number = float(value)
        same = column.dtype.type(number)
    except (ValueError, OverflowError):
        return value
    return str(same) if same == number else value

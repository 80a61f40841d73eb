"""Tables that describe the classes, targets and inputs of a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


def table_class_counts(parts: Mapping[str, np.ndarray], classes: Sequence[str]) -> pd.DataFrame:
    """Count the examples of each class in every split.

    Parameters
    ----------
    parts
        Labels of each split, indices into `classes`, shape (n,).
    classes
        Names of the classes.

    Returns
    -------
    pandas.DataFrame
        Columns split, class and examples, with all classes of all splits.
    """
    counts = {split: np.bincount(y, minlength=len(classes)) for split, y in parts.items()}
    return pd.DataFrame(
        [
            {"split": split, "class": name, "examples": int(n)}
            for split, found in counts.items()
            for name, n in zip(classes, found, strict=True)
        ],
        columns=["split", "class", "examples"],
    )


def table_targets(parts: Mapping[str, np.ndarray], classes: Sequence[str]) -> pd.DataFrame:
    """Count the examples of each class in every split, or describe the values of a regression.

    Parameters
    ----------
    parts
        Targets of each split, shape (n,).
    classes
        Names of the classes, by label; empty for a regression.

    Returns
    -------
    pandas.DataFrame
        One column for each split. Rows are the classes, or the statistics of
        `pandas.Series.describe`.
    """
    if len(classes):
        counts = table_class_counts(parts, classes)
        wide = counts.pivot(index="class", columns="split", values="examples")
        return wide.loc[list(classes), list(parts)]
    return pd.DataFrame({name: pd.Series(np.asarray(y)).describe() for name, y in parts.items()})


def table_inputs(x: np.ndarray, features: Sequence[str]) -> pd.DataFrame:
    """Return the range and mean of each column of a table, or of all pixels of images.

    Parameters
    ----------
    x
        Inputs, shape (n, ...).
    features
        Names of the columns; empty for images.

    Returns
    -------
    pandas.DataFrame
        Columns minimum, mean and maximum; one row for each feature, or one for images.
    """
    columns = np.asarray(x) if len(features) else np.asarray(x).reshape(-1, 1)
    values = {
        "minimum": columns.min(axis=0),
        "mean": columns.mean(axis=0, dtype=float),
        "maximum": columns.max(axis=0),
    }
    return pd.DataFrame(values, index=list(features) or ["every value"])

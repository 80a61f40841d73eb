"""Tables of a dataset: classes, targets and inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


def table_class_counts(parts: Mapping[str, np.ndarray], classes: Sequence[str]) -> pd.DataFrame:
    """Count the examples of each class in every split.

    Parameters
    ----------
    parts
        Labels of each split, places in `classes`, shape (n,).
    classes
        Names.

    Returns
    -------
    pandas.DataFrame
        Columns split, class, examples; every class of every split, also where it has none.
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
    """Count each class in every split, or where there are none, tell how values are spread.

    Parameters
    ----------
    parts
        Targets of each split or part, shape (n,).
    classes
        Names by label; empty for a regression.

    Returns
    -------
    pandas.DataFrame
        A column per split; rows are the classes, or mean, quartiles and so on.
    """
    if len(classes):
        counts = table_class_counts(parts, classes)
        wide = counts.pivot(index="class", columns="split", values="examples")
        return wide.loc[list(classes), list(parts)]
    return pd.DataFrame({name: pd.Series(np.asarray(y)).describe() for name, y in parts.items()})


def table_inputs(x: np.ndarray, features: Sequence[str]) -> pd.DataFrame:
    """Range and mean of each column of a table, or of all values of images.

    Parameters
    ----------
    x
        Inputs, shape (n, ...).
    features
        Names of the columns; empty for images.
    """
    columns = np.asarray(x) if len(features) else np.asarray(x).reshape(-1, 1)
    values = {
        "minimum": columns.min(axis=0),
        "mean": columns.mean(axis=0, dtype=float),
        "maximum": columns.max(axis=0),
    }
    return pd.DataFrame(values, index=list(features) or ["every value"])

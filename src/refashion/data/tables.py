"""Tables that describe the classes, targets and inputs of a dataset."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

# Examples in a table of some of them, its columns, and characters of a text in it.
N_EXAMPLES, MOST_COLUMNS, LONGEST_TEXT = 5, 20, 300


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
    """Return the range and mean of each column of a table, of all pixels, or of lengths of texts.

    Parameters
    ----------
    x
        Inputs, shape (n, ...).
    features
        Names of the columns; empty for images.

    Returns
    -------
    pandas.DataFrame
        Columns minimum, mean and maximum, and missing if values are; one row for each feature, one
        for images, or for texts one for their characters and one for their words.
    """
    if x.dtype.kind == "U":
        sizes = np.column_stack([np.char.str_len(x).reshape(len(x), -1).sum(axis=1), n_words(x)])
        return table_inputs(sizes, ["characters", "words"])
    columns = np.asarray(x) if len(features) else np.asarray(x).reshape(-1, 1)
    if columns.dtype.kind == "f" and (is_missing := np.isnan(columns)).any():
        values = {
            "minimum": np.nanmin(columns, axis=0),
            "mean": np.nanmean(columns, axis=0, dtype=float),
            "maximum": np.nanmax(columns, axis=0),
            "missing": is_missing.sum(axis=0),
        }
        return pd.DataFrame(values, index=list(features) or ["every value"])
    values = {
        "minimum": columns.min(axis=0),
        "mean": columns.mean(axis=0, dtype=float),
        "maximum": columns.max(axis=0),
    }
    return pd.DataFrame(values, index=list(features) or ["every value"])


def table_examples(
    x: np.ndarray, y: np.ndarray, classes: Sequence[str], features: Sequence[str]
) -> pd.DataFrame:
    """Return the first examples, with their targets; of images, only the targets.

    Parameters
    ----------
    x, y
        Inputs of shape (n, ...) and targets of shape (n,).
    classes, features
        Names of the classes, by label, and of the columns.
    """
    targets = np.asarray(y[:N_EXAMPLES])
    shown = pd.DataFrame({"target": [classes[y] for y in targets] if len(classes) else targets})
    inputs = np.asarray(x[:N_EXAMPLES])
    if x.dtype.kind == "U":
        texts = inputs.reshape(len(inputs), -1)
        for place, column in enumerate(texts.T):
            name = "text" if texts.shape[1] == 1 else f"text {place + 1}"
            shown[name] = [textwrap.shorten(text, LONGEST_TEXT) for text in column]
    elif len(features):
        columns = pd.DataFrame(inputs, columns=list(features))
        shown = pd.concat([columns.iloc[:, :MOST_COLUMNS], shown], axis=1)
    return shown


def n_words(texts: np.ndarray) -> np.ndarray:
    """Count the words of texts of shape (n,) or (n, columns), of all columns together."""
    rows = np.asarray(texts).reshape(len(texts), -1)
    return np.array([sum(len(text.split()) for text in row) for row in rows])

"""Categories of a table, recovered from their one-hot columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


def levels_of(
    x: np.ndarray, features: Sequence[str], categories: Mapping[str, Sequence[str]], name: str
) -> np.ndarray:
    """Return the level of a category for each example.

    Parameters
    ----------
    x
        Inputs, shape (n, features).
    features
        Names of the columns.
    categories
        Levels of each category; the column of a level is named `<category>_<level>`.
    name
        Name of the category.

    Returns
    -------
    numpy.ndarray
        Indices into `categories[name]`, shape (n,).
    """
    columns = [features.index(f"{name}_{level}") for level in categories[name]]
    return x[:, columns].argmax(axis=1)


def table_categories(
    x: np.ndarray,
    y: np.ndarray,
    features: Sequence[str],
    categories: Mapping[str, Sequence[str]],
) -> pd.DataFrame:
    """Count the examples and average the target for each level of each category.

    Parameters
    ----------
    x, features, categories
        See `levels_of`.
    y
        Targets, shape (n,).

    Returns
    -------
    pandas.DataFrame
        Columns category, level, examples and mean, which is NaN for a level without examples.
    """
    return pd.DataFrame(
        {"category": name, "level": level, "examples": len(chosen), "mean": _mean(chosen)}
        for name, levels in categories.items()
        for level, chosen in zip(
            levels, _grouped(y, levels_of(x, features, categories, name), len(levels)), strict=True
        )
    )


def table_errors_by(
    levels: np.ndarray, names: Sequence[str], true: np.ndarray, predicted: np.ndarray
) -> pd.DataFrame:
    """Summarize the errors of a regression, predicted minus true, by the level of a category.

    Parameters
    ----------
    levels
        Level of each example as an index into `names`, shape (n,).
    names
        Names of all levels.
    true, predicted
        Values, shape (n,).

    Returns
    -------
    pandas.DataFrame
        Columns level, examples, mean_true, mean_error, mean_absolute_error and
        root_mean_squared_error. Values are NaN for a level without examples, or with a prediction
        that is not finite.
    """
    errors = _grouped(predicted - true, levels, len(names))
    truths = _grouped(true, levels, len(names))
    return pd.DataFrame(
        {
            "level": list(names),
            "examples": [len(error) for error in errors],
            "mean_true": [_mean(truth) for truth in truths],
            "mean_error": [_mean(error) for error in errors],
            "mean_absolute_error": [_mean(np.abs(error)) for error in errors],
            "root_mean_squared_error": [np.sqrt(_mean(error**2)) for error in errors],
        }
    )


def sum_by_category(
    values: np.ndarray, features: Sequence[str], categories: Mapping[str, Sequence[str]]
) -> pd.Series:
    """Sum the values of the levels of each category; values of other features are kept.

    Parameters
    ----------
    values
        One value for each feature, shape (features,).
    features, categories
        See `levels_of`.

    Returns
    -------
    pandas.Series
        Values by the name of the category or feature, in the order of the features.
    """
    owner = {f"{name}_{level}": name for name, levels in categories.items() for level in levels}
    names = [owner.get(feature, feature) for feature in features]
    return pd.Series(values, index=names).groupby(level=0, sort=False).sum()


def _grouped(values: np.ndarray, levels: np.ndarray, n: int) -> list[np.ndarray]:
    return [values[levels == level] for level in range(n)]


def _mean(values: np.ndarray) -> float:
    finite = len(values) and np.isfinite(values).all()
    return float(values.mean()) if finite else float("nan")

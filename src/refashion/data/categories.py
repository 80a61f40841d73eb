"""Categories of a table, recovered from the columns that stand for their levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


def levels_of(
    x: np.ndarray, features: Sequence[str], categories: Mapping[str, Sequence[str]], name: str
) -> np.ndarray:
    """Level of one category for each example, as a place in `categories[name]`, shape (n,).

    Parameters
    ----------
    x
        Inputs, shape (n, features).
    features
        Names of the columns.
    categories
        Levels of each category; the column of a level is named `<category>_<level>`.
    name
        Of the category.
    """
    columns = [features.index(f"{name}_{level}") for level in categories[name]]
    return x[:, columns].argmax(axis=1)


def table_categories(
    x: np.ndarray,
    y: np.ndarray,
    features: Sequence[str],
    categories: Mapping[str, Sequence[str]],
) -> pd.DataFrame:
    """Count the examples of each level of each category, and average the target there.

    Parameters
    ----------
    x, features, categories
        As for `levels_of`.
    y
        Targets, shape (n,).

    Returns
    -------
    pandas.DataFrame
        Columns category, level, examples, mean (NaN for a level without examples).
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
    """Errors of a regression, predicted minus true, by the level of a category.

    Parameters
    ----------
    levels
        Places in `names`, shape (n,).
    names
        Of all levels.
    true, predicted
        Values, shape (n,).

    Returns
    -------
    pandas.DataFrame
        Columns level, examples, mean_true, mean_error, mean_absolute_error,
        root_mean_squared_error; NaN where there is no example, or a prediction is no number.
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
    """Add up what belongs to the levels of one category; other inputs stand for themselves.

    Parameters
    ----------
    values
        One of each input, shape (features,).
    features, categories
        As for `levels_of`.

    Returns
    -------
    pandas.Series
        By the name of the category or input, in the order of the inputs.
    """
    owner = {f"{name}_{level}": name for name, levels in categories.items() for level in levels}
    names = [owner.get(feature, feature) for feature in features]
    return pd.Series(values, index=names).groupby(level=0, sort=False).sum()


def _grouped(values: np.ndarray, levels: np.ndarray, n: int) -> list[np.ndarray]:
    return [values[levels == level] for level in range(n)]


def _mean(values: np.ndarray) -> float:
    finite = len(values) and np.isfinite(values).all()
    return float(values.mean()) if finite else float("nan")

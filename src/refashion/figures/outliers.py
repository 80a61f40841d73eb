"""Outliers that would compress all other values if the axis included them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

FAR = 100  # in units of the median absolute deviation


def outlier_side(values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Find values that are far below or far above all others.

    Parameters
    ----------
    values
        Values to test, shape (n,).
    among
        All values of a panel; those that are not finite are ignored.

    Returns
    -------
    numpy.ndarray
        -1 for far below, 1 for far above, else 0, shape (n,).

    Examples
    --------
    >>> outlier_side(np.array([0.4, 2e7]), np.array([0.3, 0.4, 0.5, 2e7])).tolist()
    [0.0, 1.0]
    """
    finite = among[np.isfinite(among)]
    if not len(finite):
        return np.zeros(len(values))
    ahead = values - np.median(finite)
    reach = FAR * np.median(np.abs(finite - np.median(finite)))
    return np.where((np.abs(ahead) > reach) & (reach > 0), np.sign(ahead), 0.0)


def write_at_edge(
    panel: Axes, values: pd.Series, heights: np.ndarray, among: np.ndarray, what: str
) -> pd.Series:
    """Write outliers as text at the edge of a panel.

    Parameters
    ----------
    panel
        The panel.
    values, heights
        x and y of the values in data coordinates, shape (n,).
    among
        All values of the panel.
    what
        Name of the values.

    Returns
    -------
    pandas.Series
        The values, with NaN for outliers.
    """
    sides = outlier_side(values.to_numpy(float), among)
    for place in np.flatnonzero(sides):
        text = f"{what}: {values.iloc[place]:,.4g}"
        is_above = sides[place] > 0
        panel.text(
            1 if is_above else 0,
            heights[place],
            f"{text} ▸" if is_above else f"◂ {text}",
            transform=panel.get_yaxis_transform(),
            ha="right" if is_above else "left",
            va="center",
            fontsize=6.5,
        )
    return values.where(sides == 0)

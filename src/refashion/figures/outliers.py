"""Values so far from all others that a scale which holds them would show nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

FAR = 100  # times the median distance from the median


def far_side(values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Say which values lie far below (-1) or far above (1) what they stand among.

    Parameters
    ----------
    values
        Shape (n,).
    among
        All values of a panel; those that are no finite number are left out.

    Examples
    --------
    >>> far_side(np.array([0.4, 2e7]), np.array([0.3, 0.4, 0.5, 2e7])).tolist()
    [0.0, 1.0]
    """
    finite = among[np.isfinite(among)]
    if not len(finite):
        return np.zeros(len(values))
    ahead = values - np.median(finite)
    reach = FAR * np.median(np.abs(finite - np.median(finite)))
    return np.where((np.abs(ahead) > reach) & (reach > 0), np.sign(ahead), 0.0)


def name_far(
    panel: Axes, values: pd.Series, heights: np.ndarray, among: np.ndarray, what: str
) -> pd.Series:
    """Write far values at the edge of a panel, and give the others; NaN stands for those written.

    Parameters
    ----------
    panel
        Whose scale the others make.
    values, heights
        Along and across the scale, in the coordinates of the data; shape (n,).
    among
        All values of the panel.
    what
        They are.
    """
    sides = far_side(values.to_numpy(float), among)
    for place in np.flatnonzero(sides):
        told = f"{what}: {values.iloc[place]:,.4g}"
        is_above = sides[place] > 0
        panel.text(
            1 if is_above else 0,
            heights[place],
            f"{told} ▸" if is_above else f"◂ {told}",
            transform=panel.get_yaxis_transform(),
            ha="right" if is_above else "left",
            va="center",
            fontsize=6.5,
        )
    return values.where(sides == 0)

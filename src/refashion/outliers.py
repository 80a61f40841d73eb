"""Values so far from all others that a scale which holds them would show nothing else."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

FAR = 100  # times the median distance from the median


def are_far(values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Say which values lie far from what they stand among.

    Parameters
    ----------
    values
        Shape (n,).
    among
        All values of a panel, shape (m,); those that are no number are left out.

    Examples
    --------
    >>> are_far(np.array([0.4, 2e7]), np.array([0.3, 0.4, 0.5, 2e7])).tolist()
    [False, True]
    """
    finite = among[np.isfinite(among)]
    if not len(finite):
        return np.zeros(len(values), bool)
    middle = np.median(finite)
    reach = FAR * np.median(np.abs(finite - middle))
    return np.abs(values - middle) > reach if reach else np.zeros(len(values), bool)


def point_to(panel: Axes, height: float, text: str) -> None:
    """Write at the right edge of a panel what lies beyond it.

    Parameters
    ----------
    panel
        Whose scale ends before the value.
    height
        In the coordinates of the data.
    text
        Of the value.
    """
    place = panel.get_yaxis_transform()
    panel.text(1, height, f"{text} ▸", transform=place, ha="right", va="center", fontsize=6.5)

"""Figures of searches for settings that a source leaves open."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from refashion import wording
from refashion.figures.style import INK, PALETTE, WIDTH, nothing, short_number, styled
from refashion.shortening import clipped

# Least misfit that is drawn: below, only the noise of sums differs.
LEAST = 0.1
COLUMNS = 2
LONGEST_LABEL = 24
# How labels are turned, in degrees, by the largest number of them.
ROTATIONS = {4: 0, 8: 30, math.inf: 90}


@styled
def plot_misfit(
    tried: pd.DataFrame, scales: Mapping[str, str], measure: str, apart: float
) -> Figure:
    """Plot the misfit against each setting that was searched, with a panel for each.

    Parameters
    ----------
    tried
        A column for each setting, and the columns misfit, fits and is_best; see
        `refashion.recovery.tables.table_misfits`.
    scales
        For each setting "linear", "log", "integer", or "values" for listed ones.
    measure
        "digits" if the misfit is a distance in printed digits, "probability" if it says how many
        times less probable the printed numbers are than with the best settings.
    apart
        Misfit from which on settings are told apart from the best.
    """
    tried = tried[np.isfinite(tried["misfit"].to_numpy(dtype=float))]
    if tried.empty:
        return nothing("no setting that was tried gave a number")
    n_rows = -(-len(scales) // COLUMNS)
    size = (WIDTH if len(scales) > 1 else WIDTH * 0.75, 2.5 * n_rows)
    figure, axes = plt.subplots(
        n_rows,
        min(COLUMNS, len(scales)),
        figsize=size,
        layout="constrained",
        squeeze=False,
        sharey=True,
    )
    for panel in axes.flat[len(scales) :]:
        panel.set_axis_off()
    for panel, (name, scale) in zip(axes.flat, scales.items(), strict=False):
        _add(panel, tried, name, scale, apart)
        lowest = LEAST if measure == "digits" else 1.0
        panel.set_ylim(bottom=0.7 * lowest)
    for row in axes:
        row[0].set_ylabel(
            "distance in printed digits" if measure == "digits" else "times less probable"
        )
    return figure


def _add(panel: Axes, tried: pd.DataFrame, name: str, scale: str, apart: float) -> None:
    of = tried[tried[name].map(lambda value: value == value)]  # NaN: a condition leaves it out
    x = _places(panel, of[name], scale)
    y = np.maximum(of["misfit"].to_numpy(dtype=float), LEAST)
    fits, best = of["fits"].to_numpy(dtype=bool), of["is_best"].to_numpy(dtype=bool)
    panel.scatter(x[~fits], y[~fits], s=16, facecolors="none", edgecolors=PALETTE[0])
    panel.scatter(x[fits], y[fits], s=20, color=PALETTE[2])
    panel.scatter(x[best], y[best], s=70, facecolors="none", edgecolors=PALETTE[3], linewidths=1.5)
    panel.axhline(apart, color=INK, linewidth=0.8, linestyle=":")
    panel.set_yscale("log")
    panel.yaxis.set_major_locator(LogLocator(numticks=6))
    panel.yaxis.set_minor_formatter(NullFormatter())
    panel.yaxis.set_major_formatter(FuncFormatter(_power))
    panel.set_xlabel(name)


def _power(value: float, place: float | None = None) -> str:
    return short_number(value) if 1e-3 <= value < 1e7 else f"1e{np.log10(value):.0f}"


def _places(panel: Axes, values: pd.Series, scale: str) -> np.ndarray:
    """Place values on the axis: numbers by their size, others side by side."""
    if scale != "values":
        if scale == "log":
            panel.set_xscale("log")
            panel.xaxis.set_major_formatter(FuncFormatter(short_number))
            panel.xaxis.set_minor_formatter(NullFormatter())
        return values.to_numpy(dtype=float)
    labels = [_label(value) for value in values]
    order = list(dict.fromkeys(_label(value) for value in sorted(values, key=_order)))
    rotation = next(turn for most, turn in ROTATIONS.items() if len(order) <= most)
    panel.set_xticks(range(len(order)), order, rotation=rotation)
    panel.set_xlim(-0.5, len(order) - 0.5)
    return np.array([order.index(label) for label in labels], dtype=float)


def _order(value: Any) -> tuple[bool, float, bool, str]:
    """Sort numbers by their size, before texts; null stands last."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return not is_number, value if is_number else 0.0, value is None, _label(value)


def _label(value: Any) -> str:
    return clipped(wording.setting_text(value), LONGEST_LABEL)

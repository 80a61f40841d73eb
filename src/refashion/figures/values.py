"""Figures of a regression: distributions, predictions and errors."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from refashion.figures.style import INK, PALETTE, SHADES, WIDTH, nothing, styled

N_BINS = 60
FEW_POINTS = 300
NO_NUMBER = "no prediction is a finite number: the run diverged"


def with_unit(name: str, unit: str) -> str:
    """Write the unit of a quantity behind its name, if it has one.

    Examples
    --------
    >>> with_unit("price", "euros"), with_unit("score", "")
    ('price (euros)', 'score')
    """
    return f"{name} ({unit})" if unit else name


@styled
def plot_values(parts: Mapping[str, np.ndarray], target: str, unit: str) -> Figure:
    """Plot the distribution of the target.

    Parameters
    ----------
    parts
        Values of each split, shape (n,).
    target, unit
        Name and unit of the target.
    """
    figure, axes = plt.subplots(
        1, len(parts), figsize=(WIDTH, 2.2), layout="constrained", squeeze=False, sharex=True
    )
    for panel, (name, values) in zip(axes.flat, parts.items(), strict=True):
        panel.hist(values, bins=_edges(values), color=PALETTE[0])
        panel.set(title=name, xlabel=with_unit(target, unit))
        _plain_numbers(panel)
        panel.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.flat[0].set_ylabel("examples")
    return figure


@styled
def plot_categories(counts: pd.DataFrame) -> Figure:
    """Plot the number of examples of each level of each category.

    Parameters
    ----------
    counts
        Columns category, level and examples, see `refashion.data.categories.table_categories`.
    """
    groups = list(counts.groupby("category", sort=False))
    n_rows = -(-len(groups) // 2)
    tallest = counts["category"].value_counts().max()
    size = (WIDTH, n_rows * (0.17 * tallest + 0.45))
    figure, axes = plt.subplots(n_rows, 2, figsize=size, layout="constrained", squeeze=False)
    for panel in axes.flat[len(groups) :]:
        panel.set_axis_off()
    for panel, (name, rows) in zip(axes.flat, groups, strict=False):
        bars = panel.barh(rows["level"], rows["examples"], color=PALETTE[0], height=0.7)
        panel.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=7)
        panel.set(title=name, ylim=(tallest - 0.4, -0.6))
        panel.tick_params("y", length=0)
        panel.margins(x=0.28)
        panel.grid(False, axis="y")
        _plain_numbers(panel)
    return figure


@styled
def plot_predictions(true: np.ndarray, predicted: np.ndarray, target: str, unit: str) -> Figure:
    """Plot predicted against true values, with the line on which they are equal.

    Parameters
    ----------
    true, predicted
        Values, shape (n,). Predictions that are not finite are left out.
    target, unit
        Name and unit of the target.
    """
    true, predicted = _numbers_only(true, predicted)
    if not len(true):
        return nothing(NO_NUMBER)
    figure, panel = plt.subplots(figsize=(WIDTH * 0.7, WIDTH * 0.58), layout="constrained")
    _add_predictions(panel, true, predicted, target, unit)
    return figure


@styled
def plot_residuals(true: np.ndarray, predicted: np.ndarray, target: str, unit: str) -> Figure:
    """Plot the errors, predicted minus true, against the predictions and as a histogram.

    Parameters
    ----------
    true, predicted, target, unit
        See `plot_predictions`.
    """
    true, predicted = _numbers_only(true, predicted)
    if not len(true):
        return nothing(NO_NUMBER)
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(WIDTH, 2.6), layout="constrained", width_ratios=(3, 2), sharey=True
    )
    _add_residuals(left, true, predicted, target, unit)
    errors = predicted - true
    right.hist(errors, bins=_edges(errors), orientation="horizontal", color=PALETTE[0])
    right.set(xlabel="examples")
    _plain_numbers(right)
    right.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    return figure


@styled
def plot_answers(true: np.ndarray, predicted: np.ndarray, target: str, unit: str) -> Figure:
    """Plot predictions and errors side by side; parameters as for `plot_predictions`."""
    true, predicted = _numbers_only(true, predicted)
    if not len(true):
        return nothing(NO_NUMBER)
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 2.7), layout="constrained")
    _add_predictions(left, true, predicted, target, unit)
    _add_residuals(right, true, predicted, target, unit)
    return figure


def _edges(values: np.ndarray) -> np.ndarray:
    """Edges of the bins of a histogram, with a positive width even if all values are equal."""
    low, high = float(values.min()), float(values.max())
    least = 1e-6 * max(1.0, abs(low), abs(high))
    n_bins = min(N_BINS, max(5, len(values) // 5))
    return np.linspace(low, max(high, low + least), n_bins + 1)


def _numbers_only(true: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    is_number = np.isfinite(predicted)
    return true[is_number], predicted[is_number]


def _add_predictions(
    panel: Axes, true: np.ndarray, predicted: np.ndarray, target: str, unit: str
) -> None:
    _shaded(panel, true, predicted)
    ends = [min(true.min(), predicted.min()), max(true.max(), predicted.max())]
    panel.plot(ends, ends, color=INK, linewidth=0.8)
    name = with_unit(target, unit)
    panel.set(xlabel=f"true {name}", ylabel=f"predicted {name}")


def _add_residuals(
    panel: Axes, true: np.ndarray, predicted: np.ndarray, target: str, unit: str
) -> None:
    _shaded(panel, predicted, predicted - true)
    panel.axhline(0, color=INK, linewidth=0.8)
    difference = with_unit("predicted - true", unit)
    panel.set(xlabel=f"predicted {with_unit(target, unit)}", ylabel=difference)


def _shaded(panel: Axes, x: np.ndarray, y: np.ndarray) -> Collection:
    """Draw few points as they are, and the density of many.

    The scale is logarithmic so that single points are visible. Returns the points or the hexagons.
    """
    if len(x) <= FEW_POINTS:
        points = panel.scatter(x, y, s=14, color=PALETTE[0], alpha=0.7, linewidths=0)
        _plain_numbers(panel)
        return points
    shaded = panel.hexbin(x, y, gridsize=N_BINS, bins="log", mincnt=1, cmap=SHADES, linewidths=0.1)
    bar = panel.figure.colorbar(shaded, ax=panel, format="{x:,.0f}", shrink=0.8)
    bar.set_label("examples")
    bar.outline.set_visible(False)
    # With counts of one magnitude, the labels between the powers of ten would be formulas.
    bar.ax.yaxis.set_minor_formatter(NullFormatter())
    _plain_numbers(panel)
    return shaded


def _plain_numbers(panel: Axes) -> None:
    """Write large numbers in full, because readers overlook Matplotlib's power of ten."""
    for axis in (panel.xaxis, panel.yaxis):
        if not axis.have_units():  # axes with names of levels have units
            axis.set_major_locator(MaxNLocator(4))
            axis.set_major_formatter("{x:,.6g}")

"""Figures of models: scores, architecture, feature importances and errors."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import MaxNLocator

from refashion.figures import hover, outliers
from refashion.figures.style import (
    FAINT,
    INK,
    PALETTE,
    TALLEST,
    WIDTH,
    nothing,
    short_number,
    styled,
)
from refashion.metrics import METRICS

# Metrics in charts, the most important ones first.
SHOWN = ("accuracy", "log_loss", "r2", "root_mean_squared_error", "mean_absolute_error")
LAYERS_A_ROW = 7
SPLITS: dict[str, tuple[str, dict[str, Any]]] = {
    "train": ("training", {"markerfacecolor": "white", "color": PALETTE[0]}),
    "validation": ("validation", {"color": PALETTE[1]}),
    "test": ("test", {"color": PALETTE[0]}),
}
REPORTED = "reported"
LANES = 0.2  # of a row, above and below its middle
NAME_LETTERS = 44
N_PAIRS = 4


@styled
def plot_scores(scores: pd.DataFrame, reported: pd.DataFrame) -> Figure:
    """Plot the scores of several runs, one below the other, with a panel for each metric.

    Training and test scores are shown as far as there are any, and validation scores if the source
    reports them.

    Parameters
    ----------
    scores
        Columns run (its title), seed, split, metric and value, in the order of the plot. Values
        that are not finite are left out.
    reported
        Columns run, split, metric and value of the reported scores.
    """
    reported = reported[reported["run"].isin(scores["run"]) & reported["metric"].isin(SHOWN)]
    printed, measured = set(reported["split"]), set(scores["split"]) - {"validation"}
    splits = [name for name in SPLITS if name in printed | measured]
    scores = scores[scores["split"].isin(splits) & scores["metric"].isin(SHOWN)]
    # The columns of an empty table have no numeric type.
    finite = scores[np.isfinite(scores["value"].astype(float))]
    if finite.empty:
        return nothing("no run has a score that is a finite number")
    runs = list(scores["run"].unique())
    metrics = [metric for metric in SHOWN if metric in set(finite["metric"])]
    figure, axes = plt.subplots(
        1,
        len(metrics),
        figsize=(WIDTH, min(TALLEST, 0.26 * len(runs) + 1.1)),
        layout="constrained",
        sharey=True,
        squeeze=False,
    )
    for panel, metric in zip(axes.flat, metrics, strict=True):
        of_metric = finite[finite["metric"] == metric], reported[reported["metric"] == metric]
        _score(panel, *of_metric, runs, splits)
        panel.set_title(textwrap.fill(METRICS[metric].label, 44 // len(metrics)))
    axes.flat[0].set(
        yticks=np.arange(len(runs)),
        yticklabels=[textwrap.shorten(run, NAME_LETTERS, placeholder=" …") for run in runs],
        ylim=(len(runs) - 0.4, -0.6),
    )
    # Not every panel has all entries of the legend: some metrics are not reported.
    handles = {
        label: handle
        for panel in axes.flat
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    labels = sorted(handles, key=lambda label: label == REPORTED)
    shown = [handles[label] for label in labels]
    figure.legend(shown, labels, loc="outside lower center", ncols=len(labels))
    return figure


def _score(
    panel: Axes,
    scores: pd.DataFrame,
    reported: pd.DataFrame,
    runs: Sequence[str],
    splits: Sequence[str],
) -> None:
    # Each split has its own lane, so that reported values are next to the right dots.
    places_of = np.linspace(-LANES, LANES, len(splits)) if len(splits) > 1 else [0.0]
    lanes = dict(zip(splits, places_of, strict=True))
    for split, lane in lanes.items():
        of_split = scores[scores["split"] == split].groupby("run", sort=False)["value"]
        means, lows, highs = of_split.mean(), of_split.min(), of_split.max()
        places = [runs.index(run) + lane for run in means.index]
        panel.hlines(places, lows, highs, color=INK, linewidth=1)
        label, dot = SPLITS[split]
        panel.plot(means, places, "o", label=label, zorder=3, markersize=4.5, **dot)
        hover.annotate(panel, _exact(means, places, label))
        printed = reported[reported["split"] == split]
        heights = np.array([runs.index(run) + lane for run in printed["run"]])
        values = outliers.write_at_edge(
            panel, printed.set_index("run")["value"], heights, scores["value"].to_numpy(), REPORTED
        )
        values, heights = values.dropna(), heights[values.notna().to_numpy()]
        stroke: dict[str, Any] = {"color": INK, "markersize": 7, "markeredgewidth": 1.5}
        is_any = bool(len(heights))
        panel.plot(values, heights, "|", label=REPORTED * is_any, zorder=4, **stroke)
        hover.annotate(panel, _exact(values, heights, f"{label}, reported"))
    panel.xaxis.set_major_locator(MaxNLocator(3, prune="lower"))
    panel.xaxis.set_major_formatter(short_number)
    panel.tick_params("y", length=0)


def _exact(values: pd.Series, places: Iterable[float], what: str) -> list[hover.Point]:
    pairs = zip(values.items(), places, strict=True)
    return [(value, place, f"{run}, {what}: {value:,.9g}") for (run, value), place in pairs]


@styled
def plot_network(architecture: pd.DataFrame, n_inputs: str) -> Figure:
    """Draw a network as a row of boxes, one for each layer, whose height shows the output size.

    Parameters
    ----------
    architecture
        Columns type, output_shape and n_parameters, one row for each layer.
    n_inputs
        Shape of the input, such as "28 × 28".
    """
    layers = [("Input", n_inputs, 0)]
    # pandas reads a shape with one dimension as a number.
    layers += [
        (kind, str(shape), n)
        for kind, shape, n in architecture[["type", "output_shape", "n_parameters"]].to_numpy()
    ]
    n_rows = -(-len(layers) // LAYERS_A_ROW)
    figure, axes = plt.subplots(
        n_rows, 1, figsize=(WIDTH, 1.4 * n_rows), layout="constrained", squeeze=False
    )
    sizes = [_size(shape) for _, shape, _ in layers]
    for row, panel in enumerate(axes.flat):
        panel.set(xlim=(-0.55, LAYERS_A_ROW - 0.45), ylim=(-1.15, 1.1))
        panel.set_axis_off()
        first = row * LAYERS_A_ROW
        for column, layer in enumerate(layers[first : first + LAYERS_A_ROW]):
            height = 0.25 + 0.6 * np.log1p(sizes[first + column]) / np.log1p(max(sizes))
            _box(panel, column, height, *layer)
            if first + column + 1 < len(layers):
                arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 0.8}
                ends = (column + 0.58, 0), (column + 0.42, 0)
                panel.annotate("", *ends, arrowprops=arrow)
    return figure


def _size(shape: str) -> int:
    return int(np.prod([int(side) for side in shape.split(" × ")]))


def _box(panel: Axes, x: float, height: float, name: str, shape: str, n_parameters: int) -> None:
    learns = n_parameters > 0
    look: dict[str, Any] = {"edgecolor": "none", "alpha": 0.35 if learns else 0.6}
    colour = PALETTE[0] if learns else FAINT
    style = "round,pad=0,rounding_size=0.06"
    panel.add_patch(
        FancyBboxPatch((x - 0.36, -height), 0.72, 2 * height, style, facecolor=colour, **look)
    )
    words = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", name)
    text: dict[str, Any] = {"ha": "center", "fontsize": 6, "color": INK}
    panel.text(x, 0, textwrap.fill(words, 13), va="center", **text)
    panel.text(x, -0.93, shape, va="top", **text)
    if learns:
        panel.text(x, 0.9, f"{n_parameters:,}", va="bottom", **text)


@styled
def plot_importances(importances: pd.Series, spread: pd.DataFrame | None = None) -> Figure:
    """Plot the feature importances of a model.

    Parameters
    ----------
    importances
        Importance of each feature, by its name.
    spread
        Columns min and max over seeds, with the same index; None for a single seed.
    """
    order = importances.sort_values(ascending=False).index
    figure, panel = plt.subplots(figsize=(WIDTH, 0.22 * len(order) + 0.6), layout="constrained")
    bars = panel.barh(order, importances[order], color=PALETTE[0], height=0.7)
    panel.bar_label(bars, fmt="{:.3f}", padding=3, fontsize=7)
    if spread is not None:
        panel.hlines(order, spread["min"][order], spread["max"][order], color=INK, linewidth=1)
    panel.set(ylim=(len(order) - 0.4, -0.6), xlabel="share")
    panel.margins(x=0.12)
    panel.tick_params("y", length=0)
    panel.grid(False, axis="y")
    return figure


@styled
def plot_confused(
    x: np.ndarray,
    true: np.ndarray,
    predicted: np.ndarray,
    classes: Sequence[str],
    n_pairs: int = N_PAIRS,
    per_pair: int = 8,
) -> Figure:
    """Plot images of the most frequent errors.

    Parameters
    ----------
    x
        Grayscale images, shape (n, height, width).
    true, predicted
        Labels, indices into `classes`, shape (n,). Missing (negative) predictions are left out.
    classes
        Names of the classes.
    n_pairs, per_pair
        Maximum number of pairs of classes, and of images of each pair.
    """
    most = most_confused(true, predicted, n_pairs)
    if not most:
        return nothing("no example is taken for another class")
    figure, axes = plt.subplots(
        len(most),
        2,
        figsize=(WIDTH, 0.62 * len(most)),
        layout="constrained",
        squeeze=False,
        width_ratios=(1, 3.6),
    )
    for (left, right), (of, taken_for, n) in zip(axes, most, strict=True):
        shown = np.flatnonzero((true == of) & (predicted == taken_for))[:per_pair]
        side = x.shape[2]
        strip = np.zeros((x.shape[1], per_pair * side))
        strip[:, : len(shown) * side] = np.hstack(list(x[shown]))
        # Without interpolation, the file stays small; browsers enlarge the images.
        right.imshow(strip, cmap="gray_r", interpolation="none")
        label = f"{classes[of]},\ntaken for\n{classes[taken_for]}: {n:,}"
        left.text(1, 0.5, label, ha="right", va="center", transform=left.transAxes)
        left.set_axis_off()
        right.set_axis_off()
    return figure


def most_confused(
    true: np.ndarray, predicted: np.ndarray, n_pairs: int = N_PAIRS
) -> list[tuple[int, int, int]]:
    """Find the most frequent errors.

    Parameters
    ----------
    true, predicted
        Labels, shape (n,). Missing (negative) predictions are left out.
    n_pairs
        Maximum number of pairs of classes.

    Returns
    -------
    list of (int, int, int)
        True label, predicted label and number of examples, most frequent first.
    """
    wrong = (true != predicted) & (predicted >= 0)
    pairs = np.stack([true[wrong], predicted[wrong]])
    kinds, counts = np.unique(pairs, axis=1, return_counts=True)
    most = np.argsort(-counts, kind="stable")[:n_pairs]
    return [(int(kinds[0, k]), int(kinds[1, k]), int(counts[k])) for k in most]

"""Figures of a dataset: samples, counts and targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import lazy_loader
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from refashion.data import categories
from refashion.data import tables as data_tables
from refashion.figures import values as value_figures
from refashion.figures.style import (
    PALETTE,
    WIDTH,
    styled,
)
from refashion.shortening import clipped

if TYPE_CHECKING:
    import seaborn as sns
else:
    sns = lazy_loader.load("seaborn")


# Panels for columns of a table, and characters of the name above one.
MOST_COLUMNS, PER_ROW, LONGEST_NAME = 24, 4, 30


@styled
def plot_samples(
    x: np.ndarray, y: np.ndarray, classes: Sequence[str], per_class: int = 8
) -> Figure:
    """Plot the first images of each class.

    Parameters
    ----------
    x
        Images, shape (n, height, width), or (n, height, width, 3) in colours.
    y
        Labels, indices into `classes`, shape (n,).
    classes
        Names of the classes.
    per_class
        Maximum number of images of each class.
    """
    n_rows = -(-len(classes) // 2)
    figure, axes = plt.subplots(
        n_rows, 2, figsize=(WIDTH, 0.5 * n_rows + 0.1), layout="constrained", squeeze=False
    )
    for panel in axes.flat:
        panel.set_axis_off()
    # The classes go down the first column, then down the second.
    for label, panel in zip(range(len(classes)), axes.T.flat, strict=False):
        images = x[np.flatnonzero(y == label)[:per_class]]
        _strip(panel, images, classes[label], per_class)
    return figure


def _strip(panel: Axes, images: np.ndarray, title: str, length: int) -> None:
    """Draw images side by side, to the right of their title."""
    height, width = images.shape[1:3]
    if len(images):
        # Reversed, because the background of the images is zero.
        panel.imshow(np.hstack(list(images)), cmap="gray_r", interpolation="nearest")
    panel.set(xlim=(-0.5, length * width - 0.5), ylim=(height - 0.5, -0.5), aspect="equal")
    panel.text(-width * 0.25, height / 2, title, ha="right", va="center")


@styled
def plot_class_counts(counts: pd.DataFrame) -> Figure:
    """Plot the number of examples of each class in every split.

    Parameters
    ----------
    counts
        Columns split, class and examples, see `refashion.data.tables.table_class_counts`.
    """
    splits = counts["split"].unique()
    n_classes = counts["class"].nunique()
    figure, axes = plt.subplots(
        1,
        len(splits),
        figsize=(WIDTH, 0.19 * n_classes + 0.6),
        sharex=True,
        sharey=True,
        layout="constrained",
        squeeze=False,
    )
    for panel, (split, rows) in zip(axes.flat, counts.groupby("split", sort=False), strict=True):
        sns.barplot(rows, x="examples", y="class", color=PALETTE[0], width=0.7, ax=panel)
        panel.bar_label(panel.containers[0], fmt="{:,.0f}", padding=3, fontsize=7)
        panel.set(title=split, xlabel="examples", ylabel="")
        panel.tick_params("y", length=0)
        panel.grid(False, axis="y")
        panel.margins(x=0.28)
        panel.xaxis.set_major_locator(MaxNLocator(3))
        panel.xaxis.set_major_formatter("{x:,.0f}")
    return figure


def plot_targets(
    parts: Mapping[str, np.ndarray], classes: Sequence[str], target: str, unit: str
) -> Figure:
    """Plot the number of examples of each class, or the distribution of the values of a regression.

    Parameters
    ----------
    parts
        Targets of each split, shape (n,).
    classes
        Names of the classes, by label; empty for a regression.
    target, unit
        Name and unit of the target.
    """
    if len(classes):
        return plot_class_counts(data_tables.table_class_counts(parts, classes))
    return value_figures.plot_values(parts, target, unit)


def plot_examples(
    x: np.ndarray,
    y: np.ndarray,
    classes: Sequence[str],
    features: Sequence[str],
    levels: Mapping[str, Sequence[str]],
) -> Figure:
    """Plot what examples look like.

    For images, these are the first of each class (or of all, for a regression); for texts, their
    lengths; for a table, the counts of each category, or without categories the distribution of
    each column.

    Parameters
    ----------
    x, y
        Inputs of shape (n, ...) and targets of shape (n,).
    classes, features, levels
        `CLASSES`, `FEATURES` and `CATEGORIES` of the dataset.
    """
    if are_images(x):
        return plot_samples(x, y if len(classes) else np.zeros(len(x)), classes or ["examples"])
    if x.dtype.kind == "U":
        return plot_lengths(x)
    if levels:
        return value_figures.plot_categories(categories.table_categories(x, y, features, levels))
    return plot_columns(x, features)


def are_images(x: np.ndarray) -> bool:
    """Return whether inputs are images: gray, (n, height, width), or coloured, with 3 channels."""
    is_numeric = x.dtype.kind != "U"
    return is_numeric and (x.ndim == 3 or (x.ndim == 4 and x.shape[3] == 3))


@styled
def plot_columns(x: np.ndarray, features: Sequence[str]) -> Figure:
    """Plot the distribution of each column of a table, of the first ones if there are many.

    Parameters
    ----------
    x
        Inputs, shape (n, features). Missing values are left out.
    features
        Names of the columns.
    """
    values = np.asarray(x).reshape(len(x), -1)
    names = list(features) or [f"value {place + 1}" for place in range(values.shape[1])]
    shown = names[:MOST_COLUMNS]
    n_rows = -(-len(shown) // PER_ROW)
    size = (WIDTH, 1.25 * n_rows + 0.2)
    figure, axes = plt.subplots(n_rows, PER_ROW, figsize=size, layout="constrained", squeeze=False)
    for panel in axes.flat[len(shown) :]:
        panel.set_axis_off()
    for panel, name, column in zip(axes.flat, shown, values.T, strict=False):
        finite = column[np.isfinite(column)].astype(float)
        panel.hist(finite, bins=min(40, max(5, len(finite) // 5)), color=PALETTE[0])
        panel.set_title(shortened_name(name), fontsize=7)
        panel.xaxis.set_major_locator(MaxNLocator(3))
        panel.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    if len(names) > len(shown):
        figure.supxlabel(f"the first {len(shown)} of {len(names):,} columns", fontsize=7)
    return figure


@styled
def plot_lengths(texts: np.ndarray) -> Figure:
    """Plot the number of words of texts.

    Parameters
    ----------
    texts
        Texts, shape (n,) or (n, columns), in which case the columns are counted together.
    """
    lengths = data_tables.n_words(texts)
    figure, panel = plt.subplots(figsize=(WIDTH, 2.2), layout="constrained")
    panel.hist(lengths, bins=min(60, max(5, len(lengths) // 5)), color=PALETTE[0])
    panel.set(xlabel="words", ylabel="examples")
    panel.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    return figure


def shortened_name(name: str) -> str:
    """Shorten the name of a column to fit above its panel."""
    return clipped(name, LONGEST_NAME)

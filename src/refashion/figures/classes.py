"""Figures of classes: confusion matrices and predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import lazy_loader
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from refashion.figures import hover
from refashion.figures import values as value_figures
from refashion.figures.style import (
    SHADES,
    WIDTH,
    nothing,
    styled,
)
from refashion.runs import evaluation

if TYPE_CHECKING:
    import seaborn as sns
else:
    sns = lazy_loader.load("seaborn")

CELL_RADIUS = 8  # points
# Of a row; smaller differences are not shaded as if they were large.
SMALLEST_SHARE = 0.02
DIVERGING = "PuOr"


@styled
def plot_confusion_matrix(matrix: pd.DataFrame) -> Figure:
    """Plot a confusion matrix, shaded by the fraction of each row.

    Parameters
    ----------
    matrix
        One row for each true class: column `true` with its name, then one column for each predicted
        class. Values are counts, or means of counts over seeds.
    """
    counts = matrix.set_index("true")
    shares = counts.div(counts.sum(axis=1).replace(0, 1), axis=0)
    figure, panel = _matrix(shares, counts.map(_count), cmap=SHADES, vmin=0, vmax=1)
    hover.annotate(panel, _exact_cells(counts, shares), radius=CELL_RADIUS)
    return figure


@styled
def plot_matrix_differences(matrix: pd.DataFrame, reported: pd.DataFrame) -> Figure:
    """Plot by how much a confusion matrix differs from that of a source, ours minus reported.

    Cells are shaded by the difference as a share of the row that the source reports.

    Parameters
    ----------
    matrix, reported
        Confusion matrices of the same classes, as `plot_confusion_matrix` takes them.
    """
    ours, theirs = matrix.set_index("true"), reported.set_index("true")
    differences = ours - theirs.loc[ours.index, ours.columns]
    shares = differences.div(theirs.sum(axis=1).replace(0, 1), axis=0).loc[ours.index]
    most = max(float(shares.abs().to_numpy().max()), SMALLEST_SHARE)
    texts = differences.map(_difference)
    figure, panel = _matrix(shares, texts, cmap=DIVERGING, vmin=-most, vmax=most)
    hover.annotate(panel, _exact_differences(ours, theirs), radius=CELL_RADIUS)
    return figure


def _matrix(shares: pd.DataFrame, texts: pd.DataFrame, **colours: Any) -> tuple[Figure, Axes]:
    """Draw a matrix of classes with a text in each cell."""
    side = 0.29 * len(shares) + 1.1
    figure, panel = plt.subplots(figsize=(min(WIDTH, side + 0.3), min(WIDTH, side)))
    figure.set_layout_engine("constrained")
    sns.heatmap(
        shares,
        annot=texts,
        fmt="",
        square=True,
        linewidths=0.8,
        cbar=False,
        annot_kws={"fontsize": 7},
        ax=panel,
        **colours,
    )
    panel.set(xlabel="predicted", ylabel="true")
    panel.tick_params(length=0)
    panel.tick_params("y", rotation=0)
    plt.setp(panel.get_xticklabels(), rotation=45, ha="right", rotation_mode="anchor")
    return figure, panel


def _exact_differences(ours: pd.DataFrame, theirs: pd.DataFrame) -> list[hover.Point]:
    return [
        (
            column + 0.5,
            row + 0.5,
            f"{true} taken for {predicted}: {ours.loc[true, predicted]:g}, "
            f"reported {theirs.loc[true, predicted]:g}",
        )
        for row, true in enumerate(ours.index)
        for column, predicted in enumerate(ours.columns)
    ]


def _difference(value: float) -> str:
    """Format a difference of counts; empty for none."""
    return f"{value:+.0f}".replace("-", "−") if round(value) else ""


def _exact_cells(counts: pd.DataFrame, shares: pd.DataFrame) -> list[hover.Point]:
    n, share = counts.to_numpy(), shares.to_numpy()
    return [
        (
            column + 0.5,
            row + 0.5,
            f"{true} taken for {predicted}: {n[row, column]:g}, {share[row, column]:.2%} of {true}",
        )
        for row, true in enumerate(map(str, counts.index))
        for column, predicted in enumerate(map(str, counts.columns))
    ]


def _count(value: float) -> str:
    """Format a count, or a mean of counts; empty for zero."""
    return "" if value == 0 else "<1" if value < 1 else f"{value:.0f}"


@styled
def plot_answers(
    true: np.ndarray, predicted: np.ndarray, classes: Sequence[str], target: str, unit: str
) -> Figure:
    """Plot a confusion matrix, or the predictions and errors of a regression.

    Parameters
    ----------
    true, predicted
        Labels or values, shape (n,).
    classes, target, unit
        See `refashion.figures.data.plot_targets`.
    """
    if len(classes) and (predicted < 0).all():
        return nothing(value_figures.NO_NUMBER)
    if len(classes):
        return plot_confusion_matrix(evaluation.confusion_table(true, predicted, classes))
    return value_figures.plot_answers(true, predicted, target, unit)

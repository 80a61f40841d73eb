"""Figures of classes: confusion matrices and predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import lazy_loader
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
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
    side = 0.29 * len(counts) + 1.1
    figure, panel = plt.subplots(figsize=(min(WIDTH, side + 0.3), min(WIDTH, side)))
    figure.set_layout_engine("constrained")
    sns.heatmap(
        shares,
        annot=counts.map(_count),
        fmt="",
        cmap=SHADES,
        vmin=0,
        vmax=1,
        square=True,
        linewidths=0.8,
        cbar=False,
        annot_kws={"fontsize": 7},
        ax=panel,
    )
    panel.set(xlabel="predicted", ylabel="true")
    panel.tick_params(length=0)
    panel.tick_params("y", rotation=0)
    plt.setp(panel.get_xticklabels(), rotation=45, ha="right", rotation_mode="anchor")
    hover.annotate(panel, _exact_cells(counts, shares), radius=CELL_RADIUS)
    return figure


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

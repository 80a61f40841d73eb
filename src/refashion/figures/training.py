"""Figures of training histories.

Figures stay open in pyplot, so that a notebook shows them. A caller that draws many must close
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import lazy_loader
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from refashion.figures import hover
from refashion.figures.style import (
    INK,
    PALETTE,
    WIDTH,
    nothing,
    style,
    styled,
    to_svg,
)
from refashion.wording import headed

if TYPE_CHECKING:
    import seaborn as sns
else:
    sns = lazy_loader.load("seaborn")

__all__ = ["style", "to_svg"]

MOST_EPOCHS = 500
MOST_EXACT = 60  # points of a curve with a tooltip
LINE_LETTERS = 100
CURVES = {"loss": "Loss", "accuracy": "Accuracy", "mae": "Mean absolute error"}
# Columns of a history that are no scores.
NO_CURVES = ("epoch", "learning_rate", "seconds", "run", "seed", "fold")
# More panels stand in rows of two.
MOST_BESIDE = 3
DASHES = {"training": (3, 1.5), "validation": ""}
MARKERS = {"training": "o", "validation": "s"}


@styled
def plot_history(history: pd.DataFrame | None, reported: pd.DataFrame | None = None) -> Figure:
    """Plot loss and metric by epoch, for training and validation.

    Parameters
    ----------
    history
        One row for each epoch, with columns epoch, loss, accuracy or mae and further metrics, the
        same with the prefix `val_`, and optionally run and seed; None for a model without epochs.
        Several seeds of a run are shown as their mean, with a band from the lowest to the highest.
        Of very many epochs, only some are drawn.
    reported
        Reported values: columns run, epoch, curve, part and value, see
        `refashion.ledger.tables.reported_history`. Runs that are not in the history are left out.
    """
    if history is None:
        return nothing("this model is not trained in epochs")
    numbers = _thinned(history).replace([np.inf, -np.inf], np.nan)
    used = numbers.dropna(axis="columns", how="all")
    # A loss that is never finite is a result, so it gets a panel that says so.
    curves = {**CURVES, **further_curves(history)}
    shown = [n for n in curves if {n, f"val_{n}"} & set(used) or (n in numbers and n == "loss")]
    if not shown:
        return nothing("no run left a history")
    long = _long_history(numbers, shown)
    columns = len(shown) if len(shown) <= MOST_BESIDE else 2
    rows = -(-len(shown) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(WIDTH, 2.7 * rows), layout="constrained", squeeze=False
    )
    for panel in axes.flat[len(shown) :]:
        panel.set_axis_off()
    for panel, name in zip(axes.flat, shown, strict=False):
        _curves(panel, long[long["curve"] == name])
        if reported is not None:
            _reported_epochs(panel, reported[reported["curve"] == name], list(long["run"].unique()))
        panel.set(title=curves[name], xlabel="epoch", ylabel="")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    runs = list(history["run"].unique()) if "run" in history else []
    _share_legend(figure, leave_out=runs if len(runs) == 1 else [])
    return figure


def further_curves(history: pd.DataFrame) -> dict[str, str]:
    """Name the metrics of a history besides the loss and the usual metric, by column."""
    columns = dict.fromkeys(str(column).removeprefix("val_") for column in history)
    further = [name for name in columns if name not in (*CURVES, *NO_CURVES)]
    return {name: headed(name) for name in further}


def _thinned(history: pd.DataFrame) -> pd.DataFrame:
    """Keep some hundreds of epochs, among them the first and the last of each run."""
    if history.empty or history["epoch"].max() <= MOST_EPOCHS:
        return history
    step = -(-history["epoch"].max() // MOST_EPOCHS)
    of_run = [history[key] for key in ("run", "seed") if key in history] or [history["epoch"] > 0]
    last = history["epoch"] == history.groupby(of_run)["epoch"].transform("max")
    return history[(history["epoch"] % step == 0) | (history["epoch"] == 1) | last]


def _long_history(history: pd.DataFrame, shown: Sequence[str]) -> pd.DataFrame:
    """Reshape a history to one row for each run, seed, epoch, curve and part."""
    history = history.assign(**{key: 0 for key in ("run", "seed") if key not in history})
    pieces = [
        history[["run", "seed", "epoch"]].assign(curve=name, part=part, value=history[column])
        for name in shown
        for part, column in (("training", name), ("validation", f"val_{name}"))
        if column in history
    ]
    return pd.concat(pieces, ignore_index=True)


def _curves(panel: Axes, rows: pd.DataFrame) -> None:
    parts = rows["part"].unique()
    runs = rows["run"].unique()
    if rows["value"].isna().all():
        panel.text(0.5, 0.5, "no finite number", ha="center", transform=panel.transAxes)
    # A single epoch is a point, not a line.
    is_short = rows["epoch"].nunique() == 1
    sns.lineplot(
        rows,
        x="epoch",
        y="value",
        hue="run",
        style="part",
        style_order=parts,
        dashes=[DASHES[part] for part in parts],
        markers=[MARKERS[part] for part in parts] if is_short else None,
        palette=[PALETTE[place % len(PALETTE)] for place in range(len(runs))],
        hue_order=runs,
        errorbar=("pi", 100) if rows["seed"].nunique() > 1 else None,
        err_kws={"alpha": 0.18, "linewidth": 0},
        ax=panel,
    )
    hover.annotate(panel, _exact_curves(rows))


def _reported_epochs(panel: Axes, reported: pd.DataFrame, runs: Sequence[str]) -> None:
    """Mark the reported values of each epoch, in the colour of the run."""
    for place, run in enumerate(runs):
        colour = PALETTE[place % len(PALETTE)]
        for part, rows in reported[reported["run"] == run].groupby("part", sort=False):
            fill = "white" if part == "training" else colour
            look: dict[str, Any] = {"markerfacecolor": fill, "markeredgecolor": INK}
            panel.plot(
                *(rows["epoch"], rows["value"], "D"),
                label=f"{part}, reported",
                **(look | {"markeredgewidth": 0.8, "markersize": 4, "zorder": 3}),
            )
            named = f"{run}, " if run else ""
            hover.annotate(
                panel,
                [
                    (epoch, value, f"{named}{part}, epoch {epoch}, reported: {value}")
                    for epoch, value in zip(rows["epoch"], rows["value"], strict=True)
                ],
            )


def _exact_curves(rows: pd.DataFrame) -> list[hover.Point]:
    """Tooltips with the exact values of curves; long curves have them at some epochs."""
    means = rows.dropna(subset="value").groupby(["run", "part", "epoch"], sort=False)["value"]
    table = means.agg(["mean", "min", "max", "size"]).reset_index()
    every = -(-table["epoch"].nunique() // MOST_EXACT)
    last = table.groupby(["run", "part"])["epoch"].transform("max")
    chosen = table[((table["epoch"] - 1) % every == 0) | (table["epoch"] == last)]
    return [(row["epoch"], row["mean"], _exact(row)) for row in chosen.to_dict("records")]


def _exact(row: Mapping[Any, Any]) -> str:
    named = f"{row['run']}, " if row["run"] else ""
    spread = f" ({row['min']:.6g} to {row['max']:.6g}, {row['size']} seeds)"
    value = f"{row['mean']:.6g}{spread * (row['size'] > 1)}"
    return f"{named}{row['part']}, epoch {row['epoch']}: {value}"


def _share_legend(figure: Figure, leave_out: Sequence[str]) -> None:
    """Put one legend under all panels, without the names of seaborn's variables."""
    unnamed = {"run", "part", "0", *leave_out}
    # Panels may have different curves, or none.
    found: dict[str, Any] = {}
    for panel in figure.axes:
        handles, labels = panel.get_legend_handles_labels()
        found |= dict(zip(labels, handles, strict=True))
    wanted = [(handle, label) for label, handle in found.items() if label not in unnamed]
    for panel in figure.axes:
        if legend := panel.get_legend():
            legend.remove()
    if not wanted:
        return
    # As many columns as fit on the page; the line beside a name takes the space of six letters.
    longest = max(len(label) for _, label in wanted) + 6
    ncols = max(1, min(len(wanted), LINE_LETTERS // longest))
    figure.legend(*zip(*wanted, strict=True), loc="outside lower center", ncols=ncols)

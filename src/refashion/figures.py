"""Tables to figures, in one visual language. Nothing here opens a file.

Figures are left open for pyplot, so that a notebook shows them; who draws many closes them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import lazy_loader
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from refashion import categories, evaluation, hover, ledger_text, outliers, tables, value_figures
from refashion.reported import Reported
from refashion.style import (
    FAINT,
    INK,
    PALETTE,
    SHADES,
    TALLEST,
    WIDTH,
    nothing,
    short_number,
    style,
    styled,
    to_svg,
)

sns = lazy_loader.load("seaborn")

__all__ = ["style", "to_svg"]

MOST_EPOCHS = 500
MOST_EXACT = 60  # points of a curve that tell their value
ABOVE = 0.38  # of a row: where words stand clear of a mark
CELL_RADIUS = 8  # points
LINE_LETTERS = 100
NAME_LETTERS = 26
CURVES = {"loss": "Loss", "accuracy": "Accuracy", "mae": "Mean absolute error"}
DASHES = {"training": (3, 1.5), "validation": ""}
MARKERS = {"training": "o", "validation": "s"}


@styled
def plot_samples(
    x: np.ndarray, y: np.ndarray, classes: Sequence[str], per_class: int = 8
) -> Figure:
    """Show the first images of each class.

    Parameters
    ----------
    x
        Grey images, shape (n, height, width).
    y
        Labels, places in `classes`, shape (n,).
    classes
        Names.
    per_class
        Images of each class, fewer where there are fewer.
    """
    n_rows = -(-len(classes) // 2)
    figure, axes = plt.subplots(
        n_rows, 2, figsize=(WIDTH, 0.5 * n_rows + 0.1), layout="constrained", squeeze=False
    )
    for panel in axes.flat:
        panel.set_axis_off()
    # Down the first column, then down the second: the order of the classes.
    for label, panel in zip(range(len(classes)), axes.T.flat, strict=False):
        images = x[np.flatnonzero(y == label)[:per_class]]
        _strip(panel, images, classes[label], per_class)
    return figure


def _strip(panel: Axes, images: np.ndarray, title: str, length: int) -> None:
    """Draw images side by side, after their title."""
    height, width = images.shape[1:]
    if len(images):
        # Dark on light: the garments' background is zero.
        panel.imshow(np.hstack(list(images)), cmap="gray_r", interpolation="nearest")
    panel.set(xlim=(-0.5, length * width - 0.5), ylim=(height - 0.5, -0.5), aspect="equal")
    panel.text(-width * 0.25, height / 2, title, ha="right", va="center")


@styled
def plot_class_counts(counts: pd.DataFrame) -> Figure:
    """Show how many examples of each class every split has.

    Parameters
    ----------
    counts
        Columns split, class, examples, as `tables.table_class_counts` gives them.
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


@styled
def plot_history(history: pd.DataFrame | None, reported: pd.DataFrame | None = None) -> Figure:
    """Show loss and score by epoch, in training and in validation.

    Parameters
    ----------
    history
        A row per epoch: epoch, loss, accuracy or mae, the same with `val_` where there is
        validation, and where there is more than one of them, run and seed. Several seeds of a run
        become their mean with a band from the lowest to the highest. None of a model that is not
        trained in epochs. Of very many epochs, some at equal distances are drawn.
    reported
        What the source prints: columns run, epoch, curve, part and value, as
        `ledger_tables.reported_history` gives them; runs that are not in the history are left out.
    """
    if history is None:
        return nothing("this model is not trained in epochs")
    numbers = _thinned(history).replace([np.inf, -np.inf], np.nan)
    used = numbers.dropna(axis="columns", how="all")
    # A loss that is no number in any epoch is a result, and its panel says so.
    shown = [n for n in CURVES if {n, f"val_{n}"} & set(used) or (n in numbers and n == "loss")]
    if not shown:
        return nothing("no run left a history")
    long = _long_history(numbers, shown)
    figure, axes = plt.subplots(
        1, len(shown), figsize=(WIDTH, 2.7), layout="constrained", squeeze=False
    )
    for panel, name in zip(axes.flat, shown, strict=True):
        _curves(panel, long[long["curve"] == name])
        if reported is not None:
            _reported_epochs(panel, reported[reported["curve"] == name], long["run"].unique())
        panel.set(title=CURVES[name], xlabel="epoch", ylabel="")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    runs = history["run"].unique() if "run" in history else []
    _share_legend(figure, leave_out=runs if len(runs) == 1 else [])
    return figure


def _thinned(history: pd.DataFrame) -> pd.DataFrame:
    """Keep some hundreds of epochs: the first and the last of each run, and some between."""
    if history.empty or history["epoch"].max() <= MOST_EPOCHS:
        return history
    step = -(-history["epoch"].max() // MOST_EPOCHS)
    of_run = [history[key] for key in ("run", "seed") if key in history] or [history["epoch"] > 0]
    last = history["epoch"] == history.groupby(of_run)["epoch"].transform("max")
    return history[(history["epoch"] % step == 0) | (history["epoch"] == 1) | last]


def _long_history(history: pd.DataFrame, shown: Sequence[str]) -> pd.DataFrame:
    """Bring a history into one row per run, seed, epoch, curve and part."""
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
    # A single epoch makes a point, not a line.
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
    hover.tell(panel, _exact_curves(rows))


def _reported_epochs(panel: Axes, reported: pd.DataFrame, runs: Sequence[str]) -> None:
    """Mark what a source prints of each epoch, in the colour of the run."""
    for place, run in enumerate(runs):
        colour = PALETTE[place % len(PALETTE)]
        for part, rows in reported[reported["run"] == run].groupby("part", sort=False):
            fill = "white" if part == "training" else colour
            look = {"markerfacecolor": fill, "markeredgecolor": INK, "markeredgewidth": 0.8}
            panel.plot(
                *(rows["epoch"], rows["value"], "D"),
                label=f"{part}, reported",
                **({"markersize": 4, "zorder": 3} | look),
            )
            named = f"{run}, " if run else ""
            hover.tell(
                panel,
                [
                    (
                        row.epoch,
                        row.value,
                        f"{named}{part}, epoch {row.epoch}, reported: {row.value}",
                    )
                    for row in rows.itertuples()
                ],
            )


def _exact_curves(rows: pd.DataFrame) -> list[hover.Point]:
    """Give the exact values of curves, of long ones at some epochs."""
    means = rows.dropna(subset="value").groupby(["run", "part", "epoch"], sort=False)["value"]
    table = means.agg(["mean", "min", "max", "size"]).reset_index()
    every = -(-table["epoch"].nunique() // MOST_EXACT)
    last = table.groupby(["run", "part"])["epoch"].transform("max")
    chosen = table[((table["epoch"] - 1) % every == 0) | (table["epoch"] == last)]
    return [(row["epoch"], row["mean"], _exact(row)) for row in chosen.to_dict("records")]


def _exact(row: Mapping[str, Any]) -> str:
    named = f"{row['run']}, " if row["run"] else ""
    spread = f" ({row['min']:.6g} to {row['max']:.6g}, {row['size']} seeds)"
    value = f"{row['mean']:.6g}{spread * (row['size'] > 1)}"
    return f"{named}{row['part']}, epoch {row['epoch']}: {value}"


def _share_legend(figure: Figure, leave_out: Sequence[str]) -> None:
    """Put one legend under all panels, without the names of seaborn's variables."""
    leave_out = {"run", "part", "0", *leave_out}
    # A panel without a number has no legend, and one may hold more curves than another.
    found: dict[str, Any] = {}
    for panel in figure.axes:
        handles, labels = panel.get_legend_handles_labels()
        found |= dict(zip(labels, handles, strict=True))
    wanted = [(handle, label) for label, handle in found.items() if label not in leave_out]
    for panel in figure.axes:
        if panel.get_legend():
            panel.get_legend().remove()
    if not wanted:
        return
    # As many side by side as the page is wide; with its line, a name takes some letters more.
    longest = max(len(label) for _, label in wanted) + 6
    ncols = max(1, min(len(wanted), LINE_LETTERS // longest))
    figure.legend(*zip(*wanted, strict=True), loc="outside lower center", ncols=ncols)


@styled
def plot_confusion_matrix(matrix: pd.DataFrame) -> Figure:
    """Show which classes are taken for which.

    Parameters
    ----------
    matrix
        A row per true class: column `true`, its name, then one column per predicted class. Counts,
        or means of counts over seeds. The shade is the share of the row.
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
    hover.tell(panel, _exact_cells(counts, shares), radius=CELL_RADIUS)
    return figure


def _exact_cells(counts: pd.DataFrame, shares: pd.DataFrame) -> list[hover.Point]:
    return [
        (
            column + 0.5,
            row + 0.5,
            f"{true} taken for {predicted}: {counts.iloc[row, column]:g}, "
            f"{shares.iloc[row, column]:.2%} of {true}",
        )
        for row, true in enumerate(counts.index)
        for column, predicted in enumerate(counts.columns)
    ]


def _count(value: float) -> str:
    """Write a count, or a mean of counts; nothing for none."""
    return "" if value == 0 else "<1" if value < 1 else f"{value:.0f}"


@styled
def plot_comparison(verdicts: pd.DataFrame | Sequence[Mapping[str, Any]]) -> Figure:
    """Set each reported number beside its re-created value, one panel per metric.

    A number is reproduced where the interval of the re-created value lies within the tolerance
    around the reported one; both are drawn. Counts of examples are left out, and so is every claim
    that is no number by itself.

    Parameters
    ----------
    verdicts
        Rows of the ledger; those without re-created value show the reported one alone.
    """
    rows = pd.DataFrame(verdicts)
    if rows.empty:
        return nothing("the study makes no claim")
    rows = _comparable(rows)
    if rows.empty:
        return nothing("the study states no number that can be drawn")
    figure, panels = _panels(rows.groupby("measure", sort=False).size())
    for panel, (measure, group) in zip(panels, rows.groupby("measure", sort=False), strict=False):
        _compare(panel, group)
        panel.set_title(ledger_text.measure_text(measure))
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(handles))
    return figure


def _comparable(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the numbers that can be drawn, with the metric that each is of."""
    rows = rows[rows["kind"] == "value"]
    rows = rows.assign(measure=rows["metric"].map(ledger_text.base_measure))
    rows = rows[~rows["measure"].isin(ledger_text.COUNTS)]
    values = rows["reported"].map(lambda text: Reported.parse(text).value)
    numbers = dict.fromkeys(("reproduced", "lower", "upper", "tolerance"), float)
    return rows.assign(value=values).astype(numbers)


def _panels(sizes: pd.Series) -> tuple[Figure, list[Axes]]:
    """Make a panel for each metric, two side by side, each pair as high as its rows need."""
    n_columns = min(2, len(sizes))
    tallest = [max(sizes.iloc[first : first + 2]) for first in range(0, len(sizes), n_columns)]
    heights = [0.3 * n + 0.75 for n in tallest]
    figure, axes = plt.subplots(
        len(heights),
        n_columns,
        figsize=(WIDTH, min(TALLEST, sum(heights) + 0.4)),
        height_ratios=heights,
        layout="constrained",
        squeeze=False,
    )
    for panel in axes.flat[len(sizes) :]:
        panel.set_axis_off()
    return figure, list(axes.flat)


def _compare(panel: Axes, rows: pd.DataFrame) -> None:
    places = np.arange(len(rows))
    every = rows[["value", "reproduced"]].to_numpy()
    near = {
        column: outliers.name_far(panel, rows[column], places - ABOVE, every, word)
        for column, word in (("value", "reported"), ("reproduced", "re-created"))
    }
    rows = rows.assign(**near)
    panel.barh(
        places,
        2 * rows["tolerance"],
        left=rows["value"] - rows["tolerance"],
        height=0.5,
        color=FAINT,
        label="reported, with tolerance",
    )
    panel.plot(rows["value"], places, "|", color=INK, markersize=12, markeredgewidth=1.5)
    panel.errorbar(
        rows["reproduced"],
        places,
        xerr=(rows["upper"] - rows["lower"]) / 2,
        fmt="o",
        color=PALETTE[0],
        markersize=4.5,
        capsize=3,
        label="re-created, with 95 % interval",
    )
    panel.set(yticks=places, yticklabels=_row_names(rows), ylim=(len(rows) - 0.4, -0.6))
    hover.tell(panel, _exact_pairs(rows))
    panel.grid(False, axis="y")
    panel.tick_params("y", length=0)
    panel.xaxis.set_major_locator(MaxNLocator(3))
    panel.xaxis.set_major_formatter(short_number)


def _exact_pairs(rows: pd.DataFrame) -> Iterator[hover.Point]:
    for place, row in enumerate(rows.to_dict("records")):
        if np.isfinite(row["value"]):
            yield row["value"], place, f"reported: {row['reported']}"
        if np.isfinite(row["reproduced"]):
            half = (row["upper"] - row["lower"]) / 2
            yield row["reproduced"], place, f"re-created: {row['reproduced']:.6g} ± {half:.2g}"


def _row_names(rows: pd.DataFrame) -> list[str]:
    """Name rows by run and class, and as far as these are alike, by split and printed number."""
    classes = rows["metric"].map(ledger_text.class_of)
    names = rows["run"].astype(str) + classes.map(lambda name: f", {name}" if name else "")
    if rows["split"].nunique() > 1:
        names += ", " + rows["split"].astype(str)
    several = names.duplicated(keep=False)
    names = names.where(~several, names + ", " + rows["reported"].astype(str))
    return [textwrap.fill(name, NAME_LETTERS) for name in names]


def plot_targets(
    parts: Mapping[str, np.ndarray], classes: Sequence[str], target: str, unit: str
) -> Figure:
    """Show how often each class occurs, or where there are none, how values are spread.

    Parameters
    ----------
    parts
        Targets of each split or part, shape (n,).
    classes
        Names by label; empty for a regression.
    target, unit
        What is predicted.
    """
    if len(classes):
        return plot_class_counts(tables.table_class_counts(parts, classes))
    return value_figures.plot_values(parts, target, unit)


def plot_examples(
    x: np.ndarray,
    y: np.ndarray,
    classes: Sequence[str],
    features: Sequence[str],
    levels: Mapping[str, Sequence[str]],
) -> Figure:
    """Show the first images of each class, or of a table, the counts of each category.

    Parameters
    ----------
    x, y
        Inputs, shape (n, ...), and targets, shape (n,).
    classes, features, levels
        `CLASSES`, `FEATURES` and `CATEGORIES` of the dataset.
    """
    if len(classes):
        return plot_samples(x, y, classes)
    return value_figures.plot_categories(categories.table_categories(x, y, features, levels))


@styled
def plot_answers(
    true: np.ndarray, predicted: np.ndarray, classes: Sequence[str], target: str, unit: str
) -> Figure:
    """Show which classes are taken for which, or where there are none, predictions and errors.

    Parameters
    ----------
    true, predicted
        Labels or values, shape (n,).
    classes, target, unit
        As for `plot_targets`.
    """
    if len(classes) and (predicted < 0).all():
        return nothing(value_figures.NO_NUMBER)
    if len(classes):
        return plot_confusion_matrix(evaluation.confusion_table(true, predicted, classes))
    return value_figures.plot_answers(true, predicted, target, unit)

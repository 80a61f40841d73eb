"""Tables to figures, in one visual language. Nothing here opens a file.

Figures are left open for pyplot, so that a notebook shows them; who draws many closes them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from refashion.metrics import METRICS

WIDTH = 6.3  # inches: the text width of a page

INK = "#1f2933"
FAINT = "#d5dae0"
PALETTE = sns.color_palette("colorblind").as_hex()
SHADES = "Blues"

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.labelsize": 8,
    "axes.titlelocation": "left",
    "axes.edgecolor": "#7b8794",
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": plt.cycler(color=PALETTE),
    "grid.color": "#e4e7eb",
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.5,
    "figure.dpi": 120,
    "figure.facecolor": "white",
    "text.parse_math": False,  # Names come from files: a dollar sign is a dollar sign.
    "svg.fonttype": "none",
    "svg.hashsalt": "refashion",
}

Parameters = ParamSpec("Parameters")

CURVES = {"loss": "Loss", "accuracy": "Accuracy", "mae": "Mean absolute error"}
DASHES = {"training": (3, 1.5), "validation": ""}
MARKERS = {"training": "o", "validation": "s"}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the report's visual language."""
    # Not rc_context: it would undo more than this, also that a notebook's backend, loaded with the
    # first figure, draws by itself. Every later figure would stay invisible.
    before = {name: plt.rcParams[name] for name in STYLE}
    with sns.axes_style("white"):
        plt.rcParams.update(STYLE)
        try:
            yield
        finally:
            plt.rcParams.update(before)


def _styled(plot: Callable[Parameters, Figure]) -> Callable[Parameters, Figure]:
    @wraps(plot)
    def styled(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Figure:
        with style():
            return plot(*args, **kwargs)

    return styled


def to_svg(figure: Figure) -> str:
    """Draw a figure as SVG, the same text for the same figure, and close it."""
    drawn = io.StringIO()
    with style():
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    return drawn.getvalue()


def _nothing(why: str) -> Figure:
    """Say in place of a figure why there is nothing to draw."""
    figure, panel = plt.subplots(figsize=(WIDTH, 0.6))
    panel.set_axis_off()
    panel.text(0.5, 0.5, why, ha="center", va="center")
    return figure


@_styled
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


@_styled
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


@_styled
def plot_history(history: pd.DataFrame) -> Figure:
    """Show loss and score by epoch, in training and in validation.

    Parameters
    ----------
    history
        A row per epoch: epoch, loss, accuracy or mae, the same with `val_` where there is
        validation, and where there is more than one of them, run and seed. Several seeds of a run
        become their mean with a band from the lowest to the highest.
    """
    numbers = history.dropna(axis="columns", how="all")
    shown = [name for name in CURVES if {name, f"val_{name}"} & set(numbers)]
    if not shown:
        return _nothing("no run left a history")
    long = _long_history(numbers, shown)
    figure, axes = plt.subplots(
        1, len(shown), figsize=(WIDTH, 2.7), layout="constrained", squeeze=False
    )
    for panel, name in zip(axes.flat, shown, strict=True):
        _curves(panel, long[long["curve"] == name])
        panel.set(title=CURVES[name], xlabel="epoch", ylabel="")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    runs = history["run"].unique() if "run" in history else []
    _share_legend(figure, axes.flat[0], leave_out=runs if len(runs) == 1 else [])
    return figure


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
        palette=PALETTE[: rows["run"].nunique()],
        errorbar=("pi", 100) if rows["seed"].nunique() > 1 else None,
        err_kws={"alpha": 0.18, "linewidth": 0},
        ax=panel,
    )


def _share_legend(figure: Figure, first: Axes, leave_out: Sequence[str]) -> None:
    """Put one legend under all panels, without the names of seaborn's variables."""
    leave_out = {"run", "part", "0", *leave_out}
    handles, labels = first.get_legend_handles_labels()
    wanted = [
        (handle, label)
        for handle, label in zip(handles, labels, strict=True)
        if label not in leave_out
    ]
    for panel in figure.axes:
        if panel.get_legend():
            panel.get_legend().remove()
    figure.legend(*zip(*wanted, strict=True), loc="outside lower center", ncols=len(wanted))


@_styled
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
    side = 0.33 * len(counts) + 1.2
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
    return figure


def _count(value: float) -> str:
    """Write a count, or a mean of counts; nothing for none."""
    return "" if value == 0 else "<1" if value < 1 else f"{value:.0f}"


@_styled
def plot_comparison(verdicts: pd.DataFrame | Sequence[Mapping[str, Any]]) -> Figure:
    """Set each reported number beside its re-created value, one panel per metric.

    A number is reproduced where the interval of the re-created value lies within the tolerance
    around the reported one; both are drawn.

    Parameters
    ----------
    verdicts
        Rows of the ledger; those without re-created value show the reported one alone.
    """
    rows = pd.DataFrame(verdicts)
    if rows.empty:
        return _nothing("the study makes no claim")
    rows = rows.assign(value=rows["reported"].map(_printed)).astype(
        dict.fromkeys(("reproduced", "lower", "upper", "tolerance"), float)
    )
    metrics = list(rows["metric"].unique())
    tallest = rows.groupby("metric").size().max()
    figure, axes = plt.subplots(
        1,
        len(metrics),
        figsize=(WIDTH, 0.38 * tallest + 1.15),
        layout="constrained",
        squeeze=False,
    )
    for panel, metric in zip(axes.flat, metrics, strict=True):
        _compare(panel, rows[rows["metric"] == metric])
        panel.set_title(METRICS[metric].label if metric in METRICS else metric)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(handles))
    return figure


def _printed(text: str) -> float:
    percent = text.endswith("%")
    return float(text.removesuffix("%")) / (100 if percent else 1)


def _compare(panel: Axes, rows: pd.DataFrame) -> None:
    places = np.arange(len(rows))
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
    panel.grid(False, axis="y")
    panel.tick_params("y", length=0)
    panel.xaxis.set_major_locator(MaxNLocator(4))


def _row_names(rows: pd.DataFrame) -> list[str]:
    """Name rows by their run, and by their claim where a run has several."""
    names = rows["run"].astype(str)
    return list(names.where(~names.duplicated(keep=False), rows["id"].astype(str)))

"""The chart of a benchmark, in the report's style."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks import consistency, growth, noop, overhead, report, training
from benchmarks.rows import Row
from refashion.figures.style import FAINT, INK, PALETTE, WIDTH, nothing, styled

STEP = ", step"


@styled
def plot(rows: Sequence[Row]) -> Figure:
    """Plot a panel for each measured part.

    Parameters
    ----------
    rows
        Rows of all parts.
    """
    parts = [(draw, _of(rows, part)) for part, draw in PANELS.items()]
    found = [(draw, own) for draw, own in parts if len(own)]
    if not found:
        return nothing("nothing was measured")
    heights = [0.9 + 0.17 * lines(own) for (_, lines), own in found]
    figure, axes = plt.subplots(
        len(found),
        1,
        figsize=(WIDTH, sum(heights)),
        height_ratios=heights,
        layout="constrained",
        squeeze=False,
    )
    for panel, ((draw, _), own) in zip(axes.flat, found, strict=True):
        draw(panel, own)
    return figure


def _of(rows: Sequence[Row], part: str) -> pd.DataFrame:
    chosen = pd.DataFrame([row for row in rows if row.part == part])
    if part == training.PART and len(chosen):
        # The start is a one-time cost, which only the table shows.
        chosen = chosen[chosen["name"].str.endswith(STEP)]
    if part == consistency.PART and len(chosen):
        chosen = chosen[chosen["name"].str.startswith("changed") & (chosen["unit"] == "%")]
    return chosen


def _training(panel: Axes, rows: pd.DataFrame) -> None:
    shown = rows.dropna(subset="ratio").assign(name=rows["name"].str.removesuffix(STEP))
    sns.barplot(shown, x="ratio", y="name", hue="measure", palette=_colours(shown), ax=panel)
    _finish(panel, "Time of a training step", "relative to plain model.fit")
    panel.axvline(1, color=INK, linewidth=0.8)


def _bars(title: str) -> Callable[[Axes, pd.DataFrame], None]:
    def draw(panel: Axes, rows: pd.DataFrame) -> None:
        sns.barplot(rows, x="value", y="measure", hue="name", palette=_hues(rows), ax=panel)
        _finish(panel, title, "seconds")

    return draw


def _efficiency(panel: Axes, rows: pd.DataFrame) -> None:
    shown = rows.dropna(subset="ratio")
    sns.barplot(shown, x="ratio", y="measure", hue="name", palette=_hues(shown), ax=panel)
    _finish(panel, "Efficiency of a report", "fraction of wall time × cores")
    panel.set_xlim(0, 1)


def _growth(panel: Axes, rows: pd.DataFrame) -> None:
    runs = rows["measure"].str.removesuffix(" runs").str.replace(",", "").astype(int)
    shown = rows.assign(runs=runs)
    palette = PALETTE[: shown["name"].nunique()]
    sns.lineplot(shown, x="runs", y="value", hue="name", palette=palette, marker="o", ax=panel)
    least, most = runs.min(), runs.max()
    low = shown.loc[runs == least, "value"].min()
    panel.plot([least, most], [low, low * most / least], color=FAINT, linestyle="--", zorder=0)
    panel.set(xscale="log", yscale="log", ylabel="processor seconds", xlabel="runs")
    for axis in (panel.xaxis, panel.yaxis):
        # Powers of ten would be formulas, which the style does not render.
        axis.set_major_formatter("{x:,g}")
    panel.set_title("Growth with the number of runs (dashed: proportional)")
    _legend(panel)


def _power(panel: Axes, rows: pd.DataFrame) -> None:
    sns.barplot(rows, x="value", y="name", hue="measure", palette=_colours(rows), ax=panel)
    _finish(panel, "Changed numbers that are found", "% of reports")
    panel.set_xlim(0, 100)


def _colours(rows: pd.DataFrame) -> list[str]:
    return PALETTE[: rows["measure"].nunique()]


def _hues(rows: pd.DataFrame) -> list[str]:
    return PALETTE[: rows["name"].nunique()]


def _finish(panel: Axes, title: str, label: str) -> None:
    panel.set(title=title, xlabel=label, ylabel="")
    panel.grid(False, axis="y")
    panel.tick_params("y", length=0)
    for bars in panel.containers:
        panel.bar_label(bars, fmt="{:.2g}", padding=3, fontsize=7)
    _legend(panel)


def _legend(panel: Axes) -> None:
    handles, labels = panel.get_legend_handles_labels()
    if panel.get_legend():
        panel.get_legend().remove()
    if len(labels) > 1:
        panel.legend(handles, labels, loc="upper left", bbox_to_anchor=(1.01, 1))


def _lines(rows: pd.DataFrame) -> int:
    return len(rows)


PANELS: dict[str, tuple[Callable[[Axes, pd.DataFrame], None], Callable[[pd.DataFrame], int]]] = {
    training.PART: (_training, _lines),
    overhead.PART: (_bars("Overhead of one run"), _lines),
    report.PART: (_efficiency, _lines),
    noop.PART: (_bars("One snakemake command"), _lines),
    growth.PART: (_growth, lambda rows: 10),
    consistency.PART: (_power, _lines),
}

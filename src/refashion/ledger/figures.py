"""Figures of the ledger as a whole."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
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
from refashion.ledger.entry import NEUTRAL, OPEN

STUDY_LETTERS = 40
ROW_LETTERS = 26
# Room beside the numbers, as a share of their range; intervals of few seeds run out of the panel.
ROOM = 0.6
SEEN = 0.16  # share of a bar that has room for its mark and number
LIGHT = (OPEN, NEUTRAL)


@styled
def plot_verdicts(counts: pd.DataFrame) -> Figure:
    """Show which share of a study's claims got which verdict, a panel for each kind of claims.

    Parameters
    ----------
    counts
        Columns study, question, verdict (a `Verdict`) and count, in the order in which they are
        drawn.
    """
    if counts.empty:
        return nothing("there is no claim")
    studies = list(counts["study"].unique())
    panels = counts.groupby("question", sort=False)
    figure, axes = plt.subplots(
        1,
        len(panels),
        figsize=(WIDTH, 0.33 * len(studies) + 0.35),
        layout="constrained",
        sharey=True,
        squeeze=False,
    )
    for panel, (question, rows) in zip(axes.flat, panels, strict=True):
        _stack(panel, rows, studies)
        panel.set(title=question, xlim=(0, 1), xticks=[], ylim=(len(studies) - 0.5, -0.5))
        panel.tick_params("y", length=0)
        panel.grid(False)
        panel.spines[:].set_visible(False)
    names = [textwrap.fill(name, STUDY_LETTERS, break_on_hyphens=False) for name in studies]
    axes.flat[0].set_yticks(range(len(studies)), names)
    return figure


def _stack(panel: Axes, rows: pd.DataFrame, studies: list[str]) -> None:
    """Draw the bar of each study, its verdicts one after the other."""
    for place, study in enumerate(studies):
        told = rows[(rows["study"] == study) & (rows["count"] > 0)]
        total, begin = int(told["count"].sum()), 0.0
        for verdict, count in zip(told["verdict"], told["count"], strict=True):
            share = count / total
            colour = verdict.colour
            hatch = "////" if verdict.rank == 0 else None  # in grey, red and green are alike
            panel.barh(
                place, share, left=begin, height=0.72, color=colour, edgecolor="white", hatch=hatch
            )
            if share >= SEEN:
                shown = f"{verdict.mark} {count:,}"
                centre, letters = begin + share / 2, INK if colour in LIGHT else "white"
                text = panel.text(centre, place, shown, color=letters, ha="center", va="center")
                text.set(size=7)
                if hatch:
                    text.set_bbox({"facecolor": colour, "edgecolor": "none", "pad": 0.8})
            begin += share
        hover.annotate(panel, _exact(place, told, total))


def _exact(place: int, told: pd.DataFrame, total: int) -> Iterator[hover.Point]:
    ends = told["count"].cumsum() / total
    for end, verdict, count in zip(ends, told["verdict"], told["count"], strict=True):
        shown = f"{count:,} of {total:,}: {verdict.words}"
        yield end - count / total / 2, place, shown


ABOVE = 0.38  # of a row: where words stand clear of a mark


@styled
def plot_comparison(numbers: pd.DataFrame) -> Figure:
    """Set each reported number beside its re-created value, one panel per metric.

    A number is reproduced where the interval of the re-created value lies within the tolerance
    around the reported one; both are drawn.

    Parameters
    ----------
    numbers
        As `tables.table_comparison` gives them; those without a re-created value show the reported
        one alone.
    """
    if numbers.empty:
        return nothing("the study states no number that can be drawn")
    measures = numbers.groupby("measure", sort=False)
    figure, panels = _panels(measures.size())
    for panel, (measure, group) in zip(panels, measures, strict=False):
        _compare(panel, group)
        panel.set_title(str(measure))
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(handles))
    return figure


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
        column: outliers.write_at_edge(panel, rows[column], places - ABOVE, every, word)
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
    panel.set_xlim(*_limits(rows, panel.get_xlim()))
    hover.annotate(panel, _exact_pairs(rows))
    panel.grid(False, axis="y")
    panel.tick_params("y", length=0)
    panel.xaxis.set_major_locator(MaxNLocator(3))
    panel.xaxis.set_major_formatter(short_number)


def _limits(rows: pd.DataFrame, drawn: tuple[float, float]) -> tuple[float, float]:
    """Limit a panel to its numbers and tolerances, with some room, within what was drawn."""
    ends = [rows["value"] - rows["tolerance"], rows["value"] + rows["tolerance"]]
    numbers = pd.concat([*ends, rows["reproduced"]]).dropna()
    if numbers.empty:
        return drawn
    low, high = float(numbers.min()), float(numbers.max())
    room = ROOM * (high - low)
    return max(drawn[0], low - room), min(drawn[1], high + room)


def _exact_pairs(rows: pd.DataFrame) -> Iterator[hover.Point]:
    for place, row in enumerate(rows.to_dict("records")):
        if np.isfinite(row["value"]):
            yield row["value"], place, f"reported: {row['reported']}"
        if np.isfinite(row["reproduced"]):
            half = (row["upper"] - row["lower"]) / 2
            yield row["reproduced"], place, f"re-created: {row['reproduced']:.6g} ± {half:.2g}"


def _row_names(rows: pd.DataFrame) -> list[str]:
    """Name rows by run and class, and as far as these are alike, by split and printed number."""
    names = rows["run"].where(rows["class"] == "", rows["run"] + ", " + rows["class"])
    if rows["split"].nunique() > 1:
        names += ", " + rows["split"]
    several = names.duplicated(keep=False)
    names = names.where(~several, names + ", " + rows["reported"])
    return [textwrap.fill(name, ROW_LETTERS) for name in names]

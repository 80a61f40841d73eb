"""Figures of the ledger as a whole."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from refashion import hover, ledger_text
from refashion.style import FAINT, INK, WIDTH, nothing, styled

NAME_LETTERS = 38
SEEN = 0.16  # share of a bar that has room for its mark and number
GOOD, OPEN, BAD = "#0b6b4f", "#e3b448", "#a8321a"
COLOURS = {
    **dict.fromkeys(("exact", "reproduced", "holds", "consistent"), (GOOD, "white")),
    "inconclusive": (OPEN, INK),
    **dict.fromkeys(("not_reproduced", "fails", "inconsistent"), (BAD, "white")),
}


@styled
def plot_verdicts(counts: pd.DataFrame) -> Figure:
    """Show which share of a study's claims got which verdict, a panel for each kind of claims.

    Parameters
    ----------
    counts
        Columns study, question, verdict ("" where it is none), count, in the order in which they
        are drawn.
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
    names = [textwrap.fill(name, NAME_LETTERS, break_on_hyphens=False) for name in studies]
    axes.flat[0].set_yticks(range(len(studies)), names)
    return figure


def _stack(panel: Axes, rows: pd.DataFrame, studies: list[str]) -> None:
    """Draw the bar of each study, its verdicts one after the other."""
    for place, study in enumerate(studies):
        told = rows[(rows["study"] == study) & (rows["count"] > 0)]
        total, begin = told["count"].sum(), 0.0
        for verdict, count in zip(told["verdict"], told["count"], strict=True):
            share = count / total
            colour, letters = COLOURS.get(verdict, (FAINT, INK))
            panel.barh(place, share, left=begin, height=0.72, color=colour, edgecolor="white")
            if share >= SEEN:
                shown = f"{ledger_text.MARKS[verdict or None]} {count:,}"
                centre = begin + share / 2
                panel.text(centre, place, shown, color=letters, ha="center", va="center", size=7)
            begin += share
        hover.tell(panel, _exact(place, told, total))


def _exact(place: int, told: pd.DataFrame, total: int) -> Iterator[hover.Point]:
    ends = told["count"].cumsum() / total
    for end, verdict, count in zip(ends, told["verdict"], told["count"], strict=True):
        shown = f"{count:,} of {total:,}: {ledger_text.words(verdict or None)}"
        yield end - count / total / 2, place, shown

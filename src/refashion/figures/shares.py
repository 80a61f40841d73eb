"""Figures of what closes the gap between a reported number and ours."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from refashion.figures import hover
from refashion.figures.style import INK, PALETTE, WIDTH, styled

LETTERS = 46
# Shares are shown as far as this beyond none and all of the gap.
BEYOND = 1.0


@styled
def plot_shares(shares: pd.DataFrame, aim: str) -> Figure:
    """Draw the share of a gap that each change closes, with its interval.

    An arrow stands for a share beyond the ends of the axis.

    Parameters
    ----------
    shares
        Columns change (text), share, lower and upper; the last two are NaN without an interval.
    aim
        What has to be reached, in a word.
    """
    places = np.arange(len(shares))
    figure, panel = plt.subplots(figsize=(WIDTH, 0.34 * len(shares) + 0.75), layout="constrained")
    for at, text in ((0, "ours"), (1, aim)):
        panel.axvline(at, color=INK, linewidth=0.8)
        panel.text(at, -0.75, text, ha="center", va="bottom", fontsize=7)
    ends = shares[["lower", "upper"]].clip(-BEYOND, 1 + BEYOND)
    panel.hlines(places, ends["lower"], ends["upper"], color=PALETTE[0], linewidth=2)
    shown = shares["share"].clip(-BEYOND, 1 + BEYOND)
    sides = np.sign(shares["share"] - shown)
    for side, shape in ((-1, "<"), (0, "o"), (1, ">")):
        chosen = sides == side
        [dots] = panel.plot(shown[chosen], places[chosen], shape, color=PALETTE[0], markersize=5)
        dots.set_clip_on(False)
    panel.set(yticks=places, ylim=(len(shares) - 0.4, -0.7), xlabel="share of the gap that closes")
    panel.set_yticklabels([textwrap.fill(text, LETTERS) for text in shares["change"]])
    panel.set_xlim(
        min(-0.15, ends.min().min(), shown.min()), max(1.15, ends.max().max(), shown.max())
    )
    panel.xaxis.set_major_formatter(PercentFormatter(1, symbol="\u00a0%"))
    panel.grid(False, axis="y")
    panel.tick_params("y", length=0)
    hover.annotate(panel, _exact(shares, shown))
    return figure


def _exact(shares: pd.DataFrame, shown: pd.Series) -> Iterator[hover.Point]:
    for place, (row, x) in enumerate(zip(shares.to_dict("records"), shown, strict=True)):
        yield float(x), place, f"{row['change']}: {row['share']:.0%}"

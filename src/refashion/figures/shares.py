"""Figures of what closes the gap between a reported number and ours."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from refashion.figures import hover
from refashion.figures.style import INK, PALETTE, WIDTH, styled

LETTERS = 46
# Shares are shown as far as this beyond none and all of the gap.
BEYOND = 1.0
# Room beside the outermost marks, and intervals between the ticks of the axis.
MARGIN, MOST_TICKS = 0.05, 5


@styled
def plot_shares(shares: pd.DataFrame) -> Figure:
    """Draw the share of a gap that each change closes, with its interval, claim by claim.

    An arrow stands for a share beyond the ends of the axis.

    Parameters
    ----------
    shares
        Columns claim, change (both text), share, lower and upper; the last two are NaN without an
        interval. The rows of a claim follow one another.
    """
    rows = _with_headings(shares)
    places, labels = np.arange(len(rows)), [textwrap.fill(text, LETTERS) for text in rows["label"]]
    height = 0.14 * sum(label.count("\n") + 1 for label in labels) + 0.1 * len(shares)
    figure, panel = plt.subplots(figsize=(WIDTH, height + 0.75), layout="constrained")
    for at, text in ((0, "ours"), (1, "closed")):
        panel.axvline(at, color=INK, linewidth=0.8)
        panel.text(at, -0.75, text, ha="center", va="bottom", fontsize=7)
    ends = rows[["lower", "upper"]].clip(-BEYOND, 1 + BEYOND)
    panel.hlines(places, ends["lower"], ends["upper"], color=PALETTE[0], linewidth=2)
    shown = rows["share"].clip(-BEYOND, 1 + BEYOND)
    sides = np.sign(rows["share"] - shown)
    for side, shape in ((-1, "<"), (0, "o"), (1, ">")):
        chosen = sides == side
        [dots] = panel.plot(shown[chosen], places[chosen], shape, color=PALETTE[0], markersize=5)
        dots.set_clip_on(False)
    panel.set(yticks=places, ylim=(len(rows) - 0.4, -0.7), xlabel="share of the gap that closes")
    for tick, is_heading in zip(panel.set_yticklabels(labels), rows["share"].isna(), strict=True):
        tick.set_fontweight("bold" if is_heading else "normal")
    drawn = np.append(ends.to_numpy(dtype=float), shown)
    panel.set_xlim(min(-0.15, np.nanmin(drawn) - MARGIN), max(1.15, np.nanmax(drawn) + MARGIN))
    panel.xaxis.set_major_locator(MaxNLocator(MOST_TICKS, steps=[1, 2, 2.5, 5, 10]))
    panel.xaxis.set_major_formatter(PercentFormatter(1, symbol="\u00a0%"))
    panel.grid(False, axis="y")
    panel.tick_params("y", length=0)
    hover.annotate(panel, _exact(rows, shown))
    return figure


def _with_headings(shares: pd.DataFrame) -> pd.DataFrame:
    """Put a row without a share before those of each claim, if there are several claims."""
    rows = shares.rename(columns={"change": "label"})
    claims = rows["claim"].unique()
    if len(claims) == 1:
        return rows
    headings = pd.DataFrame({"claim": claims, "label": claims})
    parts = [headings[headings["claim"] == claim] for claim in claims]
    pairs = zip(parts, (rows[rows["claim"] == claim] for claim in claims), strict=True)
    return pd.concat([part for pair in pairs for part in pair], ignore_index=True)


def _exact(rows: pd.DataFrame, shown: pd.Series) -> Iterator[hover.Point]:
    for place, (row, x) in enumerate(zip(rows.to_dict("records"), shown, strict=True)):
        if np.isfinite(x):
            text = f"{row['claim']}, {row['label']}: {row['share']:.0%}"
            yield float(x), place, text.replace("-", "−")

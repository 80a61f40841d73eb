"""The common style of all figures."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

import lazy_loader
import matplotlib as mpl
import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.figure import Figure

from refashion.figures import hover

# Imported only when something is drawn; unchanged figures are not drawn again.
if TYPE_CHECKING:
    import seaborn as sns
else:
    sns = lazy_loader.load("seaborn")

WIDTH = 6.3  # inches: the text width of a page
TALLEST = 8.8  # inches: the text height of a page, less a caption

INK = "#1f2933"
FAINT = "#d5dae0"
# seaborn's "colorblind".
PALETTE = (
    *("#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc"),
    *("#ca9161", "#fbafe4", "#949494", "#ece133", "#56b4e9"),
)
SHADES = "Blues"

STYLE: dict[Any, Any] = {
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
    "axes.prop_cycle": cycler(color=PALETTE),
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
    "text.parse_math": False,  # names from files may contain dollar signs
    "svg.fonttype": "none",
    "svg.hashsalt": "refashion",
}

Parameters = ParamSpec("Parameters")

# Matplotlib always reads a matplotlibrc in the working folder; this undoes its settings.
mpl.rcdefaults()


@contextmanager
def style() -> Iterator[None]:
    """Use the style of the report inside a `with` block."""
    # rc_context would restore more than these settings. It would turn off the interactive mode that
    # a notebook's backend sets with the first figure, and hide all later figures.
    before = {name: plt.rcParams[name] for name in STYLE}
    with sns.axes_style("white"):
        plt.rcParams.update(STYLE)
        try:
            yield
        finally:
            plt.rcParams.update(before)


def styled(plot: Callable[Parameters, Figure]) -> Callable[Parameters, Figure]:
    """Decorate a function so that it draws in the style of the report."""

    @wraps(plot)
    def drawn(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Figure:
        with style():
            return plot(*args, **kwargs)

    return drawn


def to_svg(figure: Figure) -> str:
    """Draw a figure as SVG, which is the same text for equal figures, and close it."""
    drawn = io.StringIO()
    with style(), warnings.catch_warnings():
        # Text stays text in SVG; browsers and `typesetting` find other fonts for missing glyphs.
        warnings.filterwarnings("ignore", r"Glyph \d+ .*missing from font", UserWarning)
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    return hover.with_tooltips(drawn.getvalue(), figure)


def nothing(why: str) -> Figure:
    """Return a figure that only contains the reason why there is nothing to draw."""
    figure, panel = plt.subplots(figsize=(WIDTH, 0.6))
    panel.set_axis_off()
    panel.text(0.5, 0.5, why, ha="center", va="center")
    return figure


def short_number(value: float, place: float | None = None) -> str:
    """Format a tick label; Matplotlib passes the value and its position.

    Examples
    --------
    >>> short_number(0.25), short_number(16000), short_number(2e8)
    ('0.25', '16,000', '200 million')
    """
    return f"{value / 1e6:,.6g} million" if abs(value) >= 1e6 else f"{value:,.6g}"

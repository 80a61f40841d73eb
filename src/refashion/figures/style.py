"""The visual language that all figures share."""

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

# Imported only where something is drawn, which is not so for a figure that stays as it is.
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
    "text.parse_math": False,  # Names come from files: a dollar sign is a dollar sign.
    "svg.fonttype": "none",
    "svg.hashsalt": "refashion",
}

Parameters = ParamSpec("Parameters")

# Matplotlib reads a matplotlibrc in the working folder before any other, whatever is set.
mpl.rcdefaults()


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


def styled(plot: Callable[Parameters, Figure]) -> Callable[Parameters, Figure]:
    @wraps(plot)
    def drawn(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Figure:
        with style():
            return plot(*args, **kwargs)

    return drawn


def to_svg(figure: Figure) -> str:
    """Draw a figure as SVG, the same text for the same figure, and close it."""
    drawn = io.StringIO()
    with style(), warnings.catch_warnings():
        # Its letters stay letters, for which browsers and `typesetting` find fonts or say so.
        warnings.filterwarnings("ignore", r"Glyph \d+ .*missing from font", UserWarning)
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    return hover.with_titles(drawn.getvalue(), figure)


def nothing(why: str) -> Figure:
    """Say in place of a figure why there is nothing to draw."""
    figure, panel = plt.subplots(figsize=(WIDTH, 0.6))
    panel.set_axis_off()
    panel.text(0.5, 0.5, why, ha="center", va="center")
    return figure


def short_number(value: float, place: float | None = None) -> str:
    """Write a number of a scale, millions with their word; Matplotlib asks with its place.

    Examples
    --------
    >>> short_number(0.25), short_number(16000), short_number(2e8)
    ('0.25', '16,000', '200 million')
    """
    return f"{value / 1e6:,.6g} million" if abs(value) >= 1e6 else f"{value:,.6g}"

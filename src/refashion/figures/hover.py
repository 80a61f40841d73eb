"""Tooltips with exact values in figures.

They are SVG titles, which browsers show when the pointer rests on them, without a script. Printed
figures and figures in notebooks do not have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape, unescape
from weakref import WeakKeyDictionary

from matplotlib.axes import Axes
from matplotlib.figure import Figure

# x and y in data coordinates, and the text.
Point = tuple[float, float, str]

_TOOLTIPS: WeakKeyDictionary[Figure, list[tuple[Axes, Point, float]]] = WeakKeyDictionary()
POINTS_PER_INCH = 72
RADIUS = 4.0
_GROUP = '<g fill="none" pointer-events="all">'
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
# A figure with tooltips is shown in a frame; some browsers do not scale it to the frame.
_FILL = "<style>svg { width: 100%; height: 100% }</style>"


def annotate(panel: Axes, points: Iterable[Point], radius: float = RADIUS) -> None:
    """Add tooltips to points of a panel.

    Parameters
    ----------
    panel
        Axes of a figure that will be drawn as SVG.
    points
        x, y and text of each tooltip; later ones cover earlier ones.
    radius
        Distance from the point within which the tooltip is shown, in typographic points.
    """
    figure = panel.get_figure(root=True)
    if figure is None:
        raise ValueError("the panel is not part of a figure")
    tooltips = _TOOLTIPS.setdefault(figure, [])
    tooltips.extend((panel, point, radius) for point in points)


def tooltips_of(svg: str) -> list[str]:
    """Return the texts of the tooltips of an SVG figure, in their order, each once."""
    group = svg.partition(_GROUP)[2]
    return list(dict.fromkeys(unescape(text) for text in _TITLE.findall(group)))


def with_tooltips(svg: str, figure: Figure) -> str:
    """Insert the tooltips of a figure into its SVG.

    Parameters
    ----------
    svg
        SVG of the figure, drawn by Matplotlib.
    figure
        The figure, with its final layout.
    """
    scale = POINTS_PER_INCH / figure.dpi
    height = figure.get_figheight() * POINTS_PER_INCH
    circles = []
    for panel, (x, y, text), radius in _TOOLTIPS.get(figure, []):
        across, up = panel.transData.transform((x, y)) * scale
        place = f'cx="{across:.1f}" cy="{height - up:.1f}" r="{radius:g}"'
        circles.append(f"<circle {place}><title>{escape(text)}</title></circle>\n")
    if not circles:
        return svg
    group = f"{_FILL}\n{_GROUP}\n{''.join(circles)}</g>\n"
    return svg.replace("</svg>", f"{group}</svg>")

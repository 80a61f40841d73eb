"""Exact values that a figure tells a pointer which rests on it.

They are titles of SVG, which every browser shows by itself, without a script; on paper and in
notebooks they are not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from weakref import WeakKeyDictionary

from matplotlib.axes import Axes
from matplotlib.figure import Figure

# x, y, what is told there; in the coordinates of the data.
Point = tuple[float, float, str]

_TOLD: WeakKeyDictionary[Figure, list[tuple[Axes, Point, float]]] = WeakKeyDictionary()
POINTS_PER_INCH = 72
RADIUS = 4.0
_GROUP = '<g fill="none" pointer-events="all">'
# Such a figure is a document in a frame, which it fills; not every browser does so by itself.
_FILL = "<style>svg { width: 100%; height: 100% }</style>"


def tell(panel: Axes, points: Iterable[Point], radius: float = RADIUS) -> None:
    """Tell something at places of a panel.

    Parameters
    ----------
    panel
        Of a figure that will be drawn as SVG.
    points
        x, y and text; later ones lie above earlier ones.
    radius
        How near the pointer must be, in points.
    """
    figure = panel.get_figure(root=True)
    if figure is None:
        raise ValueError("the panel is part of no figure")
    told = _TOLD.setdefault(figure, [])
    told.extend((panel, point, radius) for point in points)


def tells(svg: str) -> bool:
    """Whether a figure that was drawn tells anything."""
    return _GROUP in svg


def with_titles(svg: str, figure: Figure) -> str:
    """Put what a figure tells into its SVG.

    Parameters
    ----------
    svg
        As Matplotlib has drawn the figure just now.
    figure
        The same, with its layout done.
    """
    scale = POINTS_PER_INCH / figure.dpi
    height = figure.get_figheight() * POINTS_PER_INCH
    circles = []
    for panel, (x, y, text), radius in _TOLD.get(figure, []):
        across, up = panel.transData.transform((x, y)) * scale
        place = f'cx="{across:.1f}" cy="{height - up:.1f}" r="{radius:g}"'
        circles.append(f"<circle {place}><title>{escape(text)}</title></circle>\n")
    if not circles:
        return svg
    group = f"{_FILL}\n{_GROUP}\n{''.join(circles)}</g>\n"
    return svg.replace("</svg>", f"{group}</svg>")

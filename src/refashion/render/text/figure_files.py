"""Files of figures, which are drawn only where what they show has changed."""

from __future__ import annotations

import hashlib
import re
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import joblib
import matplotlib as mpl
from matplotlib.figure import Figure

from refashion import artifacts, sources
from refashion.figures import hover, style


class Drawn(NamedTuple):
    """What there is to know of a figure that was drawn.

    Attributes
    ----------
    width, height
        In inches.
    tells
        Whether it tells a pointer its values.
    """

    width: float
    height: float
    tells: bool


def draw(plot: partial[Figure], path: Path) -> Drawn:
    """Write the file of a figure, unless it shows the same already.

    Parameters
    ----------
    plot
        Function of one of the modules of figures, with all that it is given.
    path
        SVG.
    """
    made_from = f"<!-- made from {_digest(plot)} -->"
    svg = path.read_text(encoding="utf-8") if path.exists() else ""
    if not svg.endswith(made_from):
        svg = style.to_svg(plot()) + made_from
        artifacts.write_text(path, svg)
    return Drawn(_inches("width", svg), _inches("height", svg), hover.has_tooltips(svg))


def _inches(side: str, svg: str) -> float:
    [points] = re.findall(rf'<svg[^>]* {side}="([\d.]+)pt"', svg)[:1]
    return float(points) / hover.POINTS_PER_INCH


def _digest(plot: partial[Figure]) -> str:
    return joblib.hash([plot.func.__qualname__, plot.args, plot.keywords, _code()])


@cache
def _code() -> str:
    """Digest of everything that draws: our modules and the libraries."""
    files = sources.closure("figures.*", "ledger.figures")
    code = [(sources.PROJECT / file).read_bytes() for file in files]
    versions = f"{mpl.__version__} {metadata.version('seaborn')}".encode()
    return hashlib.sha256(b"".join([*code, versions])).hexdigest()

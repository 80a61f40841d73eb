"""Figure files, which are redrawn only if their data or the plotting code has changed."""

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


class FigureFile(NamedTuple):
    """Properties of the SVG file of a figure.

    Attributes
    ----------
    width, height
        Size in inches.
    values
        Texts that appear when the pointer rests on a value.
    """

    width: float
    height: float
    values: tuple[str, ...]


def draw(plot: partial[Figure], path: Path) -> FigureFile:
    """Draw a figure to a file, unless the file is up to date.

    Parameters
    ----------
    plot
        Plotting function with all its arguments.
    path
        Path of the SVG file.
    """
    made_from = f"<!-- made from {_digest(plot)} -->"
    svg = path.read_text(encoding="utf-8") if path.exists() else ""
    if not svg.endswith(made_from):
        svg = style.to_svg(plot()) + made_from
        artifacts.write_text(path, svg)
    values = tuple(hover.tooltips_of(svg))
    return FigureFile(_inches("width", svg), _inches("height", svg), values)


def _inches(side: str, svg: str) -> float:
    [points] = re.findall(rf'<svg[^>]* {side}="([\d.]+)pt"', svg)[:1]
    return float(points) / hover.POINTS_PER_INCH


def _digest(plot: partial[Figure]) -> str:
    return joblib.hash([plot.func.__qualname__, plot.args, plot.keywords, _code()])


@cache
def _code() -> str:
    """Return a digest of the plotting code: our modules and the library versions."""
    files = sources.closure("figures.*", "ledger.figures")
    code = [(sources.PROJECT / file).read_bytes() for file in files]
    versions = f"{mpl.__version__} {metadata.version('seaborn')}".encode()
    return hashlib.sha256(b"".join([*code, versions])).hexdigest()

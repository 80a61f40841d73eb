"""Where the text of a page of a PDF lies: its drawing instructions, followed with pypdf."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pypdf
from pypdf.generic import ContentStream


class Span(NamedTuple):
    """A piece of text that is written at once, in points from the lower left corner."""

    left: float
    right: float
    height: float


def spans(page: pypdf.PageObject) -> Iterator[Span]:
    """Give the place of every piece of text of a page, that of its figures included."""
    return _spans(page.get_contents(), page["/Resources"], np.eye(3), page.pdf)


def _spans(content: Any, resources: Any, matrix: np.ndarray, pdf: Any) -> Iterator[Span]:
    outer: list[np.ndarray] = []
    text = line = np.eye(3)
    widths: dict[int, float] = {}
    size = 0.0
    for operands, operator in ContentStream(content, pdf).operations:
        match operator:
            case b"q":
                outer.append(matrix)
            case b"Q":
                matrix = outer.pop()
            case b"cm":
                matrix = _affine(*operands) @ matrix
            case b"BT":
                text = line = np.eye(3)
            case b"Tm":
                text = line = _affine(*operands)
            case b"Td":
                text = line = _affine(1, 0, 0, 1, *operands) @ line
            case b"Tf":
                widths, size = _widths(resources["/Font"][operands[0]]), float(operands[1])
            case b"Tj" | b"TJ":
                ahead = size * _length(operands if operator == b"Tj" else operands[0], widths)
                after = _affine(1, 0, 0, 1, ahead, 0) @ text
                (start, height), (end, _) = ((place @ matrix)[2, :2] for place in (text, after))
                yield Span(min(start, end), max(start, end), height)
                text = after
            case b"Do":
                form = resources["/XObject"][operands[0]]
                if form["/Subtype"] == "/Form":
                    inner = _affine(*form.get("/Matrix", (1, 0, 0, 1, 0, 0))) @ matrix
                    yield from _spans(form, form.get("/Resources", resources), inner, pdf)


def _affine(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> np.ndarray:
    return np.array([[a, b, 0], [c, d, 0], [e, f, 1]], dtype=float)


def _length(pieces: Any, widths: dict[int, float]) -> float:
    """Length of text of size one: two bytes a glyph, and what numbers take back."""
    total = 0.0
    for piece in pieces:
        if isinstance(piece, int | float):
            total -= float(piece)
            continue
        codes = np.frombuffer(piece.original_bytes, dtype=">u2")
        total += sum(widths.get(int(code), 0.0) for code in codes)
    return total / 1000


def _widths(font: Any) -> dict[int, float]:
    """Widths of a font's glyphs by their codes."""
    listed = [entry.get_object() for entry in font["/DescendantFonts"][0]["/W"]]
    widths: dict[int, float] = {}
    while listed:
        first, second, *listed = listed
        if isinstance(second, list):
            widths |= {int(first) + i: float(width) for i, width in enumerate(second)}
        else:
            width, *listed = listed
            widths |= dict.fromkeys(range(int(first), int(second) + 1), float(width))
    return widths

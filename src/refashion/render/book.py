"""Figures and tables of the whole report: numbered, captioned, drawn, and referred to."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from refashion.artifacts import Layout
from refashion.render import figure_files, markdown
from refashion.render.markdown import Markdown
from refashion.style import WIDTH

LARGE = 5  # inches, of a page that has nine

# A reference stands for a number that may not be given yet, a link for a place that may not be
# known yet. Escaping lets no such characters in.
_REFERENCE = re.compile("\x01(.*?)\x01")
_LINK = re.compile("\x02(.*?)\x02(.*?)\x02(.*?)\x02")


@dataclass
class Book:
    """Counts exhibits in the order in which they come, and draws the figures.

    Attributes
    ----------
    layout
        Where the report lies.
    files
        The files written for it.
    """

    layout: Layout
    files: set[Path] = field(default_factory=set)
    _labels: dict[str, str] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _places: set[str] = field(default_factory=set)

    def figure(self, anchor: str, plot: partial[Figure], caption: Any, alt: str) -> Markdown:
        """Write a figure's file and give the block that shows it.

        Parameters
        ----------
        anchor
            Name of the file and target of links.
        plot
            Draws it, see `figure_files.draw`.
        caption
            Without number.
        alt
            What the figure shows, for those who cannot see it.
        """
        anchor = self._own(anchor, "figure")
        path = self.layout.report / "figures" / f"{anchor}.svg"
        drawn = figure_files.draw(plot, path)
        kind = " ".join(["exact"] * drawn.tells + ["large"] * (drawn.height > LARGE))
        self.files.add(path)
        source = path.relative_to(self.layout.report).as_posix()
        numbered = self._captioned("Figure", anchor, caption)
        # In HTML, too, the letters of all figures are of one size.
        share = min(100, round(100 * drawn.width / WIDTH))
        ratio = f"auto {drawn.width:.4g} / {drawn.height:.4g}"
        return markdown.image(source, numbered, alt, anchor, kind, share, ratio)

    def table(
        self,
        anchor: str,
        caption: Any,
        header: Sequence[Any],
        rows: Sequence[Sequence[Any]],
        align: str,
        widths: Sequence[int] = (),
    ) -> Markdown:
        """Give a numbered table; see `markdown.table`."""
        anchor = self._own(anchor, "table")
        numbered = self._captioned("Table", anchor, caption)
        return markdown.table(header, rows, align, numbered, anchor, widths)

    def _own(self, anchor: str, noun: str) -> str:
        """Tell exhibits of one name apart: those after the first get an ending."""
        further = itertools.chain([anchor], (f"{anchor}-{noun}_{n}" for n in itertools.count(1)))
        return next(name for name in further if name not in self._labels)

    def _captioned(self, noun: str, anchor: str, caption: Any) -> Markdown:
        self._counts[noun] = self._counts.get(noun, 0) + 1
        self._labels[anchor] = f"{noun} {self._counts[noun]}"
        return markdown.join([markdown.strong(f"{self._labels[anchor]}."), " ", caption])

    def reference(self, anchor: str) -> Markdown:
        """Refer to an exhibit by its number, wherever in the report it stands."""
        return Markdown(f"\x01{anchor}\x01")

    def place(self, anchor: str, text: Any) -> Markdown:
        """Make some text a place that links can lead to."""
        self._places.add(anchor)
        return markdown.span(text, anchor=anchor)

    def link(self, text: Any, anchor: str, otherwise: str) -> Markdown:
        """Link to a place, wherever in the report it stands, or if it is nowhere, to another."""
        return Markdown(f"\x02{anchor}\x02{otherwise}\x02{markdown.escape(text)}\x02")

    def resolve(self, text: str) -> str:
        """Replace references by numbers and links; those to what could not be shown say so."""

        def number(match: re.Match[str]) -> str:
            label = self._labels.get(match[1])
            return markdown.link(label, f"#{match[1]}") if label else "(not shown)"

        def linked(match: re.Match[str]) -> str:
            anchor = match[1] if match[1] in self._places else match[2]
            return markdown.link(Markdown(match[3]), f"#{anchor}")

        return _LINK.sub(linked, _REFERENCE.sub(number, text))

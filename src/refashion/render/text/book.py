"""Figures and tables of the whole report: numbered, captioned, drawn, and referred to."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from refashion.artifacts import Layout
from refashion.figures.style import WIDTH
from refashion.render.text import figure_files, markdown
from refashion.render.text.markdown import Markdown

LARGE = 5  # inches, of a page that has nine
LONGEST_NAME = 150  # letters, of the 255 that file systems allow

# Numbers are given, and links know their places, only when all chapters are there. Until then these
# stand for them; escaping lets no such characters in.
_CAPTION = re.compile("\x03(.*?)\x03(.*?)\x03")
_REFERENCE = re.compile("\x01(.*?)\x01")
_LINK = re.compile("\x02(.*?)\x02(.*?)\x02(.*?)\x02")


def _short(anchor: str) -> str:
    """Shorten the name of a figure that shows many runs, so that it stays its own."""
    if len(anchor) <= LONGEST_NAME:
        return anchor
    digest = hashlib.sha256(anchor.encode()).hexdigest()[:12]
    return f"{anchor[: LONGEST_NAME - len(digest) - 1]}-{digest}"


@dataclass
class Book:
    """Draws the figures of a part of the report, and knows the names of what is in it.

    Attributes
    ----------
    layout
        Where the report lies.
    files
        The files written for it.
    """

    layout: Layout
    files: set[Path] = field(default_factory=set)
    _exhibits: set[str] = field(default_factory=set)
    _places: set[str] = field(default_factory=set)

    def figure(self, anchor: str, plot: partial[Figure], caption: Any, alt: str) -> Markdown:
        """Write a figure's file and give the block that shows it.

        Parameters
        ----------
        anchor
            Target of links, and the name of the file as far as a file's name may be so long.
        plot
            Draws it, see `figure_files.draw`.
        caption
            Without number.
        alt
            What the figure shows, for those who cannot see it.
        """
        anchor = self._own(anchor, "figure")
        path = self.layout.report / "figures" / f"{_short(anchor)}.svg"
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
        own = next(name for name in further if name not in self._exhibits)
        self._exhibits.add(own)
        return own

    def _captioned(self, noun: str, anchor: str, caption: Any) -> Markdown:
        label = Markdown(f"\x03{noun}\x03{anchor}\x03.")
        return markdown.join([markdown.strong(label), " ", caption])

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

    def take_in(self, other: Book) -> None:
        """Add what is in another part of the report."""
        self.files |= other.files
        self._exhibits |= other._exhibits
        self._places |= other._places

    def resolve(self, texts: Sequence[str]) -> list[str]:
        """Number the exhibits of all parts as they come, and fill in references and links.

        References to what could not be shown say so.
        """
        counts: Counter[str] = Counter()
        labels: dict[str, str] = {}

        def counted(match: re.Match[str]) -> str:
            noun, anchor = match.groups()
            counts[noun] += 1
            labels[anchor] = f"{noun} {counts[noun]}"
            return labels[anchor]

        def number(match: re.Match[str]) -> str:
            label = labels.get(match[1])
            return markdown.link(label, f"#{match[1]}") if label else "(not shown)"

        def linked(match: re.Match[str]) -> str:
            anchor = match[1] if match[1] in self._places else match[2]
            return markdown.link(Markdown(match[3]), f"#{anchor}")

        # Whole, since a part may refer to one that comes after it.
        numbered = [_CAPTION.sub(counted, text) for text in texts]
        return [_LINK.sub(linked, _REFERENCE.sub(number, text)) for text in numbered]

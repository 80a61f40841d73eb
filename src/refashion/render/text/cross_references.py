"""Numbers, captions and cross-references for the figures and tables of the report."""

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
from refashion.ledger.pictures import Picture
from refashion.render.text import figure_files, markdown
from refashion.render.text.markdown import Markdown

LARGE = 5  # height in inches; a page has nine
# Values of a figure that are listed; of more, tables tell.
MOST_VALUES = 120
LONGEST_NAME = 150  # characters; file systems allow 255

# Numbers and link targets are known only when all chapters have been written. Until then, these
# placeholders stand for them. Escaped text cannot contain their control characters.
_CAPTION = re.compile("\x03(.*?)\x03(.*?)\x03")
_REFERENCE = re.compile("\x01(.*?)\x01")
_LINK = re.compile("\x02(.*?)\x02(.*?)\x02(.*?)\x02")


def _file_stem(anchor: str) -> str:
    """Return the anchor of a figure as a file name; long ones are cut and made unique by a hash."""
    if len(anchor) <= LONGEST_NAME:
        return anchor
    digest = hashlib.sha256(anchor.encode()).hexdigest()[:12]
    return f"{anchor[: LONGEST_NAME - len(digest) - 1]}-{digest}"


def _values(values: Sequence[str]) -> Markdown:
    if not 0 < len(values) <= MOST_VALUES:
        return Markdown("")
    listed = markdown.block(markdown.bullets(values), "values")
    return markdown.folded("Values of this figure", listed, markdown.NOTHING)


@dataclass
class CrossReferences:
    """Numbers the figures and tables of the report, and resolves references to them.

    While a part of the report is written, it collects the anchors of that part and draws its
    figures. `merge` combines the parts, and `resolve` inserts the numbers.

    Attributes
    ----------
    layout
        Paths of the results.
    files
        The figure files written so far.
    pictures
        Small pictures without a number, by anchor.
    """

    layout: Layout
    files: set[Path] = field(default_factory=set)
    pictures: dict[str, Picture] = field(default_factory=dict)
    _exhibits: set[str] = field(default_factory=set)
    _places: set[str] = field(default_factory=set)

    def figure(
        self,
        anchor: str,
        plot: partial[Figure],
        caption: Any,
        alt: str,
        is_numbered: bool = True,
    ) -> Markdown:
        """Draw a figure to a file, and return the block that shows it.

        The values that appear under the pointer are listed below it, folded away, for those who
        use a keyboard.

        Parameters
        ----------
        anchor
            Target of links. The file is named after it.
        plot
            Function that draws the figure, see `figure_files.draw`.
        caption
            Caption without a number.
        alt
            Description of the figure for readers who cannot see it.
        is_numbered
            Whether it has a number; one that is not on paper has none.
        """
        anchor = self._unique(anchor, "figure")
        path = self.layout.report / "figures" / f"{_file_stem(anchor)}.svg"
        drawn = figure_files.draw(plot, path)
        kind = " ".join(["exact"] * bool(drawn.values) + ["large"] * (drawn.height > LARGE))
        self.files.add(path)
        source = path.relative_to(self.layout.report).as_posix()
        if is_numbered:
            caption = self._numbered_caption("Figure", anchor, caption)
        # All figures have the same font size, in HTML as in the PDF.
        share = min(100, round(100 * drawn.width / WIDTH))
        ratio = f"auto {drawn.width:.4g} / {drawn.height:.4g}"
        image = markdown.image(source, caption, alt, anchor, kind, share, ratio)
        return markdown.join([image, _values(drawn.values)])

    def table(
        self,
        anchor: str,
        caption: Any,
        header: Sequence[Any],
        rows: Sequence[Sequence[Any]],
        align: str,
        widths: Sequence[int] = (),
    ) -> Markdown:
        """Return a numbered table.

        Parameters
        ----------
        anchor
            Target of links.
        caption
            Caption without a number.
        header, rows, align, widths
            Content and layout, see `markdown.table`.
        """
        anchor = self._unique(anchor, "table")
        numbered = self._numbered_caption("Table", anchor, caption)
        return markdown.table(header, rows, align, numbered, anchor, widths)

    def picture(self, anchor: str, picture: Picture) -> Markdown:
        """Return the place of a small picture, as a block. `Site.with_pictures` fills it.

        Parameters
        ----------
        anchor
            Name of the place.
        picture
            What stands there.
        """
        self.pictures[anchor] = picture
        return Markdown(f"\n\n::: {{#{anchor} .picture}}\n:::\n\n")

    def _unique(self, anchor: str, noun: str) -> str:
        """Return the anchor, with a suffix if another figure or table has it already."""
        candidates = itertools.chain([anchor], (f"{anchor}-{noun}_{n}" for n in itertools.count(1)))
        unique = next(name for name in candidates if name not in self._exhibits)
        self._exhibits.add(unique)
        return unique

    def _numbered_caption(self, noun: str, anchor: str, caption: Any) -> Markdown:
        label = Markdown(f"\x03{noun}\x03{anchor}\x03.")
        return markdown.join([markdown.strong(label), " ", caption])

    def reference(self, anchor: str) -> Markdown:
        """Return a reference to a figure or table of any part, such as "Figure 3"."""
        return Markdown(f"\x01{anchor}\x01")

    def place(self, anchor: str, text: Any) -> Markdown:
        """Return some text as the target of links."""
        self._places.add(anchor)
        return markdown.span(text, anchor=anchor)

    def link(self, text: Any, anchor: str, fallback: str) -> Markdown:
        """Return a link to a place in any part of the report.

        Parameters
        ----------
        text
            Text of the link.
        anchor
            Anchor of the place.
        fallback
            Anchor to link to if no part of the report has `anchor`.
        """
        return Markdown(f"\x02{anchor}\x02{fallback}\x02{markdown.escape(text)}\x02")

    def merge(self, other: CrossReferences) -> None:
        """Add the figures, tables and places of another part of the report."""
        self.files |= other.files
        self.pictures |= other.pictures
        self._exhibits |= other._exhibits
        self._places |= other._places

    def resolve(self, texts: Sequence[str]) -> list[str]:
        """Number the figures and tables in reading order, and fill in references and links.

        A reference to a figure or table that is not in the report becomes "(not shown)".

        Parameters
        ----------
        texts
            Text of every part of the report, in reading order.
        """
        counts: Counter[str] = Counter()
        labels: dict[str, str] = {}

        def numbered(match: re.Match[str]) -> str:
            noun, anchor = match.groups()
            counts[noun] += 1
            labels[anchor] = f"{noun} {counts[noun]}"
            return labels[anchor]

        def referred(match: re.Match[str]) -> str:
            label = labels.get(match[1])
            return markdown.link(label, f"#{match[1]}") if label else "(not shown)"

        def linked(match: re.Match[str]) -> str:
            anchor = match[1] if match[1] in self._places else match[2]
            return markdown.link(Markdown(match[3]), f"#{anchor}")

        # Number all parts first, since a part may refer to a later one.
        texts = [_CAPTION.sub(numbered, text) for text in texts]
        return [_LINK.sub(linked, _REFERENCE.sub(referred, text)) for text in texts]

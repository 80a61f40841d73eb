"""Markdown for the report, in which untrusted text is escaped.

Text from configurations, data and results is not trusted: a plain `str` is escaped wherever it
enters the report. Intended markup has the type `Markdown`, which only this module creates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

# Raw HTML, TeX and typst are switched off, because no escaping would be complete with them.
DIALECT = "-".join(
    [
        "markdown+table_attributes",
        *("raw_html", "raw_tex", "raw_attribute", "native_divs", "native_spans", "latex_macros"),
        *("yaml_metadata_block", "pandoc_title_block", "citations"),
        # A heading needs no blank line before it.
        "blank_before_header",
    ]
)

# What is left on paper of what is folded away on a screen, see `folded`.
WHOLE, NOTHING = "whole", "nothing"

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


class Markdown(str):
    """Text that is intended markup and is not escaped."""

    __slots__ = ()


def escape(value: Any) -> Markdown:
    r"""Escape a value for Markdown, on one line; return `Markdown` unchanged.

    Examples
    --------
    >>> escape("<b>*5 $")
    '\\<b\\>\\*5 \\$'
    """
    if isinstance(value, Markdown):
        return value
    text = _CONTROL.sub(" ", "" if value is None else str(value))
    line = re.sub(r"\s+", " ", text)
    return Markdown(_PUNCTUATION.sub(r"\\\1", line))


def join(pieces: Iterable[Any], separator: str = "") -> Markdown:
    """Join pieces of text, and escape those that are not `Markdown`.

    Parameters
    ----------
    pieces
        The pieces.
    separator
        Markdown to put between them.
    """
    return Markdown(separator.join(escape(piece) for piece in pieces))


def strong(text: Any) -> Markdown:
    """Return text in bold."""
    return Markdown(f"**{escape(text)}**")


def code(text: Any) -> Markdown:
    """Return text in a fixed-width font. Lines may break after full stops and underscores."""
    return span(text, "code")


def span(text: Any, css_class: str = "", anchor: str = "", title: str = "") -> Markdown:
    """Return text with CSS classes, an anchor or a tooltip.

    Parameters
    ----------
    text
        Content of the span.
    css_class
        CSS classes, separated by spaces.
    anchor
        Target of links.
    title
        Text of the tooltip.
    """
    attributes = [*(f"#{a}" for a in anchor.split()), *_classes(css_class)]
    attributes += [f'title="{_quoted(title)}"'] if title else []
    return Markdown(f"[{escape(text)}]{{{' '.join(attributes)}}}")


def bar(css_class: str, left: float, width: float | None = None) -> Markdown:
    """Return an empty piece of a strip, placed in percent of its width.

    Parameters
    ----------
    css_class
        CSS classes, separated by spaces.
    left
        Distance from the left end of the strip.
    width
        Width of the piece; None for a dot.
    """
    style = f"left: {left:g}%" + ("" if width is None else f"; width: {width:g}%")
    return Markdown(f'[]{{{" ".join(_classes(css_class))} style="{style}"}}')


def _quoted(text: str) -> str:
    return escape(text).replace('\\"', "”")


def _classes(names: str) -> list[str]:
    return [f".{name}" for name in names.split()]


def link(text: Any, target: str) -> Markdown:
    """Return a link.

    Parameters
    ----------
    text
        Text of the link.
    target
        An anchor with "#", or the path of a page in the report. It is not escaped.
    """
    return Markdown(f"[{escape(text)}]({target})")


def image(
    source: str,
    caption: Any,
    alt: str,
    anchor: str,
    css_class: str,
    share: int,
    ratio: str,
) -> Markdown:
    """Return a figure with a caption, as a block.

    Parameters
    ----------
    source
        Path of the image, relative to the report.
    caption
        Caption below the figure.
    alt
        Description of the figure.
    anchor
        Target of links.
    css_class
        CSS classes of the image, separated by spaces.
    share
        Width of the image as a percentage of the text width.
    ratio
        Aspect ratio as a CSS value. It keeps the page from moving while the image loads.
    """
    described = [f'alt="{_quoted(alt)}"', f'width="{share}%"', f'ratio="{ratio}"']
    attributes = " ".join([f"#{anchor}", *_classes(css_class), *described])
    return Markdown(f"\n\n![{escape(caption)}]({source}){{{attributes}}}\n\n")


def cut(source: str, alt: str, width: int, height: int, position: int) -> Markdown:
    """Return a part of a picture that is as wide as the whole, in HTML only.

    Parameters
    ----------
    source
        Path of the picture, relative to the report. It is linked as well.
    alt
        Description of the part.
    width, height
        Size of the part, in any unit.
    position
        Of all that is left out, how many percent lie above the part.
    """
    attributes = f'.cut place="{width} {height} {position}"'
    return span(Markdown(f"![{escape(alt)}]({source}){{{attributes}}}"), "pages")


def table(
    header: Sequence[Any],
    rows: Iterable[Sequence[Any]],
    align: str,
    caption: Any = None,
    anchor: str = "",
    widths: Sequence[int] = (),
) -> Markdown:
    """Return a table, as a block.

    Parameters
    ----------
    header
        Cells of the header.
    rows
        Cells of each row.
    align
        One letter for each column, "l" or "r".
    caption
        Caption above the table; None for no caption and no anchor.
    anchor
        Target of links.
    widths
        Column widths in percent. Without them, each column is as wide as its cells.
    """
    marks = {"l": ":---", "r": "---:"}
    lines = [_line(header), _line([Markdown(marks[letter]) for letter in align])]
    lines += [_line(row) for row in rows]
    if caption is not None:
        attributes = f"#{anchor}" + (f' widths="{" ".join(map(str, widths))}"' if widths else "")
        lines += ["", f": {escape(caption)} {{{attributes}}}"]
    return Markdown("\n\n" + "\n".join(lines) + "\n\n")


def _line(cells: Sequence[Any]) -> str:
    return f"| {' | '.join(escape(cell) for cell in cells)} |"


def heading(text: Any, level: int, anchor: str, css_class: str = "") -> Markdown:
    """Return a heading with an anchor, as a block.

    Parameters
    ----------
    text
        Text of the heading.
    level
        Level of the heading, from 1.
    anchor
        Target of links.
    css_class
        CSS classes, separated by spaces.
    """
    attributes = " ".join([f"#{anchor}", *_classes(css_class)])
    return Markdown(f"\n\n{'#' * level} {escape(text)} {{{attributes}}}\n\n")


def paragraph(content: Any) -> Markdown:
    """Return text as a paragraph."""
    return Markdown(f"\n\n{escape(content)}\n\n")


def bullets(items: Iterable[Any]) -> Markdown:
    """Return a bulleted list, as a block."""
    return Markdown("\n\n" + "\n".join(f"- {escape(item)}" for item in items) + "\n\n")


def block(content: Any, css_class: str) -> Markdown:
    """Return content as a block with a CSS class."""
    return Markdown(f"\n\n::: {{.{css_class}}}\n\n{escape(content).strip()}\n\n:::\n\n")


def folded(text: Any, content: Any, on_paper: str = "") -> Markdown:
    """Fold a block away under a sentence that says what is in it.

    Parameters
    ----------
    text
        The sentence.
    content
        What is folded away.
    on_paper
        What is left on paper: only the sentence, `WHOLE` (only the content) or `NOTHING`.
    """
    pieces = join([paragraph(text), content])
    classes = " ".join(f".{name}" for name in ("folded", on_paper) if name)
    return Markdown(f"\n\n:::: {{{classes}}}\n\n{pieces.strip()}\n\n::::\n\n")

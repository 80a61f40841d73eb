"""Markdown of which nothing but what we mean is markup.

Text from configurations, data and results is not trusted: as a plain `str` it is escaped wherever
it enters the report. Markup on purpose is `Markdown`, which only this module and the narratives
make it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

# Raw HTML, TeX and typst are switched off altogether: with them, no escaping would be complete.
DIALECT = "-".join(
    [
        "markdown+table_attributes",
        *("raw_html", "raw_tex", "raw_attribute", "native_divs", "native_spans", "latex_macros"),
        *("yaml_metadata_block", "pandoc_title_block", "citations"),
        # A heading is one whatever stands before it.
        "blank_before_header",
    ]
)

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


class Markdown(str):
    """Text that is markup on purpose."""

    __slots__ = ()


def escape(value: Any) -> Markdown:
    r"""Make any value stand in Markdown as the text that it is, on one line.

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
    """Put pieces together, those that are plain text escaped."""
    return Markdown(separator.join(escape(piece) for piece in pieces))


def strong(text: Any) -> Markdown:
    return Markdown(f"**{escape(text)}**")


def code(text: Any) -> Markdown:
    """Set in fixed width. Line breaks are allowed after full stops and underscores."""
    return span(text, "code")


def span(text: Any, css_class: str = "", anchor: str = "", title: str = "") -> Markdown:
    """Mark a stretch of text with classes for the style sheets, or as the target of links.

    Parameters
    ----------
    text
        Marked.
    css_class, anchor
        Names.
    title
        What a pointer that rests on it tells.
    """
    attributes = [*(f"#{a}" for a in anchor.split()), *_classes(css_class)]
    attributes += [f'title="{_quoted(title)}"'] if title else []
    return Markdown(f"[{escape(text)}]{{{' '.join(attributes)}}}")


def _quoted(text: str) -> str:
    return escape(text).replace('\\"', "”")


def _classes(names: str) -> list[str]:
    return [f".{name}" for name in names.split()]


def link(text: Any, target: str) -> Markdown:
    """Link to a place in the report or to one of its pages. The target is not escaped."""
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
    """Make a figure with a caption, a block of its own.

    Parameters
    ----------
    source, alt, anchor
        Its file, what it shows, and the target of links.
    caption
        Set below it.
    css_class
        Of the image; several are parted by spaces.
    share
        Its width in percent.
    ratio
        Of its width to its height, as CSS writes it: what follows keeps its place while it loads.
    """
    told = [f'alt="{_quoted(alt)}"', f'width="{share}%"', f'ratio="{ratio}"']
    attributes = " ".join([f"#{anchor}", *_classes(css_class), *told])
    return Markdown(f"\n\n![{escape(caption)}]({source}){{{attributes}}}\n\n")


def table(
    header: Sequence[Any],
    rows: Iterable[Sequence[Any]],
    align: str,
    caption: Any = None,
    anchor: str = "",
    widths: Sequence[int] = (),
) -> Markdown:
    """Make a table, a block of its own.

    Parameters
    ----------
    header, rows
        Cells.
    align
        A letter per column: l or r.
    caption
        Set above it.
    anchor
        Target of links.
    widths
        Of the columns, in percent; without them, each is as wide as its cells.
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
    """Make a heading, a block of its own, the target of links."""
    attributes = " ".join([f"#{anchor}", *_classes(css_class)])
    return Markdown(f"\n\n{'#' * level} {escape(text)} {{{attributes}}}\n\n")


def paragraph(content: Any) -> Markdown:
    """Set text apart from what stands before and after it."""
    return Markdown(f"\n\n{escape(content)}\n\n")


def bullets(items: Iterable[Any]) -> Markdown:
    """Make a list, a block of its own."""
    return Markdown("\n\n" + "\n".join(f"- {escape(item)}" for item in items) + "\n\n")


def block(content: Any, css_class: str) -> Markdown:
    """Set a block apart for the style sheet."""
    return Markdown(f"\n\n::: {{.{css_class}}}\n\n{escape(content).strip()}\n\n:::\n\n")


def folded(told: Any, content: Any) -> Markdown:
    """Fold a block away under a sentence that tells what is in it; on paper, only that is left."""
    return block(join([paragraph(told), content]), "folded")


def anchors(text: str) -> set[str]:
    """Names of all places in Markdown that links can lead to."""
    return set(re.findall(r"\{#([\w-]+)", text))

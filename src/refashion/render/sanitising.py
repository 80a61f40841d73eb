"""What may stand in a page: lists of the elements, attributes, addresses and styles allowed.

Narratives, results and outputs of notebooks are not trusted. The content of every page goes through
here once it is whole. `frame.py` then puts our own scripts and style sheets around it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape, unescape
from typing import Any

import nh3
from pygments.token import STANDARD_TYPES

TEXT = {
    *("a", "abbr", "b", "blockquote", "br", "cite", "code", "dd", "del", "details", "dfn", "div"),
    *("dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li"),
    *("mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strong", "sub", "summary"),
    *("sup", "u", "ul", "var", "table", "caption", "colgroup", "col", "thead", "tbody", "tfoot"),
    *("tr", "th", "td"),
}
MATHS = {
    *("math", "semantics", "annotation", "menclose", "merror", "mfrac", "mi", "mmultiscripts"),
    *("mn", "mo", "mover", "mpadded", "mphantom", "mprescripts", "mroot", "mrow", "ms", "mspace"),
    *("msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder"),
    "munderover",
}
# Parts of our own pages. A frame shows one of our figures, which tells its values to a pointer.
PARTS = {"figure", "figcaption", "iframe", "main", "nav", "section"}
FORMS = {"button", "form", "input", "label", "option", "select"}

ATTRIBUTES = {
    "*": {"class", "id", "title", "lang", "dir", "style", "role", "tabindex", "aria-label"},
    "a": {"href", "rel"},
    "col": {"span"},
    "colgroup": {"span"},
    "details": {"open"},
    "iframe": {"src"},
    "img": {"src", "alt", "width", "height", "loading"},
    "li": {"value"},
    "ol": {"start", "type"},
    "td": {"colspan", "rowspan", "headers"},
    "th": {"colspan", "rowspan", "headers", "scope"},
    "annotation": {"encoding"},
    "math": {"display", "xmlns"},
    "menclose": {"notation"},
    "mfrac": {"linethickness"},
    "mi": {"mathvariant"},
    "mo": {"accent", "fence", "form", "largeop", "maxsize", "minsize", "movablelimits", "separator"}
    | {"lspace", "rspace", "stretchy", "symmetric", "mathvariant"},
    "mover": {"accent"},
    "mpadded": {"width", "height", "depth"},
    "mspace": {"width", "height", "depth"},
    "mstyle": {"displaystyle", "mathcolor", "mathvariant"},
    "mtable": {"columnalign", "columnspacing", "rowspacing", "displaystyle"},
    "mtd": {"columnalign", "columnspan", "rowspan"},
    "mtext": {"mathvariant"},
    "munder": {"accentunder"},
    "munderover": {"accent", "accentunder"},
    "button": {"type"},
    "form": {"hidden"},
    "input": {"type", "name"},
    "option": {"value"},
    "select": {"name"},
}
# Of links, and of images that a page holds.
SCHEMES = {"http", "https", "mailto", "data"}
# With all that they contain.
DROPPED = {"script", "style", "title", "template", "noscript", "iframe", "object", "embed", "svg"}

_ROLE = re.compile(r"img|region|doc-[a-z]+")
_HELD_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,", re.IGNORECASE)
# In the folder of the report, of which chapters are in a folder.
_IMAGE_BESIDE = re.compile(r"(\.\./)?([\w-]+/)*[\w-]+\.(svg|png|jpe?g|gif|webp)", re.ASCII)
_FIGURE = re.compile(r"(\.\./)?figures/[\w-]+\.svg", re.ASCII)
_LENGTH = re.compile(r"\d{1,5}%?")
_LENGTHS_OF_MATHS = {
    "width",
    "height",
    "depth",
    "lspace",
    "rspace",
    "minsize",
    "maxsize",
}
# A formula may step back by a few letters, not over what stands before it.
_LENGTH_OF_MATHS = re.compile(r"(-?\d?|\d\d)(\.\d{1,6})?(em|ex|mu|px|pt|%)?")
_NUMBER = r"\d{1,4}(?:\.\d{1,6})?"
# No other style can cover, move or load anything.
_DECLARATION = (
    r"(?:text-align: (?:left|right|center)|padding-(?:left|right): 0"
    rf"|width: (?:\d{{1,2}}(?:\.\d{{1,6}})?|100)%|aspect-ratio: auto {_NUMBER} / {_NUMBER})"
)
_DECLARED = re.compile(_DECLARATION)
_IMAGE = re.compile(r'<img(?:"[^"]*"|[^">])*>')
_WORDS = re.compile(r' alt="([^"]*)"')
_STYLE = re.compile(rf' style="({_DECLARATION}(?:; {_DECLARATION})*)"')
_OUTSIDE_ADDRESSES = re.compile(r"[\x00-\x20]")

# In pages of notebooks: those of nbconvert, Pygments, pandas and our own tables.
_NOTEBOOK_CLASS = re.compile(r"jp-[\w-]+|ansi-[\w-]+|highlight|code-input|outputs|dataframe|texts")
_CODE_CLASSES = frozenset(filter(None, STANDARD_TYPES.values()))
# Places in a notebook cannot take the names of ours.
_NOTEBOOK_PLACE = "in-"


def chapter(html: str) -> str:
    """Keep what may stand in a chapter of the report."""
    return _described(_CHAPTER.clean(html))


def listing(html: str) -> str:
    """Keep what may stand in the ledger and the search, which have forms."""
    return _LISTING.clean(html)


def notebook(html: str) -> str:
    """Keep what may stand in the page of a notebook."""
    return _NOTEBOOK.clean(html)


def fragment(html: str) -> str:
    """Keep the same of one output or cell, and close all that it opens.

    What it left open would take in the rest of the page.
    """
    return _described(_FRAGMENT.clean(html))


def styles(html: str) -> list[str]:
    """List the styles of elements of a page that was cleaned."""
    return sorted({match[1] for match in _STYLE.finditer(html)})


def _described(html: str) -> str:
    """Put words for images whose address was not kept, and describe those that nobody has."""
    return _IMAGE.sub(_image, html)


def _image(match: re.Match[str]) -> str:
    words = _WORDS.search(match[0])
    if ' src="' not in match[0]:
        return escape(unescape(words[1])) if words else ""
    return match[0] if words else match[0].replace("<img", '<img alt="Image"', 1)


def _kept(element: str, name: str, value: str) -> str | None:
    """Give what is kept of an attribute that an element may have."""
    match name:
        case "href":
            return value if _leads_somewhere(value) else None
        case "src":
            allowed = _FIGURE if element == "iframe" else _IMAGE_BESIDE
            held = element == "img" and _HELD_IMAGE.match(value)
            return value if held or allowed.fullmatch(value) else None
        case "style":
            return "; ".join(_declarations(value)) or None
        case "role":
            return value if _ROLE.fullmatch(value) else None
        case "rel":
            return value if value in ("prev", "next") else None
        case "tabindex":
            return value if value == "0" else None
        case "width" | "height" if element == "img":
            return value if _LENGTH.fullmatch(value) else None
        case _ if name in _LENGTHS_OF_MATHS:
            return value if _LENGTH_OF_MATHS.fullmatch(value) else None
    return value


def _kept_in_fragment(element: str, name: str, value: str) -> str | None:
    if name == "class":
        return " ".join(c for c in value.split() if _is_of_notebooks(c)) or None
    if name == "src" and not _HELD_IMAGE.match(value):
        return None
    return _kept(element, name, value)


def _kept_in_notebook(element: str, name: str, value: str) -> str | None:
    kept = _kept_in_fragment(element, name, value)
    if kept and name == "id":
        return _NOTEBOOK_PLACE + kept
    if kept and name == "href" and kept.startswith("#"):
        return f"#{_NOTEBOOK_PLACE}{kept[1:]}"
    return kept


def _is_of_notebooks(css_class: str) -> bool:
    return css_class in _CODE_CLASSES or _NOTEBOOK_CLASS.fullmatch(css_class) is not None


def _leads_somewhere(address: str) -> bool:
    """Whether a link leads to the network or to a file beside the page."""
    # Browsers leave these out. A leading slash or two would name another folder or machine.
    plain = _OUTSIDE_ADDRESSES.sub("", address).lower()
    return not plain.startswith(("/", "\\", "data:"))


def _declarations(style: str) -> Iterator[str]:
    for declaration in style.split(";"):
        name, _, value = declaration.partition(":")
        written = f"{name.strip()}: {' '.join(value.split())}"
        if _DECLARED.fullmatch(written):
            yield written


def _cleaner(
    tags: set[str], kept: Callable[[str, str, str], str | None], **how: Any
) -> nh3.Cleaner:
    attributes = {tag: names for tag, names in ATTRIBUTES.items() if tag in tags | {"*"}}
    return nh3.Cleaner(
        tags=tags,
        attributes=attributes,
        clean_content_tags=DROPPED - tags,
        attribute_filter=kept,
        url_schemes=SCHEMES,
        link_rel=None,
        **how,
    )


# Figures can run no script, whatever they hold.
_SANDBOX = {"set_tag_attribute_values": {"iframe": {"sandbox": ""}}}
_CHAPTER = _cleaner(TEXT | MATHS | PARTS, _kept, **_SANDBOX)
_LISTING = _cleaner(
    TEXT | MATHS | PARTS | FORMS, _kept, generic_attribute_prefixes={"data-"}, **_SANDBOX
)
_FRAGMENT = _cleaner(TEXT, _kept_in_fragment)
_NOTEBOOK = _cleaner(TEXT, _kept_in_notebook)

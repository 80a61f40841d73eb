"""Sanitising of HTML with lists of allowed elements, attributes, link targets and styles.

Narratives, results and outputs of notebooks are not trusted. The complete content of every page is
sanitised here. Then `frame.py` adds our own scripts and style sheets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape, unescape
from typing import Any

import nh3
from pygments.token import STANDARD_TYPES

TEXT_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "cite", "code", "dd", "del", "details", "dfn", "div"),
    *("dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li"),
    *("mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strong", "sub", "summary"),
    *("sup", "u", "ul", "var", "table", "caption", "colgroup", "col", "thead", "tbody", "tfoot"),
    *("tr", "th", "td"),
}
MATH_TAGS = {
    *("math", "semantics", "annotation", "menclose", "merror", "mfrac", "mi", "mmultiscripts"),
    *("mn", "mo", "mover", "mpadded", "mphantom", "mprescripts", "mroot", "mrow", "ms", "mspace"),
    *("msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder"),
    "munderover",
}
# Elements of our own pages. An `iframe` shows one of our figures with its tooltips.
PAGE_TAGS = {"figure", "figcaption", "iframe", "main", "nav", "section"}
FORM_TAGS = {"button", "form", "input", "label", "option", "select"}

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
# Schemes of links and embedded images.
URL_SCHEMES = {"http", "https", "mailto", "data"}
# These elements are removed together with their content.
DROPPED_TAGS = {
    "script",
    "style",
    "title",
    "template",
    "noscript",
    "iframe",
    "object",
    "embed",
    "svg",
}

_ROLE = re.compile(r"img|region|doc-[a-z]+")
_EMBEDDED_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,", re.IGNORECASE)
# A path in the report. Chapters are in a subfolder, so it may begin with "../".
_IMAGE_PATH = re.compile(r"(\.\./)?([\w-]+/)*[\w-]+\.(svg|png|jpe?g|gif|webp)", re.ASCII)
_FIGURE_PATH = re.compile(r"(\.\./)?figures/[\w-]+\.svg", re.ASCII)
_LENGTH = re.compile(r"\d{1,5}%?")
_MATH_LENGTHS = {
    "width",
    "height",
    "depth",
    "lspace",
    "rspace",
    "minsize",
    "maxsize",
}
# A formula can move left by a few characters, but cannot cover the text before it.
_MATH_LENGTH = re.compile(r"(-?\d?|\d\d)(\.\d{1,6})?(em|ex|mu|px|pt|%)?")
_NUMBER = r"\d{1,4}(?:\.\d{1,6})?"
# These styles can neither cover nor move other content, nor load anything.
_DECLARATION = (
    r"(?:text-align: (?:left|right|center)|padding-(?:left|right): 0"
    # Only pieces of a strip are placed, which cuts off what is outside it.
    r"|(?:left|width): (?:\d{1,2}(?:\.\d{1,6})?|100)%"
    rf"|aspect-ratio: (?:auto )?{_NUMBER} / {_NUMBER}"
    r"|object-position: 0 (?:\d{1,2}|100)%)"
)
_DECLARED = re.compile(_DECLARATION)
_IMAGE_TAG = re.compile(r'<img(?:"[^"]*"|[^">])*>')
_ALT = re.compile(r' alt="([^"]*)"')
_STYLE = re.compile(rf' style="({_DECLARATION}(?:; {_DECLARATION})*)"')
_IGNORED_IN_URLS = re.compile(r"[\x00-\x20]")

# CSS classes of nbconvert, Pygments, pandas and our own tables, allowed in notebook pages.
_NOTEBOOK_CLASS = re.compile(r"jp-[\w-]+|ansi-[\w-]+|highlight|code-input|outputs|dataframe|texts")
_CODE_CLASSES = frozenset(filter(None, STANDARD_TYPES.values()))
# Prefix of anchors from a notebook, so that they do not collide with ours.
_NOTEBOOK_ANCHOR = "in-"


def clean_chapter(html: str) -> str:
    """Sanitise the content of a chapter."""
    return _with_alt_texts(_CHAPTER.clean(html))


def clean_listing(html: str) -> str:
    """Sanitise the content of the ledger or the search page, which have forms."""
    return _LISTING.clean(html)


def clean_notebook(html: str) -> str:
    """Sanitise the content of a notebook page."""
    return _NOTEBOOK.clean(html)


def clean_fragment(html: str) -> str:
    """Sanitise one output or cell of a notebook, and close all elements that it opens.

    An unclosed element would contain the rest of the page.
    """
    return _with_alt_texts(_FRAGMENT.clean(html))


def inline_styles(html: str) -> list[str]:
    """Return the inline styles of a sanitised page."""
    return sorted({match[1] for match in _STYLE.finditer(html)})


def _with_alt_texts(html: str) -> str:
    """Replace images without a source by their description, and describe all other images."""
    return _IMAGE_TAG.sub(_with_alt_text, html)


def _with_alt_text(match: re.Match[str]) -> str:
    alt = _ALT.search(match[0])
    if ' src="' not in match[0]:
        return escape(unescape(alt[1])) if alt else ""
    return match[0] if alt else match[0].replace("<img", '<img alt="Image"', 1)


def _allowed_value(element: str, name: str, value: str) -> str | None:
    """Return the allowed part of the value of an attribute; None removes the attribute."""
    match name:
        case "href":
            return value if _is_allowed_url(value) else None
        case "src":
            path = _FIGURE_PATH if element == "iframe" else _IMAGE_PATH
            is_embedded = element == "img" and _EMBEDDED_IMAGE.match(value)
            return value if is_embedded or path.fullmatch(value) else None
        case "style":
            return "; ".join(_allowed_declarations(value)) or None
        case "role":
            return value if _ROLE.fullmatch(value) else None
        case "rel":
            return value if value in ("prev", "next") else None
        case "tabindex":
            return value if value == "0" else None
        case "width" | "height" if element == "img":
            return value if _LENGTH.fullmatch(value) else None
        case _ if name in _MATH_LENGTHS:
            return value if _MATH_LENGTH.fullmatch(value) else None
    return value


def _allowed_in_fragment(element: str, name: str, value: str) -> str | None:
    if name == "class":
        return " ".join(c for c in value.split() if _is_notebook_class(c)) or None
    if name == "src" and not _EMBEDDED_IMAGE.match(value):
        return None
    return _allowed_value(element, name, value)


def _allowed_in_notebook(element: str, name: str, value: str) -> str | None:
    allowed = _allowed_in_fragment(element, name, value)
    if allowed and name == "id":
        return _NOTEBOOK_ANCHOR + allowed
    if allowed and name == "href" and allowed.startswith("#"):
        return f"#{_NOTEBOOK_ANCHOR}{allowed[1:]}"
    return allowed


def _is_notebook_class(css_class: str) -> bool:
    return css_class in _CODE_CLASSES or _NOTEBOOK_CLASS.fullmatch(css_class) is not None


def _is_allowed_url(url: str) -> bool:
    """Return whether a link leads to the network or to a file near the page."""
    # Browsers ignore these characters. Leading slashes would name another folder or machine.
    plain = _IGNORED_IN_URLS.sub("", url).lower()
    return not plain.startswith(("/", "\\", "data:"))


def _allowed_declarations(style: str) -> Iterator[str]:
    for declaration in style.split(";"):
        name, _, value = declaration.partition(":")
        normalised = f"{name.strip()}: {' '.join(value.split())}"
        if _DECLARED.fullmatch(normalised):
            yield normalised


def _cleaner(
    tags: set[str], allowed_value: Callable[[str, str, str], str | None], **options: Any
) -> nh3.Cleaner:
    attributes = {tag: names for tag, names in ATTRIBUTES.items() if tag in tags | {"*"}}
    return nh3.Cleaner(
        tags=tags,
        attributes=attributes,
        clean_content_tags=DROPPED_TAGS - tags,
        attribute_filter=allowed_value,
        url_schemes=URL_SCHEMES,
        link_rel=None,
        **options,
    )


# No figure can run scripts, whatever it contains.
_SANDBOX = {"set_tag_attribute_values": {"iframe": {"sandbox": ""}}}
_CHAPTER_TAGS = TEXT_TAGS | MATH_TAGS | PAGE_TAGS
_CHAPTER = _cleaner(_CHAPTER_TAGS, _allowed_value, **_SANDBOX)
_LISTING = _cleaner(
    _CHAPTER_TAGS | FORM_TAGS, _allowed_value, generic_attribute_prefixes={"data-"}, **_SANDBOX
)
_FRAGMENT = _cleaner(TEXT_TAGS, _allowed_in_fragment)
_NOTEBOOK = _cleaner(TEXT_TAGS, _allowed_in_notebook)

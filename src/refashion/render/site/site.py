"""The report as HTML pages, one for each chapter, with links between the pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from refashion.ledger.pictures import Picture
from refashion.render.text.addresses import chapter_path, run_anchor

Node = dict[str, Any]

OVERVIEW = "index.html"
# Where a picture stands: in HTML of our own, and in a sanitised page.
_PLACE = re.compile(r'<div id=\\"([\w.-]+)\\" class=\\"picture\\">')
_FILLED = re.compile(r'<div id="([\w.-]+)" class="picture">\s*</div>')
_EXTERNAL = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# Index of an element's attributes (identifier, classes, others) in its content; 0 by default.
_ATTRIBUTES_INDEX = {"Header": 1}
_TAGS = "Header Div Span Figure Table Link Image Code CodeBlock"
_WITH_ATTRIBUTES = frozenset(_TAGS.split())


@dataclass(frozen=True)
class Page:
    """A page of the report.

    Attributes
    ----------
    path
        Path of the page, relative to the report.
    heading
        Heading, as inline elements of pandoc.
    blocks
        Content, as block elements of pandoc.
    number
        Number of the chapter; None for an unnumbered page.
    """

    path: str
    heading: list[Node]
    blocks: list[Node]
    number: int | None = None

    @property
    def title(self) -> str:
        """Heading as plain text."""
        return plain_text(self.heading)

    @property
    def root(self) -> str:
        """Prefix of links from the page to the folder of the report: "../" or nothing."""
        return "../" * self.path.count("/")


@dataclass
class Site:
    """Pages of the report, in reading order.

    Attributes
    ----------
    pages
        The pages; the first is the overview.
    api
        Version of pandoc's document format.
    pictures
        Small pictures by the anchor of the block in which each stands.
    """

    pages: list[Page]
    api: list[int]
    pictures: dict[str, Picture] = field(default_factory=dict)
    _pages: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for page in self.pages:
            self._pages |= dict.fromkeys(anchors(page.blocks), page.path)

    @classmethod
    def from_document(cls, document: Node) -> Site:
        """Split a document tree of pandoc at its first-level headings.

        The first part becomes the overview. A numbered part becomes the page of a study.

        Parameters
        ----------
        document
            Document tree of pandoc.
        """
        parts: list[list[Node]] = []
        for block in document["blocks"]:
            if not parts or (block["t"] == "Header" and block["c"][0] == 1):
                parts.append([])
            parts[-1].append(block)
        pages: list[Page] = []
        for blocks in parts:
            n = 1 + sum(page.number is not None for page in pages)
            pages.append(_page(blocks, n, is_first=not pages))
        return cls(pages, document["pandoc-api-version"])

    def add_run_anchors(self, chapter: str, runs: Iterable[str]) -> None:
        """Add anchors at the head of a chapter for runs without an anchor, in HTML only.

        Notebook pages link to them.

        Parameters
        ----------
        chapter
            Name of the study.
        runs
            Names of its runs.
        """
        missing = [name for run in runs if (name := run_anchor(chapter, run)) not in self]
        if missing:
            spans = "".join(f'<span id="{name}"></span>' for name in missing)
            block = {"t": "RawBlock", "c": ["html", f"<div>{spans}</div>"]}
            self.page(chapter).blocks.insert(1, block)

    def path_of(self, anchor: str) -> str:
        """Return the path of the page with an anchor; that of the overview if there is none."""
        return self._pages.get(anchor, OVERVIEW)

    def page(self, anchor: str) -> Page:
        """Return the page with an anchor; the overview if there is none."""
        path = self.path_of(anchor)
        return next(page for page in self.pages if page.path == path)

    def address(self, anchor: str) -> str:
        """Return the link target of an anchor, relative to the report."""
        return f"{self.path_of(anchor)}#{anchor}"

    def __contains__(self, anchor: object) -> bool:
        return anchor in self._pages

    def pictures_of(self, page: Page) -> dict[str, Picture]:
        """Return the small pictures of a page, by anchor."""
        found = _PLACE.findall(json.dumps(page.blocks)) + list(anchors(page.blocks))
        return {name: self.pictures[name] for name in found if name in self.pictures}

    def with_pictures(self, html: str) -> str:
        """Insert the small pictures into a page after it has been sanitised: they are our own."""

        def drawn(match: re.Match[str]) -> str:
            picture = self.pictures.get(match[1])
            return f'<div class="picture">{picture.svg}</div>' if picture else match[0]

        return _FILLED.sub(drawn, html)

    def on_paper(self, page: Page) -> list[Node]:
        """Return the blocks of a page with its small pictures, for typst."""
        blocks = json.loads(json.dumps(page.blocks))
        for node in nodes(blocks):
            if node["t"] == "Div" and "picture" in node["c"][0][1]:
                picture = self.pictures.get(node["c"][0][0])
                if picture is not None:
                    call = f"#picture({_quoted(picture.svg)}, {_quoted(picture.alt)});"
                    node["c"] = [["", [], []], [{"t": "RawBlock", "c": ["typst", call]}]]
        return blocks

    def document(self, page: Page, variables: Mapping[str, str]) -> str:
        """Return a page with the navigation of the report, as JSON for pandoc.

        Parameters
        ----------
        page
            A page of the site, or another page that links to them.
        variables
            Variables of the template.
        """
        blocks = json.loads(json.dumps(page.blocks))
        for node in nodes(blocks):
            if node["t"] in ("Link", "Image"):
                node["c"][2][0] = self._relative(page, node["c"][2][0])
        meta = {name: _text(value) for name, value in variables.items()} | self._navigation(page)
        return self.to_json(blocks, meta)

    def to_json(self, blocks: list[Node], meta: Node) -> str:
        """Return a document as JSON for pandoc.

        Parameters
        ----------
        blocks
            Block elements of pandoc.
        meta
            Metadata in pandoc's format.
        """
        return json.dumps({"pandoc-api-version": self.api, "meta": meta, "blocks": blocks})

    def _relative(self, page: Page, target: str) -> str:
        """Return a link target relative to a page."""
        if target.startswith("#"):
            path = self.path_of(target[1:]) if target[1:] in self else page.path
            return target if path == page.path else f"{page.root}{path}{target}"
        return target if _EXTERNAL.match(target) else page.root + target

    def _navigation(self, page: Page) -> Node:
        """Return the template variables that depend on the page."""
        index = self.pages.index(page) if page in self.pages else None
        before = self.pages[:index] if index is not None else self.pages
        after = self.pages[index + 1 :] if index is not None else []
        navigation = {
            "root": _text(page.root),
            "chapter": _text(page.title),
            "before": _listed([self._entry(page, other) for other in before]),
            "after": _listed([self._entry(page, other) for other in after]),
        }
        if index == 0:
            navigation["overview"] = _text("yes")
        if index is not None and before:
            navigation["previous"] = self._entry(page, before[-1])
        if after:
            navigation["next"] = self._entry(page, after[0])
        return navigation

    def _entry(self, page: Page, other: Page) -> Node:
        number = {} if other.number is None else {"number": _text(str(other.number))}
        entry = {"address": _text(page.root + other.path), "title": _text(other.title), **number}
        return {"t": "MetaMap", "c": entry}


def _page(blocks: list[Node], n: int, is_first: bool) -> Page:
    head = blocks[0]
    if head["t"] != "Header":
        return Page(OVERVIEW, [], blocks)
    (anchor, classes, _), heading = head["c"][1], head["c"][2]
    if "unnumbered" in classes:
        return Page(OVERVIEW if is_first else f"{anchor}.html", heading, blocks)
    return Page(chapter_path(anchor), heading, blocks, n)


def html_page(path: str, title: str, html: str) -> Page:
    """Return a page with the given HTML as its content.

    Parameters
    ----------
    path
        Path of the page, relative to the report.
    title
        Heading of the page.
    html
        Content of the page.
    """
    heading = [{"t": "Str", "c": title}]
    head = {"t": "Header", "c": [1, ["top", ["unnumbered"], []], heading]}
    return Page(path, heading, [head, {"t": "RawBlock", "c": ["html", html]}])


def nodes(tree: Any, skipped: str = "") -> Iterator[Node]:
    """Yield all elements of a document tree, each before its children.

    Parameters
    ----------
    tree
        Document tree of pandoc, or a part of it.
    skipped
        Type of elements to skip with their children.
    """
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if "t" in part:
                if part["t"] == skipped:
                    continue
                yield part
            waiting.extend(reversed(part.values()))
        elif isinstance(part, list):
            waiting.extend(reversed(part))


def split_long_words(tree: Any, longest: int) -> None:
    """Split long words into adjacent strings, since pandoc needs quadratic time for a long word.

    Parameters
    ----------
    tree
        Document tree of pandoc; it is changed in place.
    longest
        Number of characters of the longest string.
    """
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            if any(_is_word(one) and len(one["c"]) > longest for one in part):
                part[:] = [piece for one in part for piece in _pieces(one, longest)]
            waiting.extend(part)
        elif isinstance(part, dict):
            waiting.extend(part.values())


def _is_word(part: Any) -> bool:
    return isinstance(part, dict) and part.get("t") == "Str"


def _pieces(part: Any, longest: int) -> list[Any]:
    if not _is_word(part):
        return [part]
    text = part["c"]
    return [{"t": "Str", "c": text[n : n + longest]} for n in range(0, len(text), longest)]


def make_anchors_unique(blocks: list[Node], part: str) -> None:
    """Make the anchors of a part unique in the report, and its headings those of one chapter.

    Headings of different parts can have the same text, and thus the same anchor as each other or
    as a figure. So the anchors of headings, and all anchors of a chapter, get the name of the part
    and two hyphens as a prefix, unless they begin with that name. Within a chapter, only the first
    of several equal anchors stays. Links within the part are updated. Headings after the first
    move to the second level, because a first-level heading would start a new page.

    Parameters
    ----------
    blocks
        Block elements of the part; they are changed in place.
    part
        Name of the part.
    """
    is_chapter = "unnumbered" not in blocks[0]["c"][1][1]
    named = [node for node in nodes(blocks) if node["t"] in _WITH_ATTRIBUTES]
    own: dict[str, str] = {}
    for node in named:
        name = anchor_of(node)
        is_ours = name == part or name.startswith(f"{part}-")
        if name and not is_ours and (is_chapter or node["t"] == "Header"):
            own[name] = f"{part}--{name}"
    seen: set[str] = set()
    for node in named:
        attributes = node["c"][_ATTRIBUTES_INDEX.get(node["t"], 0)]
        name = own.get(attributes[0], attributes[0])
        attributes[0] = "" if is_chapter and name in seen else name
        seen.add(name)
        if node["t"] == "Header" and node is not blocks[0]:
            node["c"][0] = max(2, node["c"][0])
        elif node["t"] == "Link":
            target = node["c"][2]
            if target[0].startswith("#"):
                target[0] = f"#{own.get(target[0][1:], target[0][1:])}"


def anchors(blocks: Sequence[Node]) -> Iterator[str]:
    """Yield the anchors of all elements in some blocks."""
    for node in nodes(blocks):
        if node["t"] in _WITH_ATTRIBUTES and (name := anchor_of(node)):
            yield name


def anchor_of(node: Node) -> str:
    """Return the anchor of an element that has attributes; empty if it has no anchor."""
    return node["c"][_ATTRIBUTES_INDEX.get(node["t"], 0)][0]


def plain_text(tree: Any) -> str:
    """Return the text of a document tree, without markup."""
    return " ".join("".join(_strings(tree)).split())


def _strings(tree: Any) -> Iterable[str]:
    blocks = ("Para", "Plain", "Header", "Cell", "BlockQuote", "BulletList", "Div")
    for node in nodes(tree):
        if node["t"] == "Str":
            yield node["c"]
        elif node["t"] == "Code" or (node["t"] == "Math" and node["c"][0]["t"] == "InlineMath"):
            yield node["c"][1]
        elif node["t"] in ("Space", "SoftBreak", "LineBreak", *blocks):
            yield " "


def _quoted(text: str) -> str:
    # A JSON string is a valid typst string, except for escaped characters.
    return json.dumps(text, ensure_ascii=False)


def _text(value: str) -> Node:
    return {"t": "MetaString", "c": value}


def _listed(entries: list[Node]) -> Node:
    return {"t": "MetaList", "c": entries}

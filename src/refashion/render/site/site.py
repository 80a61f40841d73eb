"""The report as pages of HTML: one for each chapter, with links that find their page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from refashion.render.text.places import _path_of_chapter, place_of_run

Node = dict[str, Any]

OVERVIEW = "index.html"
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# Where pandoc keeps the attributes of an element: its identifier, classes and further ones.
_PLACE_OF_ATTRIBUTES = {"Header": 1}
_TAGS = "Header Div Span Figure Table Link Image Code CodeBlock"
_WITH_ATTRIBUTES = frozenset(_TAGS.split())


@dataclass(frozen=True)
class Page:
    """A page of the report.

    Attributes
    ----------
    path
        Relative to the report.
    heading
        Pandoc's inline elements.
    blocks
        Pandoc's block elements.
    number
        Of the chapter; None where it has none.
    """

    path: str
    heading: list[Node]
    blocks: list[Node]
    number: int | None = None

    @property
    def title(self) -> str:
        return plain(self.heading)

    @property
    def root(self) -> str:
        """Way from the page to the folder of the report, as it stands before a path."""
        return "../" * self.path.count("/")


@dataclass
class Site:
    """Pages of the report, in the order in which they are read.

    Attributes
    ----------
    pages
        The overview first.
    api
        Version of pandoc's format of documents.
    """

    pages: list[Page]
    api: list[int]
    _pages: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for page in self.pages:
            self._pages |= dict.fromkeys(anchors(page.blocks), page.path)

    @classmethod
    def parted(cls, document: Node) -> Site:
        """Part a document of pandoc's at its headings of the first level.

        The first part becomes the overview, a numbered one the page of a study.
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

    def add_places(self, chapter: str, runs: Iterable[str]) -> None:
        """Give runs that have no place in their chapter one at its head, in HTML alone.

        Pages of notebooks lead there.
        """
        missing = [name for run in runs if (name := place_of_run(chapter, run)) not in self]
        for page in self.pages:
            if missing and page.path == self.page_of(chapter):
                places = "".join(f'<span id="{name}"></span>' for name in missing)
                page.blocks.insert(1, {"t": "RawBlock", "c": ["html", f"<div>{places}</div>"]})

    def page_of(self, anchor: str) -> str:
        """Path of the page that has an anchor; the overview where none has it."""
        return self._pages.get(anchor, OVERVIEW)

    def page(self, anchor: str) -> Page:
        """Page that has an anchor."""
        path = self.page_of(anchor)
        return next(page for page in self.pages if page.path == path)

    def address(self, anchor: str) -> str:
        """Address of an anchor, relative to the report."""
        return f"{self.page_of(anchor)}#{anchor}"

    def __contains__(self, anchor: object) -> bool:
        return anchor in self._pages

    def document(self, page: Page, facts: Mapping[str, str]) -> str:
        """Give a page as pandoc reads it, with the contents of the report around it.

        Parameters
        ----------
        page
            One of the site's, or another with links in the same way.
        facts
            Variables of the template.
        """
        blocks = json.loads(json.dumps(page.blocks))
        for node in nodes(blocks):
            if node["t"] in ("Link", "Image"):
                node["c"][2][0] = self._from(page, node["c"][2][0])
        meta = {name: _text(value) for name, value in facts.items()} | self._around(page)
        return self.whole(blocks, meta)

    def whole(self, blocks: list[Node], meta: Node) -> str:
        """Give blocks, and what is said of them, as pandoc reads it."""
        return json.dumps({"pandoc-api-version": self.api, "meta": meta, "blocks": blocks})

    def _from(self, page: Page, target: str) -> str:
        """Say where a link of a page leads, as seen from it."""
        if target.startswith("#"):
            at = self.page_of(target[1:]) if target[1:] in self else page.path
            return target if at == page.path else f"{page.root}{at}{target}"
        return target if _ELSEWHERE.match(target) else page.root + target

    def _around(self, page: Page) -> Node:
        """Fill the variables of the template that differ from page to page."""
        place = self.pages.index(page) if page in self.pages else None
        before = self.pages[:place] if place is not None else self.pages
        after = self.pages[place + 1 :] if place is not None else []
        around = {
            "root": _text(page.root),
            "chapter": _text(page.title),
            "before": _listed([self._entry(page, other) for other in before]),
            "after": _listed([self._entry(page, other) for other in after]),
        }
        if place == 0:
            around["overview"] = _text("yes")
        if place is not None and before:
            around["previous"] = self._entry(page, before[-1])
        if after:
            around["next"] = self._entry(page, after[0])
        return around

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
    return Page(_path_of_chapter(anchor), heading, blocks, n)


def of_html(path: str, title: str, html: str) -> Page:
    """Make a page of HTML that is there already."""
    heading = [{"t": "Str", "c": title}]
    head = {"t": "Header", "c": [1, ["top", ["unnumbered"], []], heading]}
    return Page(path, heading, [head, {"t": "RawBlock", "c": ["html", html]}])


def nodes(tree: Any, passed: str = "") -> Iterator[Node]:
    """Walk through all elements of a part of a document, those outside before those inside.

    Parameters
    ----------
    tree
        The part.
    passed
        Kind of elements that are passed over, with all that is in them.
    """
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if "t" in part:
                if part["t"] == passed:
                    continue
                yield part
            waiting.extend(reversed(part.values()))
        elif isinstance(part, list):
            waiting.extend(reversed(part))


def part_words(tree: Any, longest: int) -> None:
    """Part long words into several that stand together: pandoc takes the square of their length."""
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


def name_places(blocks: list[Node], part: str) -> None:
    """Make the places of a part its own, and the part one chapter.

    Headings of several parts may read the same, and read like the name of an exhibit, so they get
    the name of the part and two hyphens in front, unless they begin with it. So do all other places
    of a chapter, and no two of them have one name. Links within the part follow. Below its first
    heading, a part has none of the first level, which would begin a page.
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
        attributes = node["c"][_PLACE_OF_ATTRIBUTES.get(node["t"], 0)]
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
    """Names of all places in some blocks that links can lead to."""
    for node in nodes(blocks):
        if node["t"] in _WITH_ATTRIBUTES and (name := anchor_of(node)):
            yield name


def anchor_of(node: Node) -> str:
    """Name of an element that has attributes."""
    return node["c"][_PLACE_OF_ATTRIBUTES.get(node["t"], 0)][0]


def plain(tree: Any) -> str:
    """Text of a part of a document, without its marks."""
    return " ".join("".join(_letters(tree)).split())


def _letters(tree: Any) -> Iterable[str]:
    blocks = ("Para", "Plain", "Header", "Cell", "BlockQuote", "BulletList", "Div")
    for node in nodes(tree):
        if node["t"] == "Str":
            yield node["c"]
        elif node["t"] == "Code" or (node["t"] == "Math" and node["c"][0]["t"] == "InlineMath"):
            yield node["c"][1]
        elif node["t"] in ("Space", "SoftBreak", "LineBreak", *blocks):
            yield " "


def _text(value: str) -> Node:
    return {"t": "MetaString", "c": value}


def _listed(entries: list[Node]) -> Node:
    return {"t": "MetaList", "c": entries}

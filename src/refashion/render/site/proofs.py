"""Faults of a chapter that show only when it is read: dead links, missing pictures, broken TeX.

They are marked where they stand and told at the head of the chapter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any
from urllib.parse import unquote

from refashion.errors import did_you_mean, shown
from refashion.render.chapter.chapters import narrative_of
from refashion.render.site.site import Node, Page, Site, nodes, plain
from refashion.render.text.prose import read_prose

# So many words of a block tell where in a narrative it stands.
WORDS = 4
SCHEMES = ("http", "https", "mailto")
HEAD = "Something in this chapter is not as its author meant it."
# Pages and files that the report has beside its chapters.
ALWAYS = frozenset({"ledger.html", "search.html", "report.pdf"})

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
# What report.lua writes where pandoc cannot read the TeX of a formula.
_BROKEN = re.compile(r'#broken_formula\(("(?:[^"\\]|\\.)*")\)')


@dataclass(frozen=True)
class Fault:
    """Something that is wrong in a chapter.

    Attributes
    ----------
    what
        Is wrong.
    written
        How it stands in the narrative, to find its line.
    """

    what: str
    written: str

    def message(self, root: Path, study: str) -> str:
        """Say what is wrong, with file and line."""
        written = re.escape(self.written)
        # A target stands in round or pointed brackets.
        return _told(root, study, [rf"[(<]\s*{written}", written], self.what)


def located(root: Path, study: str, block: Node, what: str) -> str:
    """Say what is wrong with a block of a part, with file and line where its words are found."""
    formulas = [node["c"][1] for node in nodes([block]) if node["t"] == "Math"]
    words = plain([block]).split()[:WORDS]
    patterns = [*map(re.escape, formulas), r"\W+".join(map(re.escape, words))]
    return _told(root, study, patterns, what)


def _told(root: Path, study: str, patterns: Sequence[str], what: str) -> str:
    name = narrative_of(study)
    if not (root / name).exists():
        return f"{study}: {what}"
    source = read_prose(root, name)
    found = [match.start() for one in patterns if one and (match := re.search(one, source))]
    line = f":{1 + source.count(chr(10), 0, found[0])}" if found else ""
    return f"{name}{line}: {what}"


@dataclass(frozen=True)
class Known:
    """What a chapter can lead to and show.

    Attributes
    ----------
    site
        Pages with their places.
    linked, shown
        Further files and pictures, relative to the report.
    """

    site: Site
    linked: frozenset[str]
    shown: frozenset[str]

    def why_not(self, target: str) -> str | None:
        """Say why a link is wrong; None where it is right."""
        if target.startswith("#"):
            if target[1:] in self.site:
                return None
            return f"a link to {shown(target)}, and there is no such place"
        if scheme := _SCHEME.match(target):
            if scheme[1].lower() in SCHEMES:
                return None
            return f"a link to {shown(target)}; links begin with {', '.join(SCHEMES)} or #"
        pages = {page.path for page in self.site.pages} | ALWAYS | self.linked
        if (path := unquote(re.split("[?#]", target)[0])) in pages:
            return None
        hint = did_you_mean(path, pages)
        return f"a link to {shown(target)}, and the report has no such page{hint}"


def faults(page: Page, known: Known) -> list[Fault]:
    """Find links that lead nowhere and pictures that are not there, and mark them on the page."""
    return list(_faults(page.blocks, known))


def _faults(blocks: list[Node], known: Known) -> Iterator[Fault]:
    for node in nodes(blocks):
        if node["t"] == "Link":
            _, text, (target, _) = node["c"]
            if why := known.why_not(target):
                _mark(node, text)
                yield Fault(why, target)
        elif node["t"] == "Image":
            target = node["c"][2][0]
            if target not in known.shown:
                _mark(node, [_string(f"(no picture {shown(target)})")])
                what = (
                    "the report shows figures that its own functions draw, such as figure_history"
                )
                yield Fault(f"a picture {shown(target)}, which is not there; {what}()", target)


def broken_formulas(sheet: str) -> list[Fault]:
    """Find formulas in a sheet for typst that pandoc cannot read."""
    texts = [json.loads(match[1], strict=False) for match in _BROKEN.finditer(sheet)]
    return [
        Fault(f"the formula {shorten(tex, 80)} is no TeX that can be read", tex) for tex in texts
    ]


def tell(page: Page, messages: Sequence[str]) -> None:
    """Say at the head of a page what is wrong on it."""
    notice = ["", ["notice"], []]
    head = {"t": "Para", "c": [{"t": "Strong", "c": [_string(HEAD)]}]}
    listed = {"t": "BulletList", "c": [[{"t": "Plain", "c": [_string(m)]}] for m in messages]}
    page.blocks.insert(1, {"t": "Div", "c": [notice, [head, listed]]})


def _mark(node: Node, text: list[Any]) -> None:
    node["t"], node["c"] = "Span", [["", ["missing"], []], text]


def _string(text: str) -> Node:
    return {"t": "Str", "c": text}

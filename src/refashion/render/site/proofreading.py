"""Checks of a written chapter for dead links, missing images and invalid TeX.

Faults are marked in the text, and listed at the head of the chapter.
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
from refashion.render.site.site import Node, Page, Site, nodes, plain_text
from refashion.render.text.prose import read_prose

# Number of words at the start of a block that locate it in a narrative.
N_WORDS = 4
LINK_SCHEMES = ("http", "https", "mailto")
NOTICE = "This chapter has mistakes."
# Files that every report has besides its chapters.
STANDARD_FILES = frozenset({"ledger.html", "search.html", "report.pdf"})

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
# Output of report.lua for a formula whose TeX pandoc cannot parse.
_BROKEN = re.compile(r'#broken_formula\(("(?:[^"\\]|\\.)*")\)')


@dataclass(frozen=True)
class Fault:
    """A fault in a chapter.

    Attributes
    ----------
    description
        Description of the fault.
    source
        Text of the faulty element in the narrative, to find its line.
    """

    description: str
    source: str

    def message(self, root: Path, narrative: str) -> str:
        """Return the description with the file and the line.

        Parameters
        ----------
        root
            Folder of the project.
        narrative
            Path of the narrative, relative to `root`.
        """
        source = re.escape(self.source)
        # A link target follows a parenthesis or an angle bracket.
        return _locate(root, narrative, [rf"[(<]\s*{source}", source], self.description)


def locate_block(root: Path, narrative: str, block: Node, description: str) -> str:
    """Return the description of a fault in a block, with the file and, if found, the line.

    Parameters
    ----------
    root
        Folder of the project.
    narrative
        Path of the narrative, relative to `root`.
    block
        Block element of pandoc.
    description
        Description of the fault.
    """
    formulas = [node["c"][1] for node in nodes([block]) if node["t"] == "Math"]
    words = plain_text([block]).split()[:N_WORDS]
    patterns = [*map(re.escape, formulas), r"\W+".join(map(re.escape, words))]
    return _locate(root, narrative, patterns, description)


def _locate(root: Path, narrative: str, patterns: Sequence[str], description: str) -> str:
    if not (root / narrative).exists():
        return f"{narrative}: {description}"
    source = read_prose(root, narrative)
    found = [match.start() for one in patterns if one and (match := re.search(one, source))]
    line = f":{1 + source.count(chr(10), 0, found[0])}" if found else ""
    return f"{narrative}{line}: {description}"


@dataclass(frozen=True)
class LinkTargets:
    """Everything that a chapter can link to or show.

    Attributes
    ----------
    site
        Pages with their anchors.
    files
        Paths of further files to link to, relative to the report.
    images
        Paths of images, relative to the report.
    """

    site: Site
    files: frozenset[str]
    images: frozenset[str]

    def error(self, target: str) -> str | None:
        """Return what is wrong with a link target; None if it is valid."""
        if target.startswith("#"):
            if target[1:] in self.site:
                return None
            return f"link to {shown(target)}: the report has no such anchor"
        if scheme := _SCHEME.match(target):
            if scheme[1].lower() in LINK_SCHEMES:
                return None
            return f"link to {shown(target)}: links begin with {', '.join(LINK_SCHEMES)} or #"
        pages = {page.path for page in self.site.pages} | STANDARD_FILES | self.files
        if (path := unquote(re.split("[?#]", target)[0])) in pages:
            return None
        hint = did_you_mean(path, pages)
        return f"link to {shown(target)}: the report has no such page{hint}"


def mark_faults(page: Page, targets: LinkTargets) -> list[Fault]:
    """Find dead links and missing images, and mark them on the page.

    Parameters
    ----------
    page
        Page to check; the marks are added to it.
    targets
        Valid targets of links and images.
    """
    return list(_mark_faults(page.blocks, targets))


def _mark_faults(blocks: list[Node], targets: LinkTargets) -> Iterator[Fault]:
    for node in nodes(blocks):
        if node["t"] == "Link":
            _, text, (target, _) = node["c"]
            if error := targets.error(target):
                _mark(node, text)
                yield Fault(error, target)
        elif node["t"] == "Image":
            target = node["c"][2][0]
            if target not in targets.images:
                _mark(node, [_string(f"(no image {shown(target)})")])
                rule = "a report shows only figures of its functions, such as figure_history()"
                yield Fault(f"image {shown(target)}: {rule}", target)


def broken_formulas(source: str) -> list[Fault]:
    """Return a fault for each formula that pandoc could not convert.

    Parameters
    ----------
    source
        The typst source of a part.
    """
    texts = [json.loads(match[1], strict=False) for match in _BROKEN.finditer(source)]
    return [Fault(f"the formula {shorten(tex, 80)} is not valid TeX", tex) for tex in texts]


def add_notice(page: Page, messages: Sequence[str]) -> None:
    """Add a list of faults at the head of a page.

    Parameters
    ----------
    page
        Page to change.
    messages
        A message for each fault.
    """
    notice = ["", ["notice"], []]
    head = {"t": "Para", "c": [{"t": "Strong", "c": [_string(NOTICE)]}]}
    listed = {"t": "BulletList", "c": [[{"t": "Plain", "c": [_string(m)]}] for m in messages]}
    page.blocks.insert(1, {"t": "Div", "c": [notice, [head, listed]]})


def _mark(node: Node, text: list[Any]) -> None:
    node["t"], node["c"] = "Span", [["", ["missing"], []], text]


def _string(text: str) -> Node:
    return {"t": "Str", "c": text}

"""Markdown to HTML through pandoc, and to PDF through pandoc and typst. Both come as wheels."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime
from pathlib import Path
from textwrap import shorten
from typing import Any

import pypandoc

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.errors import RefashionError
from refashion.render.site import frame, sanitising
from refashion.render.site.site import Node, Page, Site, name_places, nodes, part_words
from refashion.render.text import markdown, typesetting
from refashion.render.text.made_from import Store, digest, is_made_from
from refashion.render.text.typesetting import Printed

CONTENTS_DEPTH = 2
FILTER = "report.lua"
# What pandoc may take: to read a part of the report, and to write a page of it.
SECONDS_TO_READ = 60
SECONDS_TO_WRITE = 300
MEMORY = "4g"
LONGEST_REASON = 300
# Of the tree that pandoc makes of a text; a list in a list is four levels.
MOST_LEVELS = 200
# Words, blanks and all else of a part: as a book has, and with tables, as ten thousand runs have.
MOST_ELEMENTS = 150_000
MOST_WITH_TABLES = 600_000
LONGEST_WORD = 500


class RefusedError(RefashionError):
    """Parts of the report that cannot be read or printed.

    Attributes
    ----------
    reasons
        By the name of the part.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__("; ".join(reasons.values()))
        self.reasons = dict(reasons)


def read(text: str) -> Node:
    """Read Markdown into pandoc's tree of a document."""
    return json.loads(convert(text, "json"))


def read_parts(parts: Mapping[str, str], store: Store, threads: Executor) -> Node:
    """Read the parts of a document, each by itself, into one tree.

    Parameters
    ----------
    parts
        Markdown by name. Names of places are those of the whole document where they begin with
        the name of their part, and get it in front where they do not.
    store
        Keeps what pandoc makes of them.
    threads
        Wait for pandoc.

    Raises
    ------
    RefusedError
        Some parts take too long, or are too long or nested too deeply.
    """

    def tree_of(text: str) -> Node | str:
        try:
            return _tree(store.text(lambda: read_as_json(text), text.encode(), *_makers()))
        except RefashionError as error:
            return str(error)

    trees = dict(zip(parts, threads.map(tree_of, parts.values()), strict=True))
    if refused := {name: tree for name, tree in trees.items() if isinstance(tree, str)}:
        raise RefusedError(refused)
    read = {name: tree for name, tree in trees.items() if not isinstance(tree, str)}
    for name, tree in read.items():
        name_places(tree["blocks"], name)
    first, *_ = read.values()
    return first | {"blocks": [block for tree in read.values() for block in tree["blocks"]]}


def read_as_json(text: str) -> str:
    return _converted(text, "json", markdown.DIALECT, (), SECONDS_TO_READ)


def _tree(made: str) -> Node:
    try:
        tree = json.loads(made)
    except RecursionError:
        tree = None
    if tree is None or _levels(tree) > MOST_LEVELS:
        raise RefashionError("its lists, quotes or brackets are nested too deeply")
    for passed, most in (("Table", MOST_ELEMENTS), ("", MOST_WITH_TABLES)):
        if (n := sum(1 for _ in nodes(tree, passed))) > most:
            raise RefashionError(f"{n:,} words, blanks and so on; {most:,} are the most for a part")
    part_words(tree, LONGEST_WORD)
    return tree


def _levels(tree: Any) -> int:
    levels, inside = 0, [tree]
    while inside:
        levels += 1
        groups = (part.values() if isinstance(part, dict) else part for part in inside)
        inside = [part for group in groups for part in group if isinstance(part, dict | list)]
    return levels


def write_page(
    page: Page, site: Site, templates: Path, facts: Mapping[str, str], folder: Path
) -> Path:
    """Write one page, and give its path. A page that would be the same stays as it is.

    Parameters
    ----------
    page, site
        The page, and what it is part of.
    templates
        Folder with `report.html`, `report.lua`, `chapter.html` and `frame.html`.
    facts
        Variables of the templates.
    folder
        Of the site.
    """
    path = folder / page.path
    source = site.document(page, facts)
    offset = f"--number-offset={(page.number or 1) - 1}"
    options = _options(templates, "report.html", "--mathml", "--section-divs", offset)
    used = (templates / "report.html", templates / FILTER)
    makers = (*_makers(*used), *frame.makers(templates, "chapter.html"))
    made_from = digest(source.encode(), " ".join(options).encode(), *makers)
    if not is_made_from(path, made_from):
        sanitised = sanitising.listing if "tables" in facts else sanitising.chapter
        content = sanitised(_converted(source, "html5", "json", options))
        place = {"root": page.root, "chapter": page.title, "overview": page in site.pages[:1]}
        told = {**facts, **place, "made_from": made_from}
        artifacts.write_text(path, frame.framed(templates, "chapter.html", content, told))
    return path


def on_paper(page: Page, site: Site, templates: Path, store: Store) -> str:
    """Give what typst is told to set for one page of the site.

    Parameters
    ----------
    page, site
        The page, and what it is part of.
    templates
        Folder with `report.lua`.
    store
        Keeps it.
    """
    source, options = site.whole(page.blocks, {}), [_filter(templates)]
    return store.text(
        lambda: _converted(source, "typst", "json", options),
        source.encode(),
        *_makers(templates / FILTER),
    )


def write_pdf(
    parts: Sequence[str], site: Site, templates: Path, facts: Mapping[str, Any], layout: Layout
) -> Printed:
    """Write the report as PDF, the same bytes for the same results.

    Parameters
    ----------
    parts
        What `on_paper` gives for the pages of the site.
    site
        The whole report.
    facts
        As for HTML; `started` dates the document, and `source` lists title and citation of each
        study.
    templates
        Folder with `report.typ` and `report.lua`.
    layout
        Where the report lies; figures are taken from there.

    Raises
    ------
    RefashionError
        typst refuses what pandoc has made of the report.
    """
    printed = printed_pdf(parts, site, templates, facts, layout)
    with artifacts.atomic(layout.report_pdf) as temporary:
        temporary.write_bytes(printed.pdf)
    return printed


def printed_pdf(
    parts: Sequence[str],
    site: Site,
    templates: Path,
    facts: Mapping[str, Any],
    layout: Layout,
    seconds: float = typesetting.SECONDS,
) -> Printed:
    """Like `write_pdf`, without writing."""
    blocks = [{"t": "RawBlock", "c": ["typst", part]} for part in parts]
    told = site.whole(blocks, {name: _meta(value) for name, value in facts.items()})
    source = _converted(told, "typst", "json", _options(templates, "report.typ"))
    return typesetting.print_pdf(source, layout.report, _timestamp(facts["started"]), seconds)


def _meta(value: Any) -> dict[str, Any]:
    """Write a fact in pandoc's form, as the text that it is."""
    if isinstance(value, Mapping):
        return {"t": "MetaMap", "c": {name: _meta(one) for name, one in value.items()}}
    if isinstance(value, list):
        return {"t": "MetaList", "c": [_meta(one) for one in value]}
    return {"t": "MetaString", "c": value}


def _timestamp(started: str) -> int:
    try:
        return int(datetime.fromisoformat(started).timestamp())
    except ValueError:
        return 0


def convert(text: str, to: str, *options: str) -> str:
    """Convert Markdown through pandoc, which may read no file but those in its options."""
    return _converted(text, to, markdown.DIALECT, options)


def _converted(
    text: str, to: str, dialect: str, options: Sequence[str], seconds: float = SECONDS_TO_WRITE
) -> str:
    # Tables keep the widths of their cells, however long the lines of their source.
    layout = ("--columns=100000", "--wrap=none", "--syntax-highlighting=none")
    reads = (pypandoc.get_pandoc_path(), f"--from={dialect}", f"--to={to}", "--sandbox")
    limits = ("+RTS", f"-M{MEMORY}", "-RTS")
    try:
        done = subprocess.run(
            [*reads, *layout, *options, *limits],
            input=text.encode(),
            capture_output=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise RefashionError(f"pandoc was stopped after {seconds:g} seconds") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace")
        raise RefashionError(f"pandoc: {shorten(said, LONGEST_REASON)}")
    return done.stdout.decode()


def _options(templates: Path, template: str, *options: str) -> list[str]:
    return [
        "--standalone",
        f"--template={templates / template}",
        _filter(templates),
        "--toc",
        f"--toc-depth={CONTENTS_DEPTH}",
        "--number-sections",
        *options,
    ]


def _filter(templates: Path) -> str:
    return f"--lua-filter={templates / FILTER}"


def _makers(*templates: Path) -> list[bytes]:
    """What makes one text of another: templates, modules and pandoc."""
    files = (*templates, Path(__file__), Path(markdown.__file__))
    return [*(file.read_bytes() for file in files), pypandoc.get_pandoc_version().encode()]

"""Convert Markdown to HTML with pandoc, and to PDF with pandoc and typst."""

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
from refashion.render.site.site import (
    Node,
    Page,
    Site,
    make_anchors_unique,
    nodes,
    split_long_words,
)
from refashion.render.text import markdown, typesetting
from refashion.render.text.cache import TextCache, digest, is_up_to_date
from refashion.render.text.typesetting import CompiledPdf

CONTENTS_DEPTH = 2
FILTER = "report.lua"
# Time limits of pandoc for reading a part of the report, and for writing a page.
READ_SECONDS = 60
WRITE_SECONDS = 300
MEMORY = "4g"
LONGEST_REASON = 300
# Levels of pandoc's document tree; a list within a list takes four.
MOST_LEVELS = 200
# Elements of a part (words, spaces and so on). The first limit, without tables, is a whole book;
# the second is enough for ten thousand runs.
MOST_PROSE_ELEMENTS = 150_000
MOST_PART_ELEMENTS = 600_000
LONGEST_WORD = 500


class RejectedPartsError(RefashionError):
    """Parts of the report that pandoc or typst cannot process.

    Attributes
    ----------
    reasons
        Reasons by the name of the part.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__("; ".join(reasons.values()))
        self.reasons = dict(reasons)


def read(text: str) -> Node:
    """Parse Markdown into pandoc's document tree."""
    return json.loads(convert(text, "json"))


def read_parts(parts: Mapping[str, str], cache: TextCache, threads: Executor) -> Node:
    """Parse the parts of a document, each by itself, and join them into one document tree.

    Parameters
    ----------
    parts
        Markdown by the name of the part. An anchor that does not begin with the name of its part
        gets this name as a prefix, see `make_anchors_unique`.
    cache
        Keeps the output of pandoc.
    threads
        Threads that wait for pandoc.

    Raises
    ------
    RejectedPartsError
        If a part takes too long to parse, or is too large or too deeply nested.
    """

    def tree_of(text: str) -> Node | str:
        try:
            return _checked_tree(cache.text(lambda: read_as_json(text), text.encode(), *_inputs()))
        except RefashionError as error:
            return str(error)

    trees = dict(zip(parts, threads.map(tree_of, parts.values()), strict=True))
    if rejected := {name: tree for name, tree in trees.items() if isinstance(tree, str)}:
        raise RejectedPartsError(rejected)
    accepted = {name: tree for name, tree in trees.items() if not isinstance(tree, str)}
    for name, tree in accepted.items():
        make_anchors_unique(tree["blocks"], name)
    first, *_ = accepted.values()
    return first | {"blocks": [block for tree in accepted.values() for block in tree["blocks"]]}


def read_as_json(text: str) -> str:
    """Parse Markdown into pandoc's document tree, as JSON."""
    return _run_pandoc(text, "json", markdown.DIALECT, (), READ_SECONDS)


def _checked_tree(text: str) -> Node:
    try:
        tree = json.loads(text)
    except RecursionError:
        tree = None
    if tree is None or _levels(tree) > MOST_LEVELS:
        raise RefashionError("lists, quotes or brackets are nested too deeply")
    for skipped, most in (("Table", MOST_PROSE_ELEMENTS), ("", MOST_PART_ELEMENTS)):
        if (n := sum(1 for _ in nodes(tree, skipped))) > most:
            where = " outside tables" * bool(skipped)
            raise RefashionError(f"{n:,} words and spaces{where}, more than the limit of {most:,}")
    split_long_words(tree, LONGEST_WORD)
    return tree


def _levels(tree: Any) -> int:
    levels, inside = 0, [tree]
    while inside:
        levels += 1
        groups = (part.values() if isinstance(part, dict) else part for part in inside)
        inside = [part for group in groups for part in group if isinstance(part, dict | list)]
    return levels


def write_page(
    page: Page, site: Site, templates: Path, variables: Mapping[str, str], folder: Path
) -> Path:
    """Write one page, unless its file is up to date, and return its path.

    Parameters
    ----------
    page
        The page.
    site
        The site that the page belongs to.
    templates
        Folder with `report.html`, `report.lua`, `chapter.html` and `frame.html`.
    variables
        Variables of the templates.
    folder
        Folder of the site.
    """
    path = folder / page.path
    source = site.document(page, variables)
    offset = f"--number-offset={(page.number or 1) - 1}"
    options = _options(templates, "report.html", "--mathml", "--section-divs", offset)
    used = (templates / "report.html", templates / FILTER)
    inputs = (*_inputs(*used), *frame.frame_inputs(templates, "chapter.html"))
    drawn = [picture.svg.encode() for picture in site.pictures_of(page).values()]
    made_from = digest(source.encode(), " ".join(options).encode(), *inputs, *drawn)
    if not is_up_to_date(path, made_from):
        clean = sanitising.clean_listing if "tables" in variables else sanitising.clean_chapter
        content = site.with_pictures(clean(_run_pandoc(source, "html5", "json", options)))
        place = {"root": page.root, "chapter": page.title, "overview": page in site.pages[:1]}
        values = {**variables, **place, "made_from": made_from}
        artifacts.write_text(path, frame.fill_frame(templates, "chapter.html", content, values))
    return path


def as_typst(page: Page, site: Site, templates: Path, cache: TextCache) -> str:
    """Convert one page of the site to typst.

    Parameters
    ----------
    page
        The page.
    site
        The site that the page belongs to.
    templates
        Folder with `report.lua`.
    cache
        Keeps the typst source.
    """
    source, options = site.to_json(site.on_paper(page), {}), [_filter(templates)]
    return cache.text(
        lambda: _run_pandoc(source, "typst", "json", options),
        source.encode(),
        *_inputs(templates / FILTER),
    )


def write_pdf(
    parts: Sequence[str], site: Site, templates: Path, variables: Mapping[str, Any], layout: Layout
) -> CompiledPdf:
    """Write the report as PDF. The same results give the same bytes.

    Parameters
    ----------
    parts
        The typst source of each page, from `as_typst`.
    site
        The whole report.
    templates
        Folder with `report.typ` and `report.lua`.
    variables
        Variables of the template: those of HTML, `started` (the date of the document) and
        `source` (the title and citation of each study).
    layout
        Paths of the results, with the figures of the report.

    Raises
    ------
    RefashionError
        If typst rejects the source.
    """
    compiled = compile_report(parts, site, templates, variables, layout)
    with artifacts.atomic(layout.report_pdf) as temporary:
        temporary.write_bytes(compiled.pdf)
    return compiled


def compile_report(
    parts: Sequence[str],
    site: Site,
    templates: Path,
    variables: Mapping[str, Any],
    layout: Layout,
    seconds: float = typesetting.COMPILE_SECONDS,
) -> CompiledPdf:
    """Compile the report like `write_pdf`, without writing a file.

    Parameters
    ----------
    parts, site, templates, variables, layout
        See `write_pdf`.
    seconds
        Time limit of typst.
    """
    blocks = [{"t": "RawBlock", "c": ["typst", part]} for part in parts]
    document = site.to_json(blocks, {name: _meta(value) for name, value in variables.items()})
    source = _run_pandoc(document, "typst", "json", _options(templates, "report.typ"))
    return typesetting.compile_pdf(source, layout.report, _timestamp(variables["started"]), seconds)


def _meta(value: Any) -> dict[str, Any]:
    """Convert a template variable to pandoc's metadata, as plain text."""
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
    """Convert Markdown with pandoc, which can read no files except those in its options.

    Parameters
    ----------
    text
        Markdown source.
    to
        Output format of pandoc.
    *options
        Further options of pandoc.
    """
    return _run_pandoc(text, to, markdown.DIALECT, options)


def _run_pandoc(
    text: str, to: str, dialect: str, options: Sequence[str], seconds: float = WRITE_SECONDS
) -> str:
    # With fewer columns, pandoc would fix the column widths of tables with long source lines.
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
        message = done.stderr.decode(errors="replace")
        raise RefashionError(f"pandoc: {shorten(message, LONGEST_REASON)}")
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


def _inputs(*templates: Path) -> list[bytes]:
    """Return what the output of pandoc depends on besides the text."""
    files = (*templates, Path(__file__), Path(markdown.__file__))
    return [*(file.read_bytes() for file in files), pypandoc.get_pandoc_version().encode()]

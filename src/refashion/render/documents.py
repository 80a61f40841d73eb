"""Markdown to HTML through pandoc, and to PDF through pandoc and typst. Both come as wheels."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pypandoc
import typst

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.errors import RefashionError
from refashion.render import frame, markdown, sanitising
from refashion.render.made_from import Store, digest, is_made_from
from refashion.render.site import Node, Page, Site, name_places

logger = logging.getLogger(__name__)

CONTENTS_DEPTH = 2
FILTER = "report.lua"
# Accessible to readers of screens, as ISO 14289 asks it.
STANDARD = "ua-1"


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
    """

    def tree_of(text: str) -> Node:
        made = store.text(lambda: convert(text, "json"), text.encode(), *_makers())
        return json.loads(made)

    trees = dict(zip(parts, threads.map(tree_of, parts.values()), strict=True))
    for name, tree in trees.items():
        name_places(tree["blocks"], name)
    first, *_ = trees.values()
    return first | {"blocks": [block for tree in trees.values() for block in tree["blocks"]]}


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
) -> Path:
    """Write the report as PDF, the same bytes for the same results, and give its path.

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
        typst does not compile what pandoc has made of the report.
    """
    blocks = [{"t": "RawBlock", "c": ["typst", part]} for part in parts]
    told = site.whole(blocks, {name: _meta(value) for name, value in facts.items()})
    source = _converted(told, "typst", "json", _options(templates, "report.typ"))
    try:
        pdf = _compiled(source, layout.report, _timestamp(facts["started"]))
    except typst.TypstError as error:
        raise RefashionError(f"{layout.report_pdf}: {error.message}") from error
    with artifacts.atomic(layout.report_pdf) as temporary:
        temporary.write_bytes(pdf)
    return layout.report_pdf


def _meta(value: Any) -> dict[str, Any]:
    """Write a fact in pandoc's form, as the text that it is."""
    if isinstance(value, Mapping):
        return {"t": "MetaMap", "c": {name: _meta(one) for name, one in value.items()}}
    if isinstance(value, list):
        return {"t": "MetaList", "c": [_meta(one) for one in value]}
    return {"t": "MetaString", "c": value}


def _compiled(source: str, root: Path, timestamp: int) -> bytes:
    """Compile to the standard, or where it refuses something, without it."""
    compiled = partial(
        typst.compile,
        source.encode(),
        root=root,
        format="pdf",
        # Figures are set in Matplotlib's font; a font of the system would make another document.
        font_paths=[Path(mpl.get_data_path(), "fonts", "ttf")],
        ignore_system_fonts=True,
        timestamp=timestamp,
    )
    try:
        return compiled(pdf_standards=[STANDARD])
    except typst.TypstError as error:
        logger.warning("report.pdf is tagged, yet not to the standard %s: %s", STANDARD, error)
        return compiled()


def _timestamp(started: str) -> int:
    try:
        return int(datetime.fromisoformat(started).timestamp())
    except ValueError:
        return 0


def convert(text: str, to: str, *options: str) -> str:
    """Convert Markdown through pandoc, which may read no file but those in its options."""
    return _converted(text, to, markdown.DIALECT, options)


def _converted(text: str, to: str, dialect: str, options: Sequence[str]) -> str:
    # Tables keep the widths of their cells, however long the lines of their source.
    layout = ("--columns=100000", "--wrap=none", "--syntax-highlighting=none")
    return pypandoc.convert_text(
        text,
        to,
        dialect,
        extra_args=[*layout, *options],
        sandbox=True,
        # It would ask pandoc for the list of its formats, before every call.
        verify_format=False,
    )


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

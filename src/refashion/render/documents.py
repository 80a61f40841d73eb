"""Markdown to HTML through pandoc, and to PDF through pandoc and typst. Both come as wheels."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
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
from refashion.render.markdown import DIALECT
from refashion.render.site import Node, Page, Site

logger = logging.getLogger(__name__)

CONTENTS_DEPTH = 2
# Accessible to readers of screens, as ISO 14289 asks it.
STANDARD = "ua-1"


def read(text: str) -> Node:
    """Read Markdown into pandoc's tree of a document."""
    return json.loads(convert(text, "json"))


def write_page(
    page: Page, site: Site, templates: Path, facts: Mapping[str, str], folder: Path
) -> Path:
    """Write one page, and give its path.

    Parameters
    ----------
    page, site
        The page, and what it is part of.
    templates
        Folder with `report.html` and `report.lua`.
    facts
        Variables of the template.
    folder
        Of the site.
    """
    offset = f"--number-offset={(page.number or 1) - 1}"
    options = _options(templates, "report.html", "--mathml", "--section-divs", offset)
    path = folder / page.path
    source = site.document(page, facts)
    artifacts.write_text(path, _converted(source, "html5", "json", options))
    return path


def write_pdf(document: Node, templates: Path, facts: Mapping[str, Any], layout: Layout) -> Path:
    """Write the report as PDF, the same bytes for the same results, and give its path.

    Parameters
    ----------
    document
        The whole report, as `read` gives it.
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
    told = document | {"meta": {name: _meta(value) for name, value in facts.items()}}
    options = _options(templates, "report.typ")
    source = _converted(json.dumps(told), "typst", "json", options)
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
    return _converted(text, to, DIALECT, options)


def _converted(text: str, to: str, dialect: str, options: Sequence[str]) -> str:
    # Tables keep the widths of their cells, however long the lines of their source.
    layout = ("--columns=100000", "--wrap=none", "--syntax-highlighting=none")
    return pypandoc.convert_text(text, to, dialect, extra_args=[*layout, *options], sandbox=True)


def _options(templates: Path, template: str, *options: str) -> list[str]:
    return [
        "--standalone",
        f"--template={templates / template}",
        f"--lua-filter={templates / 'report.lua'}",
        "--toc",
        f"--toc-depth={CONTENTS_DEPTH}",
        "--number-sections",
        *options,
    ]

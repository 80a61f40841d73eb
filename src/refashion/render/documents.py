"""Markdown to HTML through pandoc, and to PDF through pandoc and typst. Both come as wheels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import matplotlib as mpl
import pypandoc
import typst

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.errors import RefashionError
from refashion.render.markdown import DIALECT

CONTENTS_DEPTH = 2


def write_html(text: str, templates: Path, facts: Mapping[str, str], path: Path) -> None:
    """Write the report as one page of HTML.

    Parameters
    ----------
    text
        In Markdown.
    templates
        Folder with `report.html`, `report.css` and `report.lua`.
    facts
        Variables of the template.
    path
        Of the page.
    """
    page = _pandoc(text, "html5", templates, "report.html", facts, "--mathml", "--section-divs")
    artifacts.write_text(path, page)


def write_pdf(text: str, templates: Path, facts: Mapping[str, str], layout: Layout) -> None:
    """Write the report as PDF, the same bytes for the same results.

    Parameters
    ----------
    text, facts
        As for HTML; the fact `started` dates the document.
    templates
        Folder with `report.typ` and `report.lua`.
    layout
        Where the report lies; figures are taken from there.

    Raises
    ------
    RefashionError
        typst does not compile what pandoc has made of the report.
    """
    source = _pandoc(text, "typst", templates, "report.typ", facts)
    try:
        # Figures are set in Matplotlib's font; a font of the system would make another document.
        pdf = typst.compile(
            source.encode(),
            root=layout.report,
            format="pdf",
            font_paths=[Path(mpl.get_data_path(), "fonts", "ttf")],
            ignore_system_fonts=True,
            timestamp=_timestamp(facts["started"]),
        )
    except typst.TypstError as error:
        raise RefashionError(f"{layout.report_pdf}: {error.message}") from error
    with artifacts.atomic(layout.report_pdf) as temporary:
        temporary.write_bytes(pdf)


def _timestamp(started: str) -> int:
    try:
        return int(datetime.fromisoformat(started).timestamp())
    except ValueError:
        return 0


def convert(text: str, to: str, *options: str) -> str:
    """Convert Markdown through pandoc, which may read no file but those in its options."""
    # Tables keep the widths of their cells, however long the lines of their source.
    layout = ("--columns=100000", "--wrap=none", "--syntax-highlighting=none")
    return pypandoc.convert_text(text, to, DIALECT, extra_args=[*layout, *options], sandbox=True)


def _pandoc(
    text: str, to: str, templates: Path, template: str, facts: Mapping[str, str], *options: str
) -> str:
    return convert(
        text,
        to,
        "--standalone",
        f"--template={templates / template}",
        f"--lua-filter={templates / 'report.lua'}",
        "--toc",
        f"--toc-depth={CONTENTS_DEPTH}",
        "--number-sections",
        *(f"--metadata={name}={value}" for name, value in facts.items()),
        *options,
    )

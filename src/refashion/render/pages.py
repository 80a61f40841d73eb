"""Executed notebooks as pages that load nothing from anywhere."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import bleach
import nbformat
from nbconvert.exporters import HTMLExporter
from pygments.formatters import HtmlFormatter

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.render.outcomes import Outcomes

# What Markdown and pandas make. No image but those that a notebook itself holds, and no style.
TAGS = (
    bleach.ALLOWED_TAGS
    | {"h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "span", "pre"}
    | {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
    | {"sub", "sup", "del", "dl", "dt", "dd"}
)
ATTRIBUTES = {**bleach.ALLOWED_ATTRIBUTES, "*": ["class", "id"]}

CODE_STYLES = {"light": "friendly", "dark": "github-dark"}


class Page(NamedTuple):
    """An executed notebook and where its page goes.

    Attributes
    ----------
    notebook, path
        Files.
    title
        Of the page.
    back
        Anchor in the report that it links back to.
    """

    notebook: Path
    path: Path
    title: str
    back: str


def pages_of(outcomes: Outcomes, places: set[str]) -> Iterator[Page]:
    """List the pages of one study whose notebooks are there.

    Parameters
    ----------
    outcomes
        Of the study.
    places
        Anchors that the report has.
    """
    layout, study = outcomes.layout, outcomes.study
    for run, states in outcomes.states.items():
        anchor = f"{study.name}-{run}"
        for seed in states:
            notebook = outcomes.notebook(run, seed)
            title = f"{outcomes.run(run).title}, seed {seed}"
            back = anchor if anchor in places else study.name
            yield Page(notebook, layout.run_page(study.name, run, seed), title, back)
    notebook = layout.compare(study.name)
    yield Page(notebook, layout.compare_page(study.name), study.title, study.name)
    notebook, page = layout.explore(study.dataset), layout.explore_page(study.dataset)
    yield Page(notebook, page, outcomes.dataset.TITLE, study.name)


class Printer:
    """Makes pages, all in the report's style.

    Parameters
    ----------
    templates
        Folder with `report.css` and the nbconvert template `notebook`.
    layout
        Where the report lies.
    """

    def __init__(self, templates: Path, layout: Layout) -> None:
        self.layout = layout
        self.style = (templates / "report.css").read_text(encoding="utf-8") + code_style()
        # The notebooks are not trusted: what their outputs contain is sanitised.
        self.exporter = HTMLExporter(
            extra_template_basedirs=[str(templates.resolve())],
            template_name="notebook",
            sanitize_html=True,
            exclude_anchor_links=True,
        )
        # nbconvert's own filter knows neither headings nor the heads of tables.
        self.exporter.register_filter("clean_html", sanitised)

    def print(self, page: Page) -> None:
        """Write one page.

        Raises
        ------
        OSError, nbformat.reader.NotJSONError
            The notebook cannot be read.
        """
        report = os.path.relpath(self.layout.report_html, page.path.parent)
        resources = {
            "report_style": self.style,
            "report_title": page.title,
            "report_back": f"{report}#{page.back}",
        }
        notebook = without_replaced_parameters(nbformat.read(page.notebook, as_version=4))
        text, _ = self.exporter.from_notebook_node(notebook, resources)
        artifacts.write_text(page.path, text)


def without_replaced_parameters(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Leave out the parameters of the notebook's own where Papermill has set those of a run."""
    tags = [cell.metadata.get("tags", []) for cell in notebook.cells]
    if any("injected-parameters" in of_cell for of_cell in tags):
        pairs = zip(notebook.cells, tags, strict=True)
        notebook.cells = [cell for cell, of_cell in pairs if "parameters" not in of_cell]
    return notebook


def sanitised(html: str | bytes) -> str:
    """Keep of HTML what is text, tables and links."""
    text = html.decode() if isinstance(html, bytes) else str(html)
    # pandas brings a style for each table. Left to bleach, it would become text.
    text = re.sub(r"<(style|script)\b.*?</\1\s*>", "", text, flags=re.DOTALL | re.IGNORECASE)
    return bleach.clean(text, tags=TAGS, attributes=ATTRIBUTES, strip=True)


def code_style() -> str:
    """CSS that colours code, for light and for dark."""
    light, dark = (
        HtmlFormatter(style=CODE_STYLES[mode]).get_style_defs(".highlight")
        for mode in ("light", "dark")
    )
    return f"\n{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"

"""Executed notebooks to HTML that loads nothing from anywhere, through nbconvert."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import bleach
import nbformat
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import Highlight2HTML
from nbconvert.preprocessors import CoalesceStreamsPreprocessor

from refashion import tables
from refashion.render.summary import moment

# What Markdown and pandas make. No image but those that a notebook itself holds, and no style.
TAGS = (
    bleach.ALLOWED_TAGS
    | {"h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "span", "pre"}
    | {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
    | {"sub", "sup", "del", "dl", "dt", "dd"}
)
ATTRIBUTES = {**bleach.ALLOWED_ATTRIBUTES, "*": ["class", "id"]}


class _Exporter(HTMLExporter):
    """Leaves out a last pass of nbconvert's, most of its time, for which our template provides.

    It would parse the page again, images and all, to make outputs reachable by the keyboard and to
    describe images, and would look for widgets, which need scripts.
    """

    def from_notebook_node(
        self, nb: nbformat.NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        return super(HTMLExporter, self).from_notebook_node(nb, resources, **kw)


@cache
def _exporter(templates: Path) -> HTMLExporter:
    """Give the one exporter of this process."""
    # The notebooks are not trusted: what their outputs contain is sanitised.
    return _Exporter(
        extra_template_basedirs=[str(templates.resolve())],
        template_name="notebook",
        sanitize_html=True,
        exclude_anchor_links=True,
        # Once is enough, not after each preprocessor.
        optimistic_validation=True,
        # What a cell prints line by line reads as one text.
        preprocessors=[CoalesceStreamsPreprocessor(enabled=True)],
        # nbconvert's own filter knows neither headings nor the heads of tables.
        filters={
            "clean_html": sanitised,
            "highlight_code": lambda code, **_: _highlighted(code),
        },
    )


def to_html(source: str, resources: Mapping[str, Any], templates: Path) -> str:
    """Make the page of a notebook.

    Parameters
    ----------
    source
        Content of its file.
    resources
        What the template is told beside it.
    templates
        Folder with the nbconvert template `notebook`.

    Raises
    ------
    nbformat.reader.NotJSONError
        It is no notebook.
    """
    notebook = nbformat.reads(source, as_version=4)
    told = {**resources, "report_facts": facts_of(notebook)}
    return _exporter(templates).from_notebook_node(without_replaced_parameters(notebook), told)[0]


def for_others(source: bytes) -> str:
    """Leave out where on this machine things lie: warnings name files, Papermill what it read."""
    notebook = json.loads(source)
    for name in ("input_path", "output_path"):
        notebook["metadata"].get("papermill", {}).pop(name, None)
    text = json.dumps(notebook, ensure_ascii=False, indent=1)
    for folder in (sys.prefix, Path.cwd()):
        text = text.replace(f"{folder}{os.sep}", "")
    return text


def facts_of(notebook: nbformat.NotebookNode) -> dict[str, Any]:
    """Tell how a notebook was executed: with which parameters, in which environment, how long."""
    told = notebook.metadata.get("papermill", {})
    language = notebook.metadata.get("language_info", {})
    kernel = notebook.metadata.get("kernelspec", {}).get("display_name")
    version = language.get("version", "")
    python = f"{language.get('name', '').capitalize()} {version}".strip()
    seconds = told.get("duration")
    facts = {
        "Parameters": _flat(told.get("parameters", {})),
        "Environment": ", ".join(filter(None, [python, kernel and f"kernel {kernel}"])) or None,
        "Started": told.get("start_time") and moment(told["start_time"]),
        "Duration": tables.duration(seconds) if isinstance(seconds, int | float) else None,
    }
    return {name: fact for name, fact in facts.items() if fact}


def without_replaced_parameters(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Leave out the parameters of the notebook's own where Papermill has set those of a run."""
    tags = [cell.metadata.get("tags", []) for cell in notebook.cells]
    if any("injected-parameters" in of_cell for of_cell in tags):
        pairs = zip(notebook.cells, tags, strict=True)
        notebook.cells = [cell for cell, of_cell in pairs if "parameters" not in of_cell]
    return notebook


# Notebooks of many runs hold the same cells.
@lru_cache(maxsize=4096)
def sanitised(html: str | bytes) -> str:
    """Keep of HTML what is text, tables and links."""
    text = html.decode() if isinstance(html, bytes) else str(html)
    # pandas brings a style for each table. Left to bleach, it would become text.
    text = re.sub(r"<(style|script)\b.*?</\1\s*>", "", text, flags=re.DOTALL | re.IGNORECASE)
    clean = bleach.clean(text, tags=TAGS, attributes=ATTRIBUTES, strip=True)
    # An empty head of a column tells those who hear it nothing.
    return re.sub(r"<th[^>]*>\s*</th>", "<td></td>", clean)


@lru_cache(maxsize=4096)
def _highlighted(code: str) -> str:
    return Highlight2HTML(pygments_lexer="ipython3")(code)


def _flat(settings: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """Bring nested settings into one line each, named by their dotted names."""
    flat: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            flat |= _flat(value, f"{above}{name}.")
        else:
            flat[f"{above}{name}"] = tables.setting_text(value)
    return flat

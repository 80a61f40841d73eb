"""Executed notebooks as pages that load nothing from anywhere."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import bleach
import nbconvert
import nbformat
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import Highlight2HTML
from nbconvert.preprocessors import CoalesceStreamsPreprocessor

from refashion import artifacts, tables
from refashion.artifacts import Layout
from refashion.render.outcomes import Outcomes
from refashion.render.site import Site
from refashion.render.summary import moment

# What Markdown and pandas make. No image but those that a notebook itself holds, and no style.
TAGS = (
    bleach.ALLOWED_TAGS
    | {"h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "span", "pre"}
    | {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
    | {"sub", "sup", "del", "dl", "dt", "dd"}
)
ATTRIBUTES = {**bleach.ALLOWED_ATTRIBUTES, "*": ["class", "id"]}

# So many letters of a page hold what it was made from.
HEAD = 1000


class Page(NamedTuple):
    """An executed notebook and where its page goes.

    Attributes
    ----------
    notebook, path
        Files.
    title
        Of the page.
    chapter
        Title of the chapter that it belongs to.
    back
        Address that it links back to, relative to the report.
    ledger
        Query of the claims that rest on it.
    """

    notebook: Path
    path: Path
    title: str
    chapter: str
    back: str
    ledger: str


def pages_of(outcomes: Outcomes, site: Site) -> Iterator[Page]:
    """List the pages of one study whose notebooks are there.

    Parameters
    ----------
    outcomes
        Of the study.
    site
        The report's pages.
    """
    layout, study = outcomes.layout, outcomes.study
    chapter, whole = site.address(study.name), f"study={study.name}"
    compare, explore = layout.compare(study.name), layout.explore(study.dataset)
    listed = [
        Page(
            outcomes.notebook(run, seed),
            layout.run_page(study.name, run, seed),
            f"{outcomes.run(run).title}, seed {seed}",
            study.title,
            site.address(anchor) if anchor in site else chapter,
            f"{whole}&run={study.name}/{run}",
        )
        for run, states in outcomes.states.items()
        for anchor in [f"{study.name}-{run}"]
        for seed in states
    ]
    page = layout.compare_page(study.name)
    listed.append(Page(compare, page, f"Claims of {study.title}", study.title, chapter, whole))
    page, title = layout.explore_page(study.dataset), outcomes.dataset.TITLE
    listed.append(Page(explore, page, title, study.title, chapter, whole))
    yield from (page for page in listed if page.notebook.exists())


class _Exporter(HTMLExporter):
    """Leaves out a last pass of nbconvert's, most of its time, for which our template provides.

    It would parse the page again, images and all, to make outputs reachable by the keyboard and to
    describe images, and would look for widgets, which need scripts.
    """

    def from_notebook_node(
        self, nb: nbformat.NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        return super(HTMLExporter, self).from_notebook_node(nb, resources, **kw)


class Printer:
    """Makes pages that look like those of the report.

    Parameters
    ----------
    templates
        Folder with the nbconvert template `notebook`.
    layout
        Where the report lies.
    """

    def __init__(self, templates: Path, layout: Layout) -> None:
        self.layout = layout
        # The notebooks are not trusted: what their outputs contain is sanitised.
        self.exporter = _Exporter(
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
        sources = [Path(__file__), *sorted((templates / "notebook").iterdir())]
        self.made_by = [file.read_bytes() for file in sources] + [nbconvert.__version__.encode()]

    def print(self, page: Page) -> list[Path]:
        """Write one page and, beside it, its notebook; give the paths of both.

        A page that was made from the same notebook in the same way stays as it is.

        Raises
        ------
        OSError, nbformat.reader.NotJSONError
            The notebook cannot be read.
        """
        source = page.notebook.read_bytes()
        raw = page.path.with_suffix(".ipynb")
        made_from = self._digest(source, page)
        if not (raw.exists() and _is_made_from(page.path, made_from)):
            shown = _for_others(source)
            artifacts.write_text(raw, shown)
            artifacts.write_text(page.path, self._text(shown, page, made_from))
        return [page.path, raw]

    def _digest(self, source: bytes, page: Page) -> str:
        parts = [source, *self.made_by, repr(page[2:]).encode()]
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()

    def _text(self, source: str, page: Page, made_from: str) -> str:
        notebook = nbformat.reads(source, as_version=4)
        root = os.path.relpath(self.layout.report, page.path.parent)
        resources = {
            "report_root": root,
            "report_page": page,
            "report_raw": page.path.with_suffix(".ipynb").name,
            "report_made_from": made_from,
            "report_facts": facts_of(notebook),
        }
        shown = without_replaced_parameters(notebook)
        return self.exporter.from_notebook_node(shown, resources)[0]


def _for_others(source: bytes) -> str:
    """Leave out where on this machine things lie: warnings name files, Papermill what it read."""
    notebook = json.loads(source)
    for name in ("input_path", "output_path"):
        notebook["metadata"].get("papermill", {}).pop(name, None)
    text = json.dumps(notebook, ensure_ascii=False, indent=1)
    for folder in (sys.prefix, Path.cwd()):
        text = text.replace(f"{folder}{os.sep}", "")
    return text


def _is_made_from(path: Path, digest: str) -> bool:
    """Whether a page names, in its head, what it was made from."""
    if not path.exists():
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        return digest in file.read(HEAD)


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

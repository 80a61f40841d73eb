"""Convert executed notebooks to HTML with nbconvert."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

import nbformat
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import escape
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import Highlight2HTML

from refashion import wording
from refashion.render.site import notebook_content, sanitising
from refashion.render.site.notebook_content import NotShownError, as_list, as_mapping
from refashion.render.site.parameters import over_lines
from refashion.shortening import shortened
from refashion.wording import moment

INJECTED = "injected-parameters"
# Parameters that a page lists, and characters of each fact.
MOST_PARAMETERS = 200
LONGEST_FACT = 500
# A year; longer durations are invalid.
LONGEST_SECONDS = 365 * 86_400


class _Exporter(HTMLExporter):
    """Exporter for untrusted notebooks. Its template does part of the work of nbconvert."""

    def from_notebook_node(  # type: ignore[override]  # HTMLExporter, too, returns text
        self, nb: nbformat.NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Skip the last pass of nbconvert, which takes most of its time.

        It parses the whole page again to make outputs reachable by keyboard and to describe
        images, which our template does, and to look for widgets, which need scripts.
        """
        return super(HTMLExporter, self).from_notebook_node(nb, resources, **kw)

    @pass_context
    def markdown2html(self, context: Context, source: str) -> str:
        """Show the source of Markdown that cannot be converted, such as a missing attachment."""
        try:
            return super().markdown2html(context, source)
        except Exception:  # No text may stop the conversion, whatever error it causes.
            return f"<pre>{escape(source)}</pre>"


@cache
def _exporter(templates: Path) -> HTMLExporter:
    """Return the exporter, which each process creates only once."""
    return _Exporter(
        extra_template_basedirs=[str(templates.resolve())],
        template_name="notebook",
        sanitize_html=True,
        exclude_anchor_links=True,
        # Validate once, not after each preprocessor.
        optimistic_validation=True,
        # nbconvert's own filter removes headings and table headers.
        filters={
            "clean_html": clean_output,
            "highlight_code": lambda code, **_: _highlighted(code),
        },
    )


class ConvertedNotebook(NamedTuple):
    """A notebook as the report shows it.

    Attributes
    ----------
    file
        Content of the notebook file to download.
    content
        Sanitised HTML of the cells.
    facts
        How the notebook was executed, see `execution_facts`.
    """

    file: str
    content: str
    facts: dict[str, Any]


def convert_notebook(source: bytes, templates: Path) -> ConvertedNotebook:
    """Convert a notebook for the report.

    Parameters
    ----------
    source
        Content of the notebook file.
    templates
        Folder with the nbconvert template `notebook`.

    Raises
    ------
    NotShownError
        If the file is not a notebook, or cannot be converted.
    """
    try:
        file = without_local_paths(source)
        notebook = notebook_content.parse_notebook(file)
        content = sanitising.clean_notebook(_convert_cells(notebook["cells"], templates))
        return ConvertedNotebook(file, content, execution_facts(notebook))
    except NotShownError:
        raise
    except Exception as error:  # No notebook may stop the report, whatever error it causes.
        reason = shortened(f"{type(error).__name__}: {error}", LONGEST_FACT)
        raise NotShownError(f"It cannot be converted to HTML ({reason}).") from error


def _convert_cells(cells: Sequence[Any], templates: Path) -> str:
    notebook = notebook_content.displayable(with_parameters_of_run(cells))
    return _exporter(templates).from_notebook_node(nbformat.from_dict(notebook))[0]


def without_local_paths(source: bytes) -> str:
    """Return the content of a notebook without paths of this machine.

    Such paths appear in warnings, and in the metadata of Papermill.

    Raises
    ------
    NotShownError
        If the file is not a notebook.
    """
    notebook = notebook_content.parse_notebook(source)
    papermill = as_mapping(notebook.get("metadata")).get("papermill")
    if isinstance(papermill, dict):
        for name in ("input_path", "output_path"):
            papermill.pop(name, None)
    text = json.dumps(notebook, ensure_ascii=False, indent=1)
    for folder in (sys.prefix, Path.cwd()):
        text = text.replace(f"{folder}{os.sep}", "")
    # A lone surrogate cannot be encoded.
    return text.encode("utf-8", "replace").decode("utf-8")


def execution_facts(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters, environment, start and duration of an execution, as text.

    Parameters
    ----------
    notebook
        Executed notebook, whose metadata may be malformed.

    Returns
    -------
    dict
        Text by the name of the fact; for "Parameters", text by the name of the parameter.
    """
    metadata = as_mapping(notebook.get("metadata"))
    papermill = as_mapping(metadata.get("papermill"))
    language = as_mapping(metadata.get("language_info"))
    kernel = as_mapping(metadata.get("kernelspec")).get("display_name")
    python = f"{str(language.get('name', '')).capitalize()} {language.get('version', '')}".strip()
    started, seconds = papermill.get("start_time"), papermill.get("duration")
    parameters = wording.flatten(as_mapping(papermill.get("parameters")))
    facts = {
        "Parameters": {name: wording.setting_text(value) for name, value in parameters.items()},
        "Environment": ", ".join(filter(None, [python, kernel and f"kernel {kernel}"])) or None,
        "Started": moment(started) if isinstance(started, str) else None,
        "Duration": wording.duration(seconds) if _is_duration(seconds) else None,
    }
    return {name: _shortened(fact) for name, fact in facts.items() if fact}


def _is_duration(seconds: Any) -> TypeGuard[float]:
    return isinstance(seconds, int | float) and 0 <= seconds < LONGEST_SECONDS


def _shortened(fact: str | dict[str, str]) -> str | dict[str, str]:
    if isinstance(fact, str):
        return shortened(fact, LONGEST_FACT)
    n = len(fact) - MOST_PARAMETERS
    listed = list(fact.items())[:MOST_PARAMETERS]
    kept = {shortened(name, LONGEST_FACT): shortened(value, LONGEST_FACT) for name, value in listed}
    return kept | {"…": f"[{n:,} parameters left out]"} if n > 0 else kept


def with_parameters_of_run(cells: Sequence[Any]) -> list[Any]:
    """Keep the parameters that Papermill has injected, over lines, and drop the default ones."""
    tags = [as_list(as_mapping(as_mapping(cell).get("metadata")).get("tags")) for cell in cells]
    if not any(INJECTED in of_cell for of_cell in tags):
        return list(cells)
    pairs = zip(cells, tags, strict=True)
    return [
        _over_lines(cell) if INJECTED in of_cell else cell
        for cell, of_cell in pairs
        if "parameters" not in of_cell
    ]


def _over_lines(cell: Any) -> Any:
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    return {**cell, "source": over_lines(source)} if isinstance(source, str) else cell


def clean_output(html: str) -> str:
    """Sanitise the HTML of one output or text; return deeply nested HTML as source text."""
    if not notebook_content.is_shallow(html):
        return f"<pre>{escape(html)}</pre>"
    # Screen readers would announce an empty header cell.
    return re.sub(r"<th[^>]*>\s*</th>", "<td></td>", sanitising.clean_fragment(html))


# Notebooks of many runs have the same cells.
@lru_cache(maxsize=512)
def _highlighted(code: str) -> str:
    return Highlight2HTML(pygments_lexer="ipython3")(code)

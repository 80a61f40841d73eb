"""Executed notebooks to HTML, through nbconvert."""

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
from refashion.render.site import executed, sanitising
from refashion.render.site.executed import NotShownError, mapping, sequence
from refashion.shortening import shortened
from refashion.wording import moment

# Parameters that a page lists, and letters of each.
MOST_PARAMETERS = 200
MOST_LETTERS = 500
# A year; what is longer was not measured.
LONGEST_SECONDS = 365 * 86_400


class _Exporter(HTMLExporter):
    """Exports notebooks that are not trusted, within a template that does part of the work."""

    def from_notebook_node(  # type: ignore[override]  # HTMLExporter, too, returns text
        self, nb: nbformat.NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Leave out a last pass of nbconvert's, most of its time.

        It would parse the page again, images and all, to make outputs reachable by the keyboard and
        to describe images, which our template does, and look for widgets, which need scripts.
        """
        return super(HTMLExporter, self).from_notebook_node(nb, resources, **kw)

    @pass_context
    def markdown2html(self, context: Context, source: str) -> str:
        """Show as it is written what cannot be converted, as where an attachment is not there."""
        try:
            return super().markdown2html(context, source)
        except Exception:  # Whatever a text does to the converter, it costs no more than its look.
            return f"<pre>{escape(source)}</pre>"


@cache
def _exporter(templates: Path) -> HTMLExporter:
    """Give the one exporter of this process."""
    return _Exporter(
        extra_template_basedirs=[str(templates.resolve())],
        template_name="notebook",
        sanitize_html=True,
        exclude_anchor_links=True,
        # Once is enough, not after each preprocessor.
        optimistic_validation=True,
        # nbconvert's own filter knows neither headings nor the heads of tables.
        filters={
            "clean_html": cleaned,
            "highlight_code": lambda code, **_: _highlighted(code),
        },
    )


class Printed(NamedTuple):
    """What is made of a notebook.

    Attributes
    ----------
    file
        Content of its file, for others.
    content
        HTML of its cells, sanitised.
    facts
        How it was executed.
    """

    file: str
    content: str
    facts: dict[str, Any]


def printed(source: bytes, templates: Path) -> Printed:
    """Make what the report shows of a notebook.

    Parameters
    ----------
    source
        Content of its file.
    templates
        Folder with the nbconvert template `notebook`.

    Raises
    ------
    NotShownError
        It is no notebook, or cannot be converted.
    """
    try:
        file = for_others(source)
        notebook = executed.parsed(file)
        content = sanitising.notebook(_cells(notebook["cells"], templates))
        return Printed(file, content, facts_of(notebook))
    except NotShownError:
        raise
    except Exception as error:  # One notebook, whatever it holds, must not cost the report.
        reason = shortened(f"{type(error).__name__}: {error}", MOST_LETTERS)
        raise NotShownError(f"It cannot be converted to HTML ({reason}).") from error


def _cells(cells: Sequence[Any], templates: Path) -> str:
    shown = executed.shown(without_replaced_parameters(cells))
    return _exporter(templates).from_notebook_node(nbformat.from_dict(shown))[0]


def for_others(source: bytes) -> str:
    """Leave out where on this machine things lie: warnings name files, Papermill what it read."""
    notebook = executed.parsed(source)
    told = mapping(notebook.get("metadata")).get("papermill")
    if isinstance(told, dict):
        for name in ("input_path", "output_path"):
            told.pop(name, None)
    text = json.dumps(notebook, ensure_ascii=False, indent=1)
    for folder in (sys.prefix, Path.cwd()):
        text = text.replace(f"{folder}{os.sep}", "")
    # Half of a pair of surrogates is no character, and no file can hold it.
    return text.encode("utf-8", "replace").decode("utf-8")


def facts_of(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """Tell how a notebook was executed: with which parameters, in which environment, how long."""
    metadata = mapping(notebook.get("metadata"))
    told = mapping(metadata.get("papermill"))
    language = mapping(metadata.get("language_info"))
    kernel = mapping(metadata.get("kernelspec")).get("display_name")
    python = f"{str(language.get('name', '')).capitalize()} {language.get('version', '')}".strip()
    started, seconds = told.get("start_time"), told.get("duration")
    parameters = wording.flatten(mapping(told.get("parameters")))
    facts = {
        "Parameters": {name: wording.setting_text(value) for name, value in parameters.items()},
        "Environment": ", ".join(filter(None, [python, kernel and f"kernel {kernel}"])) or None,
        "Started": moment(started) if isinstance(started, str) else None,
        "Duration": wording.duration(seconds) if _is_span(seconds) else None,
    }
    return {name: _brief(fact) for name, fact in facts.items() if fact}


def _is_span(seconds: Any) -> TypeGuard[float]:
    return isinstance(seconds, int | float) and 0 <= seconds < LONGEST_SECONDS


def _brief(fact: str | dict[str, str]) -> str | dict[str, str]:
    """Keep short what a page tells at its head."""
    if isinstance(fact, str):
        return shortened(fact, MOST_LETTERS)
    n = len(fact) - MOST_PARAMETERS
    listed = list(fact.items())[:MOST_PARAMETERS]
    kept = {shortened(name, MOST_LETTERS): shortened(value, MOST_LETTERS) for name, value in listed}
    return kept | {"…": f"[{n:,} parameters left out]"} if n > 0 else kept


def without_replaced_parameters(cells: Sequence[Any]) -> list[Any]:
    """Leave out the parameters of the notebook's own where Papermill has set those of a run."""
    tags = [sequence(mapping(mapping(cell).get("metadata")).get("tags")) for cell in cells]
    if not any("injected-parameters" in of_cell for of_cell in tags):
        return list(cells)
    pairs = zip(cells, tags, strict=True)
    return [cell for cell, of_cell in pairs if "parameters" not in of_cell]


def cleaned(html: str) -> str:
    """Keep of one output or text what is text, tables, links and images that it holds."""
    if not executed.is_shallow(html):
        return f"<pre>{escape(html)}</pre>"
    # An empty head of a column tells those who hear it nothing.
    return re.sub(r"<th[^>]*>\s*</th>", "<td></td>", sanitising.fragment(html))


# Notebooks of many runs hold the same cells.
@lru_cache(maxsize=512)
def _highlighted(code: str) -> str:
    return Highlight2HTML(pygments_lexer="ipython3")(code)

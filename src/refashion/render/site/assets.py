"""Scripts and style sheets, and the pages with interactive tables: the ledger and the search."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.site import ledger_page, search_page
from refashion.render.site.ledger_page import LEDGER_PATH
from refashion.render.site.notebook_pages import NotebookPage
from refashion.render.site.search_page import SEARCH_PATH
from refashion.render.site.site import Page, Site, html_page
from refashion.render.site.styles import table_style, write_page_style

CHAPTER_SCRIPT = "chapter.js"
SCRIPTS = ("report.js", CHAPTER_SCRIPT)
# The one statement of the library that is valid only in a module.
_EXPORTS = re.compile(r"\bexport\s*\{([^}]*)\};?")


def write_assets(templates: Path, report: Path) -> set[Path]:
    """Write the scripts and style sheets that pages share.

    Parameters
    ----------
    templates
        Folder with `report.js`, `chapter.js` and `report.css`.
    report
        Folder of the report.

    Returns
    -------
    set of Path
        Paths of the written files.
    """
    library = resources.files("itables") / "html"
    texts = {
        **{name: (templates / name).read_text(encoding="utf-8") for name in SCRIPTS},
        "tables.css": table_style(),
        "tables.js": _as_script((library / "dt_bundle.js").read_text(encoding="utf-8")),
    }
    for name, text in texts.items():
        artifacts.write_text(report / name, text)
    return {write_page_style(templates, report), *(report / name for name in texts)}


def _as_script(module: str) -> str:
    """Convert a module to a plain script, since browsers load no modules from disk.

    The exports of the module become the properties of the constant `tables`.
    """
    body, exports, rest = _EXPORTS.split(module)
    named = re.sub(r"([\w$]+) as ([\w$]+)", r"\2: \1", exports)
    return f'const tables = (() => {{\n"use strict";\n{body}return {{{named}}};\n{rest}}})();\n'


def listing_pages(
    chapters: Sequence[Outcomes],
    site: Site,
    notebooks: Sequence[NotebookPage],
    templates: Path,
    layout: Layout,
) -> list[Page]:
    """Make the ledger and the search page.

    Parameters
    ----------
    chapters
        Results of every study.
    site
        Pages of the report.
    notebooks
        Pages of executed notebooks.
    templates
        Folder with `ledger.html` and `search.html`.
    layout
        Paths of the results.
    """
    lines = ledger_page.ledger_lines(chapters, site)
    ledger = {
        "lines": lines,
        "kinds": ledger_page.KIND_NAMES,
        "choices": ledger_page.filter_choices(lines),
    }
    places = search_page.searchable_places(site, lines, notebooks, layout)
    search = {"places": places, "whats": search_page.PLACE_KINDS}
    return [
        html_page(LEDGER_PATH, "Ledger", _fill(templates, LEDGER_PATH, ledger)),
        html_page(SEARCH_PATH, "Search", _fill(templates, SEARCH_PATH, search)),
    ]


def _fill(templates: Path, name: str, values: dict[str, Any]) -> str:
    # All values are escaped.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(name).render(values)

"""Tables that sort and filter, and the pages that hold them: the ledger and the search."""

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
from refashion.render.site import ledger_page, pages, search_page
from refashion.render.site.site import Page, Site, of_html
from refashion.render.site.styles import table_style, write_page_style

# The one statement of the library's that only a module may have.
_EXPORTS = re.compile(r"\bexport\s*\{([^}]*)\};?")


def write_assets(templates: Path, report: Path) -> set[Path]:
    """Write the scripts and style sheets that pages share, and give their paths.

    Parameters
    ----------
    templates
        Folder with `report.js` and `report.css`.
    report
        Where they go.
    """
    library = resources.files("itables") / "html"
    texts = {
        "report.js": (templates / "report.js").read_text(encoding="utf-8"),
        "tables.css": table_style(),
        "tables.js": _as_script((library / "dt_bundle.js").read_text(encoding="utf-8")),
    }
    for name, text in texts.items():
        artifacts.write_text(report / name, text)
    return {write_page_style(templates, report), *(report / name for name in texts)}


def _as_script(module: str) -> str:
    """Make a plain script of a module: browsers refuse modules beside a page opened from disk.

    What the module exports becomes the fields of the constant `tables`.
    """
    body, exports, rest = _EXPORTS.split(module)
    named = re.sub(r"([\w$]+) as ([\w$]+)", r"\2: \1", exports)
    return f'const tables = (() => {{\n"use strict";\n{body}return {{{named}}};\n{rest}}})();\n'


def listings_of(
    chapters: Sequence[Outcomes],
    site: Site,
    notebooks: Sequence[pages.Page],
    templates: Path,
    layout: Layout,
) -> list[Page]:
    """Make the pages that list everything: the ledger, and the places that can be searched.

    Parameters
    ----------
    chapters
        Outcomes of every study.
    site, notebooks
        Pages of the report and of notebooks.
    templates
        Folder with `ledger.html` and `search.html`.
    layout
        Where the report lies.
    """
    lines = ledger_page.lines(chapters, site)
    ledger = {
        "lines": lines,
        "kinds": ledger_page.KINDS,
        "choices": ledger_page.choices(lines),
    }
    places = search_page.places(site, lines, notebooks, layout)
    search = {"places": places, "whats": search_page.WHATS}
    return [
        of_html(ledger_page.PATH, "Ledger", _filled(templates, ledger_page.PATH, ledger)),
        of_html(search_page.PATH, "Search", _filled(templates, search_page.PATH, search)),
    ]


def _filled(templates: Path, name: str, values: dict[str, Any]) -> str:
    # Everything that is filled in is escaped.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(name).render(values)

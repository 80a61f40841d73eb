"""Style sheets of the HTML pages."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from pygments.formatters import HtmlFormatter

from refashion import artifacts

# Both have enough contrast for readers with low vision.
CODE_STYLES = {"light": "xcode", "dark": "github-dark"}


def write_page_style(templates: Path, folder: Path) -> Path:
    """Write the style sheet that all pages share, and return its path.

    Parameters
    ----------
    templates
        Folder with `report.css`.
    folder
        Folder of the pages.
    """
    path = folder / "report.css"
    style = (templates / "report.css").read_text(encoding="utf-8")
    artifacts.write_text(path, style + _code_style())
    return path


def table_style() -> str:
    """Return the CSS of the tables that readers can sort and filter."""
    library = resources.files("itables") / "html"
    return (library / "dt_bundle.css").read_text(encoding="utf-8")


def _code_style() -> str:
    """Return the CSS for highlighted code, in light and dark mode."""
    light, dark = (
        HtmlFormatter(style=CODE_STYLES[mode]).get_style_defs(".highlight")
        for mode in ("light", "dark")
    )
    return f"\n{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"

"""What pages of HTML look like. Each holds its style, so that it can be sent by itself."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from pygments.formatters import HtmlFormatter

# Both with enough contrast for everyone to read.
CODE_STYLES = {"light": "xcode", "dark": "github-dark"}


def page_style(templates: Path) -> str:
    """CSS of every page.

    Parameters
    ----------
    templates
        Folder with `report.css`.
    """
    return (templates / "report.css").read_text(encoding="utf-8") + _code_style()


def table_style() -> str:
    """CSS of tables that sort and filter."""
    library = resources.files("itables") / "html"
    return (library / "dt_bundle.css").read_text(encoding="utf-8")


def _code_style() -> str:
    """CSS that colours code, for light and for dark."""
    light, dark = (
        HtmlFormatter(style=CODE_STYLES[mode]).get_style_defs(".highlight")
        for mode in ("light", "dark")
    )
    return f"\n{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"

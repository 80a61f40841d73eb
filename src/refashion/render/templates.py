"""Templates in Markdown: the frame of a page and the narratives of studies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from refashion.errors import RefashionError
from refashion.render import markdown


def filled(environment: jinja2.Environment, name: str, calls: dict[str, Any]) -> str:
    """Fill a template, or say where in it the mistake is.

    Raises
    ------
    RefashionError
        It asks for what there is not.
    """
    try:
        return environment.get_template(name).render(calls)
    except jinja2.TemplateError as error:
        line = f":{error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
        raise RefashionError(f"{name}{line}: {error.message}") from error


def environment(root: Path) -> SandboxedEnvironment:
    """Jinja for Markdown: what is filled in is escaped; comments are those of HTML."""
    return SandboxedEnvironment(
        loader=jinja2.FileSystemLoader(root),
        undefined=jinja2.StrictUndefined,
        finalize=markdown.escape,
        comment_start_string="<!--",
        comment_end_string="-->",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def public(made: Any) -> dict[str, Any]:
    """Everything public of an object, by name."""
    return {name: getattr(made, name) for name in dir(made) if not name.startswith("_")}

"""What stands around the content of every page: head, policy, style sheets, scripts, ways out."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from refashion import shortening
from refashion.render import sanitising

# Nothing from a network, no script but ours, no style but ours and those that were allowed.
# Pages are opened from disk, where 'self' is every file; what a page asks for is sanitised besides.
POLICY = {
    "default-src": "'none'",
    "img-src": "'self' data:",
    "frame-src": "'self'",
    "style-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
}


def framed(templates: Path, name: str, content: str, told: Mapping[str, Any]) -> str:
    """Put a page together.

    Parameters
    ----------
    templates
        Folder with the template and with `frame.html`.
    name
        Of the template.
    content
        HTML that was sanitised.
    told
        What the template shows besides; it is escaped.
    """
    policy = Markup(_policy(content, has_scripts="tables" in told))
    values = {"policy": policy, **told}
    return _environment(templates).get_template(name).render(values, content=Markup(content))


@cache
def _environment(templates: Path) -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(templates)
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True)


def makers(templates: Path, name: str) -> list[bytes]:
    """What makes a page of its content: templates, modules and libraries."""
    modules = (__file__, sanitising.__file__, shortening.__file__)
    files = (*map(Path, modules), templates / "frame.html", templates / name)
    return [*(file.read_bytes() for file in files), metadata.version("nh3").encode()]


def _policy(content: str, has_scripts: bool) -> str:
    policy = dict(POLICY)
    if styles := sanitising.styles(content):
        policy["style-src"] += f" 'unsafe-hashes' {' '.join(map(_hash, styles))}"
    if has_scripts:
        policy["script-src"] = "'self'"
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())


def _hash(style: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"

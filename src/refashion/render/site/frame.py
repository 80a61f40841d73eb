"""The frame of every page: head, content security policy, style sheets, scripts and navigation."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Collection, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from refashion import shortening
from refashion.render.site import sanitising

# Nothing from the network, no scripts but ours, and no styles but ours and the allowed inline ones.
# For a page opened from disk, 'self' is any file; therefore pages are sanitised as well.
POLICY = {
    "default-src": "'none'",
    "img-src": "'self' data:",
    "frame-src": "'self'",
    "style-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
}


def fill_frame(templates: Path, name: str, content: str, variables: Mapping[str, Any]) -> str:
    """Return a whole page: the frame, filled with content.

    Parameters
    ----------
    templates
        Folder with the template and with `frame.html`.
    name
        File name of the template.
    content
        Sanitised HTML.
    variables
        Other variables of the template; they are escaped.
    """
    policy = Markup(_policy(content, has_scripts={"tables", "script"} & variables.keys()))
    values = {"policy": policy, **variables}
    return _environment(templates).get_template(name).render(values, content=Markup(content))


@cache
def _environment(templates: Path) -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(templates)
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True)


def frame_inputs(templates: Path, name: str) -> list[bytes]:
    """Return everything besides the content that a page depends on, to detect changes.

    Parameters
    ----------
    templates
        Folder of the templates.
    name
        File name of the template.
    """
    modules = (__file__, sanitising.__file__, shortening.__file__)
    files = (*map(Path, modules), templates / "frame.html", templates / name)
    return [*(file.read_bytes() for file in files), metadata.version("nh3").encode()]


def _policy(content: str, has_scripts: Collection[str]) -> str:
    policy = dict(POLICY)
    if styles := sanitising.inline_styles(content):
        policy["style-src"] += f" 'unsafe-hashes' {' '.join(map(_hash, styles))}"
    if has_scripts:
        policy["script-src"] = "'self'"
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())


def _hash(style: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"

"""From a row of the ledger to the notebooks behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from refashion import tables
from refashion.artifacts import Layout
from refashion.render import markdown
from refashion.render.markdown import Markdown

# Links come from a file: nothing but a notebook page may be linked.
_PAGE = re.compile(
    r"report/(?P<page>notebooks/(?P<study>\w+)/(?P<run>\w+)/seed-(?P<seed>\d+)\.html)", re.ASCII
)


def linked_value(row: Mapping[str, Any], layout: Layout) -> Markdown:
    """Give the re-created value, linked to the notebook of the first seed behind it."""
    text = tables.reproduced_text(row)
    for page in row["evidence"]:
        match = _PAGE.fullmatch(page)
        if match and layout.run(*match.group("study", "run", "seed")).notebook.exists():
            return markdown.link(text, match["page"])
    return markdown.escape(text)

"""Paths and anchors of chapters."""

from __future__ import annotations

import posixpath


def chapter_address(name: str, anchor: str = "") -> str:
    """Return the link target of a chapter, or of an anchor in it, relative to the report.

    Parameters
    ----------
    name
        Name of the study.
    anchor
        Anchor in the chapter; empty for its head.
    """
    return f"{chapter_path(name)}#{anchor or name}"


def run_anchor(chapter: str, run: str) -> str:
    """Return the anchor of a run in the chapter of its study."""
    return f"{chapter}-{run}"


def chapter_path(name: str) -> str:
    """Return the path of a chapter's page, relative to the report."""
    return posixpath.join("studies", f"{name}.html")

"""Addresses of chapters and of the places in them."""

from __future__ import annotations

import posixpath


def address_of_chapter(name: str, anchor: str = "") -> str:
    """Address of a chapter, or of a place in it, relative to the report."""
    return f"{_path_of_chapter(name)}#{anchor or name}"


def place_of_run(chapter: str, run: str) -> str:
    """Name of the place that a chapter gives to a run."""
    return f"{chapter}-{run}"


def _path_of_chapter(name: str) -> str:
    return posixpath.join("studies", f"{name}.html")

"""Notebooks with chosen cells, and the pages that are made of them."""

import json
from pathlib import Path

from nbformat.v4 import new_markdown_cell

from refashion.artifacts import Layout
from refashion.render.site.notebook_pages import NotebookPage, write_notebook_page

FOLLOWS = "Ordinary text that follows"


def page_of(notebook: Path, report: Path) -> NotebookPage:
    return NotebookPage(
        notebook, report / "notebooks" / "a.html", "A run", "A study", "index.html", "q"
    )


def printed(source: bytes, folder: Path, project: Path) -> tuple[str, list[Path]]:
    """Print the page of a notebook, and give it with the paths of what was written."""
    path = folder / "train.ipynb"
    path.write_bytes(source)
    return print_file(path, folder, project)


def print_file(path: Path, folder: Path, project: Path) -> tuple[str, list[Path]]:
    layout = Layout(folder / "results")
    page = page_of(path, layout.report)
    written = write_notebook_page(project / "report", layout, page)
    assert all(file.is_file() for file in written)
    return page.path.read_text(encoding="utf-8"), written


def source_of(*cells: dict, **metadata: object) -> bytes:
    """Give the file of a notebook whose last cell is ordinary, whatever the others are."""
    cells = [*cells, dict(new_markdown_cell(FOLLOWS))]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    return json.dumps(notebook).encode()


def cell_of(*outputs: object, source: object = "1") -> dict:
    cell = {"cell_type": "code", "metadata": {}, "execution_count": None}
    return {**cell, "source": source, "outputs": list(outputs)}


def shows(data: object, metadata: object = None) -> dict:
    return {"output_type": "display_data", "data": data, "metadata": metadata or {}}


def prints(text: object) -> dict:
    return {"output_type": "stream", "name": "stdout", "text": text}

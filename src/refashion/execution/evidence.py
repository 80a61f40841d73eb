"""The executed notebook of a run that executes none: what was run or read, as evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import indent
from typing import Any

import nbformat

from refashion import artifacts
from refashion.shortening import shortened


def write_evidence(
    output: Path,
    title: str,
    tables: Mapping[str, Sequence[Sequence[str]]],
    error: Mapping[str, Any] | None,
    command: str | None = None,
    printed: str = "",
) -> None:
    """Write a notebook that shows where results come from.

    Parameters
    ----------
    output
        Path of the notebook.
    title
        Its heading.
    tables
        Rows of two texts, by the heading of a table.
    error
        Why there are no results, with `message`; None if there are.
    command
        The command that was executed, which becomes a cell of code.
    printed
        What it printed.
    """
    new = nbformat.v4
    cells = [new.new_markdown_cell(f"# {title}")]
    if error:
        # The message may contain anything, so it becomes a code block.
        message = indent(shortened(error["message"]), "    ", lambda _: True)
        cells.insert(0, new.new_markdown_cell(f"**No results:**\n\n{message}"))
    cells += [new.new_markdown_cell(_table(name, rows)) for name, rows in tables.items() if rows]
    if command is not None:
        outputs = [new.new_output("stream", name="stdout", text=printed)] if printed else []
        cells.append(new.new_code_cell(command, outputs=outputs, execution_count=1))
    for place, cell in enumerate(cells):
        cell.id = f"cell-{place}"  # not at random, so that the same results make the same file
    with artifacts.atomic(output) as temporary:
        nbformat.write(new.new_notebook(cells=cells), temporary)


def _table(heading: str, rows: Sequence[Sequence[str]]) -> str:
    body = "\n".join(f"    {left}  {right}" for left, right in _aligned(rows))
    return f"## {heading}\n\n{body}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    width = max(len(left) for left, _ in rows)
    return [(left.ljust(width), right) for left, right in rows]

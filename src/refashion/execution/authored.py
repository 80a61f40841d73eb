"""Execution of an author's own notebook, as it stands, with the seed of a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

from refashion.execution.notebook import Outcome, execute, leave_note
from refashion.execution.requirements import Environment
from refashion.printed import PREAMBLE, NotebookFileError, read_notebook
from refashion.workspace import working_copy

FIRST_CELL = """\
# Added by refashion: the seed of this run, and where the notebook may write.
import refashion

refashion.hosting.begin(seed={seed}, network={network})"""


def execute_authored(
    notebook: Path,
    output: Path,
    parameters: Mapping[str, Any],
    *,
    study: Path,
    place: Path,
    seed: int,
    network: bool,
    threads: int,
    seconds: int,
    own: Environment | None = None,
) -> Outcome:
    """Execute a notebook in a copy of its study's folder.

    Parameters
    ----------
    notebook
        The author's notebook.
    output
        Path of the executed notebook.
    parameters
        Values of names in its cell tagged `parameters`.
    study
        Folder of the study, which stays as it is.
    place
        New folder for the copy, in which the notebook runs.
    seed
        Seed of the run.
    network
        Whether it may use the network.
    threads, seconds, own
        See `execute`.
    """
    try:
        source = prepared(notebook, seed, network)
    except NotebookFileError as error:
        nothing = nbformat.v4.new_notebook()
        leave_note(notebook, output, str(error), nothing)
        return Outcome("failed", {"type": "NoNotebook", "message": str(error), "cell": None})
    with working_copy(study, place) as folder:
        return execute(
            notebook,
            output,
            parameters,
            threads=threads,
            seconds=seconds,
            source=source,
            folder=folder,
            own=own,
        )


def prepared(notebook: Path, seed: int, network: bool) -> nbformat.NotebookNode:
    """Read a notebook, and put the cell before its first that sets the seed.

    Raises
    ------
    NotebookFileError
        The file is no notebook.
    """
    read_notebook(notebook)
    try:
        source = nbformat.read(notebook, as_version=4)
        source = nbformat.v4.upgrade(source)
        _, source = nbformat.validator.normalize(source)
        nbformat.validate(source)
    except Exception as error:  # it may be damaged in any way
        first = str(error).partition("\n")[0]
        raise NotebookFileError(f"{notebook}: not a valid notebook: {first}") from None
    # Papermill needs to know the language; which kernel executes it, `execute` says.
    source.metadata.kernelspec = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    code = FIRST_CELL.format(seed=seed, network=network)
    cell = nbformat.v4.new_code_cell(code, metadata={"tags": [PREAMBLE]})
    source.cells.insert(0, cell)
    return source

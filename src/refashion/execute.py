"""Execute one notebook through Papermill: within a time limit, leaving no kernel behind."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Any, TextIO

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter
from traitlets.config import Config

from refashion import artifacts
from refashion.errors import RefashionError, did_you_mean
from refashion.execution import environment
from refashion.scratch import scratch_folder
from refashion.shortening import MOST_QUOTED, shortened

IOPUB_TIMEOUT_SECONDS = 120
KERNEL_START_TIMEOUT_SECONDS = 120
KERNEL_START_ATTEMPTS = 4
# That a cell prints, or an error tells; of more, the beginning and the end are kept.
MOST_LETTERS = 1_000_000
# That a cell shows otherwise, images in base 64 included; what is beyond is left out.
MOST_DATA = 50_000_000
# Of one cell.
MOST_OUTPUTS = 10_000


@dataclass(frozen=True)
class Outcome:
    """How an execution ended.

    Attributes
    ----------
    status
        "ok", "failed" or "timeout".
    error
        None, or `type`, `message` and `cell` (from 1, counting code cells, or None).
    """

    status: str
    error: dict[str, Any] | None = None


class NotebookError(RefashionError):
    """A notebook cannot be executed as asked."""


def execute(
    notebook: Path,
    output: Path,
    parameters: Mapping[str, Any],
    *,
    threads: int,
    seconds: int,
    echo: TextIO = sys.stderr,
) -> Outcome:
    """Execute a notebook with injected parameters and keep what came out, also of a failure.

    Parameters
    ----------
    notebook, output
        Source, and where the executed notebook goes.
    parameters
        Exactly the names in the notebook's `parameters` cell.
    threads
        For every numerical library in the kernel.
    seconds
        Limit for each cell.
    echo
        What the kernel prints to standard output also goes here, as it comes.

    Raises
    ------
    NotebookError
        The names differ from those in the parameters cell.
    """
    source = nbformat.read(notebook, as_version=4)
    check_parameters(notebook, parameters)
    with artifacts.atomic(output) as temporary, scratch_folder(holds_sockets) as private:
        of_kernel = environment.kernel_environment(os.environ, threads, environment.home(), private)
        with environment.replaced(of_kernel):
            outcome = _run(source, temporary, parameters, seconds, echo, private)
        _complete(temporary, notebook, output, outcome)
    return outcome


def check_parameters(path: Path, given: Mapping[str, Any]) -> None:
    """Refuse parameters that the notebook does not declare, and the lack of one that it does."""
    declared = papermill.inspect_notebook(str(path)).keys()
    for name in sorted(given.keys() - declared):
        hint = did_you_mean(name, declared)
        found = ", ".join(sorted(declared)) or "nothing"
        raise NotebookError(
            f"{path}: the cell tagged 'parameters' lacks {name!r}, which the workflow sets; "
            f"it declares {found}{hint}. Add `{name} = ...` to it."
        )
    for name in sorted(declared - given.keys()):
        raise NotebookError(
            f"{path}: the cell tagged 'parameters' declares {name!r}, which the workflow does not "
            f"set; it sets {', '.join(sorted(given))}. Remove it, or set it where the stage is run."
        )


def _run(
    source: nbformat.NotebookNode,
    output: Path,
    parameters: Mapping[str, Any],
    seconds: int,
    echo: TextIO,
    private: Path,
) -> Outcome:
    try:
        # A start is tried again, for a busy machine can be too slow for it; an execution never is.
        for attempt in Retrying(
            retry=retry_if_exception(_failed_to_start),
            stop=stop_after_attempt(KERNEL_START_ATTEMPTS),
            wait=wait_exponential_jitter(initial=1, max=20),
            reraise=True,
        ):
            with attempt:
                papermill.execute_notebook(
                    source,
                    output,
                    parameters=dict(parameters),
                    kernel_name="python3",
                    config=_connection(private),
                    # What C++ libraries write goes to the log; it is no part of the evidence.
                    extra_arguments=["--IPKernelApp.capture_fd_output=False"],
                    progress_bar=False,
                    stdout_file=echo,
                    start_timeout=KERNEL_START_TIMEOUT_SECONDS,
                    execution_timeout=seconds,
                    iopub_timeout=IOPUB_TIMEOUT_SECONDS,
                )
    except PapermillExecutionError as error:
        return Outcome("failed", _error(error.ename, error.evalue, error.exec_count))
    except CellTimeoutError:
        message = f"a cell ran for more than {seconds / 60:g} minutes, the limit (limits.minutes)"
        return Outcome("timeout", _error("Timeout", message))
    except DeadKernelError:
        message = "the kernel was killed, perhaps because the machine ran out of memory"
        return Outcome("failed", _error("KernelKilled", message))
    return Outcome("ok")


def _connection(private: Path) -> Config:
    """Configure Jupyter for sockets in a folder, or else for ports, which kernels race for."""
    transport = "ipc" if holds_sockets(private) else "tcp"
    connection = {"transport": transport, "connection_file": str(private / "kernel.json")}
    return Config({"ConnectionFileMixin": connection})


def holds_sockets(folder: Path) -> bool:
    """Whether a folder can hold a kernel's sockets, which its file system may lack, or its path."""
    path = folder / "kernel-ipc-10"  # as Jupyter names them, with a digit to spare
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(path))
        path.unlink()
    except OSError:
        return False
    return True


def _failed_to_start(error: BaseException) -> bool:
    return isinstance(error, RuntimeError) and not isinstance(error, DeadKernelError)


def _error(kind: str, message: str, cell: int | None = None) -> dict[str, Any]:
    return {"type": kind, "message": message, "cell": cell}


def _complete(executed: Path, source: Path, output: Path, outcome: Outcome) -> None:
    """Say in an executed notebook what it was made of, and at its top why it ended early, if so."""
    notebook = nbformat.read(executed, as_version=4)
    # Papermill was given the source itself and a temporary file.
    notebook.metadata.papermill |= {"input_path": str(source), "output_path": str(output)}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _bounded(cell.outputs)
    if outcome.error:
        # Papermill marks the cells of a dead kernel as completed.
        # The message as it is, in Markdown a block of code: it may hold anything.
        message = indent(shortened(outcome.error["message"]), "    ", lambda _: True)
        note = f"**This execution ended early** ({outcome.status}):\n\n{message}"
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(note))
    nbformat.write(notebook, executed)


def _bounded(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Leave out the middle of what a cell has printed or shown without end."""
    kept = [_bounded_output(output) for output in _first_and_last(_one_text(outputs))]
    room = MOST_DATA
    for output in kept:
        if (size := _size(output)) > room:
            told = f"[an output of {size:,} letters left out: {shortened(', '.join(output.data))}]"
            output.data, output.metadata = {"text/plain": told}, {}
        else:
            room -= size
    return kept


def _one_text(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Join all that was printed, where it is too much, and keep its ends."""
    printed = [output for output in outputs if output.output_type == "stream"]
    if sum(len(output.text) for output in printed) <= MOST_LETTERS and len(printed) <= MOST_OUTPUTS:
        return outputs
    text = shortened("".join(output.text for output in printed), MOST_LETTERS)
    kept = nbformat.v4.new_output("stream", name=printed[0].name, text=text)
    return [kept, *(output for output in outputs if output.output_type != "stream")]


def _first_and_last(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    if len(outputs) <= MOST_OUTPUTS:
        return outputs
    half = MOST_OUTPUTS // 2
    told = f"[{len(outputs) - 2 * half:,} outputs left out]\n"
    note = nbformat.v4.new_output("stream", name="stdout", text=told)
    return [*outputs[:half], note, *outputs[-half:]]


def _bounded_output(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    if output.output_type == "error":
        output.ename = shortened(output.ename, MOST_QUOTED)
        output.evalue = shortened(output.evalue, MOST_LETTERS)
        output.traceback = shortened("\n".join(output.traceback), MOST_LETTERS).split("\n")
    return output


def _size(output: nbformat.NotebookNode) -> int:
    """Letters of all kinds in which an output is shown."""
    return sum(len(json.dumps(shown)) for shown in output.get("data", {}).values())


def leave_note(notebook: Path, output: Path, note: str) -> None:
    """Write a notebook that was not executed, with the reason on top."""
    source = nbformat.read(notebook, as_version=4)
    source.cells.insert(0, nbformat.v4.new_markdown_cell(f"**Not executed:** {note}"))
    with artifacts.atomic(output) as temporary:
        nbformat.write(source, temporary)

"""Execution of a notebook through Papermill, within limits of time and output."""

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
from refashion.execution.requirements import Environment
from refashion.scratch import scratch_folder
from refashion.shortening import MOST_QUOTED, shortened

IOPUB_TIMEOUT_SECONDS = 120
KERNEL_START_TIMEOUT_SECONDS = 120
KERNEL_START_ATTEMPTS = 4
KERNEL_OF_STUDY = "study"
# Characters that a cell prints, or of an error; of longer text the beginning and the end are kept.
MOST_LETTERS = 1_000_000
# Characters of all other outputs of a cell, such as images in base64; further outputs are left out.
MOST_DATA = 50_000_000
# Outputs of one cell.
MOST_OUTPUTS = 10_000


@dataclass(frozen=True)
class Outcome:
    """Result of an execution.

    Attributes
    ----------
    status
        "ok", "failed" or "timeout".
    error
        None, or a mapping with `type`, `message` and `cell`: the number of the code cell, from 1,
        or None.
    """

    status: str
    error: dict[str, Any] | None = None


class NotebookError(RefashionError):
    """The parameters of a notebook do not match those that the workflow sets."""


def execute(
    notebook: Path,
    output: Path,
    parameters: Mapping[str, Any],
    *,
    threads: int,
    seconds: int,
    echo: TextIO = sys.stderr,
    source: nbformat.NotebookNode | None = None,
    folder: Path | None = None,
    own: Environment | None = None,
) -> Outcome:
    """Execute a notebook with injected parameters; the executed notebook is kept if it fails, too.

    Parameters
    ----------
    notebook
        The notebook to execute.
    output
        Path of the executed notebook.
    parameters
        Values of exactly the names in the notebook's `parameters` cell.
    threads
        Number of threads of every numerical library in the kernel.
    seconds
        Time limit of each cell, in seconds.
    echo
        Stream to which the standard output of the kernel is copied as it arrives.
    source
        The content to execute in place of that of the file; its parameters are not checked.
    folder
        Working folder of the kernel; None for that of this process.
    own
        Environment of the kernel; None for that of this process.

    Returns
    -------
    Outcome
        How the execution ended. An error in the notebook is not raised.

    Raises
    ------
    NotebookError
        The names differ from those in the `parameters` cell.
    """
    if source is None:
        source = nbformat.read(notebook, as_version=4)
        check_parameters(notebook, parameters)
    # An absolute path, because Papermill changes to the working folder.
    with artifacts.atomic(output.absolute()) as temporary, scratch_folder(holds_sockets) as private:
        variables = environment.kernel_environment(os.environ, threads, environment.home(), private)
        kernel = "python3"
        if own is not None:
            kernel = _kernel_of(own, private)
            variables |= {**own.variables(), "JUPYTER_PATH": str(private)}
        with environment.replaced(variables):
            outcome = _run(source, temporary, parameters, seconds, echo, private, folder, kernel)
        _complete(temporary, notebook, output, outcome)
    return outcome


def check_parameters(path: Path, given: Mapping[str, Any]) -> None:
    """Check that the parameters are exactly those that a notebook declares.

    Parameters
    ----------
    path
        The notebook.
    given
        Parameters that the workflow sets.

    Raises
    ------
    NotebookError
        A parameter is missing on either side.
    """
    declared = papermill.inspect_notebook(str(path)).keys()
    for name in sorted(given.keys() - declared):
        hint = did_you_mean(name, declared)
        found = ", ".join(sorted(declared)) or "nothing"
        raise NotebookError(
            f"{path}: the cell tagged 'parameters' does not declare {name!r}, which the workflow "
            f"sets; it declares {found}{hint}. Add `{name} = ...` to the cell."
        )
    for name in sorted(declared - given.keys()):
        raise NotebookError(
            f"{path}: the cell tagged 'parameters' declares {name!r}, which the workflow does not "
            f"set; it sets {', '.join(sorted(given))}. Remove {name!r} from the cell, or set it in "
            "src/refashion/stages/training.py."
        )


def _run(
    source: nbformat.NotebookNode,
    output: Path,
    parameters: Mapping[str, Any],
    seconds: int,
    echo: TextIO,
    private: Path,
    folder: Path | None,
    kernel: str,
) -> Outcome:
    try:
        # A busy machine can be too slow to start a kernel, so only the start is retried.
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
                    kernel_name=kernel,
                    config=_connection(private),
                    # Messages of C++ libraries go to the log, not into the notebook.
                    extra_arguments=["--IPKernelApp.capture_fd_output=False"],
                    progress_bar=False,
                    stdout_file=echo,
                    start_timeout=KERNEL_START_TIMEOUT_SECONDS,
                    execution_timeout=seconds,
                    iopub_timeout=IOPUB_TIMEOUT_SECONDS,
                    cwd=None if folder is None else str(folder),
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


def _kernel_of(own: Environment, private: Path) -> str:
    """Describe the kernel of an environment to Jupyter, and return its name."""
    described = {
        "argv": [str(own.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python of the study",
        "language": "python",
        # No warm kernel: these have the packages of this environment.
        "metadata": {"kernel_provisioner": {"provisioner_name": "local-provisioner"}},
    }
    folder = private / "kernels" / KERNEL_OF_STUDY
    folder.mkdir(parents=True)
    artifacts.write_json(folder / "kernel.json", described)
    return KERNEL_OF_STUDY


def _connection(private: Path) -> Config:
    """Configure Jupyter to use sockets in a folder if possible; kernels compete for ports."""
    transport = "ipc" if holds_sockets(private) else "tcp"
    connection = {"transport": transport, "connection_file": str(private / "kernel.json")}
    return Config({"ConnectionFileMixin": connection})


def holds_sockets(folder: Path) -> bool:
    """Return whether a folder can hold a kernel's sockets.

    Its file system may not support sockets, or its path may be too long for them.
    """
    path = folder / "kernel-ipc-10"  # Jupyter's name for them, with a digit to spare
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
    """Record the paths of an executed notebook, limit its outputs, and add the error at its top."""
    notebook = nbformat.read(executed, as_version=4)
    # Papermill knows neither, because it gets the parsed notebook and a temporary file.
    notebook.metadata.papermill |= {"input_path": str(source), "output_path": str(output)}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _bounded(cell.outputs)
    if outcome.error:
        # Needed because Papermill marks the cells of a dead kernel as completed. The message may
        # contain anything, so it becomes a code block.
        message = indent(shortened(outcome.error["message"]), "    ", lambda _: True)
        note = f"**This execution ended early** ({outcome.status}):\n\n{message}"
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(note))
    nbformat.write(notebook, executed)


def _bounded(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Limit the outputs of a cell: cut long texts, and leave out outputs beyond a limit."""
    kept = [_bounded_error(output) for output in _first_and_last(_joined(outputs))]
    room = MOST_DATA
    for output in kept:
        if (size := _size(output)) > room:
            types = shortened(", ".join(output.data))
            note = f"[an output of {size:,} characters left out: {types}]"
            output.data, output.metadata = {"text/plain": note}, {}
        else:
            room -= size
    return kept


def _joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """If a cell printed too much, join the printed text and keep its beginning and end."""
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
    text = f"[{len(outputs) - 2 * half:,} outputs left out]\n"
    note = nbformat.v4.new_output("stream", name="stdout", text=text)
    return [*outputs[:half], note, *outputs[-half:]]


def _bounded_error(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    if output.output_type == "error":
        output.ename = shortened(output.ename, MOST_QUOTED)
        output.evalue = shortened(output.evalue, MOST_LETTERS)
        output.traceback = shortened("\n".join(output.traceback), MOST_LETTERS).split("\n")
    return output


def _size(output: nbformat.NotebookNode) -> int:
    """Total length of an output in all its formats, in characters."""
    return sum(len(json.dumps(data)) for data in output.get("data", {}).values())


def leave_note(
    notebook: Path, output: Path, note: str, content: nbformat.NotebookNode | None = None
) -> None:
    """Write a notebook that was not executed, with the reason at its top.

    Parameters
    ----------
    notebook
        The notebook.
    output
        Path of the copy with the note.
    note
        Why it was not executed.
    content
        What to write in place of the content of the file.
    """
    source = nbformat.read(notebook, as_version=4) if content is None else content
    source.cells.insert(0, nbformat.v4.new_markdown_cell(f"**Not executed:** {note}"))
    with artifacts.atomic(output) as temporary:
        nbformat.write(source, temporary)

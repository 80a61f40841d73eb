"""Execution of a notebook: what it injects, how a failure is told, and that nothing is left."""

import io
import os
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest

from refashion.execution.environment import kernel_environment
from refashion.execution.notebook import NotebookError, check_parameters, execute


@pytest.fixture
def write(tmp_path):
    """Write a notebook with a parameters cell `n = 1` and some more cells."""

    def make(*cells, parameters="n = 1"):
        notebook = nbformat.v4.new_notebook()
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        notebook.metadata["language_info"] = {"name": "python"}
        first = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
        notebook.cells = [first, *(nbformat.v4.new_code_cell(cell) for cell in cells)]
        path = tmp_path / "source.ipynb"
        nbformat.write(notebook, path)
        return path

    return make


def outputs(path):
    cells = nbformat.read(path, as_version=4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def run(path, tmp_path, *, seconds=60, threads=1, **parameters):
    echo = io.StringIO()
    output = tmp_path / "executed.ipynb"
    outcome = execute(path, output, parameters, threads=threads, seconds=seconds, echo=echo)
    return outcome, output, echo.getvalue()


def test_parameters_are_injected_and_output_is_kept_and_echoed(write, tmp_path):
    path = write("import os", "print('n is', n, 'threads', os.environ['TF_NUM_INTRAOP_THREADS'])")
    outcome, output, echo = run(path, tmp_path, n=7, threads=3)
    assert (outcome.status, outcome.error) == ("ok", None)
    assert "n is 7 threads 3" in outputs(output)
    assert "n is 7" in echo
    told = nbformat.read(output, as_version=4).metadata.papermill
    assert (told.input_path, told.output_path) == (str(path), str(output))
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_failing_cell_is_told_and_the_notebook_kept(write, tmp_path):
    path = write("print('before')", "raise ValueError('no such thing')", "print('after')")
    outcome, output, _ = run(path, tmp_path, n=1)
    assert outcome.status == "failed"
    assert outcome.error["type"] == "ValueError"
    assert outcome.error["message"] == "no such thing"
    assert outcome.error["cell"] == 4  # the injected cell is the second
    assert "before" in outputs(output) and "after" not in outputs(output)


def test_of_what_is_printed_without_end_the_ends_are_kept(write, tmp_path):
    path = write("print('begin'); print('x' * 3_000_000); print('end'); 7")
    outcome, output, _ = run(path, tmp_path, n=1)
    assert outcome.status == "ok"
    text = outputs(output)
    assert text.startswith("begin\nxxx") and text.endswith("xxx\nend\n")
    assert "[2,000,011 characters left out]" in text and len(text) < 1_000_100
    last = nbformat.read(output, as_version=4).cells[-1].outputs[-1]
    assert last.data["text/plain"] == "7"


ENDLESS = {
    "a message": "raise ValueError('x' * 3_000_000)",
    "a type": "raise type('E' * 3_000_000, (Exception,), {})",
    "an output": "display({'text/html': 'x' * 60_000_000}, raw=True)",
    "outputs": "for _ in range(3): display({'text/html': 'x' * 30_000_000}, raw=True)",
}


@pytest.mark.parametrize("code", ENDLESS.values(), ids=ENDLESS)
def test_of_what_is_told_or_shown_without_end_little_is_kept(code, write, tmp_path):
    outcome, output, _ = run(write(code), tmp_path, n=1)
    assert (
        "characters left out" in output.read_text() or "characters left out:" in output.read_text()
    )
    assert output.stat().st_size < 51_000_000
    if outcome.error and "ValueError" in outcome.error["type"]:
        assert outcome.error["message"] == "x" * 3_000_000


def test_a_message_at_the_top_of_a_notebook_is_no_markup(write, tmp_path):
    path = write("raise ValueError('# a\\n\\n<b>*c*\\n\\n![d](e)')")
    _, output, _ = run(path, tmp_path, n=1)
    told = nbformat.read(output, as_version=4).cells[0].source.partition("\n\n")[2]
    assert {line[:4] for line in told.splitlines()} == {"    "}


def test_an_endless_cell_ends_at_the_limit(write, tmp_path):
    path = write("import time", "print('working')", "time.sleep(600)")
    started = time.monotonic()
    outcome, output, _ = run(path, tmp_path, n=1, seconds=3)
    assert outcome.status == "timeout"
    assert "limits.minutes" in outcome.error["message"]
    assert time.monotonic() - started < 60
    assert "ended early" in nbformat.read(output, as_version=4).cells[0].source


def test_a_killed_kernel_is_reported_as_killed(write, tmp_path):
    path = write("import os, signal", "os.kill(os.getpid(), signal.SIGKILL)", "print('after')")
    outcome, output, _ = run(path, tmp_path, n=1)
    assert outcome.status == "failed"
    assert outcome.error["type"] == "KernelKilled"
    assert "memory" in outcome.error["message"]
    assert "ended early" in nbformat.read(output, as_version=4).cells[0].source


def test_a_name_that_the_notebook_lacks_is_refused(write):
    path = write(parameters="dropout = 0.1\nseed = 0")
    with pytest.raises(NotebookError, match=r"does not declare 'dropot'.*did you mean 'dropout'"):
        check_parameters(path, {"dropot": 0.2, "dropout": 0.1, "seed": 0})
    with pytest.raises(NotebookError, match="declares 'seed', which the workflow does not set"):
        check_parameters(path, {"dropout": 0.1})


def test_threads_are_fixed_for_every_library(tmp_path):
    variables = kernel_environment({}, 2, tmp_path, tmp_path)
    for name in ("OMP", "OPENBLAS", "MKL"):
        assert variables[f"{name}_NUM_THREADS"] == "2"
    assert variables["TF_NUM_INTRAOP_THREADS"] == variables["TF_NUM_INTEROP_THREADS"] == "2"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_kernel_dies_with_the_one_who_started_it(write, tmp_path, how):
    path = write("import os, time", "print('kernel', os.getpid(), flush=True)", "time.sleep(600)")
    script = (
        "import sys; from pathlib import Path; from refashion import lifetime;"
        "from refashion.execution.notebook import execute; lifetime.exit_on_signals();"
        "execute(Path(sys.argv[1]), Path(sys.argv[2]), {'n': 1}, threads=1, seconds=300,"
        " echo=sys.stdout)"
    )
    runner = subprocess.Popen(
        [sys.executable, "-c", script, path, tmp_path / "executed.ipynb"],
        stdout=subprocess.PIPE,
        text=True,
    )
    kernel = int(next(line for line in runner.stdout if line.startswith("kernel")).split()[1])
    os.kill(runner.pid, how)
    runner.wait(timeout=20)
    psutil.wait_procs([p for p in [_process(kernel)] if p], timeout=10)
    assert not psutil.pid_exists(kernel) or _process(kernel).status() == psutil.STATUS_ZOMBIE


def _process(pid):
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None

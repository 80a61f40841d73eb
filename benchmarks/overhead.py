"""Overhead of one run, its time without training, in a plain kernel and in a warm one.

`python -m benchmarks.overhead <recipe> <folders> <repeats>` runs the measurement.
"""

from __future__ import annotations

import json
import os
import shlex
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from benchmarks.rows import Row, Skipped, compared
from benchmarks.scratch import ANSWER, Scratch, processor_of_children, run
from refashion.artifacts import Layout, read_json
from refashion.execution.kernels import wire
from refashion.workflow import kernel_server

PART = "overhead"
# The smallest network, so that the time to subtract is short.
STUDY, RUN = "softmax_vs_cnn", "softmax"
TINY = {
    "studies": [STUDY],
    "limits": {"examples": 100, "epochs": 1},
    "results": "results/overhead",
}
REPEATS = 3
COLD, WARM, STARTING = "plain kernel", "warm kernel", "start of the kernel server"

RESULTS = Path(TINY["results"])


def measure(scratch: Scratch, repeats: int = REPEATS) -> Iterator[Row | Skipped]:
    """Time a tiny run without its training, alternating between plain and warm kernels.

    Parameters
    ----------
    scratch
        Copy of the project.
    repeats
        Number of runs in each kind of kernel.
    """
    if scratch.arrays("fashion_mnist") is None:
        yield Skipped(PART, "run", "Fashion-MNIST is not available here")
        return
    if not kernel_server.can_serve(1):
        yield Skipped(PART, "run", "warm kernels are not available here")
        return
    plan = scratch.plan(TINY)
    job = [plan.recipe(STUDY, RUN, 0), plan.places]
    found = scratch.python("-m", "benchmarks.overhead", *job, str(repeats)).answer
    for what, unit in (("processor", "s"), ("wall", "s")):
        yield from compared(PART, f"one run, {what}", unit, found[what], COLD)


def _measure_here(recipe: str, folders: str, repeats: int) -> dict[str, dict[str, float]]:
    """Measure in this process, which has the environment of a workflow."""
    plain = dict(os.environ)
    libraries = (*kernel_server.KERAS, *kernel_server.LIBRARIES)
    server = kernel_server.start(1, RESULTS / "server.log", libraries)
    warm = dict(os.environ)
    watched = psutil.Process(server.pid)
    try:
        # Warm up: the first run waits for the server's imports, and both fill the disk cache.
        for environment in (warm, plain):
            _run_once(recipe, folders, environment, watched)
        own = watched.cpu_times()
        taken: dict[str, list[tuple[float, float]]] = {COLD: [], WARM: []}
        for _ in range(repeats):
            for kind, environment in ((COLD, plain), (WARM, warm)):
                taken[kind].append(_run_once(recipe, folders, environment, watched))
    finally:
        server.stdin.close()
        server.wait(timeout=60)
    processor = {kind: statistics.median(p for p, _ in costs) for kind, costs in taken.items()}
    wall = {kind: statistics.median(w for _, w in costs) for kind, costs in taken.items()}
    return {"processor": processor | {STARTING: own.user + own.system}, "wall": wall}


def _run_once(
    recipe: str, folders: str, environment: Mapping[str, str], server: psutil.Process
) -> tuple[float, float]:
    """Execute a run; return its CPU time and wall time without training, in seconds."""
    before = processor_of_children() + _reaped(server)
    command = [
        *(sys.executable, "-m", "refashion", "train", "--recipe", recipe, "--attempt", "1"),
        *("--seconds", "600", "--notebook", "notebooks/train.ipynb"),
        *shlex.split(folders),
    ]
    done = run(command, Path(), environment)
    if wire.ADDRESS_VARIABLE in environment and "plain kernel" in done.said:
        raise RuntimeError(f"the run had no warm kernel: {done.said[-500:]}")
    record = read_json(Layout(RESULTS).run(STUDY, RUN, 0).run_json)
    if record["status"] != "ok":
        raise RuntimeError(f"the run has the status {record['status']}: {record['error']}")
    # The server notices the end of its kernel with a delay.
    while server.children():
        time.sleep(0.05)
    processor = processor_of_children() + _reaped(server) - before
    # Only the wall time of training is known. It runs on one processor, of which this run got a
    # share.
    share = min(1, processor / done.seconds)
    fit = record["fit_seconds"]
    return processor - share * fit, done.seconds - fit


def _reaped(server: psutil.Process) -> float:
    """CPU time of the kernels that were forked from the server, in seconds."""
    times = server.cpu_times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    answer: Any = _measure_here(*sys.argv[1:3], int(sys.argv[3]))
    print(ANSWER + json.dumps(answer))

"""Overhead of one run: what it takes beside training, in a plain kernel and in a warm one.

As `python -m benchmarks.overhead <recipe>` it is the process that runs and measures.
"""

from __future__ import annotations

import json
import os
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
# The smallest network, of which least has to be taken off.
STUDY, RUN = "softmax_vs_cnn", "softmax"
TINY = {"studies": [STUDY], "limits": {"examples": 100, "epochs": 1}}
REPEATS = 3
COLD, WARM, STARTING = "plain kernel", "warm kernel", "start of the kernel server"

RESULTS = Path("results/overhead")


def measure(scratch: Scratch, repeats: int = REPEATS) -> Iterator[Row | Skipped]:
    """Time a tiny run, less its training, in plain and warm kernels in turn.

    Parameters
    ----------
    scratch
        Where to run.
    repeats
        Runs in each kind of kernel.
    """
    if scratch.arrays("fashion_mnist") is None:
        yield Skipped(PART, "run", "Fashion-MNIST cannot be had here")
        return
    if not kernel_server.can_serve(1):
        yield Skipped(PART, "run", "warm kernels cannot be had here")
        return
    recipe = scratch.plan(TINY).recipe(STUDY, RUN, 0)
    found = scratch.python("-m", "benchmarks.overhead", recipe, str(repeats)).answer
    for what, unit in (("processor", "s"), ("wall", "s")):
        yield from compared(PART, f"one run, {what}", unit, found[what], COLD)


def _measure_here(recipe: str, repeats: int) -> dict[str, dict[str, float]]:
    """Do it in this process, whose environment is that of a workflow."""
    plain = dict(os.environ)
    server = kernel_server.start(1, RESULTS / "server.log")
    warm = dict(os.environ)
    watched = psutil.Process(server.pid)
    try:
        # The first run waits for the server's imports, and both fill the caches of the disk.
        for environment in (warm, plain):
            _run_once(recipe, environment, watched)
        own = watched.cpu_times()
        taken: dict[str, list[tuple[float, float]]] = {COLD: [], WARM: []}
        for _ in range(repeats):
            for kind, environment in ((COLD, plain), (WARM, warm)):
                taken[kind].append(_run_once(recipe, environment, watched))
    finally:
        server.stdin.close()
        server.wait(timeout=60)
    processor = {kind: statistics.median(p for p, _ in costs) for kind, costs in taken.items()}
    wall = {kind: statistics.median(w for _, w in costs) for kind, costs in taken.items()}
    return {"processor": processor | {STARTING: own.user + own.system}, "wall": wall}


def _run_once(
    recipe: str, environment: Mapping[str, str], server: psutil.Process
) -> tuple[float, float]:
    """Run, and give seconds of processor and of wall that were not training."""
    before = processor_of_children() + _reaped(server)
    command = [
        *(sys.executable, "-m", "refashion", "train", "--recipe", recipe, "--attempt", "1"),
        *("--seconds", "600", "--notebook", "notebooks/train.ipynb"),
        *("--data", "data", "--results", str(RESULTS)),
    ]
    done = run(command, Path(), environment)
    if wire.ADDRESS_VARIABLE in environment and "plain kernel" in done.said:
        raise RuntimeError(f"no warm kernel was given: {done.said[-500:]}")
    record = read_json(Layout(RESULTS).run(STUDY, RUN, 0).run_json)
    if record["status"] != "ok":
        raise RuntimeError(f"the run has ended as {record['status']}: {record['error']}")
    # The server notices a moment later that its kernel has ended.
    while server.children():
        time.sleep(0.05)
    processor = processor_of_children() + _reaped(server) - before
    # Training is known by the clock alone. It takes one processor, of which this run got a share.
    share = min(1, processor / done.seconds)
    fit = record["fit_seconds"]
    return processor - share * fit, done.seconds - fit


def _reaped(server: psutil.Process) -> float:
    """Seconds of the processor that kernels forked from the server took."""
    times = server.cpu_times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    answer: Any = _measure_here(sys.argv[1], int(sys.argv[2]))
    print(ANSWER + json.dumps(answer))

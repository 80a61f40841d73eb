"""All cores at work: runs of one thread beside each other, against plain `fit` on all cores.

Plain notebooks run one after the other, and each may use all cores. A workflow trains as many runs
at a time as there are cores. What counts is the time that the machine spends on each step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from benchmarks import processors
from benchmarks.rows import Row, Skipped, compared
from benchmarks.scratch import CommandError, Scratch, cores
from benchmarks.training import OURS, PLAIN, RUNS, Processes, cases, summary

PART = "throughput"


def measure(
    scratch: Scratch, runs: Mapping[str, int | None] = RUNS, at_a_time: int | None = None
) -> Iterator[Row | Skipped]:
    """Compare the time that the whole machine spends on a training step of each network.

    Parameters
    ----------
    scratch
        Copy of the project.
    runs
        Number of steps per epoch, by run.
    at_a_time
        Number of runs beside each other, and of threads of a plain one; None for all cores.
    """
    n = at_a_time or cores()
    for case in cases(scratch, runs, PART):
        if isinstance(case, Skipped):
            yield case
            continue
        for kind, variables in processors.kinds().items():
            alone = Processes(scratch, case.asked, case.arrays, variables)
            try:
                values = {OURS: beside_each_other(alone, n, case.steps) / n}
                plain = replace(alone, threads=n).epochs("plain")
                values[PLAIN] = summary([plain], case.steps or 1)[0]
            except CommandError as error:
                yield Skipped(PART, f"{case.name}{kind}", error.why)
                continue
            yield from compared(PART, f"{case.name}{kind}, step", "ms", values, PLAIN)


def beside_each_other(processes: Processes, n: int, steps: int | None) -> float:
    """Train a run in several processes at the same time; return the milliseconds of a step."""
    with ThreadPoolExecutor(n) as pool:
        found = list(pool.map(processes.epochs, ["ours"] * n))
    return summary(found, steps or 1)[0]

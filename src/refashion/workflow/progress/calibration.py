"""The speed of this machine, measured in two seconds."""

from __future__ import annotations

import os
import subprocess
import sys

from refashion.execution.environment import THREAD_VARIABLES

REFERENCE_GFLOPS = 104
"""Single precision matrix products on one core of the machine with `REFERENCE_RATIO`."""

REFERENCE_RATIO = 0.8
"""Real time as a multiple of the stated minutes there, over all headline runs of the six studies.

The speed is in `docs/performance.md`; the ratio is that of a recorded command on two cores with
AVX-512 (`tests/data/recorded_commands.json`). Training is mostly matrix products, so time is taken
to be inversely proportional to their speed. On how many machines that holds was not measured.
"""

SECONDS = 1.5
MOST_PROCESSES = 16
TIMEOUT_SECONDS = 10

# The mean speed, not the best, because others may use the machine as well.
_PROGRAM = """
import sys
import time
import numpy
a = numpy.full((768, 768), 0.5, numpy.float32)
out = a @ a
n, started = 0, time.perf_counter()
while (taken := time.perf_counter() - started) < float(sys.argv[1]):
    numpy.matmul(a, a, out=out)
    n += 1
print(2e-9 * n * 768**3 / taken)
"""


def ratio(slots: int) -> float | None:
    """Estimate the ratio of real to stated minutes on this machine.

    Parameters
    ----------
    slots
        Number of runs that are trained at the same time; as many processes compute.

    Returns
    -------
    float or None
        None if the measurement fails.
    """
    speeds = gflops(min(slots, MOST_PROCESSES, os.cpu_count() or 1))
    if not speeds or min(speeds) <= 0:
        return None
    return REFERENCE_RATIO * REFERENCE_GFLOPS * len(speeds) / sum(speeds)


def gflops(processes: int) -> list[float]:
    """Return the speed of matrix products in processes that run at the same time, in GFLOP/s."""
    environment = os.environ | dict.fromkeys(THREAD_VARIABLES, "1")
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(SECONDS)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(processes)
    ]
    try:
        return [float(each.communicate(timeout=TIMEOUT_SECONDS)[0]) for each in started]
    except (ValueError, subprocess.TimeoutExpired):
        return []
    finally:
        for each in started:
            each.kill()
            each.wait()

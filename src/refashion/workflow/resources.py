"""The number of jobs that run at the same time, limited by memory and by the GPU."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from refashion.execution import environment

if TYPE_CHECKING:
    from snakemake.workflow import Workflow


# Measured for the largest run: a convolutional network on 59,500 images.
MEMORY_MB = 4500

# Runs that share the GPU at the same time. Small networks leave most of it idle, but how many runs
# its memory holds is not known.
RUNS_ON_GPU = 1

# A run needs more than its kernel's peak: that of the job around it, and that of another day.
MEMORY_OF_A_JOB_MB = 1000
MARGIN = 1.5

# Folder and file of the memory limit, by the controllers of a control group: version 2, version 1.
LIMITS_OF_GROUPS = {"": ("", "memory.max"), "memory": ("memory", "memory.limit_in_bytes")}


def share_memory(workflow: Workflow, mb_of_a_job: int = MEMORY_MB) -> int:
    """Limit the jobs that run at the same time to the memory of this machine.

    Parameters
    ----------
    workflow
        The Snakemake workflow. `--resources mem_mb=` takes precedence, and clusters have limits of
        their own.
    mb_of_a_job
        Memory of the largest job, in MB.

    Returns
    -------
    int
        Number of such jobs that can run at the same time, at least one; `sys.maxsize` on a cluster.
    """
    if not workflow.local_exec:
        return sys.maxsize
    if "mem_mb" not in workflow.global_resources:
        workflow.register_resource("mem_mb", max(_memory() // 1_000_000, mb_of_a_job))
    return max(1, workflow.global_resources["mem_mb"].value // mb_of_a_job)


def share_gpu(workflow: Workflow) -> int:
    """Limit the jobs that compute on the GPU of this machine at the same time.

    Parameters
    ----------
    workflow
        The Snakemake workflow. `--resources gpu=` takes precedence, and clusters have limits of
        their own.

    Returns
    -------
    int
        Number of such jobs that can run at the same time; `sys.maxsize` on a cluster, and in an
        environment for the processor.
    """
    if not (workflow.local_exec and environment.is_for_gpu()):
        return sys.maxsize
    if "gpu" not in workflow.global_resources:
        workflow.register_resource("gpu", RUNS_ON_GPU)
    return workflow.global_resources["gpu"].value


def memory_for(peak_mb: float) -> int:
    """Return the memory to ask for, in MB, where a run with another seed had a peak."""
    return math.ceil(MARGIN * peak_mb + MEMORY_OF_A_JOB_MB)


def end_with_last_job(workflow: Workflow) -> None:
    """End this command as soon as its last job has ended.

    For clusters, Snakemake limits the number of jobs that it starts in a second. Without this, it
    would wait for the end of that second before it exits.

    Parameters
    ----------
    workflow
        The Snakemake workflow, with its scheduler.
    """
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


def _memory(root: Path = Path("/")) -> int:
    """Memory of this machine, or of the container or batch job around this process, in bytes."""
    limits = [psutil.virtual_memory().total]
    with suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            _, controllers, group = line.split(":", 2)
            if controllers in LIMITS_OF_GROUPS:
                top, name = LIMITS_OF_GROUPS[controllers]
                own = Path(top, group.strip("/"), name)
                limits += _numbers(root / "sys/fs/cgroup", own)
    return min(limits)


def _numbers(top: Path, file: Path) -> Iterator[int]:
    """Yield the numbers in a file and in the files of the same name in the folders above it."""
    for folder in file.parents:
        path = top / folder / file.name
        if path.is_file() and (text := path.read_text().strip()).isdigit():
            yield int(text)

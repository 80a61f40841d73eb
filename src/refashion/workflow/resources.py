"""As many jobs at a time as memory holds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from snakemake.workflow import Workflow


# What the largest run was seen to take: a convolutional network on 59,500 images.
MEMORY_MB = 4500

# By the controllers of a control group: their folder, and the file with the limit. First version 2.
LIMITS_OF_GROUPS = {"": ("", "memory.max"), "memory": ("memory", "memory.limit_in_bytes")}


def share_memory(workflow: Workflow, mb_of_a_job: int = MEMORY_MB) -> int:
    """Let no more jobs run at a time than the memory of this machine holds, and at least one.

    Parameters
    ----------
    workflow
        Snakemake's. What `--resources mem_mb=` says goes before, and clusters see to it themselves.
    mb_of_a_job
        Memory that the largest job takes, in MB.

    Returns
    -------
    int
        How many such jobs can run at a time; without limit on a cluster.
    """
    if not workflow.local_exec:
        return sys.maxsize
    if "mem_mb" not in workflow.global_resources:
        workflow.register_resource("mem_mb", max(_memory() // 1_000_000, mb_of_a_job))
    return max(1, workflow.global_resources["mem_mb"].value // mb_of_a_job)


def end_with_last_job(workflow: Workflow) -> None:
    """Let this command end with its last job.

    Snakemake limits how many jobs it starts in a second, for the sake of clusters, and would wait
    that second out before it ends.

    Parameters
    ----------
    workflow
        Snakemake's, whose scheduler is there.
    """
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


def _memory(root: Path = Path("/")) -> int:
    """Bytes of memory of this machine, or of the container or batch job that this runs in."""
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
    """Read the number in a file, and those of the same name in the folders around it."""
    for folder in file.parents:
        path = top / folder / file.name
        if path.is_file() and (text := path.read_text().strip()).isdigit():
            yield int(text)

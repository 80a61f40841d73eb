"""The first lines of a run of the workflow: what there is to do, and what holds it up longest."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from snakemake.logging import logger

from refashion.workflow.progress.wording import TRAIN, counted, job_name, run_name, spelled
from refashion.workflow.progress.workload import Workload

if TYPE_CHECKING:
    from snakemake.jobs import Job
    from snakemake.workflow import Workflow

    from refashion.workflow.plan import Plan

WORKLOAD = "refashion_workload"
"""Attribute of the log record that carries the `Workload`, for the logger plugin."""


def announce(plan: Plan, workflow: Workflow, most: int = sys.maxsize) -> None:
    """Log how many runs are to be trained, how long that takes, and what the critical path is.

    Parameters
    ----------
    plan
        What was asked for.
    workflow
        Snakemake's, with its jobs and the cores that it has.
    most
        Number of runs whose memory this machine holds at a time.
    """
    if workflow.touch:
        return  # nothing is run
    jobs = [job for job in workflow.dag.needrun_jobs() if job.output]
    workload = Workload(_minutes(plan, jobs), _slots(plan, workflow, most))
    rules = {job.rule.name for job in jobs} - {TRAIN}
    stages = [rule.name for rule in workflow.rules if rule.name in rules]
    logger.info(_sentence(workload, stages), extra={WORKLOAD: workload})
    if workload.minutes:
        logger.info(_critical(critical_path(workflow, jobs, workload), workload))


def _minutes(plan: Plan, jobs: Iterable[Job]) -> dict[str, float]:
    return {
        run_name(**job.wildcards_dict): plan.minutes(
            job.wildcards_dict["study"], job.wildcards_dict["run"]
        )
        for job in jobs
        if job.rule.name == TRAIN
    }


def critical_path(workflow: Workflow, jobs: Collection[Job], workload: Workload) -> list[str]:
    """Names of jobs of which each waits for the one before, and which take longest together.

    Parameters
    ----------
    workflow
        Snakemake's, which knows what waits for what.
    jobs
        Those that are to be done, at least one.
    workload
        What training takes; beside it, all else takes no time.
    """
    waits_for = {job: workflow.dag.dependencies[job].keys() & jobs for job in jobs}
    # The longest way to the end of each job: its minutes, its jobs, their names.
    ways: dict[Job, tuple[float, int, list[str]]] = {}
    for job in TopologicalSorter(waits_for).static_order():
        minutes, length, names = max(
            (ways[before] for before in waits_for[job]), default=(0.0, 0, [])
        )
        name = job_name(job.rule.name, job.wildcards_dict)
        ways[job] = minutes + workload.minutes.get(name, 0), length + 1, [*names, name]
    return max(ways.values())[2]


def _slots(plan: Plan, workflow: Workflow, most: int) -> int:
    given = workflow.resource_settings
    # On a cluster, --jobs bounds the jobs, and each has the threads that it asks for.
    if given.nodes:
        return given.nodes
    slots = (given.cores or 1) // plan.config.threads
    return max(1, min(slots, most))


def _sentence(workload: Workload, stages: list[str]) -> str:
    others = f"stages to do: {', '.join(stages) or 'none'}"
    if not workload.minutes:
        return f"No run to train; {others}"
    runs, time = counted(len(workload.minutes), "run"), spelled(60 * workload.total_minutes)
    side_by_side = min(workload.slots, len(workload.minutes))
    return f"{runs} to train, {side_by_side} at a time, about {time}; other {others}"


def _critical(path: list[str], workload: Workload) -> str:
    time = spelled(60 * sum(workload.minutes.get(name, 0) for name in path))
    return f"Critical path, about {time} with any number of cores: {', '.join(path)}"

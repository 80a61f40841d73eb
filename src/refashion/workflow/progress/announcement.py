"""The first lines of output: what there is to do, and the critical path."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from snakemake.logging import logger

from refashion.wording import counted, rough_duration
from refashion.workflow.progress.wording import TRAIN, job_name, run_name
from refashion.workflow.progress.workload import Workload

if TYPE_CHECKING:
    from snakemake.jobs import Job
    from snakemake.workflow import Workflow

    from refashion.workflow.plan import Plan

WORKLOAD = "refashion_workload"
"""Attribute of the log record that carries the `Workload`, for the logger plugin."""


def announce(plan: Plan, workflow: Workflow, most: int = sys.maxsize) -> None:
    """Log the number of runs to train, the estimated time, and the critical path.

    Parameters
    ----------
    plan
        The validated configuration.
    workflow
        The Snakemake workflow, with its jobs and cores.
    most
        Number of runs that fit into memory at the same time.
    """
    if workflow.touch:
        return  # --touch runs nothing
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
    """Return the names of the jobs on the critical path, the longest chain of dependent jobs.

    Parameters
    ----------
    workflow
        The Snakemake workflow, with the dependencies of its jobs.
    jobs
        The jobs to do, at least one.
    workload
        Durations of the runs; those of all other jobs are taken to be zero.
    """
    dependencies = {job: workflow.dag.dependencies[job].keys() & jobs for job in jobs}
    # The longest path that ends in each job: its minutes, its number of jobs, their names.
    paths: dict[Job, tuple[float, int, list[str]]] = {}
    for job in TopologicalSorter(dependencies).static_order():
        minutes, length, names = max(
            (paths[before] for before in dependencies[job]), default=(0.0, 0, [])
        )
        name = job_name(job.rule.name, job.wildcards_dict)
        paths[job] = minutes + workload.minutes.get(name, 0), length + 1, [*names, name]
    return max(paths.values())[2]


def _slots(plan: Plan, workflow: Workflow, most: int) -> int:
    given = workflow.resource_settings
    # On a cluster, --jobs limits the number of jobs, and each gets the threads that it requests.
    if given.nodes:
        return given.nodes
    slots = (given.cores or 1) // plan.config.threads
    return max(1, min(slots, most))


def _sentence(workload: Workload, stages: list[str]) -> str:
    others = f"stages: {', '.join(stages) or 'none'}"
    if not workload.minutes:
        return f"No runs to train; {others}"
    runs, time = counted(len(workload.minutes), "run"), rough_duration(60 * workload.total_minutes)
    at_a_time = min(workload.slots, len(workload.minutes))
    return f"{runs} to train, {at_a_time} at a time, about {time}; other {others}"


def _critical(path: list[str], workload: Workload) -> str:
    time = rough_duration(60 * sum(workload.minutes.get(name, 0) for name in path))
    return f"Critical path, about {time} with any number of cores: {', '.join(path)}"

"""The first line of a run of the workflow: what there is to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from snakemake.logging import logger

from refashion.progress.wording import TRAIN, counted, run_name, spelled
from refashion.progress.workload import Workload

if TYPE_CHECKING:
    from snakemake.jobs import Job
    from snakemake.workflow import Workflow

    from refashion.plan import Plan

WORKLOAD = "refashion_workload"
"""Attribute of the log record that carries the `Workload`, for the logger plugin."""


def announce(plan: Plan, workflow: Workflow) -> None:
    """Log how many runs are to be trained, how long that takes, and which other stages there are.

    Parameters
    ----------
    plan
        What was asked for.
    workflow
        Snakemake's, with its jobs and the cores that it has.
    """
    if workflow.touch:
        return  # nothing is run
    jobs = [job for job in workflow.dag.needrun_jobs() if job.output]
    workload = Workload(_minutes(plan, jobs), _slots(plan, workflow))
    rules = {job.rule.name for job in jobs} - {TRAIN}
    stages = [rule.name for rule in workflow.rules if rule.name in rules]
    logger.info(_sentence(workload, stages), extra={WORKLOAD: workload})


def _minutes(plan: Plan, jobs: Iterable[Job]) -> dict[str, float]:
    return {
        run_name(**job.wildcards_dict): plan.minutes(
            job.wildcards_dict["study"], job.wildcards_dict["run"]
        )
        for job in jobs
        if job.rule.name == TRAIN
    }


def _slots(plan: Plan, workflow: Workflow) -> int:
    given = workflow.resource_settings
    # On a cluster, --jobs bounds the jobs, and each has the threads that it asks for.
    return given.nodes or max(1, (given.cores or 1) // plan.config.threads)


def _sentence(workload: Workload, stages: list[str]) -> str:
    others = f"stages to do: {', '.join(stages) or 'none'}"
    if not workload.minutes:
        return f"No run to train; {others}"
    runs, time = counted(len(workload.minutes), "run"), spelled(60 * workload.total_minutes)
    side_by_side = min(workload.slots, len(workload.minutes))
    return f"{runs} to train, {side_by_side} at a time, about {time}; other {others}"

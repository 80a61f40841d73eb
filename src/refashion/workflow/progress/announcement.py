"""The first lines of output: what there is to do, and the critical path."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from snakemake.logging import logger

from refashion.spec.recover import Search, cost
from refashion.wording import counted, rough_duration
from refashion.workflow.progress.dry_run import is_summed_up, sum_up
from refashion.workflow.progress.expectation import expect
from refashion.workflow.progress.wording import TRAIN, job_name
from refashion.workflow.progress.workload import REPORT, Workload

if TYPE_CHECKING:
    from snakemake.jobs import Job
    from snakemake.workflow import Workflow

    from refashion.workflow.plan import Plan

WORKLOAD = "refashion_workload"
"""Attribute of the log record that carries the `Workload`, for the logger plugin."""

STAGE_SECONDS = {
    "fetch": 3.0,
    "prepare": 3.0,
    "explore": 3.0,
    "evaluate": 3.0,
    "audit_source": 4.0,
    "judge": 4.0,
    "report": 8.0,
}
"""Rough duration of a job of each stage, on a machine that trains runs in the stated minutes."""

SEARCH = "recover"
"""Name of the rule that searches for open settings, whose duration a study limits."""

TRIALS_OF_A_RANGE = 50
"""Trials after which a search of one range without randomness has mostly ended."""

SECONDS_OF_A_CHAPTER = 3.0
"""Time that the report takes for each study."""


def describe(plan: Plan, workflow: Workflow) -> None:
    """Log that the configuration is valid, and what it selects, and have a dry run summed up.

    Parameters
    ----------
    plan
        The validated configuration.
    workflow
        The Snakemake workflow, while it reads the Snakefile.
    """
    minutes = {run: plan.minutes(*run) for run in {each[:2] for each in plan.executions}}
    studies = plan.config.studies.values()
    claims = counted(sum(len(study.claims) for study in studies), "claim")
    runs = counted(len(minutes), "selected run")
    is_valid = "The configuration and the selected studies are valid"
    text = f"{is_valid}: {', '.join(plan.config.studies)} ({runs}, {claims})."
    logger.info(text)
    if is_summed_up(workflow.output_settings):
        # A smoke run has nothing to do with the minutes that a study states.
        sum_up(workflow, {} if plan.config.is_smoke else minutes)


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
    slots = _slots(plan, workflow, most)
    expected = expect(plan, _runs(jobs), slots, workflow.local_exec)
    workload = Workload(expected.tasks, slots, _stages(plan, jobs, expected.ratio))
    rules = {job.rule.name for job in jobs} - {TRAIN}
    stages = [rule.name for rule in workflow.rules if rule.name in rules]
    path = critical_path(workflow, jobs, workload) if workload.tasks else []
    # The total knows nothing of what waits for what.
    longest = sum(map(workload.minutes_of, path))
    minutes = max(workload.total_minutes, longest)
    told = _sentence(workload, minutes, stages, expected.basis)
    logger.info(told, extra={WORKLOAD: workload})
    if path:
        time = rough_duration(60 * longest)
        logger.info(f"Critical path, about {time} with any number of cores: {', '.join(path)}")


def _runs(jobs: Iterable[Job]) -> list[tuple[str, str, int]]:
    found = [job.wildcards_dict for job in jobs if job.rule.name == TRAIN]
    return [(each["study"], each["run"], int(each["seed"])) for each in found]


def _stages(plan: Plan, jobs: Iterable[Job], ratio: float) -> dict[str, float]:
    studies = len(plan.config.studies)
    return {
        job_name(job.rule.name, job.wildcards_dict): (
            search_seconds(plan, **job.wildcards_dict, ratio=ratio)
            if job.rule.name == SEARCH
            else ratio * stage_seconds(job.rule.name, studies)
        )
        for job in jobs
        if job.rule.name != TRAIN
    }


def search_seconds(plan: Plan, study: str, name: str, ratio: float) -> float:
    """Return the rough duration of a search for open settings, in seconds.

    Parameters
    ----------
    plan
        The validated configuration.
    study, name
        Names of the study and of its search.
    ratio
        Expected minutes of runs as a multiple of the stated ones.
    """
    search = plan.config.studies[study].recover[name]
    trials = expected_trials(search) * ratio * plan.minutes(study, search.run)
    return 60 * min(search.minutes, trials)


def expected_trials(search: Search) -> int:
    """Return the rough number of trials of a search: with a single range, it ends of itself."""
    n = len(search.combinations())
    each = TRIALS_OF_A_RANGE if len(search.ranges) == 1 else search.trials
    return min(search.trials, n * each if search.ranges else cost(n, search.seeds))


def stage_seconds(rule: str, studies: int) -> float:
    """Return the rough duration of a job that trains no run, in seconds.

    Parameters
    ----------
    rule
        Name of its rule.
    studies
        Number of studies in the report.
    """
    chapters = studies if rule == REPORT else 0
    return STAGE_SECONDS.get(rule, 0.0) + chapters * SECONDS_OF_A_CHAPTER


def critical_path(workflow: Workflow, jobs: Collection[Job], workload: Workload) -> list[str]:
    """Return the names of the jobs on the critical path, the longest chain of dependent jobs.

    Parameters
    ----------
    workflow
        The Snakemake workflow, with the dependencies of its jobs.
    jobs
        The jobs to do, at least one.
    workload
        Durations of the jobs.
    """
    dependencies = {job: workflow.dag.dependencies[job].keys() & jobs for job in jobs}
    # The longest path that ends in each job: its minutes, its number of jobs, their names.
    paths: dict[Job, tuple[float, int, list[str]]] = {}
    for job in TopologicalSorter(dependencies).static_order():
        minutes, length, names = max(
            (paths[before] for before in dependencies[job]), default=(0.0, 0, [])
        )
        name = job_name(job.rule.name, job.wildcards_dict)
        paths[job] = minutes + workload.minutes_of(name), length + 1, [*names, name]
    return max(paths.values())[2]


def _slots(plan: Plan, workflow: Workflow, most: int) -> int:
    given = workflow.resource_settings
    # On a cluster, --jobs limits the number of jobs, and each gets the threads that it requests.
    if given.nodes:
        return given.nodes
    slots = (given.cores or 1) // plan.config.threads
    return max(1, min(slots, most))


def _sentence(workload: Workload, minutes: float, stages: list[str], basis: str) -> str:
    others = f"stages: {', '.join(stages) or 'none'}"
    if not workload.tasks:
        return f"No runs to train; {others}"
    runs, time = counted(len(workload.tasks), "run"), rough_duration(60 * minutes)
    at_a_time = min(workload.slots, len(workload.tasks))
    why = f" ({basis})" if basis else ""
    return f"{runs} to train, {at_a_time} at a time, about {time}{why}; other {others}"

"""What a dry run would do, in a few lines instead of several for each job."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from snakemake.logging import logger
from snakemake.scheduling.job_scheduler import JobScheduler

from refashion.wording import counted, rough_duration
from refashion.workflow.progress.wording import TRAIN

if TYPE_CHECKING:
    from snakemake.jobs import Job, Reason
    from snakemake.settings.types import OutputSettings
    from snakemake.workflow import Workflow

PLUGIN = "refashion"
"""Name of the logger plugin."""
WIDTH = 100
# The rule that asks for all results does nothing itself.
TARGET = "all"
IN_FULL = "For each job with its files: snakemake -n --verbose"
STATED = "On one core, the runs take {} by the minutes that their studies state."
# Jobs that are named for one rule and reason.
MOST_NAMED = 40
# Seeds of a run that are named if they do not follow each other.
MOST_SEEDS = 20
# What Snakemake says of the jobs after it has described them, and in summaries of its own.
SUMMED_UP = (
    *("Reasons:", "Some jobs were triggered by provenance", "Rules with provenance trigg"),
    "This was a dry-run",
)
# How Snakemake's reasons are named, by their attributes.
CAUSES = {
    "missing_output": "missing output files",
    "incomplete_output": "incomplete output files",
    "input_changed": "set of input files has changed",
    "code_changed": "code has changed",
    "params_changed": "params have changed",
    "software_stack_changed": "software environment definition has changed",
}
UPDATED = "updated input files"
# The consequence of another job, which has its own reason.
CONSEQUENCE = "input files updated by another job"
# Names stay whole, so that they can be copied.
_WRAPPER = textwrap.TextWrapper(
    WIDTH,
    initial_indent="  ",
    subsequent_indent="    ",
    break_on_hyphens=False,
    break_long_words=False,
)


def is_summed_up(settings: OutputSettings) -> bool:
    """Return whether to sum up a dry run: the user asks for nothing else, and no other plugin does.

    Parameters
    ----------
    settings
        Options of the command line about output.
    """
    is_alone = set(settings.log_handler_settings) == {PLUGIN}
    return settings.dryrun and is_alone and not asks_for_other_output(settings)


def asks_for_other_output(settings: OutputSettings) -> bool:
    """Return whether the user asks for more or less output than usual."""
    return bool(settings.verbose or settings.quiet or settings.debug_dag or settings.printshellcmds)


def sum_up(workflow: Workflow, minutes: Mapping[tuple[str, str], float]) -> None:
    """Have a dry run log a summary of its jobs, where Snakemake would describe each of them.

    To describe them takes Snakemake as long as to find them. If they cannot be summed up, it does.

    Parameters
    ----------
    workflow
        The Snakemake workflow, while it reads the Snakefile.
    minutes
        Stated minutes of one execution of each run, by study and run.
    """
    describe_each = JobScheduler.schedule

    def schedule(scheduler: JobScheduler) -> bool:
        _check(workflow.dag.needrun_jobs())
        try:
            lines = tuple(summary(workflow, minutes))
        except Exception as error:
            logger.warning(f"Cannot sum up the dry run ({error!r}), so each job is described.")
            return describe_each(scheduler)
        for line in lines:
            logger.info(line)
        return True

    JobScheduler.schedule = schedule


def _check(jobs: Iterable[Job]) -> None:
    """Find mistakes in resources and commands, such as those of a profile, in one job of a rule."""
    for job in {job.rule.name: job for job in jobs}.values():
        _ = job.resources, job.shellcmd


def summary(workflow: Workflow, minutes: Mapping[tuple[str, str], float]) -> Iterator[str]:
    """Say what would run, and why: a paragraph for each rule and reason, in their order.

    Parameters
    ----------
    workflow
        The Snakemake workflow, with its jobs.
    minutes
        Stated minutes of one execution of each run, by study and run.
    """
    alike: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for job in workflow.dag.needrun_jobs():
        if job.rule.name != TARGET:
            key = job.rule.name, _named(workflow.dag.reason(job))
            alike.setdefault(key, []).append(job.wildcards_dict)
    if not alike:
        return
    yield f"{counted(sum(map(len, alike.values())), 'job')} would run:"
    stages = [rule.name for rule in workflow.rules]
    for rule, reason in sorted(alike, key=lambda key: (stages.index(key[0]), key[1])):
        jobs = alike[rule, reason]
        why = f" ({reason})" * bool(reason)
        names = _listed(sorted(_names(rule, jobs)))
        of = f": {names}" * bool(names)
        yield _WRAPPER.fill(f"{rule}, {counted(len(jobs), 'job')}{why}{of}")
    runs = [job for (rule, _), jobs in alike.items() if rule == TRAIN for job in jobs]
    if stated := sum(minutes.get((run["study"], run["run"]), 0) for run in runs):
        yield STATED.format(rough_duration(60 * stated))
    yield IN_FULL


def _named(reason: Reason) -> str:
    """Name the causes of a job without their files and parameters."""
    if reason.forced:
        return "forced execution"
    causes = [name for kind, name in CAUSES.items() if getattr(reason, kind)]
    if reason.updated_input - reason.updated_input_run:
        causes.append(UPDATED)
    if not causes and reason.updated_input_run:
        causes.append(CONSEQUENCE)
    return ", ".join(causes)


def _listed(names: Sequence[str]) -> str:
    more = f", and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _names(rule: str, jobs: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """Name jobs of one rule by their wildcards; the seeds of a run together."""
    seeds: dict[str, list[int]] = {}
    for wildcards in jobs:
        if rule == TRAIN:
            run = f"{wildcards['study']}/{wildcards['run']}"
            seeds.setdefault(run, []).append(int(wildcards["seed"]))
        else:
            yield " ".join(wildcards.values())
    for run, of_run in seeds.items():
        yield f"{run} {_seeds(sorted(of_run))}"


def _seeds(seeds: list[int]) -> str:
    """Name sorted seeds.

    Examples
    --------
    >>> _seeds([3]), _seeds([0, 1, 2]), _seeds([0, 2]), _seeds([0, *range(2, 30)])
    ('seed 3', 'seeds 0 to 2', 'seeds 0, 2', '29 seeds from 0 to 29')
    """
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    if seeds == list(range(seeds[0], seeds[-1] + 1)):
        return f"seeds {seeds[0]} to {seeds[-1]}"
    if len(seeds) > MOST_SEEDS:
        return f"{len(seeds):,} seeds from {seeds[0]} to {seeds[-1]}"
    return f"seeds {', '.join(map(str, seeds))}"

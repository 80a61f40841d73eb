"""What a dry run would do, in a few lines instead of several for each job."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from logging import LogRecord

from refashion.wording import counted, rough_duration
from refashion.workflow.progress.wording import TRAIN

WIDTH = 100
# The rule that asks for all results does nothing itself.
TARGET = "all"
IN_FULL = "For each job with its files: snakemake -n --verbose"
STATED = "On one core, the runs take {} by the minutes that their studies state."
MINUTES = "refashion_minutes"
"""Attribute of the log record that carries the stated minutes of the runs, by study and run."""
# Jobs that are named for one rule and reason.
MOST_NAMED = 40
# Seeds of a run that are named if they do not follow each other.
MOST_SEEDS = 20
# The consequence of another job, which has its own reason.
CONSEQUENCE = "input files updated by another job"
# The heads of Snakemake's reasons (`snakemake.jobs.Reason`).
HEADS = (
    *("Forced execution", "Missing output files", "Incomplete output files"),
    *("Updated input files", "Input files updated by another job"),
    *("Set of input files has changed", "Code has changed", "Params have changed"),
    "Software environment definition has changed",
)
_REASONS = re.compile(rf"(?:^|(?<=; ))({'|'.join(HEADS)})")
# Names stay whole, so that they can be copied.
_WRAPPER = textwrap.TextWrapper(
    WIDTH,
    initial_indent="  ",
    subsequent_indent="    ",
    break_on_hyphens=False,
    break_long_words=False,
)


def summary(
    records: Iterable[LogRecord], minutes: Mapping[tuple[str, str], float]
) -> Iterator[str]:
    """Say what would run, and why: a paragraph for each rule and reason.

    Parameters
    ----------
    records
        Snakemake's records on the jobs.
    minutes
        Stated minutes of one execution of each run, by study and run.
    """
    alike: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for record in records:
        # Fields of `LogEvent.JOB_INFO`.
        job = vars(record)
        if job["rule_name"] != TARGET:
            key = job["rule_name"], _reason(str(job.get("reason", "")))
            alike.setdefault(key, []).append(job["wildcards"] or {})
    if not alike:
        return
    yield f"{counted(sum(map(len, alike.values())), 'job')} would run:"
    for (rule, reason), jobs in alike.items():
        why = f" ({reason})" * bool(reason)
        names = _listed(sorted(_names(rule, jobs)))
        of = f": {names}" * bool(names)
        yield _WRAPPER.fill(f"{rule}, {counted(len(jobs), 'job')}{why}{of}")
    runs = [job for (rule, _), jobs in alike.items() if rule == TRAIN for job in jobs]
    if stated := sum(minutes.get((run["study"], run["run"]), 0) for run in runs):
        yield STATED.format(rough_duration(60 * stated))
    yield IN_FULL


def _reason(text: str) -> str:
    """Name the reasons without their files and parameters.

    Snakemake has no other form of them than this text.

    Examples
    --------
    >>> _reason("Missing output files: a, b; Input files updated by another job: c")
    'missing output files'
    >>> _reason("Code has changed since last execution; Params have changed: a; some b")
    'code has changed, params have changed'
    """
    kinds = [kind.lower() for kind in _REASONS.findall(text)]
    causes = [kind for kind in kinds if kind != CONSEQUENCE]
    return ", ".join(causes or kinds)


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

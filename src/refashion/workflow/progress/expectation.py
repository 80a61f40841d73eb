"""How long runs will probably take: as their study states, corrected for this machine."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from refashion import artifacts
from refashion.errors import RefashionError
from refashion.workflow import provenance
from refashion.workflow.progress import calibration
from refashion.workflow.progress.pace import ALL, Pace
from refashion.workflow.progress.wording import run_name
from refashion.workflow.progress.workload import Task, makespan

if TYPE_CHECKING:
    from refashion.workflow.plan import Plan

SHORT_MINUTES = 1.0
"""Runs that are stated to take less are a group of their own: people round such a time up."""

FEWEST_MINUTES = 5.0
"""A command of fewer minutes is not delayed by a calibration."""

FEWEST_SECONDS = 60.0
"""Earlier runs that took less in all say more about imports than about training."""

MOST_FILES = 1000
"""Number of earlier runs that are looked at, so that a command with many runs starts soon."""

NEARLY_ONE = (0.95, 1.05)


class Expectation(NamedTuple):
    """What is expected of runs.

    Attributes
    ----------
    tasks
        The runs, by name.
    ratio
        Their expected minutes as a multiple of the stated ones.
    basis
        What the ratio rests on, for the user; empty if the minutes are those of the studies.
    """

    tasks: Mapping[str, Task]
    ratio: float
    basis: str


def expect(
    plan: Plan, runs: Sequence[tuple[str, str, int]], slots: int, is_local: bool
) -> Expectation:
    """Return what is expected of runs.

    Parameters
    ----------
    plan
        The validated configuration.
    runs
        Study, run and seed of each run to train.
    slots
        Number of runs that can be trained at the same time.
    is_local
        Whether they are trained on this machine.
    """
    of_runs = {key: task(plan, *key) for key in dict.fromkeys(run[:2] for run in runs)}
    stated = {run_name(*run): of_runs[run[:2]] for run in runs}
    pace, whose = _pace(plan, list(stated.values()), slots, is_local)
    expected = {
        name: replace(each, minutes=each.minutes * pace.ratio(each.groups))
        for name, each in stated.items()
    }
    before, after = (sum(t.minutes for t in each.values()) for each in (stated, expected))
    ratio = after / before if before else 1.0
    return Expectation(expected, ratio, f"{whose}: {_times(ratio)}" if whose else "")


def task(plan: Plan, study: str, run: str) -> Task:
    """Return what a study states about a run."""
    chosen, minutes = plan.config.studies[study].runs[run], plan.minutes(study, run)
    if chosen.outside:
        kind = "programs"
    elif chosen.is_notebook:
        kind = "notebooks"
    else:
        kind = "networks" if plan.uses_keras(study, run) else "estimators"
    stops_early = chosen.has_model and bool(chosen.settings.get("early_stopping"))
    return Task(minutes, groups_of(study, run, kind, minutes), stops_early)


def groups_of(study: str, run: str, kind: str, minutes: float) -> tuple[str, ...]:
    """Return the groups of runs that take about the same multiple of their stated minutes."""
    size = "short" if minutes < SHORT_MINUTES else "long"
    return ALL, kind, f"{size} {kind}", f"{study}/{run}"


def _pace(plan: Plan, stated: Collection[Task], slots: int, is_local: bool) -> tuple[Pace, str]:
    """Return how fast this machine is, and how that is known; empty if it is not."""
    if plan.config.is_smoke or not stated:
        return Pace(), ""
    if pace := earlier(plan):
        return pace, "earlier runs here"
    is_long = makespan((each.minutes for each in stated), slots) >= FEWEST_MINUTES
    if is_local and is_long and (ratio := calibration.ratio(slots)):
        return Pace(ratio), "this machine, from a short test"
    return Pace(), ""


def earlier(plan: Plan) -> Pace | None:
    """Return how fast the runs were of which there are results; None if they say little.

    Results of another machine or with limits, and runs with other settings or threads, tell nothing
    about the runs to train.
    """
    if not _is_comparable(plan):
        return None
    pace, total = Pace(), 0.0
    for study, run, seed in islice(plan.executions, MOST_FILES):
        state = _read(plan.layout.run(study, run, seed).run_json)
        seconds = state.get("wall_seconds")
        if seconds and state.get("status") == "ok" and _is_same(plan, study, run, state):
            each = task(plan, study, run)
            pace.add(each.groups, seconds / (60 * each.minutes))
            total += seconds
    return pace if total >= FEWEST_SECONDS else None


def _is_comparable(plan: Plan) -> bool:
    machine = _read(plan.layout.manifest).get("cpu", {}).get("model")
    limits = _read(plan.layout.config).get("limits", {})
    is_cut = limits.get("examples") or limits.get("epochs")
    return machine in (None, provenance.cpu()["model"]) and not is_cut


def _is_same(plan: Plan, study: str, run: str, state: dict[str, Any]) -> bool:
    chosen = plan.config.studies[study].runs[run]
    settings = json.loads(artifacts.canonical_json(chosen.settings)) if chosen.has_model else None
    return state.get("threads") == plan.config.threads and settings in (None, state.get("settings"))


def _read(path: Any) -> dict[str, Any]:
    try:
        return artifacts.read_json(path)
    except (OSError, RefashionError):
        return {}


def _times(ratio: float) -> str:
    if NEARLY_ONE[0] < ratio < NEARLY_ONE[1]:
        return "about the stated minutes"
    return f"{ratio:.1f} times the stated minutes"

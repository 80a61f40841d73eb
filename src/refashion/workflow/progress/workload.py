"""The jobs to do, and an estimate of the time that they take."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

REPORT = "report"
"""Name of the job that runs alone, after all others."""


@dataclass(frozen=True)
class Task:
    """A run to train, and what is expected of it.

    Attributes
    ----------
    minutes
        Expected duration of one execution, in minutes.
    groups
        Names of the groups of runs that it belongs to, from the largest group to the smallest: its
        own seeds. What is learned about a group counts for all its runs; see `Pace`.
    stops_early
        Whether it may stop before its last epoch.
    """

    minutes: float
    groups: tuple[str, ...]
    stops_early: bool = False


@dataclass(frozen=True)
class Workload:
    """The jobs to do.

    Attributes
    ----------
    tasks
        The runs to train, by name.
    slots
        Number of runs that can be trained at the same time.
    stages
        Expected duration of every other job, in seconds, by its name.
    """

    tasks: Mapping[str, Task]
    slots: int
    stages: Mapping[str, float] = field(default_factory=dict)

    def minutes_of(self, name: str) -> float:
        """Return the expected duration of a job, in minutes; 0 if nothing is known."""
        task = self.tasks.get(name)
        return task.minutes if task else self.stages.get(name, 0.0) / 60

    @property
    def total_minutes(self) -> float:
        """Estimated time until all jobs are done, in minutes."""
        stages = {name: seconds / 60 for name, seconds in self.stages.items()}
        alone = stages.pop(REPORT, 0)
        runs = (task.minutes for task in self.tasks.values())
        return makespan([*runs, *stages.values()], self.slots) + alone


def makespan(waiting: Iterable[float], slots: int, busy: Iterable[float] = ()) -> float:
    """Estimate the time until all tasks are done: the longest first, each in the first free slot.

    Parameters
    ----------
    waiting
        Duration of each task that has not started.
    slots
        Number of tasks that can run at the same time.
    busy
        Time left for each running task.

    Returns
    -------
    float
        In the unit of the durations.

    Examples
    --------
    >>> makespan([2, 3, 4], slots=2)
    5
    """
    free_at = list(busy)
    free_at += [0] * (max(1, slots) - len(free_at))
    heapq.heapify(free_at)
    for time in sorted(waiting, reverse=True):
        heapq.heapreplace(free_at, free_at[0] + time)
    return max(free_at)

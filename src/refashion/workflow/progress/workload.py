"""The runs to train, and an estimate of the time that they take."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    """The runs to train.

    Attributes
    ----------
    minutes
        Rough duration of each run on one core, in minutes, by its name.
    slots
        Number of runs that can be trained at the same time.
    """

    minutes: Mapping[str, float]
    slots: int

    @property
    def total_minutes(self) -> float:
        """Estimated time until all runs are trained, in minutes."""
        return makespan(self.minutes.values(), self.slots)


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

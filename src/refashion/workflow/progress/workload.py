"""How much there is to train, and how long that takes on some cores."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    """The runs that are to be trained.

    Attributes
    ----------
    minutes
        Rough time of each on one core, by its name.
    slots
        How many can be trained side by side.
    """

    minutes: Mapping[str, float]
    slots: int

    @property
    def total_minutes(self) -> float:
        """Rough time until all are done."""
        return makespan(self.minutes.values(), self.slots)


def makespan(waiting: Iterable[float], slots: int, busy: Iterable[float] = ()) -> float:
    """Time until all is done if the longest goes first, each to the slot that is free first.

    Parameters
    ----------
    waiting
        Time that each takes, of those that have no slot yet.
    slots
        How many can be under way at a time.
    busy
        Time that those under way still take.

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

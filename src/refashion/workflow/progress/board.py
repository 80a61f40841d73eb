"""What is under way, what is done, and how much time the rest takes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from refashion import artifacts
from refashion.artifacts import RunFolder
from refashion.errors import RefashionError
from refashion.workflow.progress.epochs import Epoch, LogTail, parse_epoch
from refashion.workflow.progress.workload import Workload, makespan

PACE_EPOCHS = 5
"""Epochs over which the time of one is averaged."""


@dataclass
class Job:
    """A job under way.

    Attributes
    ----------
    name, rule, wildcards
        What it is.
    logs
        Files that it writes its messages to.
    started
        Reading of the clock, in seconds.
    """

    name: str
    rule: str
    wildcards: Mapping[str, str]
    logs: list[Path]
    started: float


@dataclass
class Training(Job):
    """A run that is being trained.

    Attributes
    ----------
    planned
        Rough time of it in seconds, or None if nobody knows.
    epoch
        The last one that it told of.
    """

    planned: float | None = None
    epoch: Epoch | None = None
    _epoch_at: float = 0
    _paces: deque[float] = field(default_factory=lambda: deque(maxlen=PACE_EPOCHS))

    def __post_init__(self) -> None:
        self._tail = LogTail(self.logs[0]) if self.logs else None

    def read(self, now: float) -> list[Epoch]:
        """Read on in the log; give the epochs that have come."""
        lines = self._tail.new_lines() if self._tail else []
        epochs = [epoch for line in lines if (epoch := parse_epoch(line))]
        for epoch in epochs:
            self.epoch, self._epoch_at = epoch, now
            self._paces.append(epoch.seconds)
        return epochs

    def seconds_left(self, now: float, correction: float = 1) -> float | None:
        """Estimate by the epochs so far, or before the first by the plan, or None."""
        if self.epoch:
            pace = sum(self._paces) / len(self._paces)
            remaining = (self.epoch.total - self.epoch.number) * pace
            return max(0.0, remaining - (now - self._epoch_at))
        if self.planned is None:
            return None
        return max(0.0, self.planned * correction - (now - self.started))

    def state(self) -> dict[str, Any]:
        """Read `run.json`, once the job has ended; empty if it is not to be had."""
        try:
            return artifacts.read_json(RunFolder(self.logs[0].parent).run_json)
        except (OSError, RefashionError, IndexError):
            return {}


class Board:
    """Jobs under way, and an account of the announced runs.

    Parameters
    ----------
    workload
        What was announced.
    clock
        Gives seconds.
    """

    def __init__(self, workload: Workload, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.n_runs = len(workload.minutes)
        self.active: dict[int, Job] = {}
        self._slots = workload.slots
        self._plan = {name: 60 * minutes for name, minutes in workload.minutes.items()}
        self._waiting = set(self._plan)
        self._ended: set[str] = set()
        # Of the runs that ended well: how long they were to take, and how long they took.
        self._planned = self._taken = 0.0

    @property
    def n_ended(self) -> int:
        """How many runs have left a result, good or bad."""
        return len(self._ended)

    @property
    def trainings(self) -> list[Training]:
        """Runs that are being trained."""
        return [job for job in self.active.values() if isinstance(job, Training)]

    def start(self, jobid: int, job: Job) -> None:
        """Enter a job; if it is a further attempt, the run is under way again."""
        if isinstance(job, Training):
            job.planned = self._plan.get(job.name)
            self._waiting.discard(job.name)
            self._ended.discard(job.name)
        self.active[jobid] = job

    def end(self, jobid: int, has_result: bool = True) -> Job | None:
        """Take a job off; None if it was never entered."""
        job = self.active.pop(jobid, None)
        if isinstance(job, Training) and has_result:
            self._ended.add(job.name)
        return job

    def learn(self, training: Training) -> None:
        """Correct the estimates by a run that went to its end."""
        if training.planned:
            self._planned += training.planned
            self._taken += self.clock() - training.started

    def seconds_left(self) -> float:
        """Time until all runs are done, by the plan and what has been measured so far."""
        now, correction = self.clock(), self.correction()
        busy = [training.seconds_left(now, correction) or 0.0 for training in self.trainings]
        waiting = [self._plan[name] * correction for name in self._waiting]
        return makespan(waiting, self._slots, busy)

    def correction(self) -> float:
        """Measured time over planned time, of all runs that have shown how fast they go."""
        now, planned, taken = self.clock(), self._planned, self._taken
        for training in self.trainings:
            if training.planned and training.epoch:
                planned += training.planned
                taken += now - training.started + (training.seconds_left(now) or 0.0)
        return taken / planned if planned else 1.0

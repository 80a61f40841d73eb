"""The state of a running workflow: running jobs, finished runs, and the estimated time left."""

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
"""Number of epochs over which the duration of an epoch is averaged."""


@dataclass
class Job:
    """A running job.

    Attributes
    ----------
    name
        Name for the user.
    rule, wildcards
        Name of its rule, and values of the wildcards.
    logs
        Its log files.
    started
        Start time on the clock of the board, in seconds.
    """

    name: str
    rule: str
    wildcards: Mapping[str, str]
    logs: list[Path]
    started: float


@dataclass
class Training(Job):
    """A run in training.

    Attributes
    ----------
    planned
        Rough duration in seconds; None if unknown.
    epoch
        The last finished epoch; None before the first.
    """

    planned: float | None = None
    epoch: Epoch | None = None
    _epoch_at: float = 0
    _paces: deque[float] = field(default_factory=lambda: deque(maxlen=PACE_EPOCHS))

    def __post_init__(self) -> None:
        self._tail = LogTail(self.logs[0]) if self.logs else None

    def read(self, now: float) -> list[Epoch]:
        """Read the epochs that have finished since the last call.

        Parameters
        ----------
        now
            Current time on the clock of the board, in seconds.
        """
        lines = self._tail.new_lines() if self._tail else []
        epochs = [epoch for line in lines if (epoch := parse_epoch(line))]
        for epoch in epochs:
            self.epoch, self._epoch_at = epoch, now
            self._paces.append(epoch.seconds)
        return epochs

    def seconds_left(self, now: float, correction: float = 1) -> float | None:
        """Estimate the time left, from the finished epochs or else from the plan.

        Parameters
        ----------
        now
            Current time on the clock of the board, in seconds.
        correction
            Factor for the planned duration, see `Board.correction`.

        Returns
        -------
        float or None
            Seconds; None if there is nothing to estimate from.
        """
        if self.epoch:
            pace = sum(self._paces) / len(self._paces)
            remaining = (self.epoch.total - self.epoch.number) * pace
            return max(0.0, remaining - (now - self._epoch_at))
        if self.planned is None:
            return None
        return max(0.0, self.planned * correction - (now - self.started))

    def state(self) -> dict[str, Any]:
        """Read `run.json` after the job has ended; empty if that is not possible."""
        try:
            return artifacts.read_json(RunFolder(self.logs[0].parent).run_json)
        except (OSError, RefashionError, IndexError):
            return {}


class Board:
    """The running jobs, and the state of all runs to train.

    Parameters
    ----------
    workload
        The runs to train.
    clock
        Function that returns the time in seconds.
    """

    def __init__(self, workload: Workload, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.n_runs = len(workload.minutes)
        self.active: dict[int, Job] = {}
        self._slots = workload.slots
        self._plan = {name: 60 * minutes for name, minutes in workload.minutes.items()}
        self._waiting = set(self._plan)
        self._ended: set[str] = set()
        # Planned and measured durations of the runs that succeeded.
        self._planned = self._taken = 0.0

    @property
    def n_ended(self) -> int:
        """Number of runs that have succeeded or failed."""
        return len(self._ended)

    @property
    def trainings(self) -> list[Training]:
        """The runs in training."""
        return [job for job in self.active.values() if isinstance(job, Training)]

    def start(self, jobid: int, job: Job) -> None:
        """Add a job; a run that is repeated counts as running again."""
        if isinstance(job, Training):
            job.planned = self._plan.get(job.name)
            self._waiting.discard(job.name)
            self._ended.discard(job.name)
        self.active[jobid] = job

    def end(self, jobid: int, has_result: bool = True) -> Job | None:
        """Remove a job, and return it; return None if it was never added.

        Parameters
        ----------
        jobid
            Snakemake's ID of the job.
        has_result
            False if Snakemake may start the job again.
        """
        job = self.active.pop(jobid, None)
        if isinstance(job, Training) and has_result:
            self._ended.add(job.name)
        return job

    def learn(self, training: Training) -> None:
        """Use the duration of a run that has succeeded to correct the estimates."""
        if training.planned:
            self._planned += training.planned
            self._taken += self.clock() - training.started

    def seconds_left(self) -> float:
        """Estimate the time until all runs have finished, in seconds."""
        now, correction = self.clock(), self.correction()
        busy = [training.seconds_left(now, correction) or 0.0 for training in self.trainings]
        waiting = [self._plan[name] * correction for name in self._waiting]
        return makespan(waiting, self._slots, busy)

    def correction(self) -> float:
        """Return the ratio of measured to planned duration, over all runs with a finished epoch."""
        now, planned, taken = self.clock(), self._planned, self._taken
        for training in self.trainings:
            if training.planned and training.epoch:
                planned += training.planned
                taken += now - training.started + (training.seconds_left(now) or 0.0)
        return taken / planned if planned else 1.0

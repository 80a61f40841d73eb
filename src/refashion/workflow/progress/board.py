"""The state of a running workflow: running jobs, finished runs, and the estimated time left."""

from __future__ import annotations

import math
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
from refashion.workflow.progress.pace import ALL, SPREAD, Pace, expected_end
from refashion.workflow.progress.workload import REPORT, Task, Workload, makespan

PACE_EPOCHS = 5
"""Number of epochs over which the duration of an epoch is averaged."""

EPOCHS_AFTERWARDS = 0.5
"""Time that a run needs after its last epoch, for its predictions, in epochs."""

SHARE_OF_EPOCHS = 0.7
"""Share of its epochs that a run with early stopping usually trains."""


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
    expected
        Expected duration of a job that trains no run, in seconds; None if unknown.
    """

    name: str
    rule: str
    wildcards: Mapping[str, str]
    logs: list[Path]
    started: float
    expected: float | None = None

    def seconds_left(self, now: float, pace: Pace) -> float | None:
        """Estimate the time left, in seconds; None if there is nothing to estimate from.

        Parameters
        ----------
        now
            Current time on the clock of the board, in seconds.
        pace
            How fast the runs are; see `Board.pace`.
        """
        if self.expected is None:
            return None
        age = now - self.started
        return expected_end(self.expected * pace.ratio((ALL,)), SPREAD, age) - age


@dataclass
class Training(Job):
    """A run in training.

    Attributes
    ----------
    task
        What is expected of it; None if unknown.
    epoch
        The last finished epoch; None before the first.
    """

    task: Task | None = None
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

    def whole_seconds(self, now: float) -> float | None:
        """Estimate the whole duration, with all epochs; None before the first.

        Parameters
        ----------
        now
            Current time on the clock of the board, in seconds.
        """
        if not self.epoch:
            return None
        pace = sum(self._paces) / len(self._paces)
        ahead = self.epoch.total - self.epoch.number
        # An epoch that takes longer than the others has not ended yet.
        next_at = max(self._epoch_at + pace, now) if ahead else self._epoch_at
        return next_at - self.started + (max(0, ahead - 1) + EPOCHS_AFTERWARDS) * pace

    def seconds_left(self, now: float, pace: Pace) -> float | None:
        """Estimate the time left, from the finished epochs and from what is expected of the run.

        Parameters
        ----------
        now
            Current time on the clock of the board, in seconds.
        pace
            How fast the runs are; see `Board.pace`.
        """
        whole = self.whole_seconds(now)
        if self.task and (whole is None or self.task.stops_early):
            whole = min(self._end(now, pace), math.inf if whole is None else whole)
        return None if whole is None else max(0.0, whole - (now - self.started))

    def shown(self, now: float, pace: Pace) -> tuple[float, float] | None:
        """Return what the run shows of its pace before it has ended, for `Pace.add`.

        Parameters
        ----------
        now
            Current time on the clock of the board, in seconds.
        pace
            How fast the runs are that have finished.

        Returns
        -------
        tuple or None
            Its duration as a multiple of what was expected, and a weight below 1; None if it does
            not show anything yet.
        """
        if not self.task:
            return None
        expected = 60 * self.task.minutes
        whole = self.whole_seconds(now)
        if self.epoch and whole is not None and not self.task.stops_early:
            return whole / expected, (1 + self.epoch.number / self.epoch.total) / 2
        if whole is not None and not pace.knows(self.task.groups):
            return max(now - self.started, SHARE_OF_EPOCHS * whole) / expected, 0.5
        if now - self.started > expected * pace.ratio(self.task.groups):
            return self._end(now, pace) / expected, 0.5  # it is late
        return None

    def _end(self, now: float, pace: Pace) -> float:
        assert self.task is not None
        expected = 60 * self.task.minutes * pace.ratio(self.task.groups)
        return expected_end(expected, pace.spread(self.task.groups), now - self.started)

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
        The jobs to do.
    clock
        Function that returns the time in seconds.
    """

    def __init__(self, workload: Workload, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.n_runs = len(workload.tasks)
        self.active: dict[int, Job] = {}
        self._slots = workload.slots
        self._tasks = workload.tasks
        self._stages = workload.stages
        self._waiting = set(self._tasks)
        self._waiting_stages = set(self._stages)
        self._ended: set[str] = set()
        self._finished = Pace()

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
            job.task = self._tasks.get(job.name)
            self._waiting.discard(job.name)
            self._ended.discard(job.name)
        else:
            job.expected = self._stages.get(job.name)
            self._waiting_stages.discard(job.name)
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
        if training.task:
            taken = self.clock() - training.started
            self._finished.add(training.task.groups, taken / (60 * training.task.minutes))

    def seconds_left(self) -> float:
        """Estimate the time until all jobs have ended, in seconds."""
        now, pace = self.clock(), self.pace()
        stages = {name: self._stages[name] * pace.ratio((ALL,)) for name in self._waiting_stages}
        busy = {job.name: job.seconds_left(now, pace) or 0.0 for job in self.active.values()}
        alone = stages.pop(REPORT, 0.0) + busy.pop(REPORT, 0.0)
        tasks = [self._tasks[name] for name in self._waiting]
        waiting = [60 * task.minutes * pace.mean_ratio(task.groups) for task in tasks]
        return makespan([*waiting, *stages.values()], self._slots, busy.values()) + alone

    def pace(self) -> Pace:
        """Return how fast the runs are: those that have finished, and those in training."""
        now, pace = self.clock(), self._finished.copy()
        for training in self.trainings:
            if training.task and (shown := training.shown(now, self._finished)):
                pace.add(training.task.groups, *shown)
        return pace

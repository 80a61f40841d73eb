"""The running jobs, and how much time each still needs."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from refashion import artifacts
from refashion.artifacts import RunFolder
from refashion.errors import RefashionError
from refashion.workflow.progress.epochs import Epoch, LogTail, parse_epoch
from refashion.workflow.progress.pace import ALL, SPREAD, Pace, expected_end
from refashion.workflow.progress.workload import Task

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

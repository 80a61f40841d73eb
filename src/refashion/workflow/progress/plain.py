"""Progress as lines of text, for logs and for terminals that can do no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from refashion.workflow.progress.board import Board, Job, Training
from refashion.workflow.progress.epochs import Epoch
from refashion.workflow.progress.wording import about, counted

SECONDS_BETWEEN_EPOCHS = 10
"""Shortest time between two epochs of a run that are told of."""


class PlainDisplay:
    """Writes lines.

    Parameters
    ----------
    stream
        Where they go.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._told: dict[str, float] = {}

    def show(self, text: str, style: str = "") -> None:
        """Write some lines; plain text has no style."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def started(self, job: Job, board: Board) -> None:
        """Tell that a job has begun."""
        if isinstance(job, Training):
            left = job.seconds_left(board.clock(), board.correction())
            self.show(f"{job.name}: started" + (f", {about(left)}" if left else ""))
        else:
            self.show(f"{job.name} ...")

    def advanced(self, training: Training, epochs: Sequence[Epoch], board: Board) -> None:
        """Tell of the first and the last epoch, and now and then of one in between."""
        now = board.clock()
        for epoch in epochs:
            waited = now - self._told.get(training.name, float("-inf"))
            if epoch.number in (1, epoch.total) or waited >= SECONDS_BETWEEN_EPOCHS:
                self._told[training.name] = now
                self.show(_line(training, epoch, now))

    def counted(self, board: Board) -> None:
        """Tell how many runs have ended, and how long the others take."""
        runs = f"{board.n_ended} of {counted(board.n_runs, 'run')}"
        left = about(board.seconds_left()) if board.n_ended < board.n_runs else ""
        self.show(f"training: {', '.join(filter(None, [f'{runs} done', left]))}")

    def draw(self, board: Board) -> None:
        """Do nothing: lines stay as they are."""

    def close(self) -> None:
        """Do nothing: there is nothing to put back."""


def _line(training: Training, epoch: Epoch, now: float) -> str:
    left = training.seconds_left(now) if epoch == training.epoch else None
    told = [f"epoch {epoch.number}/{epoch.total}", f"{epoch.metric} {epoch.value}", about(left)]
    return f"{training.name}: {', '.join(filter(None, told))}"

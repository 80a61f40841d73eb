"""Progress as lines of text, for logs and simple terminals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from refashion.wording import counted
from refashion.workflow.progress.board import Board
from refashion.workflow.progress.display import Display
from refashion.workflow.progress.epochs import Epoch
from refashion.workflow.progress.jobs import Job, Training
from refashion.workflow.progress.wording import about

SECONDS_BETWEEN_EPOCHS = 10
"""Shortest time between two lines about epochs of the same run."""

SECONDS_BETWEEN_ESTIMATES = 60
"""Longest time between two lines about the time that is left for all jobs."""


class PlainDisplay(Display):
    """A display that writes lines.

    Parameters
    ----------
    stream
        Stream to write to.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown_at: dict[str, float] = {}
        self._told_at: float | None = None

    def show(self, text: str, style: str = "") -> None:
        """Write lines, without a style."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def started(self, job: Job, board: Board) -> None:
        """Write that a job has started."""
        if isinstance(job, Training):
            left = job.seconds_left(board.clock(), board.pace())
            self.show(f"{job.name}: started" + (f", {about(left)}" if left else ""))
        else:
            self.show(f"{job.name} ...")

    def advanced(self, training: Training, epochs: Sequence[Epoch], board: Board) -> None:
        """Write a line about the first epoch, the last, and some in between."""
        now = board.clock()
        for epoch in epochs:
            waited = now - self._shown_at.get(training.name, float("-inf"))
            if epoch.number in (1, epoch.total) or waited >= SECONDS_BETWEEN_EPOCHS:
                self._shown_at[training.name] = now
                self.show(_line(training, epoch, board))

    def draw(self, board: Board) -> None:
        """Write the same as at the end of a run, if none has ended for a minute."""
        if self._told_at is None:
            self._told_at = board.clock()
        if board.n_runs and board.clock() - self._told_at >= SECONDS_BETWEEN_ESTIMATES:
            self.runs_ended(board)

    def runs_ended(self, board: Board) -> None:
        """Write how many runs have ended, and the time left until the report."""
        self._told_at = board.clock()
        runs = f"{board.n_ended:,} of {counted(board.n_runs, 'run')}"
        left = about(board.seconds_left())
        self.show(f"training: {', '.join(filter(None, [f'{runs} done', left]))}")


def _line(training: Training, epoch: Epoch, board: Board) -> str:
    is_last = epoch == training.epoch
    left = training.seconds_left(board.clock(), board.pace()) if is_last else None
    parts = [f"epoch {epoch.number}/{epoch.total}", f"{epoch.metric} {epoch.value}", about(left)]
    return f"{training.name}: {', '.join(filter(None, parts))}"

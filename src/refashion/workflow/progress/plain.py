"""Progress as lines of text, for logs and simple terminals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from refashion.wording import counted
from refashion.workflow.progress.board import Board, Job, Training
from refashion.workflow.progress.display import Display
from refashion.workflow.progress.epochs import Epoch
from refashion.workflow.progress.wording import about

SECONDS_BETWEEN_EPOCHS = 10
"""Shortest time between two lines about epochs of the same run."""


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

    def show(self, text: str, style: str = "") -> None:
        """Write lines, without a style."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def started(self, job: Job, board: Board) -> None:
        """Write that a job has started."""
        if isinstance(job, Training):
            left = job.seconds_left(board.clock(), board.correction())
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
                self.show(_line(training, epoch, now))

    def runs_ended(self, board: Board) -> None:
        """Write how many runs have ended, and the time left for the others."""
        runs = f"{board.n_ended:,} of {counted(board.n_runs, 'run')}"
        left = about(board.seconds_left()) if board.n_ended < board.n_runs else ""
        self.show(f"training: {', '.join(filter(None, [f'{runs} done', left]))}")


def _line(training: Training, epoch: Epoch, now: float) -> str:
    left = training.seconds_left(now) if epoch == training.epoch else None
    parts = [f"epoch {epoch.number}/{epoch.total}", f"{epoch.metric} {epoch.value}", about(left)]
    return f"{training.name}: {', '.join(filter(None, parts))}"

"""What a display of progress can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from refashion.workflow.progress.board import Board, Job, Training
from refashion.workflow.progress.epochs import Epoch


class Display(Protocol):
    """Where progress is shown."""

    def show(self, text: str, style: str = "") -> None:
        """Write lines that stay."""

    def started(self, job: Job, board: Board) -> None:
        """Tell that a job has begun."""

    def advanced(self, training: Training, epochs: Sequence[Epoch], board: Board) -> None:
        """Tell of new epochs."""

    def counted(self, board: Board) -> None:
        """Tell how many runs have ended."""

    def draw(self, board: Board) -> None:
        """Show the state of everything."""

    def close(self) -> None:
        """End the display."""

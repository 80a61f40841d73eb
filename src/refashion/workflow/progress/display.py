"""The interface of the displays of progress."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from refashion.workflow.progress.board import Board
from refashion.workflow.progress.epochs import Epoch
from refashion.workflow.progress.jobs import Job, Training


class Display(ABC):
    """A display of progress. Except for `show`, the methods do nothing unless overridden."""

    @abstractmethod
    def show(self, text: str, style: str = "") -> None:
        """Write lines that stay on the screen.

        Parameters
        ----------
        text
            One or more lines.
        style
            Style of Rich, such as "red".
        """

    def started(self, job: Job, board: Board) -> None:  # noqa: B027
        """Show that a job has started."""

    def advanced(  # noqa: B027
        self, training: Training, epochs: Sequence[Epoch], board: Board
    ) -> None:
        """Show newly finished epochs of a run."""

    def runs_ended(self, board: Board) -> None:  # noqa: B027
        """Show how many runs have ended."""

    def draw(self, board: Board) -> None:  # noqa: B027
        """Show the current state; called every second."""

    def close(self) -> None:  # noqa: B027
        """Close the display."""

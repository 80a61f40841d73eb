"""Progress as a table at the bottom of a terminal that is drawn anew every second."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from refashion.workflow.progress.board import Board, Job, Training
from refashion.workflow.progress.epochs import Epoch
from refashion.workflow.progress.wording import counted, spelled

BAR_WIDTH = 10


class LiveDisplay:
    """Writes lines above a table of what is under way.

    Parameters
    ----------
    console
        The terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        # What others print is left alone: it may go to a file.
        self._live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    @classmethod
    def of_terminal(cls, no_color: bool) -> LiveDisplay:
        """Display on standard error."""
        return cls(Console(file=sys.stderr, force_terminal=True, no_color=no_color or None))

    def show(self, text: str, style: str = "") -> None:
        """Write some lines, which may hold colour codes, above the table."""
        # Long lines are not broken up, so that a path can be copied.
        self._console.print(Text.from_ansi(text, style=style), soft_wrap=True)

    def started(self, job: Job, board: Board) -> None:
        """Show a job that has begun."""
        self.draw(board)

    def advanced(self, training: Training, epochs: Sequence[Epoch], board: Board) -> None:
        """Do nothing: the next drawing shows it."""

    def counted(self, board: Board) -> None:
        """Do nothing: the table shows it."""

    def draw(self, board: Board) -> None:
        """Draw the table anew."""
        self._live.start()
        self._live.update(table(board), refresh=True)

    def close(self) -> None:
        """Remove the table and give the terminal back as it was."""
        self._live.stop()


def table(board: Board) -> Table:
    """Table of a line on all runs and a line for each job under way."""
    grid = Table.grid(padding=(0, 2))
    # In a narrow terminal these two give way, and no others.
    grid.add_column()
    grid.add_column(max_width=BAR_WIDTH)
    for _ in range(3):
        grid.add_column(no_wrap=True)
    if board.n_runs:
        left = f"{spelled(board.seconds_left())} left" if board.n_ended < board.n_runs else ""
        done = f"{board.n_ended} of {counted(board.n_runs, 'run')}"
        grid.add_row(_name("Training"), _bar(board.n_ended, board.n_runs), done, "", left)
    for job in board.active.values():
        row = _training(job, board) if isinstance(job, Training) else _stage(job, board)
        grid.add_row(*row)
    return grid


def _training(training: Training, board: Board) -> tuple[RenderableType, ...]:
    now = board.clock()
    left = training.seconds_left(now, board.correction())
    time = f"{spelled(left)} left" if left else ""
    if not (epoch := training.epoch):
        return _name(training.name), "", "starting", "", time
    bar, n = _bar(epoch.number, epoch.total), f"epoch {epoch.number}/{epoch.total}"
    return _name(training.name), bar, n, f"{epoch.metric} {epoch.value}", time


def _stage(job: Job, board: Board) -> tuple[RenderableType, ...]:
    return _name(job.name), "", spelled(board.clock() - job.started), "", ""


def _name(name: str) -> Text:
    return Text(name, no_wrap=True, overflow="ellipsis")


def _bar(done: int, total: int) -> ProgressBar:
    return ProgressBar(total, done, complete_style="green")

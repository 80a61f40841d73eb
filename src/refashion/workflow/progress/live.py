"""Progress as a table at the bottom of a terminal, redrawn every second."""

from __future__ import annotations

import sys

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from refashion.wording import counted, rough_duration
from refashion.workflow.progress.board import Board
from refashion.workflow.progress.display import Display
from refashion.workflow.progress.epochs import Epoch
from refashion.workflow.progress.jobs import Job, Training

BAR_WIDTH = 10


class LiveDisplay(Display):
    """A display of lines above a table of the running jobs.

    Parameters
    ----------
    console
        The terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        # Standard output is not redirected, because it may be a file.
        self._live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    @classmethod
    def of_terminal(cls, no_color: bool) -> LiveDisplay:
        """Create a display on standard error."""
        return cls(Console(file=sys.stderr, force_terminal=True, no_color=no_color or None))

    def show(self, text: str, style: str = "") -> None:
        """Write lines, which may contain colour codes, above the table."""
        # Long lines are not wrapped, so that paths can be copied.
        self._console.print(Text.from_ansi(text, style=style), soft_wrap=True)

    def started(self, job: Job, board: Board) -> None:
        """Show a job that has started."""
        self.draw(board)

    def draw(self, board: Board) -> None:
        """Redraw the table."""
        self._live.start()
        self._live.update(table(board), refresh=True)

    def close(self) -> None:
        """Remove the table and restore the terminal."""
        self._live.stop()


def table(board: Board) -> Table:
    """Return a table with one row for all runs and one for each running job."""
    grid = Table.grid(padding=(0, 2))
    # In a narrow terminal only these two columns shrink.
    grid.add_column()
    grid.add_column(max_width=BAR_WIDTH)
    for _ in range(3):
        grid.add_column(no_wrap=True)
    if board.n_runs:
        left = _left(board.seconds_left() or None)
        done = f"{board.n_ended:,} of {counted(board.n_runs, 'run')}"
        grid.add_row(_name("Training"), _bar(board.n_ended, board.n_runs), done, "", left)
    now, pace = board.clock(), board.pace()
    for job in board.active.values():
        left = _left(job.seconds_left(now, pace))
        if isinstance(job, Training) and job.epoch:
            grid.add_row(_name(job.name), *_columns(job.epoch), left)
        else:
            taken = f"for {rough_duration(now - job.started)}"
            grid.add_row(_name(job.name), "", taken, "", left)
    return grid


def _columns(epoch: Epoch) -> tuple[RenderableType, ...]:
    bar, n = _bar(epoch.number, epoch.total), f"epoch {epoch.number}/{epoch.total}"
    return bar, n, f"{epoch.metric} {epoch.value}"


def _left(seconds: float | None) -> str:
    return f"{rough_duration(seconds)} left" if seconds is not None else ""


def _name(name: str) -> Text:
    return Text(name, no_wrap=True, overflow="ellipsis")


def _bar(done: int, total: int) -> ProgressBar:
    return ProgressBar(total, done, complete_style="green")

"""Terminal output: by Snakemake itself, or by `Reporter` while jobs run."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from logging import LogRecord
from typing import TYPE_CHECKING

from snakemake.logging import ColorizingTextHandler, DefaultFormatter
from snakemake_interface_logger_plugins.common import LogEvent

from refashion.workflow.progress.announcement import WORKLOAD
from refashion.workflow.progress.board import Board
from refashion.workflow.progress.display import Display
from refashion.workflow.progress.dry_run import SUMMED_UP, asks_for_other_output, is_summed_up
from refashion.workflow.progress.plain import PlainDisplay
from refashion.workflow.progress.reporter import Reporter, is_boilerplate

if TYPE_CHECKING:
    from snakemake.settings.types import OutputSettings

    from refashion.workflow.progress.workload import Workload

TICK_SECONDS = 1.0
DUMB_TERMINALS = ("", "dumb", "unknown")


class Ticker(threading.Thread):
    """A thread that calls a function every second until it is stopped.

    Parameters
    ----------
    action
        The function.
    """

    def __init__(self, action: Callable[[], None]) -> None:
        super().__init__(name="refashion-progress", daemon=True)
        self._action = action
        self._ended = threading.Event()

    def run(self) -> None:
        """Call the function every second."""
        while not self._ended.wait(TICK_SECONDS):
            self._action()

    def stop(self) -> None:
        """Stop calling the function."""
        self._ended.set()


class Terminal:
    """Handler of Snakemake's log records.

    At first, records are formatted as Snakemake does. The announcement, which is logged only if
    jobs run, switches to the display of progress. Until then boilerplate is held back, because it
    is not yet known if there will be an announcement. Of a dry run, what the summary says
    is left out. If the user asks for other output, or if the display fails, Snakemake's format is
    used throughout.

    Parameters
    ----------
    settings
        Options of the command line about output.
    """

    def __init__(self, settings: OutputSettings) -> None:
        self._settings = settings
        self._lock = threading.RLock()
        self._own = ColorizingTextHandler(
            nocolor=settings.nocolor, stream=sys.stdout if settings.stdout else sys.stderr
        )
        self._own.setFormatter(DefaultFormatter(settings.quiet, settings.show_failed_logs))
        self._may_show_progress = not asks_for_other_output(settings)
        self._is_summed_up = is_summed_up(settings)
        self._held: list[LogRecord] = []
        self._executing = False
        self._reporter: Reporter | None = None
        self._ticker: Ticker | None = None

    def take(self, record: LogRecord) -> None:
        """Show a record. An error only turns off the display of progress."""
        with self._lock:
            try:
                self._route(record)
            except Exception as error:
                self._give_up(error)
                self._write(record)

    def close(self) -> None:
        """Close the display."""
        if self._ticker:
            self._ticker.stop()
        with self._lock, suppress(Exception):
            if self._reporter:
                self._reporter.display.close()

    def _route(self, record: LogRecord) -> None:
        event = getattr(record, "event", None)
        if self._is_summed_up:
            if not (is_boilerplate(record) or str(record.msg).startswith(SUMMED_UP)):
                self._write(record)
            return
        if workload := self._may_show_progress and getattr(record, WORKLOAD, None):
            self._begin(workload)
        if self._reporter:
            self._reporter.take(record)
            return
        if event == LogEvent.JOB_INFO:  # jobs without an announcement: --touch or --no-hooks
            self._stay_with_snakemake()
        # Commands that execute nothing, such as --summary, log neither of these two.
        self._executing |= event == LogEvent.WORKFLOW_STARTED
        self._executing |= str(record.msg).startswith("Assuming unrestricted shared filesystem")
        if self._may_show_progress and self._executing and is_boilerplate(record):
            self._held.append(record)
        else:
            self._write(record)

    def _stay_with_snakemake(self) -> None:
        self._may_show_progress = False
        for record in self._held:
            self._write(record)
        self._held.clear()

    def _begin(self, workload: Workload) -> None:
        self._held.clear()
        self._reporter = Reporter(Board(workload), self._display(), self._formatted)
        self._ticker = Ticker(self._tick)
        self._ticker.start()

    def _tick(self) -> None:
        with self._lock:
            try:
                if self._reporter:
                    self._reporter.tick()
            except Exception as error:
                self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """Switch to Snakemake's own output for good."""
        self._is_summed_up = False
        self.close()
        self._reporter = None
        text = f"Cannot show progress ({error!r}); switching to Snakemake's own output."
        self._write(logging.makeLogRecord({"msg": text, "levelname": "WARNING"}))
        self._stay_with_snakemake()

    def _write(self, record: LogRecord) -> None:
        with suppress(Exception):
            self._own.emit(record)

    def _formatted(self, record: LogRecord) -> str:
        text = self._own.format(record)
        # Only warnings and errors are coloured.
        is_notable = text and record.levelno > logging.INFO
        return self._own.decorate(record, text) if is_notable else text

    def _display(self) -> Display:
        if not sys.stderr.isatty() or os.environ.get("TERM", "") in DUMB_TERMINALS:
            return PlainDisplay(sys.stderr)
        from refashion.workflow.progress.live import LiveDisplay  # slow to import

        return LiveDisplay.of_terminal(self._settings.nocolor)

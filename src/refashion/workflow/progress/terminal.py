"""Who writes to the terminal: Snakemake in its own way, or, while jobs run, `Reporter`."""

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
from refashion.workflow.progress.plain import PlainDisplay
from refashion.workflow.progress.reporter import Reporter, is_boilerplate

if TYPE_CHECKING:
    from snakemake.settings.types import OutputSettings

    from refashion.workflow.progress.workload import Workload

TICK_SECONDS = 1.0
DUMB_TERMINALS = ("", "dumb", "unknown")


class Ticker(threading.Thread):
    """Calls a function again and again until it is told to stop."""

    def __init__(self, action: Callable[[], None]) -> None:
        super().__init__(name="refashion-progress", daemon=True)
        self._action = action
        self._ended = threading.Event()

    def run(self) -> None:
        """Act once a second."""
        while not self._ended.wait(TICK_SECONDS):
            self._action()

    def stop(self) -> None:
        """Let no further call begin."""
        self._ended.set()


class Terminal:
    """Shows Snakemake's records.

    It begins as Snakemake's own output does. From the announcement on, which is made only when jobs
    really run, it is brief. Boilerplate that comes before is held back until it is clear whether
    there is an announcement. Where a person asks for other output, or when showing progress fails,
    it stays with, or goes back to, Snakemake's own.

    Parameters
    ----------
    settings
        What the command line says of output.
    """

    def __init__(self, settings: OutputSettings) -> None:
        self._settings = settings
        self._lock = threading.RLock()
        self._own = ColorizingTextHandler(
            nocolor=settings.nocolor, stream=sys.stdout if settings.stdout else sys.stderr
        )
        self._own.setFormatter(DefaultFormatter(settings.quiet, settings.show_failed_logs))
        self._may_be_brief = not _asks_for_more_or_less(settings)
        self._held: list[LogRecord] = []
        self._executing = False
        self._reporter: Reporter | None = None
        self._ticker: Ticker | None = None

    def take(self, record: LogRecord) -> None:
        """Show a record, whatever happens without an error."""
        with self._lock:
            try:
                self._route(record)
            except Exception as error:
                self._give_up(error)
                self._write(record)

    def close(self) -> None:
        """End the display; nothing is shown any more."""
        if self._ticker:
            self._ticker.stop()
        with self._lock, suppress(Exception):
            if self._reporter:
                self._reporter.display.close()

    def _route(self, record: LogRecord) -> None:
        event = getattr(record, "event", None)
        if workload := self._may_be_brief and getattr(record, WORKLOAD, None):
            self._begin(workload)
        if self._reporter:
            self._reporter.take(record)
            return
        if event == LogEvent.JOB_INFO:  # jobs without an announcement: --touch or --no-hooks
            self._stay_with_snakemake()
        # Other uses than an execution, such as --summary, have none of these two.
        self._executing |= event == LogEvent.WORKFLOW_STARTED
        self._executing |= str(record.msg).startswith("Assuming unrestricted shared filesystem")
        if self._may_be_brief and self._executing and is_boilerplate(record):
            self._held.append(record)
        else:
            self._write(record)

    def _stay_with_snakemake(self) -> None:
        self._may_be_brief = False
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
        """Go back to Snakemake's own output for good."""
        self.close()
        self._reporter, self._may_be_brief = None, False
        text = f"Progress cannot be shown ({error!r}); Snakemake's own output follows."
        self._write(logging.makeLogRecord({"msg": text, "levelname": "WARNING"}))

    def _write(self, record: LogRecord) -> None:
        with suppress(Exception):
            self._own.emit(record)

    def _formatted(self, record: LogRecord) -> str:
        text = self._own.format(record)
        # Colour is kept for what should be noticed.
        is_notable = text and record.levelno > logging.INFO
        return self._own.decorate(record, text) if is_notable else text

    def _display(self) -> Display:
        if not sys.stderr.isatty() or os.environ.get("TERM", "") in DUMB_TERMINALS:
            return PlainDisplay(sys.stderr)
        from refashion.workflow.progress.live import LiveDisplay  # takes its time to load

        return LiveDisplay.of_terminal(self._settings.nocolor)


def _asks_for_more_or_less(settings: OutputSettings) -> bool:
    return bool(
        settings.dryrun
        or settings.verbose
        or settings.quiet
        or settings.debug_dag
        or settings.printshellcmds
    )

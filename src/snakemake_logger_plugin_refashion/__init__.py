"""Logger plugin of Snakemake, `--logger refashion`: shows epochs and the estimated time left."""

from __future__ import annotations

from logging import LogRecord

from snakemake_interface_logger_plugins.base import LogHandlerBase

from refashion.workflow import lock
from refashion.workflow.progress.terminal import Terminal


class LogHandler(LogHandlerBase):
    """Passes Snakemake's log records to `Terminal`. Snakemake prescribes the name."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = False  # use Snakemake's filter
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        # Here, because Snakemake creates its cache before it reads the Snakefile.
        lock.avoid_unwritable_home()
        self._terminal = Terminal(self.common_settings)

    def emit(self, record: LogRecord) -> None:
        """Show a record."""
        self._terminal.take(record)

    def close(self) -> None:
        """Restore the terminal."""
        self._terminal.close()
        super().close()

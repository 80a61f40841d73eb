"""The output of the workflow in the terminal.

The Snakefile calls `announce` at the start and `conclude` at the end. In between, the logger plugin
passes Snakemake's log records to `terminal.Terminal`, which shows the progress.
"""

from refashion.workflow.progress.announcement import announce, describe
from refashion.workflow.progress.conclusion import ReportFaultyError, RunsFailedError, conclude

__all__ = ["ReportFaultyError", "RunsFailedError", "announce", "conclude", "describe"]

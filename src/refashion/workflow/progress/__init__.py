"""What a person sees of the workflow in the terminal.

`announce` and `conclude` are called by the Snakefile, at the start and at the end. In between
`terminal.Terminal`, to which the logger plugin hands Snakemake's log records, tells what goes on.
"""

from refashion.workflow.progress.announcement import announce
from refashion.workflow.progress.conclusion import ReportFaultyError, RunsFailedError, conclude

__all__ = ["ReportFaultyError", "RunsFailedError", "announce", "conclude"]

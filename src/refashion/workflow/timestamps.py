"""Files with modification times in the future, which occur after a clock was set back."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from refashion.wording import counted
from refashion.workflow import lock

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

logger = logging.getLogger(__name__)


def correct_future(workflow: Workflow, *folders: Path) -> None:
    """Set modification times in the future to just before now, in the same order.

    Snakemake compares modification times, and fails if an output is older than its inputs.

    Parameters
    ----------
    workflow
        The Snakemake workflow; jobs and dry runs change nothing.
    *folders
        Folders to search recursively; missing ones are skipped.
    """
    if not lock.executes(workflow):
        return
    now = time.time_ns()
    future = [found for found in _times(folders) if found[0] > now]
    if not future:
        return
    ranks = {at: rank for rank, at in enumerate(sorted({at for at, _ in future}, reverse=True))}
    for at, path in future:
        os.utime(path, ns=(now, now - 1000 * ranks[at]))
    logger.warning(
        "%s had modification times in the future, now corrected. Was the clock set back?",
        counted(len(future), "file"),
    )


def _times(folders: Iterable[Path]) -> Iterator[tuple[int, Path]]:
    """Yield the modification time of each file, in nanoseconds, and its path."""
    for folder in folders:
        for parent, _, names in os.walk(folder):
            for name in names:
                path = Path(parent, name)
                with suppress(OSError):
                    yield path.stat().st_mtime_ns, path

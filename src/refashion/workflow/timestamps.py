"""Files whose times lie in the future, as after a clock was set back."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from refashion.workflow import lock

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

logger = logging.getLogger(__name__)


def bring_back(workflow: Workflow, *folders: Path) -> None:
    """Give files of the future times just before now, in the order that they had.

    Snakemake compares the times of files, and ends when what it has made is older than what it
    has made it from.

    Parameters
    ----------
    workflow
        Snakemake's; jobs and dry runs change nothing.
    folders
        Searched with all that is below them; one that is missing is passed over.
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
        "%d files are from the future: has the clock been set back? Their times are now.",
        len(future),
    )


def _times(folders: Iterable[Path]) -> Iterator[tuple[int, Path]]:
    """Give the time of each file, in nanoseconds, and its path."""
    for folder in folders:
        for parent, _, names in os.walk(folder):
            for name in names:
                path = Path(parent, name)
                with suppress(OSError):
                    yield path.stat().st_mtime_ns, path

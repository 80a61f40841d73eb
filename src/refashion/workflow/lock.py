"""One command at a time in a folder, with the code of that folder."""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import platform
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

import psutil

from refashion import sources
from refashion.errors import ConfigError

if TYPE_CHECKING:
    from snakemake.workflow import Workflow


HOLDER = Path(".snakemake/refashion.lock")


CACHE = Path(".snakemake/cache")


SNAKEMAKES_LOCKS = Path(".snakemake/locks")


# Options of snakemake that show something and change nothing.
LOOKS = frozenset(
    (
        *("--dag", "--rulegraph", "--filegraph", "--d3dag", "--summary", "-S", "--lint"),
        *("--detailed-summary", "-D", "--list-rules", "-l", "--list-target-rules", "--lt"),
        *("--list-changes", "--lc", "--list-input-changes", "--li", "--list-params-changes"),
        *("--lp", "--list-untracked", "--lu", "--list-conda-envs", "--print-compilation"),
        *("--report", "--archive", "--generate-unit-tests", "--containerize"),
    )
)


logger = logging.getLogger(__name__)

UNKNOWN_HOLDER = {"process": "unknown", "node": "an unknown machine", "command": "unknown"}


# Held as long as the process lives, and given back by the system however it ends.
_HELD: list[IO[str]] = []


def executes(workflow: Workflow) -> bool:
    """Whether this is the process of a command that executes: no job's, no dry run's, no mere look.

    While the Snakefile is read, Snakemake's own answer is not there yet.
    """
    is_look = any(argument.partition("=")[0] in LOOKS for argument in sys.argv)
    return workflow.is_main_process and not (workflow.output_settings.dryrun or is_look)


def check_installation(workflow: Workflow) -> None:
    """Refuse to run one project with the code of another, as from a copied environment.

    Raises
    ------
    ConfigError
        This library is not that of the folder with the Snakefile.
    """
    wanted = Path(workflow.basedir).resolve()
    if wanted != sources.PROJECT:
        raise ConfigError(
            f"The environment in use ({sys.prefix}) runs the code in {sources.PROJECT}, not that "
            f"in {wanted}. Call `make env` there, and activate its .venv"
        )


def hold_folder(workflow: Workflow, command: str) -> str | None:
    """Hold the working folder, and remove what a crash has left of Snakemake's own lock.

    Parameters
    ----------
    workflow
        Snakemake's; jobs and dry runs hold nothing.
    command
        What this process tells others that it does.

    Returns
    -------
    str or None
        Who holds the folder already, if anyone does.
    """
    if not executes(workflow) or _HELD:
        return None
    HOLDER.parent.mkdir(exist_ok=True)
    file = HOLDER.open("a+", encoding="utf-8")
    is_ours = _lock(file)
    file.seek(0)
    holder = _read_holder(file.read())
    if is_ours is None:
        is_ours = not _is_alive(holder)
    if not is_ours:
        file.close()
        return f"process {holder['process']} on {holder['node']}, `{holder['command']}`"
    file.truncate(0)
    json.dump({"process": os.getpid(), "node": platform.node(), "command": command}, file)
    file.flush()
    _HELD.append(file)
    # Snakemake takes its own lock later than this, so whose it is has ended without giving it back.
    if SNAKEMAKES_LOCKS.exists() and any(SNAKEMAKES_LOCKS.iterdir()):
        logger.warning("The command before this one ended without giving back its lock; removed.")
        shutil.rmtree(SNAKEMAKES_LOCKS)
    return None


def _lock(file: IO[str]) -> bool | None:
    """Lock a file; False where another process has locked it, None where nothing can be locked."""
    # Network file systems often know one of the two, or neither.
    for lock in (fcntl.flock, fcntl.lockf):
        try:
            lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES):
                return False
        else:
            return True
    return None


def _read_holder(text: str) -> dict[str, Any]:
    try:
        return {**UNKNOWN_HOLDER, **json.loads(text)}
    except (ValueError, TypeError):
        return UNKNOWN_HOLDER


def _is_alive(holder: dict[str, Any]) -> bool:
    """Whether a process lives, as far as can be told without a lock: on this machine only."""
    if holder["node"] != platform.node():
        return False
    try:
        # A process of the same number that began later is another one.
        return psutil.Process(holder["process"]).create_time() <= HOLDER.stat().st_mtime
    except (psutil.Error, ValueError, TypeError):
        return False


def do_without_home() -> None:
    """Keep what Snakemake and Matplotlib cache in this folder where the home folder takes nothing.

    Snakemake would end, and Matplotlib would complain in every notebook.
    """
    from snakemake.common import get_appdirs  # not for jobs, which import this module too

    try:
        home = Path(get_appdirs().user_cache_dir)
        home.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=home):
            pass
    except OSError:
        os.environ["XDG_CACHE_HOME"] = os.environ["MPLCONFIGDIR"] = str(CACHE.absolute())

"""A lock on the working folder, so that one command at a time runs in it."""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import platform
import shutil
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

import psutil

from refashion import sources
from refashion.errors import ConfigError
from refashion.lifetime import BEAT_SECONDS, LOCK_FILE

if TYPE_CHECKING:
    from snakemake.workflow import Workflow


CACHE = Path(".snakemake/cache")
SNAKEMAKE_LOCKS = Path(".snakemake/locks")

# Options of snakemake that only show something.
INSPECTION_OPTIONS = frozenset(
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

# The locked file stays open; the system releases the lock when the process ends, even if killed.
_LOCKED: list[IO[str]] = []


def executes(workflow: Workflow) -> bool:
    """Return whether this process is a command that executes jobs.

    A job, a dry run and a command that only shows something are not. The command line is read
    because Snakemake does not have the answer yet when it reads the Snakefile.
    """
    is_inspection = any(arg.partition("=")[0] in INSPECTION_OPTIONS for arg in sys.argv)
    return workflow.is_main_process and not (workflow.output_settings.dryrun or is_inspection)


def check_installation(workflow: Workflow) -> None:
    """Check that the installed library belongs to the project with the Snakefile.

    It does not if the environment was copied from another project.

    Raises
    ------
    ConfigError
        The library is that of another project.
    """
    wanted = Path(workflow.basedir).resolve()
    if wanted != sources.PROJECT:
        raise ConfigError(
            f"The active environment ({sys.prefix}) has the code of {sources.PROJECT}, not of "
            f"{wanted}. Run `make env` in {wanted}, and activate its .venv"
        )


def lock_folder(workflow: Workflow, command: str) -> str | None:
    """Lock the working folder, and remove Snakemake's own lock if a crash has left it there.

    Parameters
    ----------
    workflow
        The Snakemake workflow; jobs and dry runs lock nothing.
    command
        Command line of this process, which is shown to others that want the lock.

    Returns
    -------
    str or None
        The process that has already locked the folder, or None if it is ours.
    """
    if not executes(workflow) or _LOCKED:
        return None
    LOCK_FILE.parent.mkdir(exist_ok=True)
    file = LOCK_FILE.open("a+", encoding="utf-8")
    is_ours = _lock(file)
    file.seek(0)
    holder = _read_holder(file.read())
    if is_ours is None:
        is_ours = not _is_running(holder)
    if not is_ours:
        file.close()
        return f"process {holder['process']} on {holder['node']}, `{holder['command']}`"
    file.truncate(0)
    json.dump({"process": os.getpid(), "node": platform.node(), "command": command}, file)
    file.flush()
    _LOCKED.append(file)
    # Snakemake takes its lock after ours, so a lock that exists now is from a killed command.
    if SNAKEMAKE_LOCKS.exists() and any(SNAKEMAKE_LOCKS.iterdir()):
        logger.warning("The previous command was killed; removed its lock.")
        shutil.rmtree(SNAKEMAKE_LOCKS)
    return None


def stay_alive() -> None:
    """Show the jobs on other machines that this command is alive; see `lifetime`.

    They see the time of the lock file, which a thread sets as long as this process lives.
    """
    threading.Thread(target=_beat, daemon=True).start()


def _beat() -> None:
    while _LOCKED:
        with suppress(OSError):
            os.utime(LOCK_FILE)
        time.sleep(BEAT_SECONDS)


def _lock(file: IO[str]) -> bool | None:
    """Lock a file; False if another process has locked it, None if locks are not supported."""
    # Network file systems often support only one of these locks, or neither.
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


def _is_running(holder: dict[str, Any]) -> bool:
    """Whether a process is running on this machine; without a lock no more can be known."""
    if holder["node"] != platform.node():
        return False
    try:
        # A process that started later has only reused the process ID.
        return psutil.Process(holder["process"]).create_time() <= LOCK_FILE.stat().st_mtime
    except (psutil.Error, ValueError, TypeError):
        return False


def avoid_unwritable_home() -> None:
    """If the home folder is not writable, keep caches in the working folder.

    Otherwise Snakemake would fail, and Matplotlib would warn in every notebook.
    """
    from snakemake.common import get_appdirs  # here, because jobs import this module too

    try:
        home = Path(get_appdirs().user_cache_dir)
        home.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=home):
            pass
    except OSError:
        os.environ["XDG_CACHE_HOME"] = os.environ["MPLCONFIGDIR"] = str(CACHE.absolute())

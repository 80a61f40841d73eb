"""One command at a time in a folder, as many jobs as memory holds, and none that outlives it."""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import platform
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from types import FrameType
from typing import IO, TYPE_CHECKING, Any

import psutil

from refashion import sources
from refashion.errors import ConfigError

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

logger = logging.getLogger(__name__)

HOLDER = Path(".snakemake/refashion.lock")
CACHE = Path(".snakemake/cache")
SNAKEMAKES_LOCKS = Path(".snakemake/locks")
# How a job knows the process of the command that it belongs to.
PROCESS_VARIABLE = "REFASHION_PROCESS"

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

# By the controllers of a control group: their folder, and the file with the limit. First version 2.
LIMITS_OF_GROUPS = {"": ("", "memory.max"), "memory": ("memory", "memory.limit_in_bytes")}

UNKNOWN_HOLDER = {"process": "unknown", "node": "an unknown machine", "command": "unknown"}

# What ends this command from outside, and is left to its default by Python.
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)

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


def share_memory(workflow: Workflow, mb_of_a_job: int) -> int:
    """Let no more jobs run at a time than the memory of this machine holds, and at least one.

    Parameters
    ----------
    workflow
        Snakemake's. What `--resources mem_mb=` says goes before, and clusters see to it themselves.
    mb_of_a_job
        Memory that the largest job takes, in MB.

    Returns
    -------
    int
        How many such jobs can run at a time; without limit on a cluster.
    """
    if not workflow.local_exec:
        return sys.maxsize
    if "mem_mb" not in workflow.global_resources:
        workflow.register_resource("mem_mb", max(_memory() // 1_000_000, mb_of_a_job))
    return max(1, workflow.global_resources["mem_mb"].value // mb_of_a_job)


def end_with_last_job(workflow: Workflow) -> None:
    """Let this command end with its last job.

    Snakemake limits how many jobs it starts in a second, for the sake of clusters, and would wait
    that second out before it ends.

    Parameters
    ----------
    workflow
        Snakemake's, whose scheduler is there.
    """
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


def _memory(root: Path = Path("/")) -> int:
    """Bytes of memory of this machine, or of the container or batch job that this runs in."""
    limits = [psutil.virtual_memory().total]
    with suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            _, controllers, group = line.split(":", 2)
            if controllers in LIMITS_OF_GROUPS:
                top, name = LIMITS_OF_GROUPS[controllers]
                own = Path(top, group.strip("/"), name)
                limits += _numbers(root / "sys/fs/cgroup", own)
    return min(limits)


def _numbers(top: Path, file: Path) -> Iterator[int]:
    """Read the number in a file, and those of the same name in the folders around it."""
    for folder in file.parents:
        path = top / folder / file.name
        if path.is_file() and (text := path.read_text().strip()).isdigit():
            yield int(text)


def end_jobs_with_command() -> None:
    """Let a signal that ends this command end its jobs too, and tell them whom they belong to.

    Snakemake itself would wait until they have come to their end, which may take hours.
    """
    os.environ[PROCESS_VARIABLE] = f"{platform.node()} {os.getpid()}"
    from snakemake.logging import logger as terminal  # not for jobs, which import this module too

    end_snakemake = signal.getsignal(signal.SIGTERM)
    for number in ENDING_SIGNALS:
        before = signal.getsignal(number)
        # As Snakemake ends on SIGTERM: a terminal that is closed would else end it without a word.
        before = end_snakemake if before == signal.SIG_DFL else before
        if callable(before):
            signal.signal(number, partial(_end_jobs, before, terminal))


def _end_jobs(
    before: Callable[..., Any], terminal: logging.Logger, signum: int, frame: FrameType | None
) -> None:
    with suppress(OSError):  # it may be gone
        terminal.warning(
            "%s: the jobs under way are ended; the same command resumes.",
            signal.Signals(signum).name,
        )
    session = os.getsid(0)
    for child in psutil.Process().children(recursive=True):
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            # Kernels have sessions of their own: the jobs end them, and tidy up.
            if os.getsid(child.pid) == session:
                child.terminate()
    before(signum, frame)


def leave_in_order() -> None:
    """Let a signal that ends this job pass through its code, which ends what it has started."""
    for number in ENDING_SIGNALS:
        # What is ignored, as by nohup, stays so; Python's own answer to SIGINT will do.
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _leave)


def _leave(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + signum)


def end_with_command() -> None:
    """Let this job end when the command that started it has ended, however that was.

    Only a command on this machine is watched, and a job that none has started goes on.
    """
    node, _, pid = os.environ.get(PROCESS_VARIABLE, "").rpartition(" ")
    if node == platform.node():
        end_with(int(pid))


def end_with(pid: int) -> None:
    """Let this process end when another one on this machine has ended."""
    threading.Thread(target=_watch, args=[pid], daemon=True).start()


def _watch(pid: int) -> None:
    with suppress(psutil.NoSuchProcess):
        command = psutil.Process(pid)
        # One that nobody has reaped has ended as well.
        while command.is_running() and command.status() != psutil.STATUS_ZOMBIE:
            time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)

"""One command at a time in a folder, as many jobs as memory holds, and none that outlives it."""

from __future__ import annotations

import fcntl
import logging
import os
import platform
import shutil
import signal
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

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

logger = logging.getLogger(__name__)

HOLDER = Path(".snakemake/refashion.lock")
CACHE = Path(".snakemake/cache")
SNAKEMAKES_LOCKS = Path(".snakemake/locks")
# How a job knows the process of the command that it belongs to.
PROCESS_VARIABLE = "REFASHION_PROCESS"

# By the controllers of a control group: their folder, and the file with the limit. First version 2.
LIMITS_OF_GROUPS = {"": ("", "memory.max"), "memory": ("memory", "memory.limit_in_bytes")}

# Held as long as the process lives, and given back by the system however it ends.
_HELD: list[IO[str]] = []


def executes(workflow: Workflow) -> bool:
    """Whether this is the process of a command that executes, and neither a job's nor a dry run's.

    While the Snakefile is read, Snakemake's own answer is not there yet.
    """
    return workflow.is_main_process and not workflow.output_settings.dryrun


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
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        with file:
            file.seek(0)
            return file.read().strip() or "another process"
    file.truncate(0)
    file.write(f"process {os.getpid()}, `{command}`")
    file.flush()
    _HELD.append(file)
    # Snakemake takes its own lock later than this, so whose it is has ended without giving it back.
    if SNAKEMAKES_LOCKS.exists() and any(SNAKEMAKES_LOCKS.iterdir()):
        logger.warning("The command before this one ended without giving back its lock; removed.")
        shutil.rmtree(SNAKEMAKES_LOCKS)
    return None


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


def share_memory(workflow: Workflow, mb_of_a_job: int) -> None:
    """Let no more jobs run at a time than the memory of this machine holds, and at least one.

    Parameters
    ----------
    workflow
        Snakemake's. What `--resources mem_mb=` says goes before, and clusters see to it themselves.
    mb_of_a_job
        Memory that the largest job takes, in MB.
    """
    if workflow.local_exec and "mem_mb" not in workflow.global_resources:
        workflow.register_resource("mem_mb", max(_memory() // 1_000_000, mb_of_a_job))


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
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)
        if callable(before):
            signal.signal(number, partial(_end_jobs, before))


def _end_jobs(before: Callable[..., Any], signum: int, frame: FrameType | None) -> None:
    session = os.getsid(0)
    for child in psutil.Process().children(recursive=True):
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            # Kernels have sessions of their own: the jobs end them, and tidy up.
            if os.getsid(child.pid) == session:
                child.terminate()
    before(signum, frame)


def leave_in_order() -> None:
    """Let a signal that ends this job pass through its code, which ends what it has started."""
    signal.signal(signal.SIGTERM, _leave)


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

"""Jobs end when the command that started them ends."""

from __future__ import annotations

import json
import logging
import os
import platform
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

import psutil

PROCESS_VARIABLE = "REFASHION_PROCESS"
"""Environment variable that tells a job the machine and process ID of its command."""

LOCK_FILE = Path(".snakemake/refashion.lock")
"""File that the command has locked. It holds the machine and the process ID of the command."""

BEAT_SECONDS = 60
"""Seconds after which the command sets the time of the lock file again."""

PATIENCE_SECONDS = 15 * BEAT_SECONDS
"""Seconds without a new time after which a job on another machine takes its command as ended."""

LOOK_SECONDS = 5
"""Seconds after which a job on another machine looks at the lock file again."""

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals with which users and systems end a command."""


def exit_on_signals() -> None:
    """Turn signals that end this job into `SystemExit`, so that its code can clean up."""
    for number in ENDING_SIGNALS:
        # A signal that is ignored, as under nohup, stays ignored; Python handles SIGINT itself.
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _exit)


def _exit(signum: int, frame: FrameType | None) -> None:
    # If the kernel of the job died at the same moment, asyncio would call that an error.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    raise SystemExit(128 + signum)


def end_with_command() -> None:
    """End this job when the command that started it ends, even if the command is killed.

    On another machine, such as a node of a cluster, the job watches the command's lock file. A job
    without a command is not affected.
    """
    node, _, pid = os.environ.get(PROCESS_VARIABLE, "").rpartition(" ")
    if node == platform.node():
        end_with(int(pid))
    elif node:
        threading.Thread(target=_watch_from_afar, args=[node, int(pid)], daemon=True).start()


def end_with(pid: int) -> None:
    """End this process when another process on this machine ends.

    Parameters
    ----------
    pid
        ID of the other process.
    """
    threading.Thread(target=_watch, args=[pid], daemon=True).start()


def _watch_from_afar(node: str, pid: int) -> None:
    file, beat, heard = LOCK_FILE.absolute(), 0, time.monotonic()
    while time.monotonic() - heard < PATIENCE_SECONDS:
        now = _holder_and_beat(file)
        if now is None:
            pass  # the file cannot be read at the moment
        elif now[:2] != (node, pid):
            break  # another command has begun
        elif now[2] != beat:
            beat, heard = now[2], time.monotonic()
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def _holder_and_beat(file: Path) -> tuple[str, int, int] | None:
    """Machine and process ID of the command that holds the lock, and the time of the file."""
    # Opening a file on a network makes its time current, which its status alone may not be.
    with suppress(OSError, ValueError, KeyError, TypeError), file.open(encoding="utf-8") as content:
        holder = json.load(content)
        return holder["node"], holder["process"], os.fstat(content.fileno()).st_mtime_ns
    return None


def _watch(pid: int) -> None:
    with suppress(psutil.NoSuchProcess):
        command = psutil.Process(pid)
        # A zombie has ended too.
        while command.is_running() and command.status() != psutil.STATUS_ZOMBIE:
            time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)

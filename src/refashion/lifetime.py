"""Jobs end when the command that started them ends."""

from __future__ import annotations

import os
import platform
import signal
import threading
import time
from contextlib import suppress
from types import FrameType

import psutil

PROCESS_VARIABLE = "REFASHION_PROCESS"
"""Environment variable that tells a job the machine and process ID of its command."""

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals with which users and systems end a command."""


def exit_on_signals() -> None:
    """Turn signals that end this job into `SystemExit`, so that its code can clean up."""
    for number in ENDING_SIGNALS:
        # A signal that is ignored, as under nohup, stays ignored; Python handles SIGINT itself.
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _exit)


def _exit(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + signum)


def end_with_command() -> None:
    """End this job when the command that started it ends, even if the command is killed.

    Only a command on the same machine is watched. A job without a command is not affected.
    """
    node, _, pid = os.environ.get(PROCESS_VARIABLE, "").rpartition(" ")
    if node == platform.node():
        end_with(int(pid))


def end_with(pid: int) -> None:
    """End this process when another process on this machine ends.

    Parameters
    ----------
    pid
        ID of the other process.
    """
    threading.Thread(target=_watch, args=[pid], daemon=True).start()


def _watch(pid: int) -> None:
    with suppress(psutil.NoSuchProcess):
        command = psutil.Process(pid)
        # A zombie has ended too.
        while command.is_running() and command.status() != psutil.STATUS_ZOMBIE:
            time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)

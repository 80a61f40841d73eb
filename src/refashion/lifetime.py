"""One command at a time in a folder, as many jobs as memory holds, and none that outlives it."""

from __future__ import annotations

import logging
import os
import platform
import signal
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    pass

logger = logging.getLogger(__name__)

# How a job knows the process of the command that it belongs to.
PROCESS_VARIABLE = "REFASHION_PROCESS"


# What ends this command from outside, and is left to its default by Python.
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


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

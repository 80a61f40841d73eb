"""Signals that end a command together with its jobs."""

from __future__ import annotations

import logging
import os
import platform
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any

import psutil

from refashion.lifetime import ENDING_SIGNALS, PROCESS_VARIABLE


def end_jobs_with_command(are_here: bool = True) -> None:
    """End the jobs when a signal ends this command, and pass the jobs its process ID.

    Snakemake itself would wait for the jobs to finish, which may take hours. On a cluster, it takes
    them out of the queue only on Ctrl-C.

    Parameters
    ----------
    are_here
        Whether the jobs run on this machine, and not on a cluster.
    """
    os.environ[PROCESS_VARIABLE] = f"{platform.node()} {os.getpid()}"
    from snakemake.logging import logger as terminal  # here, because jobs import this module too

    end_snakemake = signal.getsignal(signal.SIGTERM)
    for number in ENDING_SIGNALS:
        before = signal.getsignal(number)
        # Without a handler, closing the terminal would end Snakemake at once, without cleaning up.
        before = end_snakemake if before == signal.SIG_DFL else before
        if callable(before) and not are_here:
            before = signal.default_int_handler
        if callable(before):
            signal.signal(number, partial(_end_jobs, before, terminal))


def _end_jobs(
    before: Callable[..., Any], terminal: logging.Logger, signum: int, frame: FrameType | None
) -> None:
    with suppress(OSError):  # the terminal may be closed
        terminal.warning(
            "%s: stopping the running jobs; rerun the command to resume.",
            signal.Signals(signum).name,
        )
    session = os.getsid(0)
    for child in psutil.Process().children(recursive=True):
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            # Kernels have their own sessions; the jobs end them and clean up.
            if os.getsid(child.pid) == session:
                child.terminate()
    before(signum, frame)

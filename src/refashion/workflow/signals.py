"""Signals that end a command and its jobs."""

from __future__ import annotations

import logging
import os
import platform
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

import psutil

from refashion.lifetime import ENDING_SIGNALS, PROCESS_VARIABLE

if TYPE_CHECKING:
    pass


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

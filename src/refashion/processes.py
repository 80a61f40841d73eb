"""Processes that share the work of one stage."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from refashion import guard
from refashion.errors import RefashionError


@contextmanager
def shared_by(n: int) -> Iterator[Executor]:
    """Give processes that have imported what this one has, and end with it, however it ends.

    Parameters
    ----------
    n
        How many, at least 1.

    Raises
    ------
    RefashionError
        One of them was ended from outside.
    """
    # Elsewhere, a process with graphics or several threads is not copied safely.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    pool = ProcessPoolExecutor(n, context, _begin, (os.getpid(),))
    try:
        yield pool
    except BaseException as error:
        for child in multiprocessing.active_children():
            child.terminate()
        if isinstance(error, BrokenProcessPool):
            reason = "a process of this stage was killed, perhaps because memory ran out"
            raise RefashionError(f"{reason}; the same command goes on from here") from error
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(parent: int) -> None:
    # What it writes becomes a file only when it is whole, so it may stop anywhere.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    guard.end_with(parent)

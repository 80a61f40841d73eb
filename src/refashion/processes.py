"""Processes that share the work of one stage."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from refashion import lifetime
from refashion.errors import RefashionError

logger = logging.getLogger(__name__)


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
    try:
        pool: Executor = ProcessPoolExecutor(n, context, _begin, (os.getpid(),))
    except (OSError, NotImplementedError) as error:
        # They share semaphores, for which Linux needs a writable /dev/shm.
        logger.warning("One process does all the work, since several cannot share it: %s", error)
        pool = OwnProcess()
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


class OwnProcess(Executor):
    """Does what is submitted at once, in this process."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call a function; the future is done."""
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def _begin(parent: int) -> None:
    # What it writes becomes a file only when it is whole, so it may stop anywhere.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    lifetime.end_with(parent)

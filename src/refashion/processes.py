"""A pool of processes for the work of one stage."""

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
    """Start a pool of processes that end with this one, even if it is killed.

    Parameters
    ----------
    n
        Number of processes, at least 1.

    Yields
    ------
    Executor
        The pool. On Linux its processes are forked, so they have the modules of this one.

    Raises
    ------
    RefashionError
        A process of the pool was killed.
    """
    # On other systems it is not safe to fork a process that uses graphics or threads.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    try:
        pool: Executor = ProcessPoolExecutor(n, context, _begin, (os.getpid(),))
    except (OSError, NotImplementedError) as error:
        # A pool needs semaphores, for which Linux needs a writable /dev/shm.
        logger.warning("Cannot start several processes, using one: %s", error)
        pool = SerialExecutor()
    try:
        yield pool
    except BaseException as error:
        # Files are written atomically, so a process may stop at any point. One that has just been
        # forked may still have this process' handler of SIGTERM, which raises SystemExit.
        for child in multiprocessing.active_children():
            child.kill()
        if isinstance(error, BrokenProcessPool):
            reason = "a process of this stage was killed, perhaps because memory ran out"
            raise RefashionError(f"{reason}; rerun the command to resume") from error
        raise
    finally:
        pool.shutdown(cancel_futures=True)


class SerialExecutor(Executor):
    """An executor that calls each function immediately, in this process."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call a function and return a finished future."""
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def _begin(parent: int) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # there is nothing to clean up
    lifetime.end_with(parent)

"""A time limit for code that could run too long."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from refashion.errors import RefashionError


class TimeLimitError(RefashionError):
    """Code took longer than it may."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Stop the body of a `with` statement after some time.

    Only the main thread can be interrupted. In any other thread, there is no limit.

    Parameters
    ----------
    seconds
        The limit.

    Raises
    ------
    TimeLimitError
        If the body takes longer.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(signum: int, frame: FrameType | None) -> None:
        raise TimeLimitError(f"stopped after {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

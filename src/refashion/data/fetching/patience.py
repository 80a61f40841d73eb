"""Waiting for something that may never answer, no longer than some time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def within(seconds: float, function: Callable[P, T], *arguments: P.args, **keywords: P.kwargs) -> T:
    """Call a function, and wait for its end no longer than some time.

    A server that trickles, or a network folder whose server is gone, could hold on for ever, and
    nothing in Python interrupts that. The thread that is left behind ends with the program.

    Raises
    ------
    TimeoutError
        If it has not ended after `seconds`.
    """
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(function(*arguments, **keywords))
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        return future.result(timeout=max(0, seconds))
    except TimeoutError:
        if future.done():
            raise
        raise TimeoutError(f"not done within {seconds:g} s") from None

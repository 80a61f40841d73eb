"""A timeout for calls that may block forever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def with_timeout(
    seconds: float, function: Callable[P, T], *arguments: P.args, **keywords: P.kwargs
) -> T:
    """Call a function in a thread, and wait for its result no longer than a timeout.

    A slow server, or a network folder whose server is down, can block forever, and Python cannot
    interrupt such a call. After a timeout, the thread keeps running until the program ends.

    Parameters
    ----------
    seconds
        The timeout in seconds.
    function
        The function to call.
    *arguments, **keywords
        Its arguments.

    Raises
    ------
    TimeoutError
        The call has not returned in time.
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
        raise TimeoutError(f"timed out after {seconds:g} s") from None

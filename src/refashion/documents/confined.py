"""Start the process that reads a document, and end it if it exceeds a limit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from refashion.documents.faults import ACCEPTED, DocumentError
from refashion.errors import one_line
from refashion.regular_files import open_regular

MOST_BYTES = 200_000_000
SECONDS = 60
MEMORY = 2 * 1024**3
LONGEST_NAME = 300


def run(path: Path, action: str, *arguments: int) -> dict[str, Any]:
    """Have another process read a file, and return what it found.

    Parameters
    ----------
    path
        The file.
    action, *arguments
        See `refashion.documents.child`.

    Raises
    ------
    DocumentError
        The file cannot be read within the limits.
    """
    try:
        with open_regular(path, MOST_BYTES) as file:
            printed = _output_of(path, file.fileno(), action, *map(str, arguments))
    except (OSError, ValueError) as error:  # a name with a null character is a wrong value
        reason = getattr(error, "strerror", None) or str(error)
        raise fault_of(path, _clause(reason)) from None
    result: dict[str, Any] = json.loads(printed)
    if "fault" in result:
        raise fault_of(path, result["fault"], result["accepted"])
    return result


def _clause(reason: str) -> str:
    return reason if reason.startswith(("is ", "has ")) else f"cannot be opened: {reason}"


def fault_of(path: Path, fault: str, accepted: str = ACCEPTED) -> DocumentError:
    """Return the error for a document."""
    return DocumentError(f"{one_line(str(path), LONGEST_NAME)}: {fault}; accepted: {accepted}")


def _output_of(path: Path, descriptor: int, action: str, *arguments: str) -> bytes:
    # -P: modules beside the document are not imported.
    command = [sys.executable, "-P", "-m", "refashion.documents.child", action]
    limits = [str(SECONDS), str(MEMORY)]
    name = path.name.encode(errors="replace").decode()
    child = subprocess.Popen(
        [*command, *limits, name, *arguments],
        stdin=descriptor,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        printed, _ = child.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        _end(child)
        raise _too_slow(path) from None
    except BaseException:
        _end(child)
        raise
    if child.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise _too_slow(path)
    if child.returncode or not printed:
        raise fault_of(path, "is broken or too large: the program that reads it failed")
    return printed


def _too_slow(path: Path) -> DocumentError:
    return fault_of(path, f"takes more than {SECONDS} seconds to read", "a smaller document")


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a process and those that it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.communicate()

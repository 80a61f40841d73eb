"""Temporary folders. After a crash, the next command removes them."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "refashion-scratch-"

# Tried if the folder that `TMPDIR` names is not suitable.
PLACES = ("/tmp", "/var/tmp", "/dev/shm")


@contextmanager
def scratch_folder(is_suitable: Callable[[Path], bool] = lambda folder: True) -> Iterator[Path]:
    """Create an empty folder that only this user can enter, and remove it afterwards.

    Parameters
    ----------
    is_suitable
        Function that tests a new folder. The temporary folders of this machine are tried in turn;
        if none is suitable, the first one is used.

    Yields
    ------
    Path
        The folder.

    Raises
    ------
    OSError
        No temporary folder is writable.
    """
    folder = _create(is_suitable)
    # The system releases the lock when this process ends, even if it is killed. A folder without a
    # lock is not in use.
    held = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(held, fcntl.LOCK_SH)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _create(is_suitable: Callable[[Path], bool]) -> Path:
    for place in _places():
        with suppress(OSError):
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
            if is_suitable(folder):
                return folder
            shutil.rmtree(folder)
    return Path(tempfile.mkdtemp(prefix=PREFIX))


def _places() -> list[str]:
    return list(dict.fromkeys((tempfile.gettempdir(), *PLACES)))


def remove_left_behind() -> None:
    """Remove the temporary folders of this user's processes that were killed."""
    for place in _places():
        for folder in Path(place).glob(f"{PREFIX}*"):
            with suppress(OSError):
                _remove_unless_locked(folder)


def _remove_unless_locked(folder: Path) -> None:
    # Links are not followed, because anybody could have put one there.
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(held).st_uid == os.getuid():
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(held)

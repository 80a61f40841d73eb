"""Temporary folders that are removed also after a crash: by the next command."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "refashion-scratch-"

# Where a folder may be made when the one that `TMPDIR` names will not do.
PLACES = ("/tmp", "/var/tmp", "/dev/shm")


@contextmanager
def scratch_folder(is_fit: Callable[[Path], bool] = lambda folder: True) -> Iterator[Path]:
    """Make an empty folder that only this user can enter, and remove it afterwards.

    Parameters
    ----------
    is_fit
        Whether a folder will do. The folders for temporary files of this machine are tried in
        turn; if none is fit, the first is taken.

    Raises
    ------
    OSError
        No folder for temporary files can be written to.
    """
    folder = _made(is_fit)
    # Held until this process ends, however it ends: so a folder that nobody uses is known.
    held = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(held, fcntl.LOCK_SH)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _made(is_fit: Callable[[Path], bool]) -> Path:
    for place in _places():
        with suppress(OSError):
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
            if is_fit(folder):
                return folder
            shutil.rmtree(folder)
    return Path(tempfile.mkdtemp(prefix=PREFIX))


def _places() -> list[str]:
    return list(dict.fromkeys((tempfile.gettempdir(), *PLACES)))


def remove_left_behind() -> None:
    """Remove the folders of this user whose processes were killed."""
    for place in _places():
        for folder in Path(place).glob(f"{PREFIX}*"):
            with suppress(OSError):
                _remove_unless_held(folder)


def _remove_unless_held(folder: Path) -> None:
    # Not through a link, which anybody could have put there.
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(held).st_uid == os.getuid():
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(held)

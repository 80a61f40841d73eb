"""The epochs of a run, read from its growing log."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

# As epoch_log.EpochLog prints it: `epoch 3/20  loss 0.3121  val_accuracy 0.8912  12.3 s`
_EPOCH = re.compile(r"epoch (\d+)/(\d+)((?:  \w+ \S+)+)  (\d+(?:\.\d+)?) s\s*")
_SCORE = re.compile(r"(\w+) (\S+)")

PREFERRED_METRIC = "val_accuracy"

LARGEST_READ = 2**20
LONGEST_LINE = 2**12


class Epoch(NamedTuple):
    """What a run says of one epoch; the value as it is printed."""

    number: int
    total: int
    metric: str
    value: str
    seconds: float


def parse_epoch(line: str) -> Epoch | None:
    """Read a line that tells of an epoch; any other line gives None.

    Of its metrics the accuracy in validation is taken, or else the last one.

    Examples
    --------
    >>> parse_epoch("epoch 3/20  loss 0.3121  val_accuracy 0.8912  12.3 s")
    Epoch(number=3, total=20, metric='val_accuracy', value='0.8912', seconds=12.3)
    """
    match = _EPOCH.fullmatch(line)
    if not match:
        return None
    number, total, printed, seconds = match.groups()
    scores = dict(_SCORE.findall(printed))
    metric = PREFERRED_METRIC if PREFERRED_METRIC in scores else list(scores)[-1]
    return Epoch(int(number), int(total), metric, scores[metric], float(seconds))


class LogTail:
    """Reads the lines that have come to a log since the last look.

    Parameters
    ----------
    path
        The log. It need not be there yet, and may be replaced by a new one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._inode: int | None = None
        self._offset = 0
        self._rest = b""

    def new_lines(self) -> list[str]:
        """Lines that are whole by now."""
        try:
            new = self._read()
        except OSError:
            return []
        *whole, rest = (self._rest + new).split(b"\n")
        self._rest = rest[-LONGEST_LINE:]
        return [line.decode("utf-8", errors="replace") for line in whole]

    def _read(self) -> bytes:
        with self.path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_ino != self._inode or status.st_size < self._offset:
                self._inode, self._offset, self._rest = status.st_ino, 0, b""
            file.seek(self._offset)
            new = file.read(LARGEST_READ)
        self._offset += len(new)
        return new


def last_lines(path: Path, n: int) -> list[str]:
    """Last lines of a log, none if it cannot be read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - n * LONGEST_LINE))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    return text.splitlines()[-n:]

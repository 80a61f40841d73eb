"""The finished epochs of a run, read from its log while it grows."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

# Written by epoch_log.EpochLog: `epoch 3/20  loss 0.3121  val_accuracy 0.8912  12.3 s`
_EPOCH = re.compile(r"epoch (\d{1,9})/([1-9]\d{0,8})((?:  \w+ \S+)+)  (\d+(?:\.\d+)?) s\s*")
_SCORE = re.compile(r"(\w+) (\S+)")

PREFERRED_METRIC = "val_accuracy"

LARGEST_READ = 2**20
LONGEST_LINE = 2**12


class Epoch(NamedTuple):
    """A finished epoch, with one metric as it is printed."""

    number: int
    total: int
    metric: str
    value: str
    seconds: float


def parse_epoch(line: str) -> Epoch | None:
    """Parse a line about an epoch; return None for any other line.

    Of the metrics, the validation accuracy is kept, or else the last one.

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
    """A reader of the lines that are appended to a log.

    Parameters
    ----------
    path
        The log. It need not exist yet, and may be replaced by a new file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._inode: int | None = None
        self._offset = 0
        self._rest = b""

    def new_lines(self) -> list[str]:
        """Return the complete lines that were added since the last call."""
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
    """Return the last n lines of a log; none if it cannot be read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - n * LONGEST_LINE))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    return text.splitlines()[-n:]

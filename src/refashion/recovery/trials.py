"""Trials of a search: executions of a run with some settings and one seed, within a budget.

Every trial is written to a file as it ends. A search that was killed makes the same trials in the
same order when it is started again, and takes from the file those that it has made already.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from refashion import artifacts
from refashion.artifacts import canonical_json
from refashion.errors import RefashionError, one_line
from refashion.judgement.numbers import Measured
from refashion.spec.recover import MINUTES, TRIALS

Measure = Callable[[Mapping[str, Any], int, int | None], tuple[Sequence[Measured], str | None]]
"""Executes settings with a seed, for some epochs or all; returns the printed numbers, and what
stands for the outputs of the model, see `Trial.outputs`."""


class ExhaustedError(Exception):
    """The budget of a search is used up. The message says which part of it."""


@dataclass(frozen=True)
class Trial:
    """One execution.

    Attributes
    ----------
    settings
        Values of the settings that are searched.
    seed
        Seed of the run.
    epochs
        Number of epochs, if it is less than the run has; else None.
    numbers
        The printed numbers as this execution gives them; empty if it failed.
    seconds
        How long it took.
    outputs
        Digest of the outputs of the model on the test split; None if these say so little that two
        seeds may agree by chance.
    error
        Why it failed, or None.
    """

    settings: Mapping[str, Any]
    seed: int
    epochs: int | None
    numbers: tuple[Measured, ...]
    seconds: float
    outputs: str | None = None
    error: str | None = None

    @property
    def key(self) -> str:
        """What tells trials apart."""
        return key_of(self.settings, self.seed, self.epochs)


def key_of(settings: Mapping[str, Any], seed: int = 0, epochs: int | None = None) -> str:
    """Return the text that stands for some settings with a seed and a number of epochs."""
    return canonical_json([settings, seed, epochs])


@dataclass
class Trials:
    """Makes trials, keeps them, and stops when the budget is used up.

    Attributes
    ----------
    path
        File with a line of JSON for each trial.
    context
        Digest of all that the numbers depend on besides settings, seed and epochs. Trials in the
        file with another one are not used.
    measure
        Function of settings, seed and epochs that executes the run.
    most
        Largest number of trials.
    limit
        Largest number of seconds, of all trials together.
    made
        The trials so far, in order.
    """

    path: Path
    context: str
    measure: Measure
    most: int
    limit: float
    made: list[Trial] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read the trials of an earlier process."""
        self._last = self.most
        self._kept = {trial.key: trial for trial in _read(self.path, self.context)}
        self._done: dict[str, Trial] = {}

    @property
    def seconds(self) -> float:
        """Duration of all trials, those of earlier processes included."""
        return sum(trial.seconds for trial in self.made)

    def allow(self, n: int) -> None:
        """Allow no more than so many further trials, until this is called again."""
        self._last = min(self.most, len(self.made) + n)

    def __call__(
        self, settings: Mapping[str, Any], seed: int = 0, epochs: int | None = None
    ) -> Trial:
        """Return a trial, which is made at most once.

        Raises
        ------
        ExhaustedError
            It would be one too many, or there is no time left.
        RefashionError
            There is no memory or no space on the disk. Such a trial is not kept.
        """
        key = key_of(settings, seed, epochs)
        if key not in self._done:
            if len(self.made) >= self._last:
                raise ExhaustedError(TRIALS)
            self._done[key] = self._kept.get(key) or self._make(settings, seed, epochs)
            self.made.append(self._done[key])
        return self._done[key]

    def _make(self, settings: Mapping[str, Any], seed: int, epochs: int | None) -> Trial:
        if self.seconds >= self.limit:
            raise ExhaustedError(MINUTES)
        started, numbers = time.perf_counter(), tuple[Measured, ...]()
        outputs, error = None, None
        try:
            measured, outputs = self.measure(settings, seed, epochs)
            numbers = tuple(measured)
        except (MemoryError, OSError) as fault:  # says nothing of the settings, and may pass
            what = one_line(f"{canonical_json(settings)}, seed {seed}: {type(fault).__name__}")
            way = "free memory or disk space, then rerun the command to resume the search"
            raise RefashionError(f"{what}: {fault}; {way}") from fault
        except Exception as fault:  # settings that contradict each other fit nothing
            error = one_line(f"{type(fault).__name__}: {fault}")
        seconds = time.perf_counter() - started
        trial = Trial(dict(settings), seed, epochs, numbers, seconds, outputs, error)
        _append(self.path, {"context": self.context, **_as_json(trial)})
        return trial


def _as_json(trial: Trial) -> dict[str, Any]:
    fields = {**vars(trial), "numbers": [list(number) for number in trial.numbers]}
    return artifacts.finite(fields)


def _append(path: Path, line: Mapping[str, Any]) -> None:
    """Write a line so that it is on the disk before the next trial begins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # A process that was killed may have left the beginning of a line.
    is_cut = path.exists() and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n" if is_cut else "") + canonical_json(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path, context: str) -> Iterator[Trial]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:  # the process was killed while it wrote the line
            continue
        if isinstance(found, dict) and found.pop("context", None) == context:
            numbers = [Measured(*map(_number, each)) for each in found.pop("numbers")]
            yield Trial(numbers=tuple(numbers), **found)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value

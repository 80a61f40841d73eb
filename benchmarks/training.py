"""Training time compared with plain `model.fit` and with other libraries, if installed."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import peers, processors
from benchmarks.rows import Row, Skipped, compared
from benchmarks.scratch import CommandError, Scratch
from refashion.execution.environment import kernel_environment

PART = "training"

# Each kind of headline network, with the number of steps per epoch that takes about half a second.
# None: the run has one step per epoch.
RUNS: Mapping[str, int | None] = {
    "cnn_vs_gru/cnn": 16,
    "cnn_vs_gru/gru": 16,
    "dense_vs_cnn/dense": 512,
    "dense_vs_cnn/cnn": 32,
    "softmax_vs_cnn/softmax": 1024,
    "softmax_vs_cnn/cnn": 64,
    "conv1d_activations/model_1": 96,
    "tshirt_vs_trouser/second_experiment": 320,
    "flight_prices/mlp_tensorflow_short": None,
}
ROWS_OF_ONE_STEP = 50_000
EPOCHS = 5
EPOCHS_OF_ONE_STEP = 20
REPEATS = 2

# Only steps are compared, so everything between epochs is turned off in all libraries.
BETWEEN_EPOCHS = {"schedule": None, "early_stopping": None, "keep_best": False}

OURS, PLAIN = "ours", "plain model.fit"


def measure(
    scratch: Scratch, runs: Mapping[str, int | None] = RUNS, repeats: int = REPEATS
) -> Iterator[Row | Skipped]:
    """Time a training step of each run, alternating between libraries, in new processes.

    Each run is timed on both kinds of processor, if this one can stand for both.

    Parameters
    ----------
    scratch
        Copy of the project.
    runs
        Number of steps per epoch, by run.
    repeats
        Number of processes for each library.
    """
    sides = {OURS: "ours", PLAIN: "plain"}
    for side, (title, package, _) in peers.PEERS.items():
        if why := _missing(package, scratch):
            yield Skipped(PART, title, why)
        else:
            sides[title] = side
    kinds = processors.kinds()
    if processors.AVX2 not in kinds:
        yield Skipped(PART, "both kinds of processor", "this processor has no AVX-512")
    for case in cases(scratch, runs, PART):
        if isinstance(case, Skipped):
            yield case
            continue
        for kind, variables in kinds.items():
            processes = Processes(scratch, case.asked, case.arrays, variables)
            timed = processes.in_turn(sides, repeats)
            yield from _rows(f"{case.name}{kind}", timed, case.steps or 1)


class Case(NamedTuple):
    """A run to be timed.

    Attributes
    ----------
    name
        Its study and its name.
    steps
        Number of steps per epoch; None if it has one.
    asked
        Its recipe, limited to a few steps and epochs.
    arrays
        Folder of its prepared arrays.
    """

    name: str
    steps: int | None
    asked: dict[str, Any]
    arrays: Path


def cases(scratch: Scratch, runs: Mapping[str, int | None], part: str) -> Iterator[Case | Skipped]:
    """Prepare some runs to be timed; those without data are skipped.

    Parameters
    ----------
    scratch
        Copy of the project.
    runs
        Number of steps per epoch, by run.
    part
        Name of the module that measures.
    """
    for name, steps in runs.items():
        study, run = name.split("/")
        arrays = scratch.arrays(scratch.plan({"studies": [study]}).dataset_of(study))
        if arrays is None:
            yield Skipped(part, name, "its data is not available here")
        else:
            yield Case(name, steps, recipe(scratch, study, run, steps), arrays)


def _rows(
    name: str, epochs: Mapping[str, list[list[float]] | CommandError], steps: int
) -> Iterator[Row | Skipped]:
    """Rows of the steps and starts of one run, and the sides that failed."""
    found = {
        title: summary(each, steps)
        for title, each in epochs.items()
        if not isinstance(each, CommandError)
    }
    for place, (measure, unit) in enumerate({"step": "ms", "start": "s"}.items()):
        values = {title: values[place] for title, values in found.items()}
        yield from compared(PART, f"{name}, {measure}", unit, values, PLAIN)
    for title, each in epochs.items():
        if isinstance(each, CommandError):
            yield Skipped(PART, f"{name}, step", each.why, title)


def _missing(package: str, scratch: Scratch) -> str | None:
    """Why a package cannot be used here, or None."""
    if find_spec(package) is None:
        return f"{package} is not installed"
    try:
        # Some packages are installed but lack a system library.
        scratch.python("-c", f"import {package}")
    except CommandError as error:
        return f"{package} cannot be imported: {error.why}"
    return None


def recipe(scratch: Scratch, study: str, run: str, steps: int | None) -> dict[str, Any]:
    """Return the recipe of a run, limited to a few steps and epochs."""
    plan = scratch.plan({"studies": [study], "groups": "all"})
    whole = json.loads(plan.recipe(study, run, 0))
    settings = whole["settings"]
    examples = steps * settings["batch_size"] if steps else ROWS_OF_ONE_STEP
    epochs = EPOCHS if steps else EPOCHS_OF_ONE_STEP
    short = {**settings, **BETWEEN_EPOCHS, "epochs": epochs}
    return {**whole, "settings": short, "examples": examples}


@dataclass(frozen=True)
class Processes:
    """New processes that train one run on one kind of processor.

    Attributes
    ----------
    scratch
        Copy of the project.
    asked
        Recipe of the run.
    arrays
        Folder of the prepared arrays.
    variables
        Environment variables of the kind of processor.
    threads
        Number of threads of each process.
    """

    scratch: Scratch
    asked: Mapping[str, Any]
    arrays: Path
    variables: Mapping[str, str]
    threads: int = 1

    def in_turn(
        self, sides: Mapping[str, str], repeats: int
    ) -> dict[str, list[list[float]] | CommandError]:
        """Return the seconds of each epoch of each process by side, or why the side failed.

        The sides take turns, so that a machine that is slower for a while is so for all of them. A
        side that has failed is not tried again.
        """
        epochs: dict[str, list[list[float]]] = {title: [] for title in sides}
        failed: dict[str, CommandError] = {}
        for _ in range(repeats):
            for title in [title for title in sides if title not in failed]:
                try:
                    epochs[title].append(self.epochs(sides[title]))
                except CommandError as error:
                    failed[title] = error
        return {**epochs, **failed}

    def epochs(self, side: str) -> Any:
        """Return the seconds of each epoch in a new process, or what else `fitting` says of a side.

        Raises
        ------
        CommandError
            The process failed.
        """
        path = self.scratch.path
        own = kernel_environment(os.environ, self.threads, path, path)
        own["PYTHONPATH"] = os.pathsep.join(map(str, (path / "src", path)))
        peer = peers.PEERS[side][2] if side in peers.PEERS else {}
        command = ["-m", "benchmarks.fitting", side, json.dumps(self.asked), str(self.arrays)]
        return self.scratch.python(
            *command, more=processors.merged(own, peer, self.variables)
        ).answer


def summary(processes: list[list[float]], steps: int) -> tuple[float, float]:
    """Milliseconds of a step, and what the first epoch takes more than others in seconds.

    The first epoch traces and compiles.
    """
    epoch = statistics.median(seconds for _, *later in processes for seconds in later)
    start = statistics.median(first for first, *_ in processes) - epoch
    return 1000 * epoch / steps, start

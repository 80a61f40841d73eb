"""Training time compared with plain `model.fit` and with other libraries, if installed."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import peers
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
    for name, steps in runs.items():
        study, run = name.split("/")
        arrays = scratch.arrays(scratch.plan({"studies": [study]}).dataset_of(study))
        if arrays is None:
            yield Skipped(PART, name, "its data is not available here")
            continue
        asked = recipe(scratch, study, run, steps)
        found = _in_turn(scratch, asked, arrays, sides, repeats, steps or 1)
        yield from compared(
            PART, f"{name}, step", "ms", {k: s for k, (s, _) in found.items()}, PLAIN
        )
        first = {k: start for k, (_, start) in found.items()}
        yield from compared(PART, f"{name}, start", "s", first, PLAIN)


def _missing(package: str, scratch: Scratch) -> str | None:
    """Why a package cannot be used here, or None."""
    if find_spec(package) is None:
        return f"{package} is not installed"
    try:
        # Some packages are installed but lack a system library.
        scratch.python("-c", f"import {package}")
    except CommandError as error:
        return f"{package} cannot be imported: {str(error).strip().splitlines()[-1]}"
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


def _in_turn(
    scratch: Scratch,
    asked: Mapping[str, Any],
    arrays: Path,
    sides: Mapping[str, str],
    repeats: int,
    steps: int,
) -> dict[str, tuple[float, float]]:
    """Milliseconds of a step, and what the first epoch takes more than others, by side.

    The first epoch traces and compiles. The sides take turns, so that a machine that is slower for
    a while is so for all of them.
    """
    epochs: dict[str, list[list[float]]] = {title: [] for title in sides}
    for _ in range(repeats):
        for title, side in sides.items():
            epochs[title].append(_epochs(scratch, side, asked, arrays))
    return {title: _summary(seconds, steps) for title, seconds in epochs.items()}


def _summary(processes: list[list[float]], steps: int) -> tuple[float, float]:
    epoch = statistics.median(seconds for _, *later in processes for seconds in later)
    start = statistics.median(first for first, *_ in processes) - epoch
    return 1000 * epoch / steps, start


def _epochs(scratch: Scratch, side: str, asked: Mapping[str, Any], arrays: Path) -> list[float]:
    variables = kernel_environment(os.environ, 1, scratch.path, scratch.path)
    variables["PYTHONPATH"] = os.pathsep.join(map(str, (scratch.path / "src", scratch.path)))
    if side in peers.PEERS:
        variables |= peers.PEERS[side][2]
    command = ["-m", "benchmarks.fitting", side, json.dumps(asked), str(arrays)]
    return scratch.python(*command, more=variables).answer

"""Fit, time and predict one run."""

from __future__ import annotations

import inspect
import resource
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from refashion import artifacts, models
from refashion.seeding import derive
from refashion.splits import Examples


class Model(Protocol):
    """What a model's `build` gives."""

    n_parameters: int

    def architecture(self) -> pd.DataFrame | None:
        """Layers, one a row: layer, type, output_shape, n_parameters."""

    def fit(self, train: Examples, validation: Examples | None) -> pd.DataFrame | None:
        """Train; give the history, a row per epoch, where training is iterative."""

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Class probabilities, shape (n, classes)."""


@dataclass(frozen=True)
class Result:
    """What one run leaves.

    Attributes
    ----------
    history
        A row per epoch, or None.
    true, predicted
        Labels per split, shape (n,).
    test_score
        Class probabilities of the test split, shape (n, classes), float32.
    architecture
        Layers, or None.
    measurements
        The fields of `run.json` that only the run itself can know.
    """

    history: pd.DataFrame | None
    true: dict[str, np.ndarray]
    predicted: dict[str, np.ndarray]
    test_score: np.ndarray
    architecture: pd.DataFrame | None
    measurements: dict[str, Any]

    def arrays(self) -> dict[str, np.ndarray]:
        """The content of `predictions.npz`."""
        return {
            **{f"{split}_true": labels for split, labels in self.true.items()},
            **{f"{split}_pred": labels for split, labels in self.predicted.items()},
            "test_score": self.test_score,
        }


def build(
    name: str,
    settings: Mapping[str, Any],
    *,
    input_shape: tuple[int, ...],
    n_outputs: int,
    seed: int,
    threads: int,
) -> Model:
    """Build a model for the data at hand, repeatably.

    Parameters
    ----------
    name, settings
        Model and its keyword settings.
    input_shape
        Shape of one example.
    n_outputs
        Number of classes.
    seed, threads
        Of the run.
    """
    recipe = models.module(name).build
    facts = {
        "input_shape": input_shape,
        "n_outputs": n_outputs,
        "seed": derive(seed, "model"),
        "threads": threads,
    }
    wanted = inspect.signature(recipe).parameters
    return recipe(**{fact: facts[fact] for fact in models.FACTS if fact in wanted}, **settings)


def fit(model: Model, splits: Mapping[str, Examples]) -> Result:
    """Train a model, then predict every split.

    Parameters
    ----------
    model
        Fresh from `build`.
    splits
        As `load_splits` gives them.
    """
    started = time.perf_counter()
    history = model.fit(splits["train"], splits.get("validation"))
    fitted = time.perf_counter()
    scores = {name: model.predict(part.x) for name, part in splits.items()}
    predicted = time.perf_counter()
    return Result(
        history=history,
        true={name: part.y.astype(np.int64) for name, part in splits.items()},
        predicted={name: score.argmax(axis=1).astype(np.int64) for name, score in scores.items()},
        test_score=scores["test"].astype(np.float32),
        architecture=model.architecture(),
        measurements={
            "diverged": diverged(history, scores["test"]),
            "epochs_run": None if history is None else len(history),
            "n_parameters": int(model.n_parameters),
            "fit_seconds": fitted - started,
            "predict_seconds": predicted - fitted,
            "peak_memory_mb": peak_memory_mb(),
        },
    )


def diverged(history: pd.DataFrame | None, score: np.ndarray) -> bool:
    """Whether a loss or an output of the model is no finite number."""
    losses = [] if history is None else history["loss"]
    return not (np.isfinite(losses).all() and np.isfinite(score).all())


def peak_memory_mb() -> float:
    """Most memory that this process ever held, in MB."""
    # Linux counts in kilobytes, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def save(result: Result, folder: artifacts.RunFolder) -> None:
    """Write the files of a run, the measurements last: with them it is complete."""
    artifacts.write_arrays(folder.predictions, result.arrays())
    if result.history is not None:
        artifacts.write_csv(folder.history, result.history)
    if result.architecture is not None:
        artifacts.write_csv(folder.architecture, result.architecture)
    artifacts.write_json(folder.measurements, result.measurements)

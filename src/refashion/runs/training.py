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
from refashion.data.splits import Examples
from refashion.seeding import derive

NO_ANSWER = -1


class Model(Protocol):
    """What a model's `build` gives."""

    n_parameters: int

    def architecture(self) -> pd.DataFrame | None:
        """Layers, one a row: layer, type, output_shape, n_parameters."""

    def importances(self) -> np.ndarray | None:
        """Share of each input in the answers, shape (inputs,), where the trained model tells it."""

    def fit(self, train: Examples, validation: Examples | None) -> pd.DataFrame | None:
        """Train; give the history, a row per epoch, where training is iterative."""

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Class probabilities, shape (n, classes), or for a regression values, (n,) or (n, 1)."""


@dataclass(frozen=True)
class Result:
    """What one run leaves.

    Attributes
    ----------
    history
        A row per epoch, or None.
    true, predicted
        Per split, shape (n,): labels, int64, where a prediction that is no number is `NO_ANSWER`;
        or for a regression values, float64.
    scores
        Class probabilities of the splits for which they are kept, shape (n, classes), float32.
    architecture
        Layers, or None.
    importances
        Share of each input in the answers, shape (inputs,), or None.
    measurements
        The fields of `run.json` that only the run itself can know.
    """

    history: pd.DataFrame | None
    true: dict[str, np.ndarray]
    predicted: dict[str, np.ndarray]
    scores: dict[str, np.ndarray]
    architecture: pd.DataFrame | None
    importances: np.ndarray | None
    measurements: dict[str, Any]

    def arrays(self) -> dict[str, np.ndarray]:
        """The content of `predictions.npz`."""
        return {
            **{f"{split}_true": labels for split, labels in self.true.items()},
            **{f"{split}_pred": labels for split, labels in self.predicted.items()},
            **{f"{split}_score": score for split, score in self.scores.items()},
        }


def build(
    name: str,
    settings: Mapping[str, Any],
    *,
    task: str,
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
    task
        "classification" or "regression".
    input_shape
        Shape of one example.
    n_outputs
        Number of classes; 1 for a regression.
    seed, threads
        Of the run.
    """
    recipe = models.module(name).build
    facts = {
        "input_shape": input_shape,
        "n_outputs": n_outputs,
        "task": task,
        "seed": derive(seed, "model"),
        "threads": threads,
    }
    wanted = inspect.signature(recipe).parameters
    return recipe(**{fact: facts[fact] for fact in models.FACTS if fact in wanted}, **settings)


def fit(model: Model, splits: Mapping[str, Examples], task: str, train_score: bool) -> Result:
    """Train a model, then predict every split.

    Parameters
    ----------
    model
        Fresh from `build`.
    splits
        As `load_splits` gives them.
    task
        "classification" or "regression".
    train_score
        Whether to keep the class probabilities of the training split too, not of the test split
        alone.
    """
    started = time.perf_counter()
    history = model.fit(splits["train"], splits.get("validation"))
    fitted = time.perf_counter()
    outputs = _outputs(model, splits)
    predicted = time.perf_counter()
    is_regression = task == "regression"
    kept = () if is_regression else ("train", "test") if train_score else ("test",)
    answer = values_of if is_regression else labels_of
    kind = np.float64 if is_regression else np.int64
    return Result(
        history=history,
        true={name: part.y.astype(kind) for name, part in splits.items()},
        predicted={name: answer(output) for name, output in outputs.items()},
        scores={name: outputs[name].astype(np.float32) for name in kept},
        architecture=model.architecture(),
        importances=model.importances(),
        measurements={
            "diverged": diverged(history, answer(outputs["test"])),
            "epochs_run": None if history is None else len(history),
            "n_parameters": int(model.n_parameters),
            "fit_seconds": fitted - started,
            "predict_seconds": predicted - fitted,
            "peak_memory_mb": peak_memory_mb(),
        },
    )


def _outputs(model: Model, splits: Mapping[str, Examples]) -> dict[str, np.ndarray]:
    """Ask a model about every split, about one that stands for two of them once."""
    asked: dict[int, np.ndarray] = {}
    for part in splits.values():
        if id(part) not in asked:
            asked[id(part)] = model.predict(part.x)
    return {name: asked[id(part)] for name, part in splits.items()}


def labels_of(scores: np.ndarray) -> np.ndarray:
    """Most probable class of each example, int64; `NO_ANSWER` where a probability is no number.

    Parameters
    ----------
    scores
        Class probabilities, shape (n, classes).
    """
    # NumPy alone would take the first NaN for the largest value: class 0, as if it were an answer.
    is_number = np.isfinite(scores).all(axis=1)
    return np.where(is_number, scores.argmax(axis=1), NO_ANSWER).astype(np.int64)


def values_of(outputs: np.ndarray) -> np.ndarray:
    """Predicted value of each example, shape (n,), float64.

    Parameters
    ----------
    outputs
        Shape (n,) or (n, 1).

    Raises
    ------
    ValueError
        There is more than one value an example.
    """
    return outputs.reshape(len(outputs)).astype(np.float64)


def diverged(history: pd.DataFrame | None, answers: np.ndarray) -> bool:
    """Whether training ended in nothing: in no finite number, or in one answer for everything.

    Parameters
    ----------
    history
        A row per epoch, or None for a model that is not trained step by step; such a model may
        answer the same to everything on purpose.
    answers
        What `labels_of` or `values_of` gives for the test split, shape (n,).
    """
    if not np.isfinite(answers).all() or (answers == NO_ANSWER).any():
        return True
    if history is None:
        return False
    return not np.isfinite(history["loss"]).all() or bool((answers == answers[0]).all())


def peak_memory_mb() -> float:
    """Most memory that this process ever held, in MB."""
    # Linux counts in kilobytes, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def save(result: Result, folder: artifacts.RunFolder) -> None:
    """Write the files of a run, the measurements last: with them it is complete."""
    artifacts.write_arrays(folder.predictions, result.arrays())
    if result.history is not None:
        artifacts.write_csv(folder.history, result.history, artifacts.NAN)
    if result.architecture is not None:
        artifacts.write_csv(folder.architecture, result.architecture)
    if result.importances is not None:
        table = pd.DataFrame({"importance": result.importances}).rename_axis("input")
        artifacts.write_csv(folder.importances, table.reset_index())
    artifacts.write_json(folder.measurements, result.measurements)

"""Training of one run, with its timing and predictions."""

from __future__ import annotations

import inspect
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from refashion import artifacts, models
from refashion.backends.preprocessing import dense
from refashion.data.splits import Examples
from refashion.seeding import derive

NO_ANSWER = -1


class Model(Protocol):
    """The interface of a model, as `build` returns it.

    Attributes
    ----------
    n_parameters
        Number of learned parameters, or None if that says nothing of the model.

    A classifier may predict labels instead of probabilities. If it has probabilities as well, it
    offers them as `probabilities`, a method like `predict`, which returns None if it has none.
    An estimator offers `attributes`, a method of the names of its inputs, which returns what
    `backends.fitted` collects.
    """

    n_parameters: int | None

    def architecture(self) -> pd.DataFrame | None:
        """Return the layers (layer, type, output_shape, n_parameters), or None."""

    def importances(self) -> np.ndarray | None:
        """Return the feature importances, shape (features,), or None."""

    def fit(self, train: Examples, validation: Examples | None) -> pd.DataFrame | None:
        """Train the model; return one row for each epoch, or None if there are no epochs."""

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return class probabilities, shape (n, classes), or labels, shape (n,).

        For a regression, return values, shape (n,) or (n, 1).
        """


@dataclass(frozen=True)
class Result:
    """Result of one run.

    Attributes
    ----------
    history
        One row for each epoch, or None.
    true, predicted
        Labels (int64) or values (float64) of each split, shape (n,); those that were not predicted
        are missing. A predicted label is `NO_ANSWER` if the output is not finite.
    scores
        Class probabilities of some splits, shape (n, classes), float32; empty without any.
    architecture
        Table of the layers, or None.
    importances
        Feature importances, shape (features,), or None.
    measurements
        Fields of `run.json` that are measured during the run.
    folds
        Number of the fold of each example of each split, from 1, shape (n,); empty without folds.
    decisions
        Values of the decision function of the test split, for a classifier without probabilities:
        only they show whether seeds differ where labels agree. Empty if there are none.
    attributes
        Fitted attributes of an estimator, of each fold; empty for other models.
    """

    history: pd.DataFrame | None
    true: dict[str, np.ndarray]
    predicted: dict[str, np.ndarray]
    scores: dict[str, np.ndarray]
    architecture: pd.DataFrame | None
    importances: np.ndarray | None
    measurements: dict[str, Any]
    folds: dict[str, np.ndarray] = field(default_factory=dict)
    decisions: dict[str, np.ndarray] = field(default_factory=dict)
    attributes: list[dict[str, Any]] = field(default_factory=list)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays of `predictions.npz` by name."""
        return {
            **{f"{split}_true": labels for split, labels in self.true.items()},
            **{f"{split}_pred": labels for split, labels in self.predicted.items()},
            **{f"{split}_score": score for split, score in self.scores.items()},
            **{f"{split}_fold": numbers for split, numbers in self.folds.items()},
            **{f"{split}_decision": values for split, values in self.decisions.items()},
        }


def build(
    name: str,
    settings: Mapping[str, Any],
    *,
    study: Path | None = None,
    task: str,
    input_shape: tuple[int, ...],
    n_outputs: int,
    seed: int,
    threads: int,
) -> Model:
    """Build a model for a dataset.

    Parameters
    ----------
    name, settings
        Name of the model, and its settings.
    study
        Folder of the study, which may have models of its own; None for those of the library.
    task
        "classification" or "regression".
    input_shape
        Shape of one example.
    n_outputs
        Number of classes; 1 for a regression.
    seed, threads
        Seed and number of threads of the run.

    Raises
    ------
    ConfigError
        The settings contradict each other or the data.
    """
    recipe = models.module(name, study).build
    facts = {
        "input_shape": input_shape,
        "n_outputs": n_outputs,
        "task": task,
        "seed": derive(seed, "model"),
        "threads": threads,
    }
    wanted = inspect.signature(recipe).parameters
    return recipe(**{fact: facts[fact] for fact in models.FACTS if fact in wanted}, **settings)


def builder(name: str, settings: Mapping[str, Any], **facts: Any) -> Callable[..., Model]:
    """Return a function of `input_shape` that builds a model; parameters as for `build`."""
    return partial(build, name, settings, **facts)


def fit(
    model: Model,
    splits: Mapping[str, Examples],
    task: str,
    train_score: bool,
    predict_train: bool = True,
    columns: Sequence[str] | None = None,
) -> Result:
    """Train a model, and predict every split.

    Parameters
    ----------
    model
        Model that is not trained yet.
    splits
        Examples by split, see `folds.Folds`.
    task
        "classification" or "regression".
    train_score
        Whether to keep the class probabilities of the training split, besides those of the test
        split.
    predict_train
        Whether to predict the training split.
    columns
        Names of the columns of the inputs; None if they have none.
    """
    splits = _suitable(model, splits)
    started = time.perf_counter()
    history = model.fit(splits["train"], splits.get("validation"))
    fitted = time.perf_counter()
    asked = {name: part for name, part in splits.items() if predict_train or name != "train"}
    outputs = _outputs(model, asked)
    is_regression = task == "regression"
    kept = () if is_regression else ("train", "test") if train_score else ("test",)
    scores = {name: _scores(model, splits[name], outputs[name]) for name in kept}
    predicted = time.perf_counter()
    answer = values_of if is_regression else labels_of
    kind = np.float64 if is_regression else np.int64
    return Result(
        history=history,
        true={name: part.y.astype(kind) for name, part in splits.items()},
        predicted={name: answer(output) for name, output in outputs.items()},
        scores={name: s.astype(np.float32) for name, s in scores.items() if s is not None},
        architecture=model.architecture(),
        importances=model.importances(),
        attributes=[model.attributes(columns)] if hasattr(model, "attributes") else [],
        decisions=_decisions(model, splits["test"]) if scores.get("test", outputs) is None else {},
        measurements={
            "diverged": diverged(history, answer(outputs["test"])),
            "epochs_run": None if history is None else len(history),
            "n_parameters": model.n_parameters and int(model.n_parameters),
            "fit_seconds": fitted - started,
            "predict_seconds": predicted - fitted,
            "peak_memory_mb": peak_memory_mb(),
        },
    )


def _suitable(model: Model, splits: Mapping[str, Examples]) -> Mapping[str, Examples]:
    """Make sparse inputs dense for a model that cannot train on them."""
    if isinstance(splits["train"].x, np.ndarray) or getattr(model, "takes_sparse", False):
        return splits
    made = {id(part): Examples(dense(part.x), part.y) for part in splits.values()}
    return {name: made[id(part)] for name, part in splits.items()}


def _outputs(model: Model, splits: Mapping[str, Examples]) -> dict[str, np.ndarray]:
    """Predict some splits; examples that are used for two of them are predicted once."""
    asked: dict[int, np.ndarray] = {}
    for part in splits.values():
        if id(part) not in asked:
            asked[id(part)] = model.predict(part.x)
    return {name: asked[id(part)] for name, part in splits.items()}


def _scores(model: Model, part: Examples, outputs: np.ndarray) -> np.ndarray | None:
    if outputs.ndim == 2:
        return outputs
    probabilities = getattr(model, "probabilities", None)
    return probabilities(part.x) if probabilities else None


def _decisions(model: Model, part: Examples) -> dict[str, np.ndarray]:
    decisions = getattr(model, "decisions", None)
    found = decisions(part.x) if decisions else None
    return {} if found is None else {"test": found}


def labels_of(scores: np.ndarray) -> np.ndarray:
    """Return the predicted class of each example: the most probable one.

    Parameters
    ----------
    scores
        Class probabilities, shape (n, classes), or labels, shape (n,).

    Returns
    -------
    numpy.ndarray
        Labels, shape (n,), int64; `NO_ANSWER` if a probability of the example is not finite.
    """
    if scores.ndim == 1:
        return scores.astype(np.int64)
    # NumPy's argmax treats the first NaN as the largest value, which would look like class 0.
    is_number = np.isfinite(scores).all(axis=1)
    return np.where(is_number, scores.argmax(axis=1), NO_ANSWER).astype(np.int64)


def values_of(outputs: np.ndarray) -> np.ndarray:
    """Convert the outputs of a regression to shape (n,), float64.

    Parameters
    ----------
    outputs
        Predicted values, shape (n,) or (n, 1).

    Raises
    ------
    ValueError
        There is more than one value for each example.
    """
    return outputs.reshape(len(outputs)).astype(np.float64)


def diverged(history: pd.DataFrame | None, answers: np.ndarray) -> bool:
    """Return whether training diverged: to values that are not finite, or to a constant prediction.

    Parameters
    ----------
    history
        One row for each epoch, or None for a model without epochs, which may predict a constant on
        purpose.
    answers
        Predicted labels or values of the test split, shape (n,).
    """
    if not np.isfinite(answers).all() or (answers == NO_ANSWER).any():
        return True
    if history is None:
        return False
    return not np.isfinite(history["loss"]).all() or bool((answers == answers[0]).all())


def peak_memory_mb() -> float:
    """Return the peak memory of this process, in MB."""
    # Linux counts in kilobytes, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def save(result: Result, folder: artifacts.RunFolder) -> None:
    """Write the files of a run. The measurements are last, because they mark it as complete."""
    artifacts.write_arrays(folder.predictions, result.arrays())
    if result.history is not None:
        artifacts.write_csv(folder.history, result.history, artifacts.NAN)
    if result.architecture is not None:
        artifacts.write_csv(folder.architecture, result.architecture)
    if result.importances is not None:
        table = pd.DataFrame({"importance": result.importances}).rename_axis("input")
        artifacts.write_csv(folder.importances, table.reset_index())
    if result.attributes:
        artifacts.write_json(folder.attributes, result.attributes)
    artifacts.write_json(folder.measurements, result.measurements)

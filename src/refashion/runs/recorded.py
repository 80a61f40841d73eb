"""What an author's own notebook recorded, checked and brought into the form of every run."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from refashion import artifacts
from refashion.artifacts import RunFolder
from refashion.errors import choices, did_you_mean, shown
from refashion.metrics import METRICS
from refashion.runs.training import diverged

logger = logging.getLogger(__name__)

# Of the sum of printed probabilities.
LARGEST_ERROR = 0.02


def adopt_recorded(folder: RunFolder, classes: Sequence[str]) -> dict[str, Any]:
    """Turn what a notebook recorded into predictions, history and metrics; see `hosting.record`.

    Parameters
    ----------
    folder
        Folder of the run.
    classes
        Names of the classes, by label; empty for a regression.

    Returns
    -------
    dict
        The measured fields of `run.json` that follow from it.

    Raises
    ------
    ValueError
        The answers do not fit the classes of the study.
    """
    arrays, facts = dict[str, np.ndarray](), dict[str, Any]()
    if folder.recorded_arrays.exists():
        arrays = artifacts.read_arrays(folder.recorded_arrays)
    if folder.recorded.exists():
        facts = artifacts.read_json(folder.recorded)
    given = Recorded(arrays, facts.get("history"), facts.get("metrics", {}))
    measured = adopt(folder, classes, given)
    folder.recorded.unlink(missing_ok=True)
    folder.recorded_arrays.unlink(missing_ok=True)
    return measured


class Recorded(NamedTuple):
    """What code of an author's has given.

    Attributes
    ----------
    arrays
        Answers and probabilities, by split and kind.
    history
        Columns of a training log, or None.
    metrics
        Values by split and metric.
    """

    arrays: Mapping[str, np.ndarray]
    history: Mapping[str, Sequence[float | None]] | None
    metrics: Mapping[str, Mapping[str, float | None]]


def adopt(folder: RunFolder, classes: Sequence[str], given: Recorded) -> dict[str, Any]:
    """Write results in the form of every run; see `adopt_recorded`."""
    arrays, history = converted(given.arrays, classes), _history(given.history)
    if arrays:
        artifacts.write_arrays(folder.predictions, arrays)
    if history is not None:
        artifacts.write_csv(folder.history, history, artifacts.NAN)
    known = _known(given.metrics)
    if any(known.values()):
        artifacts.write_json(folder.recorded_metrics, known)
    answers = arrays.get("test_pred")
    return {
        "diverged": answers is not None and diverged(None, answers),
        "epochs_run": None if history is None else len(history),
        "n_parameters": None,
        "predict_seconds": None,
        "peak_memory_mb": None,
    }


def _known(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Leave out what is no metric by its name, and say so in the log."""
    for name in {name for values in metrics.values() for name in values} - METRICS.keys():
        hint = did_you_mean(name, METRICS)
        logger.warning("No metric is called %s, so it is left out%s", shown(name), hint)
    return {
        split: {name: value for name, value in values.items() if name in METRICS}
        for split, values in metrics.items()
    }


def converted(found: Mapping[str, np.ndarray], classes: Sequence[str]) -> dict[str, np.ndarray]:
    """Return answers as labels or values, and probabilities in single precision.

    Parameters
    ----------
    found
        Arrays by split and kind.
    classes
        Names of the classes, by label; empty for a regression.

    Raises
    ------
    ValueError
        They do not fit the classes.
    """
    convert = _labels if classes else _values
    return {
        name: (_scores if name.endswith("_score") else convert)(name, array, classes)
        for name, array in found.items()
    }


def _scores(name: str, array: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    if array.shape[1] != len(classes):
        text = f"{array.shape[1]} columns; accepted: {len(classes)}, one for each class"
        raise ValueError(f"{name}: {text}")
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0]) + 1
        raise ValueError(f"{name}: row {row} is not finite; accepted: probabilities")
    sums = array.sum(axis=1)
    if (array < 0).any() or not np.allclose(sums, 1, atol=LARGEST_ERROR):
        text = f"from {array.min():g} on, with sums from {sums.min():g} to {sums.max():g}"
        raise ValueError(f"{name}: {text}; accepted: probabilities, which sum to 1")
    return array.astype(np.float32)


def _labels(name: str, array: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Turn names of classes, or labels, into labels."""
    if array.dtype.kind in "US":
        labels = {label: number for number, label in enumerate(classes)}
        found = [labels.get(str(text)) for text in array]
        if None in found:
            unknown = str(array[found.index(None)])
            raise ValueError(f"{name}: {shown(unknown)}; {choices(unknown, classes)}")
        return np.array(found, dtype=np.int64)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array))[0]) + 1
        raise ValueError(f"{name}: value {row} is {array[row - 1]}; accepted: a class")
    whole = array.astype(np.int64)
    if not np.array_equal(whole, array) or whole.min() < 0 or whole.max() >= len(classes):
        raise ValueError(
            f"{name}: from {array.min()} to {array.max()}; accepted: names of classes, or labels "
            f"from 0 to {len(classes) - 1}, the places in `classes` of study.yaml"
        )
    return whole


def _values(name: str, array: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    if array.dtype.kind not in "iuf":
        first = shown(str(array[0]))
        raise ValueError(
            f"{name}: {first}, which is no number; if these are classes, list their names under "
            "`classes:` in study.yaml"
        )
    return array.astype(np.float64)


def _history(columns: Mapping[str, Sequence[float | None]] | None) -> pd.DataFrame | None:
    if not columns:
        return None
    table = pd.DataFrame(dict(columns), dtype=float)
    if "epoch" in table:
        table = table.drop(columns="epoch")
    table.insert(0, "epoch", np.arange(1, len(table) + 1))
    return table

"""Training of a run on each of its folds; without folds, it is trained once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from refashion.runs import training
from refashion.runs.folds import Folds
from refashion.runs.training import Model, Result

FOLD = "fold"


def fit_folds(
    model: Model,
    build: Callable[..., Model],
    folds: Folds,
    task: str,
    train_score: bool,
    predict_train: bool = True,
) -> Result:
    """Train a model on each fold, and predict the splits of each.

    Parameters
    ----------
    model
        Model that is not trained yet, for the first fold.
    build
        Function that builds one for each other fold, for an `input_shape`. All have the same seed,
        as the clones of scikit-learn's `cross_validate`.
    folds
        Examples of each fold.
    task, train_score, predict_train
        See `training.fit`.

    Returns
    -------
    Result
        With the predictions of all folds. The examples of a split are in the order of the dataset,
        so that runs and seeds with other folds can be compared example by example. A history has
        the column `fold`. Times are sums over folds, and the architecture is that of the first.
    """
    if not folds.has_folds:
        first = folds[0]
        return training.fit(model, first, task, train_score, predict_train, folds.columns)
    results = []
    for place, splits in enumerate(folds):
        fresh = model if place == 0 else build(input_shape=splits["train"].x.shape[1:])
        results.append(training.fit(fresh, splits, task, train_score, predict_train, folds.columns))
    return _joined(results, folds)


def _joined(results: Sequence[Result], folds: Folds) -> Result:
    first = results[0]
    orders = {name: folds.order_of(name) for name in first.true}

    def whole(attribute: str) -> dict[str, np.ndarray]:
        found = [getattr(result, attribute) for result in results]
        return {
            name: np.concatenate([each[name] for each in found])[orders[name]] for name in found[0]
        }

    return replace(
        first,
        history=_history([result.history for result in results]),
        true=whole("true"),
        predicted=whole("predicted"),
        scores=whole("scores"),
        decisions=whole("decisions"),
        folds={name: folds.numbers_of(name) for name in first.true},
        importances=_mean([result.importances for result in results]),
        attributes=[each for result in results for each in result.attributes],
        measurements=_measurements(results),
    )


def _history(histories: Sequence[pd.DataFrame | None]) -> pd.DataFrame | None:
    found = [h.assign(**{FOLD: n}) for n, h in enumerate(histories, 1) if h is not None]
    return pd.concat(found, ignore_index=True) if found else None


def _mean(importances: Sequence[np.ndarray | None]) -> np.ndarray | None:
    """Average importances over folds, unless the folds have different features."""
    found = [each for each in importances if each is not None]
    if not found or len({len(each) for each in found}) > 1:
        return None
    return np.mean(found, axis=0)


def _measurements(results: Sequence[Result]) -> dict[str, object]:
    measured = pd.DataFrame([result.measurements for result in results])
    first = results[0].measurements
    epochs = [result.measurements["epochs_run"] for result in results]
    return {
        **first,
        "diverged": bool(measured["diverged"].any()),
        "epochs_run": None if None in epochs else max(epochs),
        "fit_seconds": float(measured["fit_seconds"].sum()),
        "predict_seconds": float(measured["predict_seconds"].sum()),
        "peak_memory_mb": float(measured["peak_memory_mb"].max()),
    }

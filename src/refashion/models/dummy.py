"""Baseline that ignores the inputs: it predicts class frequencies, or the mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import lazy_loader

from refashion.backends.sklearn import SklearnModel
from refashion.errors import ConfigError, shown

if TYPE_CHECKING:
    import sklearn
else:
    sklearn = lazy_loader.load("sklearn")

DETERMINISTIC = True
TASKS = ("classification", "regression")

STRATEGIES = {"classification": ("prior", "most_frequent"), "regression": ("mean",)}


def build(
    *,
    n_outputs: int,
    task: Literal["classification", "regression"],
    strategy: Literal["prior", "most_frequent", "mean"],
) -> SklearnModel:
    """Build the baseline.

    Parameters
    ----------
    n_outputs
        Number of classes; 1 for a regression.
    task
        Task of the dataset.
    strategy
        For classification, "prior" predicts the frequencies of the classes in training, and
        "most_frequent" always predicts the most frequent class. For regression, "mean" predicts the
        mean of the training targets.

    Raises
    ------
    ConfigError
        The strategy is for the other task.
    """
    if strategy not in STRATEGIES[task]:
        accepted = ", ".join(map(shown, STRATEGIES[task]))
        raise ConfigError(f"strategy: {shown(strategy)}; accepted for {task}: {accepted}")
    kinds = sklearn.dummy
    kind = kinds.DummyClassifier if task == "classification" else kinds.DummyRegressor
    return SklearnModel(kind(strategy=strategy), task=task, n_outputs=n_outputs)

"""Baseline that looks at the targets only: the shares of the classes, or the mean."""

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
        Number of classes, or 1.
    task
        What it is for.
    strategy
        Of classification: shares of the classes in training ("prior"), or all for the most
        frequent one; of regression: the mean of the training targets.

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

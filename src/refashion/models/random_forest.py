"""Random forest: the mean of trees that are grown on random samples of the examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import lazy_loader

from refashion.backends.sklearn import SklearnModel
from refashion.quantities import Count, Width

if TYPE_CHECKING:
    import sklearn
else:
    sklearn = lazy_loader.load("sklearn")

DETERMINISTIC = False
TASKS = ("classification", "regression")


def build(
    *,
    n_outputs: int,
    task: Literal["classification", "regression"],
    seed: int,
    threads: int,
    n_estimators: Width,
    max_depth: Count | None,
) -> SklearnModel:
    """Build a random forest.

    Parameters
    ----------
    n_outputs
        Number of classes; 1 for a regression.
    task
        Task of the dataset.
    seed
        Seed of the samples of examples and features.
    threads
        Number of trees to grow in parallel.
    n_estimators
        Number of trees.
    max_depth
        Maximum depth of each tree; None grows trees until all leaves are pure.
    """
    kinds = sklearn.ensemble
    kind = kinds.RandomForestClassifier if task == "classification" else kinds.RandomForestRegressor
    forest = kind(n_estimators, max_depth=max_depth, random_state=seed, n_jobs=threads)
    return SklearnModel(forest, task=task, n_outputs=n_outputs)

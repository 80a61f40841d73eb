"""Linear regression by least squares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

from refashion.backends.sklearn import SklearnModel

if TYPE_CHECKING:
    import sklearn
else:
    sklearn = lazy_loader.load("sklearn")

DETERMINISTIC = True
TASKS = ("regression",)


def build() -> SklearnModel:
    """Build a linear regression with an intercept."""
    return SklearnModel(sklearn.linear_model.LinearRegression(), task="regression", n_outputs=1)

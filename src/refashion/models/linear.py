"""Linear regression by least squares."""

from __future__ import annotations

import lazy_loader

from refashion.backends.sklearn import SklearnModel

sklearn = lazy_loader.load("sklearn")

DETERMINISTIC = True
TASKS = ("regression",)


def build() -> SklearnModel:
    """Build a linear regression with an intercept."""
    return SklearnModel(sklearn.linear_model.LinearRegression(), task="regression", n_outputs=1)

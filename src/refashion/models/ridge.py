"""Linear regression by least squares with a penalty on large coefficients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

from refashion.backends.sklearn import SklearnModel
from refashion.quantities import NotNegative

if TYPE_CHECKING:
    import sklearn
else:
    sklearn = lazy_loader.load("sklearn")

DETERMINISTIC = True
TASKS = ("regression",)


def build(*, alpha: NotNegative) -> SklearnModel:
    """Build a ridge regression with an intercept, which is not penalised.

    Parameters
    ----------
    alpha
        Weight of the squared coefficients against the sum of the squared errors.
    """
    # The solver is named because "auto" may choose one that draws random numbers.
    ridge = sklearn.linear_model.Ridge(alpha, solver="cholesky")
    return SklearnModel(ridge, task="regression", n_outputs=1)

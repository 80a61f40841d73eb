"""Linear least squares regression with a penalty on large coefficients."""

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
    """Build a ridge regression with an intercept, which is not penalized.

    Parameters
    ----------
    alpha
        Weight of the squared coefficients relative to the sum of the squared errors.
    """
    # The solver "auto" could choose one that uses random numbers.
    ridge = sklearn.linear_model.Ridge(alpha, solver="cholesky")
    return SklearnModel(ridge, task="regression", n_outputs=1)

"""Logistic regression, which is multinomial for more than two classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import lazy_loader

from refashion.backends.sklearn import SklearnModel
from refashion.quantities import Count, Positive

if TYPE_CHECKING:
    import sklearn
else:
    sklearn = lazy_loader.load("sklearn")

# None of the solvers below uses random numbers.
DETERMINISTIC = True
TASKS = ("classification",)


def build(
    *,
    n_outputs: int,
    C: Positive,
    max_iter: Count,
    solver: Literal["lbfgs", "newton-cg"],
) -> SklearnModel:
    """Build a logistic regression.

    Parameters
    ----------
    n_outputs
        Number of classes.
    C
        Inverse of the weight of the squared coefficients.
    max_iter
        Maximum number of iterations; the solver may stop before it converges.
    solver
        Algorithm of the optimization.
    """
    regression = sklearn.linear_model.LogisticRegression(C=C, max_iter=max_iter, solver=solver)
    return SklearnModel(regression, task="classification", n_outputs=n_outputs)

"""Whether an estimator draws at random with the settings that it has.

Many estimators of scikit-learn have a `random_state` that only some settings use. The
documentation of each class says which; a test compares this table with what the classes do.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Unused(NamedTuple):
    """When a random state has no effect: a setting has one of some values."""

    setting: str
    values: tuple[Any, ...]


_LOGISTIC = Unused("solver", ("lbfgs", "newton-cg", "newton-cholesky"))
_RIDGE = Unused("solver", ("auto", "svd", "cholesky", "lsqr", "sparse_cg"))
_CYCLIC = Unused("selection", ("cyclic",))
_MACHINE = Unused("probability", (False, "deprecated"))

UNUSED = {
    "DummyClassifier": Unused("strategy", ("most_frequent", "prior", "constant")),
    "ElasticNet": _CYCLIC,
    "ElasticNetCV": _CYCLIC,
    "KernelPCA": Unused("eigen_solver", ("dense",)),
    "Lars": Unused("jitter", (None,)),
    "Lasso": _CYCLIC,
    "LassoCV": _CYCLIC,
    "LassoLars": Unused("jitter", (None,)),
    "LinearSVC": Unused("dual", (False,)),
    "LogisticRegression": _LOGISTIC,
    "LogisticRegressionCV": _LOGISTIC,
    "NuSVC": _MACHINE,
    "PCA": Unused("svd_solver", ("full", "covariance_eigh")),
    "Ridge": _RIDGE,
    "RidgeClassifier": _RIDGE,
    "SVC": _MACHINE,
}


def is_unused(estimator: Any) -> bool:
    """Whether no setting that an estimator has makes use of its random state."""
    kind = type(estimator)
    known = UNUSED.get(kind.__name__) if kind.__module__.startswith("sklearn.") else None
    return known is not None and getattr(estimator, known.setting) in known.values

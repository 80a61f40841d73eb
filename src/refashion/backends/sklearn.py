"""The adapter for scikit-learn, which fits and predicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import lazy_loader

from refashion.backends import fitted

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
else:
    np = lazy_loader.load("numpy")
    pd = lazy_loader.load("pandas")

# Attributes with learned parameters; each estimator has some of them.
LEARNED = (
    *("coef_", "intercept_", "coefs_", "intercepts_", "class_prior_", "constant_"),
    *("theta_", "var_", "feature_log_prob_"),
)


class SklearnModel:
    """An estimator with the interface of scikit-learn.

    Parameters
    ----------
    estimator
        Estimator that is not fitted yet.
    task
        "classification" or "regression".
    n_outputs
        Number of classes; 1 for a regression.
    """

    # Of the inputs that a vectorizer makes; an estimator that needs dense ones says so.
    takes_sparse = True

    def __init__(self, estimator: Any, *, task: str, n_outputs: int) -> None:
        self.estimator = estimator
        self.task = task
        self.n_outputs = n_outputs

    @property
    def n_parameters(self) -> int | None:
        """Number of learned coefficients, or of nodes of all trees; None if there are neither."""
        return _n_learned(self.estimator) or None

    def architecture(self) -> None:
        """Return None: there are no layers."""

    def importances(self) -> np.ndarray | None:
        """Return the feature importances, shape (features,), or None if there are none."""
        return getattr(self.estimator, "feature_importances_", None)

    def attributes(self, columns: Sequence[str] | None) -> dict[str, Any]:
        """Return the fitted attributes, as numbers and texts.

        Parameters
        ----------
        columns
            Names of the columns of the inputs; None if they have none.
        """
        return fitted.attributes(self.estimator, columns)

    def fit(
        self,
        train: tuple[np.ndarray, np.ndarray],
        validation: tuple[np.ndarray, np.ndarray] | None,
    ) -> pd.DataFrame | None:
        """Fit the estimator; validation examples are ignored.

        Parameters
        ----------
        train, validation
            Inputs of shape (n, ...), and integer labels or values of shape (n,).

        Returns
        -------
        pandas.DataFrame or None
            Columns epoch and loss, if the estimator records its loss.
        """
        x, y = train
        self.estimator.fit(_flat(x), y)
        # With threads, the predictions of trees would be summed in random order.
        given = self.estimator.get_params()
        threaded = [name for name in given if name.rpartition("__")[2] == "n_jobs" and given[name]]
        self.estimator.set_params(**dict.fromkeys(threaded, 1))
        losses = getattr(self.estimator, "loss_curve_", None)
        return losses and pd.DataFrame({"epoch": np.arange(1, len(losses) + 1), "loss": losses})

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return labels or values, shape (n,), as the estimator itself gives them.

        They are not the most probable classes: some estimators derive labels and probabilities in
        different ways, and sources print the scores of labels.
        """
        return np.reshape(self.estimator.predict(_flat(x)), x.shape[0])

    def probabilities(self, x: np.ndarray) -> np.ndarray | None:
        """Return class probabilities, shape (n, classes), or None if there are none."""
        if self.task == "regression" or not hasattr(self.estimator, "predict_proba"):
            return None
        # The estimator does not know classes without training examples.
        scores = np.zeros((x.shape[0], self.n_outputs))
        scores[:, self.estimator.classes_] = self.estimator.predict_proba(_flat(x))
        return scores

    def decisions(self, x: np.ndarray) -> np.ndarray | None:
        """Return the values of the decision function, shape (n, ...); None if there is none."""
        if self.task == "regression" or not hasattr(self.estimator, "decision_function"):
            return None
        return np.asarray(self.estimator.decision_function(_flat(x)))


def _flat(x: Any) -> Any:
    # Sparse inputs are flat, and texts are for a pipeline with a vectorizer.
    is_whole = not isinstance(x, np.ndarray) or x.dtype.kind in "US"
    return x if is_whole else x.reshape(len(x), -1)


def _n_learned(estimator: Any) -> int:
    if hasattr(estimator, "tree_"):
        return int(estimator.tree_.node_count)
    if (within := getattr(estimator, "estimators_", None)) is not None:
        return sum(map(_n_learned, within.ravel() if hasattr(within, "ravel") else within))
    if (steps := getattr(estimator, "steps", None)) is not None:
        return _n_learned(steps[-1][1])  # those before it only prepare the inputs
    if (best := getattr(estimator, "best_estimator_", None)) is not None:
        return _n_learned(best)
    # A machine with a kernel has no coefficients of features, but of examples.
    learned = LEARNED if hasattr(estimator, "coef_") else ("dual_coef_", *LEARNED)
    return sum(_size(getattr(estimator, name, [])) for name in learned)


def _size(values: Any) -> int:
    return sum(map(np.size, values)) if isinstance(values, list) else np.size(values)

"""The adapter for scikit-learn, which fits and predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import lazy_loader

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
else:
    np = lazy_loader.load("numpy")
    pd = lazy_loader.load("pandas")

# Attributes with learned parameters; each estimator has some of them.
LEARNED = ("coef_", "intercept_", "coefs_", "intercepts_", "class_prior_", "constant_")


class SklearnModel:
    """An estimator of scikit-learn.

    Parameters
    ----------
    estimator
        Estimator that is not fitted yet.
    task
        "classification" or "regression".
    n_outputs
        Number of classes; 1 for a regression.
    """

    def __init__(
        self, estimator: Any, *, task: Literal["classification", "regression"], n_outputs: int
    ) -> None:
        self.estimator = estimator
        self.task = task
        self.n_outputs = n_outputs

    @property
    def n_parameters(self) -> int:
        """Number of learned coefficients, or of nodes of all trees; 0 before fitting."""
        if trees := getattr(self.estimator, "estimators_", None):
            return sum(tree.tree_.node_count for tree in trees)
        return sum(_size(getattr(self.estimator, name, [])) for name in LEARNED)

    def architecture(self) -> None:
        """Return None: there are no layers."""

    def importances(self) -> np.ndarray | None:
        """Return the feature importances, shape (features,), or None if there are none."""
        return getattr(self.estimator, "feature_importances_", None)

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
        if hasattr(self.estimator, "n_jobs"):
            self.estimator.n_jobs = 1
        losses = getattr(self.estimator, "loss_curve_", None)
        return losses and pd.DataFrame({"epoch": np.arange(1, len(losses) + 1), "loss": losses})

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return class probabilities, shape (n, classes), or values, shape (n,)."""
        if self.task == "regression":
            return self.estimator.predict(_flat(x))
        # The estimator does not know classes without training examples.
        scores = np.zeros((len(x), self.n_outputs))
        scores[:, self.estimator.classes_] = self.estimator.predict_proba(_flat(x))
        return scores


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1)


def _size(values: Any) -> int:
    return sum(map(np.size, values)) if isinstance(values, list) else np.size(values)

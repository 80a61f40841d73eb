"""Dense network by scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import lazy_loader

from refashion.backends.combinations import refuse_momentum
from refashion.backends.sklearn import SklearnModel
from refashion.quantities import Count, NotNegative, Positive, Rate, SomeLayers, Width

if TYPE_CHECKING:
    import sklearn
else:
    sklearn = lazy_loader.load("sklearn")

DETERMINISTIC = False
TASKS = ("classification",)


def build(
    *,
    n_outputs: int,
    seed: int,
    hidden: SomeLayers[Width],
    activation: Literal["relu", "tanh", "logistic", "identity"],
    solver: Literal["adam", "sgd"],
    learning_rate: Positive,
    momentum: Rate,
    alpha: NotNegative,
    batch_size: Count,
    epochs: Count,
    tolerance: NotNegative,
    patience: Count,
) -> SklearnModel:
    """Build a dense network with a softmax output.

    Parameters
    ----------
    n_outputs
        Number of classes.
    seed
        Seed of the initial weights and the order of the examples.
    hidden, activation
        Number of units of each hidden layer, and their activation.
    solver, learning_rate
        Algorithm and initial learning rate of the optimization.
    momentum
        Nesterov momentum of the solver "sgd"; 0 with "adam".
    alpha
        Weight of the squared coefficients in the loss.
    batch_size
        Number of examples per step; limited to the number of training examples.
    epochs
        Maximum number of epochs.
    tolerance, patience
        Training stops when the loss has not improved by the tolerance for `patience` epochs.

    Raises
    ------
    ConfigError
        A momentum is set with "adam".
    """
    refuse_momentum(solver, momentum)
    network = sklearn.neural_network.MLPClassifier(
        hidden,
        activation,
        solver=solver,
        learning_rate_init=learning_rate,
        momentum=momentum,
        alpha=alpha,
        batch_size=batch_size,
        max_iter=epochs,
        tol=tolerance,
        n_iter_no_change=patience,
        random_state=seed,
    )
    return SklearnModel(network, task="classification", n_outputs=n_outputs)

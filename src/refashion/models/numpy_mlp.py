"""Network with one hidden layer for two classes, written in NumPy.

For n examples x of shape (n, inputs), and σ(z) = 1 / (1 + exp(-z)):

    h = σ(x W1ᵀ + b1)        hidden units, shape (n, hidden)
    z = h W2ᵀ + b2           one output, shape (n, 1)
    p = σ(z)                 probability of the second class
    L = -mean(y log p + (1 - y) log(1 - p))

The gradients follow from the chain rule, from the loss back to the inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import lazy_loader

from refashion.backends.epoch_log import EpochLog
from refashion.errors import ConfigError
from refashion.quantities import Count, Positive, Width

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
else:
    np = lazy_loader.load("numpy")
    pd = lazy_loader.load("pandas")

DETERMINISTIC = False
TASKS = ("classification",)
MADE_FOR = {"n_outputs": 2}


def build(
    *,
    input_shape: tuple[int, ...],
    n_outputs: int,
    seed: int,
    hidden: Width,
    activation: Literal["sigmoid"],
    learning_rate: Positive,
    batch_size: Count,
    epochs: Count,
    initial_scale: Positive,
) -> NumpyMlp:
    """Build a network with one sigmoid output.

    Parameters
    ----------
    input_shape
        Shape of one example; images are flattened.
    n_outputs
        Number of classes, which must be 2.
    seed
        Seed of the initial weights and the order of the examples.
    hidden, activation
        Number of hidden units, and their activation.
    learning_rate, batch_size, epochs
        Settings of the stochastic gradient descent.
    initial_scale
        Standard deviation of the initial weights. The initial biases are zero.

    Raises
    ------
    ConfigError
        The number of classes is not 2.
    """
    if n_outputs != 2:
        raise ConfigError(f"model: 'numpy_mlp' with {n_outputs} classes; accepted: 2 classes")
    random = np.random.default_rng(seed)
    network = Network(int(np.prod(input_shape)), hidden, initial_scale, random)
    return NumpyMlp(network, learning_rate, batch_size, epochs, random)


class Network:
    """The weights of the network, and the formulas at the top of this file.

    Parameters
    ----------
    inputs, hidden
        Number of inputs and of hidden units.
    initial_scale
        Standard deviation of the initial weights.
    random
        Random number generator for the initial weights.
    """

    def __init__(
        self, inputs: int, hidden: int, initial_scale: float, random: np.random.Generator
    ) -> None:
        self.W1 = initial_scale * random.standard_normal((hidden, inputs))
        self.b1 = np.zeros(hidden)
        self.W2 = initial_scale * random.standard_normal((1, hidden))
        self.b2 = np.zeros(1)

    @property
    def parameters(self) -> tuple[np.ndarray, ...]:
        """W1 (hidden, inputs), b1 (hidden,), W2 (1, hidden) and b2 (1,)."""
        return self.W1, self.b1, self.W2, self.b2

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the hidden units h (n, hidden) and the outputs z (n, 1) for x (n, inputs)."""
        h = sigmoid(x @ self.W1.T + self.b1)
        z = h @ self.W2.T + self.b2
        return h, z

    def backward(
        self, x: np.ndarray, y: np.ndarray, h: np.ndarray, z: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """Return the gradients of the loss, in the order of `parameters`.

        Parameters
        ----------
        x, y
            Inputs, shape (n, inputs), and labels 0 and 1, shape (n, 1).
        h, z
            Hidden units and outputs for x, see `forward`.
        """
        dz = (sigmoid(z) - y) / len(y)  # most terms of dL/dp and dp/dz cancel
        dW2 = dz.T @ h
        db2 = dz.sum(axis=0)
        dh = dz @ self.W2
        da = dh * h * (1 - h)  # σ' = σ (1 - σ)
        dW1 = da.T @ x
        db1 = da.sum(axis=0)
        return dW1, db1, dW2, db2

    def update(self, gradients: tuple[np.ndarray, ...], learning_rate: float) -> None:
        """Take one step of gradient descent, in place."""
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            parameter -= learning_rate * gradient


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-z)), computed without overflow."""
    return (1 + np.tanh(z / 2)) / 2


def cross_entropy(z: np.ndarray, y: np.ndarray) -> float:
    """Return the loss L, computed stably as the mean of log(1 + exp(z)) - y z."""
    return float(np.mean(np.logaddexp(0, z) - y * z))


def accuracy(z: np.ndarray, y: np.ndarray) -> float:
    """Return the fraction of examples whose class is the more probable one."""
    return float(np.mean((z > 0) == (y == 1)))


class NumpyMlp:
    """A network with the settings of its training by stochastic gradient descent.

    Parameters
    ----------
    network
        The network.
    learning_rate, batch_size, epochs
        Settings of the training.
    random
        Random number generator for the order of the examples.
    """

    def __init__(
        self,
        network: Network,
        learning_rate: float,
        batch_size: int,
        epochs: int,
        random: np.random.Generator,
    ) -> None:
        self.network = network
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.random = random

    @property
    def n_parameters(self) -> int:
        """Number of weights and biases."""
        return sum(parameter.size for parameter in self.network.parameters)

    def architecture(self) -> pd.DataFrame:
        """Return a table of both layers: layer, type, output_shape, n_parameters."""
        W1, b1, W2, b2 = self.network.parameters
        return pd.DataFrame(
            {
                "layer": ["hidden", "output"],
                "type": "Dense",
                "output_shape": [str(b1.size), str(b2.size)],
                "n_parameters": [W1.size + b1.size, W2.size + b2.size],
            }
        )

    def importances(self) -> None:
        """Return None: a network has no feature importances."""

    def fit(
        self,
        train: tuple[np.ndarray, np.ndarray],
        validation: tuple[np.ndarray, np.ndarray] | None,
    ) -> pd.DataFrame:
        """Train the network, and print a line for each epoch.

        Parameters
        ----------
        train, validation
            Inputs of shape (n, ...), and labels 0 and 1 of shape (n,).

        Returns
        -------
        pandas.DataFrame
            One row for each epoch, see `EpochLog`. As in Keras, training loss and accuracy are
            means over the batches of an epoch, during which the weights change.
        """
        x, y = columns(*train)
        held_out = validation and columns(*validation)
        log = EpochLog(self.epochs)
        for _ in range(self.epochs):
            log.begin()
            scores = self._epoch(x, y)
            if held_out:
                _, z = self.network.forward(held_out[0])
                scores["val_loss"] = cross_entropy(z, held_out[1])
                scores["val_accuracy"] = accuracy(z, held_out[1])
            log.end(scores, self.learning_rate)
        return log.finish()

    def _epoch(self, x: np.ndarray, y: np.ndarray) -> dict[str, float]:
        loss, right = 0.0, 0.0
        order = self.random.permutation(len(x))
        for start in range(0, len(x), self.batch_size):
            rows = order[start : start + self.batch_size]
            xb, yb = x[rows], y[rows]
            h, z = self.network.forward(xb)
            self.network.update(self.network.backward(xb, yb, h, z), self.learning_rate)
            loss += cross_entropy(z, yb) * len(rows)
            right += accuracy(z, yb) * len(rows)
        return {"loss": loss / len(x), "accuracy": right / len(x)}

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the probabilities of both classes, shape (n, 2)."""
        _, z = self.network.forward(flat(x))
        return np.hstack([sigmoid(-z), sigmoid(z)])


def flat(x: np.ndarray) -> np.ndarray:
    """Flatten examples to shape (n, inputs), float64."""
    return x.reshape(len(x), -1).astype(np.float64)


def columns(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs of shape (n, inputs) and targets of shape (n, 1), float64."""
    return flat(x), y.reshape(-1, 1).astype(np.float64)

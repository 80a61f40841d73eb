"""Recurrent network that reads an image row by row with gated recurrent units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import lazy_loader
from typing_extensions import Unpack

from refashion.backends.keras import KerasModel, KerasTraining, make_repeatable
from refashion.quantities import NotNegative, Rate, Width

if TYPE_CHECKING:
    import keras
else:
    keras = lazy_loader.load("keras")

DETERMINISTIC = False
TASKS = ("classification",)


def build(
    *,
    input_shape: tuple[int, ...],
    n_outputs: int,
    seed: int,
    recurrent_units: Width,
    activation: Literal["tanh", "relu", "sigmoid"],
    recurrent_activation: Literal["sigmoid", "hard_sigmoid"],
    units: Width,
    dense_activation: Literal["relu", "linear"],
    negative_slope: NotNegative,
    dropout: Rate,
    **training: Unpack[KerasTraining],
) -> KerasModel:
    """Build a GRU layer that returns all steps, followed by a dense layer.

    Parameters
    ----------
    input_shape
        Number of steps and of values per step: the rows and columns of an image.
    n_outputs
        Number of classes.
    seed
        Seed of the initial weights, the dropout and the order of the examples.
    recurrent_units, activation, recurrent_activation
        Number of units and activations of the GRU layer.
    units, dense_activation
        Number of units and activation of the dense layer.
    negative_slope
        Slope of the leaky ReLU after the dense layer.
    dropout
        Dropout rate after the leaky ReLU.
    **training
        See `KerasTraining`.

    Raises
    ------
    ConfigError
        The settings of the training are invalid.
    """
    make_repeatable(seed)
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input(input_shape),
            layers.GRU(
                recurrent_units,
                activation=activation,
                recurrent_activation=recurrent_activation,
                return_sequences=True,
            ),
            layers.Flatten(),
            layers.Dense(units, activation=dense_activation),
            layers.LeakyReLU(negative_slope),
            layers.Dropout(dropout),
            layers.Dense(n_outputs, activation="softmax"),
        ]
    )
    return KerasModel(network, training)

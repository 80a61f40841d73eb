"""Dense network. Without hidden layers it is softmax or linear regression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import lazy_loader
from typing_extensions import Unpack

from refashion.backends.combinations import require_one_each
from refashion.backends.keras import KerasModel, KerasTraining, make_repeatable
from refashion.quantities import Layers, NotNegative, Rate, Width

if TYPE_CHECKING:
    import keras
else:
    keras = lazy_loader.load("keras")

DETERMINISTIC = False
TASKS = ("classification", "regression")


def build(
    *,
    input_shape: tuple[int, ...],
    n_outputs: int,
    seed: int,
    widths: Layers[Width],
    activation: Literal["relu", "sigmoid", "tanh", "leaky_relu", "linear"],
    batch_normalization: bool,
    dropout: Layers[Rate],
    l2: NotNegative,
    output_activation: Literal["softmax", "linear", "sigmoid"],
    **training: Unpack[KerasTraining],
) -> KerasModel:
    """Build dense layers, each followed by dropout.

    Parameters
    ----------
    input_shape
        Shape of one example; images are flattened.
    n_outputs
        Number of classes; 1 for a regression.
    seed
        Seed of the initial weights, the dropout and the order of the examples.
    widths, activation
        Number of units of each hidden layer, and their activation. The slope of the leaky ReLU is
        Keras' default, 0.2.
    batch_normalization
        Whether to normalize batches of the inputs.
    dropout
        Dropout rate after each hidden layer; 0 for no dropout.
    l2
        Weight of the squared kernels of all dense layers in the loss.
    output_activation
        Activation of the last layer.
    **training
        See `KerasTraining`.

    Raises
    ------
    ConfigError
        `widths` and `dropout` have different lengths, or the settings of the training are invalid.
    """
    require_one_each(widths=widths, dropout=dropout)
    make_repeatable(seed)
    layers = keras.layers
    penalty = keras.regularizers.L2(l2) if l2 else None
    network = keras.Sequential([keras.Input(input_shape)])
    if len(input_shape) > 1:
        network.add(layers.Flatten())
    if batch_normalization:
        network.add(layers.BatchNormalization())
    for width, rate in zip(widths, dropout, strict=True):
        network.add(layers.Dense(width, activation, kernel_regularizer=penalty))
        if rate:
            network.add(layers.Dropout(rate))
    network.add(layers.Dense(n_outputs, output_activation, kernel_regularizer=penalty))
    return KerasModel(network, training)

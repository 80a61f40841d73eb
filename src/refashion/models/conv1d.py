"""Network of one-dimensional convolutions over the rows of an image, and a head of dense layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import lazy_loader
from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict, Unpack

from refashion.backends.combinations import require_one_each
from refashion.backends.keras import KerasModel, KerasTraining, make_repeatable
from refashion.errors import ConfigError, shown
from refashion.quantities import Layers, Rate, Side, SomeLayers, Width

if TYPE_CHECKING:
    import keras
else:
    keras = lazy_loader.load("keras")

DETERMINISTIC = False
TASKS = ("classification",)


@with_config(ConfigDict(extra="forbid", strict=True))
class DenseLayer(TypedDict):
    """A dense layer of the head."""

    units: Width
    activation: Literal["softmax", "sigmoid", "relu", "tanh", "linear"]


def build(
    *,
    input_shape: tuple[int, ...],
    n_outputs: int,
    seed: int,
    filters: SomeLayers[Width],
    kernel_size: Side,
    pool_size: Layers[Side],
    dropout: Layers[Rate],
    batch_normalization: bool,
    head: SomeLayers[DenseLayer],
    **training: Unpack[KerasTraining],
) -> KerasModel:
    """Build blocks of linear convolution, max pooling, dropout and normalization, and the head.

    Outputs need not be probabilities: Keras' crossentropy divides them by their sum, which may be
    zero or negative, and trains with the result.

    Parameters
    ----------
    input_shape
        Number of steps and of values per step: the rows and columns of an image.
    n_outputs
        Number of classes.
    seed
        Seed of the initial weights, the dropout and the order of the examples.
    filters
        Number of filters of the convolution in each block.
    kernel_size
        Number of rows in the window of all convolutions.
    pool_size
        Length and stride of the pooling window of each block.
    dropout
        Dropout rate after each pooling; 0 for no dropout.
    batch_normalization
        Whether to normalize batches at the end of each block.
    head
        Dense layers after the blocks; the last one is the output.
    **training
        See `KerasTraining`.

    Raises
    ------
    ConfigError
        Lists of settings have different lengths, or the output does not match the classes.
    """
    require_one_each(filters=filters, pool_size=pool_size, dropout=dropout)
    if head[-1]["units"] != n_outputs:
        raise ConfigError(
            f"head: {shown(head[-1])} at the end; accepted: {n_outputs} units, one for each class"
        )
    make_repeatable(seed)
    layers = keras.layers
    network = keras.Sequential([keras.Input(input_shape)])
    for n_filters, length, rate in zip(filters, pool_size, dropout, strict=True):
        network.add(layers.Conv1D(n_filters, kernel_size))
        network.add(layers.MaxPooling1D(length))
        if rate:
            network.add(layers.Dropout(rate))
        if batch_normalization:
            network.add(layers.BatchNormalization())
    network.add(layers.Flatten())
    for layer in head:
        network.add(layers.Dense(layer["units"], layer["activation"]))
    return KerasModel(network, training)

"""Convolutional network: blocks of convolution and pooling, then dense layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import lazy_loader
from typing_extensions import Unpack

from refashion.backends.combinations import require_one_each
from refashion.backends.keras import KerasModel, KerasTraining, make_repeatable
from refashion.quantities import Layers, NotNegative, Rate, Side, SideFrom0, SomeLayers, Width

if TYPE_CHECKING:
    import keras
else:
    keras = lazy_loader.load("keras")

DETERMINISTIC = False
TASKS = ("classification",)

Padding = Literal["same", "valid"]


def build(
    *,
    input_shape: tuple[int, ...],
    n_outputs: int,
    seed: int,
    filters: SomeLayers[Width],
    kernel_size: Side,
    padding: Layers[Padding],
    activation: Literal["relu", "leaky_relu", "sigmoid", "tanh"],
    negative_slope: NotNegative,
    batch_normalization: bool,
    pooling: Literal["max", "average"],
    pool_size: Layers[SideFrom0],
    pool_padding: Padding,
    block_dropout: Layers[Rate],
    units: Layers[Width],
    dropout: Layers[Rate],
    l2: NotNegative,
    **training: Unpack[KerasTraining],
) -> KerasModel:
    """Build blocks of convolution, activation, normalization, pooling, dropout; then dense layers.

    Parameters
    ----------
    input_shape
        Height and width of an image; one channel is added.
    n_outputs
        Number of classes.
    seed
        Seed of the initial weights, the dropout and the order of the examples.
    filters, padding
        Number of filters and padding of the convolution in each block.
    kernel_size
        Side of the window of all convolutions.
    activation, negative_slope
        Activation after each convolution and dense layer; the slope is that of the leaky ReLU.
    batch_normalization
        Whether to normalize batches after the activation of each convolution.
    pooling, pool_padding
        Kind and padding of the pooling in all blocks.
    pool_size
        Side and stride of the pooling window of each block; 0 for no pooling.
    block_dropout
        Dropout rate at the end of each block; 0 for no dropout.
    units
        Number of units of each dense layer.
    dropout
        Dropout rate after each dense layer; 0 for no dropout.
    l2
        Weight of the squared kernels of all dense layers in the loss.
    **training
        See `KerasTraining`.

    Raises
    ------
    ConfigError
        Lists of settings have different lengths, or the settings of the training are invalid.
    """
    require_one_each(
        filters=filters, padding=padding, pool_size=pool_size, block_dropout=block_dropout
    )
    require_one_each(units=units, dropout=dropout)
    make_repeatable(seed)
    layers = keras.layers
    pool = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}[pooling]
    penalty = keras.regularizers.L2(l2) if l2 else None
    # The leaky ReLU is a separate layer, as in the report that lists the layers.
    inner = None if activation == "leaky_relu" else activation

    network = keras.Sequential([keras.Input(input_shape), layers.Reshape((*input_shape, 1))])
    for n_filters, pad, side, rate in zip(filters, padding, pool_size, block_dropout, strict=True):
        network.add(layers.Conv2D(n_filters, kernel_size, padding=pad, activation=inner))
        if activation == "leaky_relu":
            network.add(layers.LeakyReLU(negative_slope))
        if batch_normalization:
            network.add(layers.BatchNormalization())
        if side:
            network.add(pool(side, padding=pool_padding))
        if rate:
            network.add(layers.Dropout(rate))
    network.add(layers.Flatten())
    for width, rate in zip(units, dropout, strict=True):
        network.add(layers.Dense(width, inner, kernel_regularizer=penalty))
        if activation == "leaky_relu":
            network.add(layers.LeakyReLU(negative_slope))
        if rate:
            network.add(layers.Dropout(rate))
    network.add(layers.Dense(n_outputs, "softmax", kernel_regularizer=penalty))
    return KerasModel(network, training)

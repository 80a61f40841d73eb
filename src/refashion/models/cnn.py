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
    """Build blocks of convolution, activation, normalisation, pooling and dropout, then dense ones.

    Parameters
    ----------
    input_shape
        Height and width; one channel is added.
    n_outputs
        Number of classes.
    seed
        Of the initial weights, the dropout and the order of the examples.
    filters, padding
        Of each block's convolution, one block per entry.
    kernel_size
        Side of every convolution's window.
    activation, negative_slope
        After each convolution and each dense layer; the slope is that of the leaky ReLU.
    batch_normalization
        Whether there is one after the activation of each convolution.
    pooling, pool_padding
        Of all blocks.
    pool_size
        Side and stride of each block's pooling window, 0 for no pooling.
    block_dropout
        Dropout rate at the end of each block, 0 for none.
    units
        Widths of the dense layers.
    dropout
        Dropout rate after each dense layer, 0 for none.
    l2
        Weight of the squared kernels of all dense layers in the loss.
    **training
        See `KerasTraining`.
    """
    require_one_each(
        filters=filters, padding=padding, pool_size=pool_size, block_dropout=block_dropout
    )
    require_one_each(units=units, dropout=dropout)
    make_repeatable(seed)
    layers = keras.layers
    pool = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}[pooling]
    penalty = keras.regularizers.L2(l2) if l2 else None
    # The leaky ReLU is a layer of its own, as the report that describes it layer by layer has it.
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

"""Convolutional network: blocks of convolution and pooling, then dense layers."""

from __future__ import annotations

from typing import Annotated, Literal

import lazy_loader
from pydantic import Field
from typing_extensions import Unpack

from refashion.keras_training import KerasModel, KerasTraining, make_repeatable

keras = lazy_loader.load("keras")

DETERMINISTIC = False

Count = Annotated[int, Field(ge=1)]
Counts = Annotated[list[Count], Field(min_length=1)]
Rate = Annotated[float, Field(ge=0, lt=1)]


def build(
    *,
    input_shape: tuple[int, ...],
    n_outputs: int,
    seed: int,
    filters: Counts,
    kernel_size: Count,
    padding: Literal["same", "valid"],
    negative_slope: Annotated[float, Field(ge=0)],
    pool_size: Count,
    block_dropout: Rate,
    units: Counts,
    dropout: Rate,
    **training: Unpack[KerasTraining],
) -> KerasModel:
    """Build convolution, leaky ReLU, max pooling and dropout, over and over, then dense layers.

    Parameters
    ----------
    input_shape
        Height and width; one channel is added.
    n_outputs
        Number of classes.
    seed
        Of the initial weights, the dropout and the order of the examples.
    filters
        Filters of each block's convolution, one block per entry.
    kernel_size, padding
        Of every convolution. Pooling is padded in the same way.
    negative_slope
        Of the leaky ReLU after each convolution and each dense layer.
    pool_size
        Side and stride of every pooling window.
    block_dropout
        Dropout rate after each pooling.
    units
        Widths of the dense layers.
    dropout
        Dropout rate after each dense layer.
    **training
        See `KerasTraining`.
    """
    make_repeatable(seed)
    layers = keras.layers
    network = keras.Sequential([keras.Input(input_shape), layers.Reshape((*input_shape, 1))])
    for n_filters in filters:
        network.add(layers.Conv2D(n_filters, kernel_size, padding=padding))
        network.add(layers.LeakyReLU(negative_slope))
        network.add(layers.MaxPooling2D(pool_size, padding=padding))
        network.add(layers.Dropout(block_dropout))
    network.add(layers.Flatten())
    for width in units:
        network.add(layers.Dense(width))
        network.add(layers.LeakyReLU(negative_slope))
        network.add(layers.Dropout(dropout))
    network.add(layers.Dense(n_outputs, activation="softmax"))
    return KerasModel(network, training)

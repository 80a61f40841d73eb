"""Checks of tables of layers, as Keras prints them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from refashion.checks.consistency.finding import Finding
from refashion.checks.consistency.number import PrintedCount, count, listed

Shape = Annotated[
    list[Annotated[int, Field(ge=1)]],
    Field(min_length=1, description="sizes without the number of examples"),
]
# The largest kernel that is tried, and how many dimensions it has.
LARGEST_KERNEL = 32
DIMENSIONS = {"Conv1D": 1, "Conv2D": 2, "Conv3D": 3}
WITHOUT = (
    *("Flatten", "Dropout", "Activation", "ReLU", "LeakyReLU", "Softmax", "Reshape", "InputLayer"),
    *("MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "AveragePooling1D", "AveragePooling2D"),
    *("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalMaxPooling1D", "UpSampling2D"),
    *("GlobalMaxPooling2D", "ZeroPadding2D", "SpatialDropout1D", "SpatialDropout2D", "Cropping2D"),
)


def layer_parameters(
    *, layer: str, inputs: Shape, outputs: Shape, parameters: PrintedCount
) -> Finding:
    """Check that a layer can have its number of parameters, by the shapes before and behind it.

    A convolution may have any kernel of up to 32 in each direction, and every layer with weights
    may lack biases. A gated recurrent unit has two biases for each unit in Keras 2 and later, and
    one before.

    Parameters
    ----------
    layer
        Its type, as Keras calls it.
    inputs, outputs
        Shapes without the number of examples.
    parameters
        As stated.

    Raises
    ------
    ValueError
        The number of parameters of such a layer does not follow from its shapes.
    """
    if layer not in _POSSIBLE:
        raise ValueError(f"layer: {layer!r}; accepted: {', '.join(sorted(_POSSIBLE))}")
    stated, possible = (
        count(parameters),
        sorted({*_POSSIBLE[layer](layer, inputs[-1], outputs[-1])}),
    )
    text = f"{layer} from {inputs[-1]:,} to {outputs[-1]:,}"
    if stated in possible:
        return Finding(True, f"{text} has {stated:,} parameters, as stated.")
    nearest = sorted(possible, key=lambda number: abs(number - stated))[:2]
    told = listed(f"{number:,}" for number in sorted(nearest))
    some = "can have" if len(possible) > len(nearest) else "has"
    return Finding(False, f"{text} {some} {told} parameters, not {stated:,}.")


def _none(layer: str, before: int, behind: int) -> list[int]:
    return [0]


def _dense(layer: str, before: int, behind: int) -> list[int]:
    return [before * behind, before * behind + behind]


def _normalization(layer: str, before: int, behind: int) -> list[int]:
    """Scale, offset, mean and variance of each channel; scale and offset may be left out."""
    return [2 * before, 3 * before, 4 * before]


def _convolution(layer: str, before: int, behind: int) -> list[int]:
    kernels = range(1, LARGEST_KERNEL + 1)
    dimensions = DIMENSIONS[layer]
    if dimensions == 1:
        areas = set(kernels)
    else:
        areas = {math.prod((a, b)) * b ** (dimensions - 2) for a in kernels for b in kernels}
    weights = {area * before * behind for area in areas}
    return [*weights, *(number + behind for number in weights)]


def _gates(n: int, biases: tuple[int, ...]) -> Callable[[str, int, int], list[int]]:
    def possible(layer: str, before: int, behind: int) -> list[int]:
        weights = behind * (before + behind)
        return [n * (weights + bias * behind) for bias in biases]

    return possible


_POSSIBLE: dict[str, Callable[[str, int, int], list[int]]] = {
    **dict.fromkeys(WITHOUT, _none),
    **dict.fromkeys(DIMENSIONS, _convolution),
    "Dense": _dense,
    "BatchNormalization": _normalization,
    "SimpleRNN": _gates(1, (0, 1)),
    "LSTM": _gates(4, (0, 1)),
    "GRU": _gates(3, (0, 1, 2)),
}

"""Training steps with more examples than a cache holds, in parts.

The gradient of a batch is the mean of those of its parts, weighted by their numbers of examples.
The arrays of a part stay in the cache, where those of a whole table would pass through memory many
times.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import TYPE_CHECKING, Any

import lazy_loader

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
else:
    keras = lazy_loader.load("keras")

# Numbers in the inputs and outputs of all layers: 1 MB, about the cache of a core.
NUMBERS_PER_PART = 2**18
# With fewer examples, what each part costs besides would count.
FEWEST_EXAMPLES = 1024


def size_of_part(network: keras.Model) -> int | None:
    """Return how many examples of a batch to take at a time; None if they cannot be taken in parts.

    They can if each layer treats every example by itself, which batch normalization does not, and
    the loss is the mean of those of the examples. On a GPU, a larger step is better.

    Parameters
    ----------
    network
        The network, compiled.
    """
    import tensorflow as tf

    if type(network) is not keras.Sequential or tf.test.is_built_with_cuda():
        return None
    weights = network.trainable_variables
    if not weights or any(each.overwrite_with_gradient for each in weights):
        return None
    if not (is_mean(network.loss) and all(_is_separable(layer) for layer in network.layers)):
        return None
    shapes = [network.input_shape, *(layer.output.shape for layer in network.layers)]
    numbers = sum(math.prod(shape[1:]) for shape in shapes)
    return max(FEWEST_EXAMPLES, NUMBERS_PER_PART // numbers)


def is_mean(loss: Any) -> bool:
    """Whether the loss of a batch is known to be the mean of those of its examples."""
    losses = keras.losses
    known = (
        *(losses.mean_squared_error, losses.mean_absolute_error, losses.binary_crossentropy),
        *(losses.categorical_crossentropy, losses.sparse_categorical_crossentropy),
    )
    if isinstance(loss, losses.Loss):
        return loss.reduction == "sum_over_batch_size" and getattr(loss, "fn", None) in known
    return losses.get(loss) in known


def _is_separable(layer: keras.layers.Layer) -> bool:
    layers, penalties = keras.layers, keras.regularizers
    penalty = type(layer.activity_regularizer)
    if penalty not in (type(None), penalties.L1, penalties.L2, penalties.L1L2):
        return False
    if type(layer) is layers.Dropout:
        return layer.noise_shape is None
    if type(layer) in (layers.Dense, layers.Activation):
        # A layer can be an activation, too, with weights or a look at all examples.
        is_function = isinstance(layer.activation, FunctionType)
        return is_function and layer.activation.__module__.startswith("keras.")
    return type(layer) in (layers.Flatten, layers.ReLU, layers.LeakyReLU)


def step_in_parts(
    step: Callable[[tf.Tensor], Any], places: tf.Tensor, size: int, network: keras.Model
) -> None:
    """Make a training step of Keras in parts, with one update of the weights.

    Parameters
    ----------
    step
        Makes `train_step` of a network with the examples at some places.
    places
        Places of the examples of the batch, shape (n,).
    size
        Number of examples of a part, see `size_of_part`.
    network
        The network, compiled.
    """
    import tensorflow as tf

    n, weights = tf.size(places), network.trainable_variables

    def add(start: tf.Tensor, sums: list[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
        part = places[start : start + size]
        share = tf.size(part) / n
        with _updates_held_back(network.optimizer) as gradients:
            step(part)
        return start + size, [
            total if gradient is None else total + tf.cast(share, total.dtype) * gradient
            for total, gradient in zip(sums, gradients, strict=True)
        ]

    zeros = [tf.zeros_like(each) for each in weights]
    _, sums = tf.while_loop(lambda start, sums: start < n, add, (0, zeros))
    network.optimizer.apply(sums, weights)


@contextmanager
def _updates_held_back(optimizer: keras.optimizers.Optimizer) -> Iterator[list[tf.Tensor | None]]:
    """Give the gradients that an optimizer would apply in this block, instead of applying them."""
    own, gradients = optimizer.apply, []
    optimizer.apply = lambda given, weights=None: gradients.extend(given)
    try:
        yield gradients
    finally:
        optimizer.apply = own

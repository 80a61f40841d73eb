"""Many steps of a Keras network in one call of TensorFlow, with the numbers of Keras.

Keras can do so by itself (`steps_per_execution`). There, every step takes a batch from another
thread, and asks three times whether there is one, which takes as long as a step of a small network.
Here, all examples and their order stand in TensorFlow's memory, and each step gathers its own
batch.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import lazy_loader

from refashion.backends.keras_parts import size_of_part, step_in_parts

if TYPE_CHECKING:
    import keras
    import numpy as np
    import tensorflow as tf
else:
    keras = lazy_loader.load("keras")
    np = lazy_loader.load("numpy")

# Callbacks of Keras that look at single batches see the last of each call.
STEPS_PER_CALL = 32


def calls(
    step: Callable[[tuple[tf.Tensor, ...]], Any],
    network: keras.Model,
    arrays: Sequence[np.ndarray],
    size: int,
    *,
    shuffle: bool,
) -> tuple[Callable[[Iterator[tf.Tensor]], dict[str, tf.Tensor]], tf.data.Dataset]:
    """Return a `train_function` or `test_function` of a network, and the data of an epoch for it.

    The data are the numbers of the calls, from 0. The function takes an iterator over them, makes
    the steps of the next call, and returns the metrics.

    Parameters
    ----------
    step
        `train_step` or `test_step` of the network.
    network
        The network, compiled.
    arrays
        Inputs, targets, and optionally weights, each of shape (n, ...).
    size
        Number of examples in a batch.
    shuffle
        Whether to shuffle the examples before every epoch. If they are one batch, their order does
        not count.
    """
    import tensorflow as tf

    n = len(arrays[0])
    # As in Keras, TensorFlow knows the size of batches if all have the same, and computes the same.
    known_size = None if n % size else size
    examples = [tf.convert_to_tensor(_in_single_precision(array)) for array in arrays]
    order = tf.Variable(np.arange(n), trainable=False)
    # Keras itself would shuffle in the same way before every epoch, if it has a seed.
    generator = np.random.default_rng(random.randrange(2**32)) if shuffle and size < n else None
    part = size_of_part(network)

    def step_with(places: tf.Tensor) -> None:
        step(tuple(tf.gather(each, places) for each in examples))

    def one_step(start: tf.Tensor) -> tuple[tf.Tensor]:
        places = tf.ensure_shape(order[start : start + size], [known_size])
        if part is None or size <= part:
            step_with(places)
        else:
            step_in_parts(step_with, places, part, network)
        return (start + size,)

    @tf.function(input_signature=[tf.TensorSpec([], tf.int64)], autograph=False)
    def steps(number: tf.Tensor) -> dict[str, tf.Tensor]:
        first = number * size * STEPS_PER_CALL
        end = tf.minimum(first + size * STEPS_PER_CALL, n)
        tf.while_loop(lambda start: start < end, one_step, (first,))
        return network.get_metrics_result()

    def call(iterator: Iterator[tf.Tensor]) -> dict[str, tf.Tensor]:
        number = next(iterator)
        if generator is not None and number == 0:
            order.assign(generator.permutation(n))
        return steps(number)

    return call, _without_tuning(tf.data.Dataset.range(-(-n // (size * STEPS_PER_CALL))))


def _in_single_precision(array: np.ndarray) -> np.ndarray:
    """Convert real numbers to Keras' precision, as Keras does."""
    return array.astype(keras.config.floatx()) if array.dtype.kind == "f" else array


def batches(inputs: np.ndarray, size: int) -> tf.data.Dataset:
    """Make batches to be predicted; the last one may have fewer examples.

    Parameters
    ----------
    inputs
        Inputs of shape (n, ...).
    size
        Number of examples in a batch.
    """
    import tensorflow as tf

    return _without_tuning(tf.data.Dataset.from_tensor_slices(inputs).batch(size))


def _without_tuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Switch off TensorFlow's tuning of its input pipeline.

    At the end of an epoch, TensorFlow waits for a thread that tunes. That thread often misses the
    signal to stop, so the end of the epoch stalls for up to the duration of the epoch. Epochs then
    seem to become slower and slower; this took up to two fifths of the training time.
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)

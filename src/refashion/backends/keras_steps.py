"""Many steps of a Keras network in one call of TensorFlow, with the numbers of Keras.

Keras can do so by itself (`steps_per_execution`). There, every step takes a batch from another
thread, and asks three times whether there is one, which takes as long as a step of a small network.
Here, all examples stand in TensorFlow's memory. A call gets the places of the examples of some
batches, and each step gathers its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import lazy_loader

if TYPE_CHECKING:
    import keras
    import numpy as np
    import tensorflow as tf
else:
    keras = lazy_loader.load("keras")
    np = lazy_loader.load("numpy")

# Callbacks of Keras that look at single batches see the last of each call.
STEPS_PER_CALL = 32


def orders(n: int, size: int, *, shuffle: bool) -> tf.data.Dataset:
    """Make the places of `n` examples in the order of an epoch, for one call after the other.

    Parameters
    ----------
    n
        Number of examples.
    size
        Number of examples in a batch; the last batch may have fewer.
    shuffle
        Whether to shuffle the examples in every epoch.
    """
    return batches(np.arange(n), size=min(n, size * STEPS_PER_CALL), shuffle=shuffle)


def calls(
    step: Callable[[tuple[tf.Tensor, ...]], Any],
    network: keras.Model,
    arrays: Sequence[np.ndarray],
    size: int,
) -> Callable[[Iterator[tf.Tensor]], dict[str, tf.Tensor]]:
    """Return a function for `train_function` or `test_function` of a network.

    It takes an iterator over `orders`, makes the steps of one element, and returns the metrics.

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
    """
    import tensorflow as tf

    # As in Keras, TensorFlow knows the size of batches if all have the same, and computes the same.
    known_size = None if len(arrays[0]) % size else size
    examples = [tf.convert_to_tensor(_in_single_precision(array)) for array in arrays]

    def one_step(start: tf.Tensor, order: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        chosen = tf.ensure_shape(order[start : start + size], [known_size])
        step(tuple(tf.gather(each, chosen) for each in examples))
        return start + size, order

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64)], autograph=False)
    def steps(order: tf.Tensor) -> dict[str, tf.Tensor]:
        tf.while_loop(lambda start, order: start < tf.size(order), one_step, (0, order))
        return network.get_metrics_result()

    return lambda iterator: steps(next(iterator))


def _in_single_precision(array: np.ndarray) -> np.ndarray:
    """Convert real numbers to Keras' precision, as Keras does."""
    return array.astype(keras.config.floatx()) if array.dtype.kind == "f" else array


def batches(*arrays: np.ndarray, size: int, shuffle: bool = False) -> tf.data.Dataset:
    """Make the same batches as Keras, but without TensorFlow's autotuning.

    At the end of an epoch TensorFlow waits for its autotuning thread. That thread often misses the
    stop signal, so the end of the epoch stalls for up to the duration of the epoch. Epochs then
    seem to become slower and slower; this took up to two fifths of the training time.

    Parameters
    ----------
    *arrays
        Inputs, and optionally targets and weights, each of shape (n, ...).
    size
        Number of examples in a batch; the last batch may have fewer.
    shuffle
        Whether to shuffle the examples in every epoch.
    """
    import tensorflow as tf

    # Private, because Keras has no setting for this. A test compares it with `fit` on arrays.
    from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

    keras_own = ArrayDataAdapter(*arrays, batch_size=size, shuffle=shuffle)
    options = tf.data.Options()
    options.autotune.enabled = False
    counted = tf.data.experimental.assert_cardinality(keras_own.num_batches)
    return keras_own.get_tf_dataset().apply(counted).with_options(options)

"""The formulas of Keras in fewer operations of TensorFlow, and in a better order.

On a processor, every operation reads and writes whole arrays. `docs/decisions/how-keras-trains.md`
says what each change is worth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import lazy_loader

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
else:
    keras = lazy_loader.load("keras")


@contextmanager
def fused(network: keras.Model) -> Iterator[None]:
    """Give a compiled network shorter arithmetic while it trains.

    The recipe stays the same. Rounding may change: TensorFlow's Adam takes 1 - beta_2 in single
    precision, which is off by 1e-5 at 0.999, and simplifies less if updates wait for all gradients.

    Afterwards the arithmetic is Keras' own again: a convolution as a product needs several times as
    much memory, and batches to be predicted can be much larger than those of training.

    Parameters
    ----------
    network
        The network. Objects of other classes, such as subclasses, and settings without a shorter
        arithmetic are left alone.
    """
    with ExitStack() as replaced:

        def replace(owner: Any, name: str, value: Any) -> None:
            replaced.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, value)

        optimizer = network.optimizer
        replace(optimizer, "apply", partial(_apply, optimizer))
        if type(optimizer) is keras.optimizers.Adam and _is_usual(optimizer, network):
            replace(optimizer, "update_step", _adam(optimizer, network.trainable_variables))
        for weights in network.trainable_variables:
            if type(weights.regularizer) is keras.regularizers.L2:
                replace(weights, "regularizer", partial(_l2, weights.regularizer.l2))
        for layer in network.layers:
            if type(layer) is keras.layers.GRU and _has_plain_cell(layer):
                replace(layer.cell, "call", partial(_gru, layer.cell))
            if type(layer) is keras.layers.Conv1D and _is_short(layer):
                replace(layer, "call", partial(_convolve, layer))
        yield


def _apply(
    optimizer: keras.optimizers.Optimizer,
    gradients: list[tf.Tensor | None],
    weights: list[keras.Variable] | None = None,
) -> None:
    """Update the weights when all gradients are there.

    TensorFlow copies weights that it updates while another operation has yet to read them. It does
    so in a second thread, on another core, which takes longer than the update.
    """
    import tensorflow as tf

    type(optimizer).apply(optimizer, tf.tuple([*gradients]), weights)


def _is_usual(optimizer: keras.optimizers.Adam, network: keras.Model) -> bool:
    """Whether `_adam` stands for an optimizer; nearer to 1, a beta would be too inexact."""
    return (
        not optimizer.amsgrad
        and all(0 < beta <= 0.999 for beta in (optimizer.beta_1, optimizer.beta_2))
        and all(
            variable.dtype == "float32" and not variable.overwrite_with_gradient
            for variable in network.trainable_variables
        )
    )


def _adam(
    optimizer: keras.optimizers.Adam, weights: Sequence[keras.Variable]
) -> Callable[[tf.Tensor | tf.IndexedSlices, tf.Variable, tf.Tensor], None]:
    """Return `update_step` of an optimizer, in one operation instead of 14."""
    import tensorflow as tf

    optimizer.build(weights)
    momenta, velocities = (
        [variable.value for variable in optimizer.variables if variable.name.endswith(kind)]
        for kind in ("_momentum", "_velocity")
    )
    slots = {id(each.value): both for each, *both in zip(weights, momenta, velocities, strict=True)}

    def update_step(
        gradient: tf.Tensor | tf.IndexedSlices, variable: tf.Variable, learning_rate: tf.Tensor
    ) -> None:
        if isinstance(gradient, tf.IndexedSlices):  # of an embedding
            type(optimizer).update_step(optimizer, gradient, variable, learning_rate)
            return
        momentum, velocity = slots[id(variable)]
        step = tf.cast(optimizer.iterations + 1, variable.dtype)
        beta_1, beta_2, epsilon, rate = (
            tf.cast(each, variable.dtype)
            for each in (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon, learning_rate)
        )
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=momentum.handle,
            v=velocity.handle,
            beta1_power=beta_1**step,
            beta2_power=beta_2**step,
            lr=rate,
            beta1=beta_1,
            beta2=beta_2,
            epsilon=epsilon,
            grad=tf.cast(gradient, variable.dtype),
        )

    return update_step


def _l2(strength: float, values: keras.Variable) -> tf.Tensor:
    """Penalty of `keras.regularizers.L2`, computed before its gradient."""
    import tensorflow as tf

    @tf.custom_gradient
    def penalty(weights: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        half_of_squares = tf.nn.l2_loss(weights)

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            with tf.control_dependencies([half_of_squares]):  # see `_apply`
                return 2 * strength * upstream * weights

        return 2 * strength * half_of_squares, gradient

    return penalty(tf.convert_to_tensor(values))


def _has_plain_cell(layer: keras.layers.GRU) -> bool:
    """Whether `_gru` stands for the cell of a layer."""
    cell = layer.cell
    return (
        cell.reset_after
        and cell.use_bias
        and cell.implementation == 2
        and not (cell.dropout or cell.recurrent_dropout)
    )


def _gru(
    cell: Any, inputs: tf.Tensor, states: list[tf.Tensor], training: bool = False
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Make a step as `keras.layers.GRUCell.call` does with its defaults.

    There, the gates of the state are slices of a product. The gradient of a slice is an array of
    the size of the product, full of zeros, and their sum takes a quarter of the whole training.
    """
    (before,) = states
    bias_of_inputs, bias_of_state = keras.ops.unstack(cell.bias)
    x = keras.ops.matmul(inputs, cell.kernel) + bias_of_inputs
    h = keras.ops.matmul(before, cell.recurrent_kernel) + bias_of_state
    (update_x, reset_x, new_x), (update_h, reset_h, new_h) = (
        keras.ops.split(each, 3, axis=-1) for each in (x, h)
    )
    update = cell.recurrent_activation(update_x + update_h)
    reset = cell.recurrent_activation(reset_x + reset_h)
    new = cell.activation(new_x + reset * new_h)
    after = update * before + (1 - update) * new
    return after, [after]


def _is_short(layer: keras.layers.Conv1D) -> bool:
    """Whether `_convolve` stands for a layer, and may be faster."""
    return bool(
        layer.kernel_size[0] <= 3
        and layer.strides == layer.dilation_rate == (1,)
        and layer.groups == 1
        and layer.padding in ("valid", "same")
        and layer.data_format == "channels_last"
        and layer.input.shape[1] is not None
        and (layer.input.shape[2] % 8 or layer.filters % 8)
    )


def _convolve(layer: keras.layers.Conv1D, inputs: tf.Tensor) -> tf.Tensor:
    """Convolve as `keras.layers.Conv1D.call` does, by one product of matrices.

    TensorFlow's gradient of a convolution takes three times as long as its product where the
    numbers of channels are no multiples of 8.
    """
    import tensorflow as tf

    if inputs.shape[1] is None:  # a layer before this one hides what Keras knows of the length
        return type(layer).call(layer, inputs)
    (width,), (n_channels, n_filters) = layer.kernel_size, layer.kernel.shape[1:]
    if layer.padding == "same":
        inputs = tf.pad(inputs, [[0, 0], [(width - 1) // 2, width // 2], [0, 0]])
    length = inputs.shape[1] - width + 1
    # Not by indices: the gradient of a slice of several axes is ten times slower than a padding.
    shifted = [tf.slice(inputs, [0, start, 0], [-1, length, -1]) for start in range(width)]
    windows = tf.reshape(tf.concat(shifted, axis=-1), [-1, width * n_channels])
    outputs = tf.matmul(windows, tf.reshape(layer.kernel, [-1, n_filters]))
    if layer.use_bias:
        outputs = tf.nn.bias_add(outputs, layer.bias)
    return layer.activation(tf.reshape(outputs, [-1, length, n_filters]))

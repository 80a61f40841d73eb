"""The adapter for Keras, which compiles, trains and predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import lazy_loader
from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from refashion.backends.combinations import refuse_momentum, why_outputs_do_not_fit
from refashion.backends.epoch_log import EpochLog
from refashion.backends.keras_fused import fused
from refashion.backends.keras_parts import is_mean
from refashion.backends.keras_steps import batches, calls
from refashion.errors import ConfigError, RefashionError, shown
from refashion.quantities import Count, CountFrom0, Positive, Rate

if TYPE_CHECKING:
    import keras
    import numpy as np
    import pandas as pd
else:
    keras = lazy_loader.load("keras")
    np = lazy_loader.load("numpy")
    pd = lazy_loader.load("pandas")

# By default Keras compiles with XLA, which is many times slower for convolutions on a CPU.
COMPUTING = {"jit_compile": False}

PREDICTION_BATCH = 1000

REGRESSION_LOSS = "mean_squared_error"


@with_config(ConfigDict(extra="forbid", strict=True))
class Schedule(TypedDict):
    """Learning rate that is constant for some epochs, then multiplied by exp(-decay) each epoch."""

    constant_epochs: CountFrom0
    decay: Positive


@with_config(ConfigDict(extra="forbid", strict=True))
class EarlyStopping(TypedDict):
    """Stop when the validation loss has not improved for `patience` epochs."""

    patience: CountFrom0
    restore_best_weights: bool


class KerasTraining(TypedDict):
    """Settings of the training of every Keras model.

    `momentum` must be 0 with Adam. `batch_size` may be "all" for one step per epoch. `keep_best`
    restores the weights of the epoch with the lowest validation loss.
    """

    optimizer: Literal["adam", "sgd", "rmsprop"]
    learning_rate: Positive
    momentum: Rate
    loss: Literal[
        "categorical_crossentropy", "sparse_categorical_crossentropy", "mean_squared_error"
    ]
    batch_size: Count | Literal["all"]
    epochs: Count
    schedule: Schedule | None
    early_stopping: EarlyStopping | None
    keep_best: bool


class KerasModel:
    """A Keras network with the settings of its training.

    Parameters
    ----------
    network
        Network that is not compiled yet.
    training
        Settings, see `KerasTraining`.

    Raises
    ------
    ConfigError
        The settings contradict each other, or the loss does not fit the outputs: their number, or
        the activation of the last layer, which is a dense one.
    """

    def __init__(self, network: keras.Model, training: KerasTraining) -> None:
        self.network = network
        self.training = training
        self.batch_size, self.epochs = training["batch_size"], training["epochs"]
        self.is_regression = training["loss"] == REGRESSION_LOSS
        _check_outputs(training["loss"], network)
        network.compile(
            optimizer=optimizer(training),
            loss=training["loss"],
            metrics=["mae" if self.is_regression else "accuracy"],
            **COMPUTING,
        )

    @property
    def n_parameters(self) -> int:
        """Number of weights, trainable or not."""
        return self.network.count_params()

    def architecture(self) -> pd.DataFrame:
        """Return a table of the layers: layer, type, output_shape (no batch), n_parameters."""
        return pd.DataFrame(
            {
                "layer": layer.name,
                "type": type(layer).__name__,
                "output_shape": " × ".join(map(str, layer.output.shape[1:])),
                "n_parameters": layer.count_params(),
            }
            for layer in self.network.layers
        )

    def importances(self) -> None:
        """Return None: a network has no feature importances."""

    def fit(
        self,
        train: tuple[np.ndarray, np.ndarray],
        validation: tuple[np.ndarray, np.ndarray] | None,
    ) -> pd.DataFrame:
        """Train the network, and print a line for each epoch.

        Parameters
        ----------
        train, validation
            Inputs of shape (n, ...), and integer labels or values of shape (n,).

        Returns
        -------
        pandas.DataFrame
            One row for each epoch, see `EpochLog`.

        Raises
        ------
        ConfigError
            The settings need validation examples, but there are none.
        """
        log, network = EpochLog(self.epochs), self.network
        (x, y), validating = train, None
        size = len(x) if self.batch_size == "all" else self.batch_size
        arrays = (x, self._encode(y), *self._weights(y))
        network.train_function, training = calls(
            network.train_step, network, arrays, size, shuffle=True
        )
        if validation:
            arrays = validation[0], self._encode(validation[1])
            if is_mean(network.loss):  # so the batches of these examples do not count
                size = min(size, PREDICTION_BATCH)
            network.test_function, validating = calls(
                network.test_step, network, arrays, size, shuffle=False
            )
        with fused(network):
            network.fit(
                training,
                validation_data=validating,
                epochs=self.epochs,
                callbacks=self._callbacks(log, has_validation=validation is not None),
                shuffle=False,  # `calls` does
                verbose=0,
            )
        network.train_function = network.test_function = None  # they hold all examples
        network.predict_function = None  # of a callback that predicted with the fused arithmetic
        return log.finish()

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the outputs of the network, shape (n, classes), or (n,) for a regression."""
        outputs = self.network.predict(batches(x, PREDICTION_BATCH), verbose=0)
        return outputs[:, 0] if self.is_regression else outputs

    def _callbacks(self, log: EpochLog, *, has_validation: bool) -> list[keras.callbacks.Callback]:
        if not has_validation:
            _check_nothing_to_validate(self.training)
        return [*callbacks(self.training), feeding(log, self.network.optimizer)]

    def _weights(self, targets: np.ndarray) -> tuple[np.ndarray, ...]:
        """Weights of the training examples, if they have any."""
        return ()

    def _encode(self, targets: np.ndarray) -> np.ndarray:
        if self.training["loss"] == "categorical_crossentropy":
            return keras.utils.to_categorical(targets, self.network.output_shape[-1])
        return targets


def _check_outputs(loss: str, network: keras.Model) -> None:
    outputs, activation = network.output_shape[-1], network.layers[-1].activation.__name__
    if why := why_outputs_do_not_fit(loss, activation):
        raise ConfigError(f"loss: {shown(loss)}; {why}")
    if (loss == REGRESSION_LOSS) != (outputs == 1):
        raise ConfigError(
            f"loss: {shown(loss)} of a network with {outputs} outputs; accepted: "
            f"{shown(REGRESSION_LOSS)} with one output, a crossentropy with one per class"
        )


def _check_nothing_to_validate(training: KerasTraining) -> None:
    unused = {"early_stopping": None, "keep_best": False}
    given = {"early_stopping": training["early_stopping"], "keep_best": training["keep_best"]}
    for setting, off in unused.items():
        if given[setting] != off:
            raise ConfigError(
                f"{setting}: {shown(given[setting])}; it watches the validation loss, and the "
                f"study has no validation examples; accepted: {shown(off)}"
            )


def make_repeatable(seed: int) -> None:
    """Seed Python, NumPy and TensorFlow, and make operations that are not deterministic fail.

    Raises
    ------
    RefashionError
        There is no GPU for a TensorFlow that needs one.
    """
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    # Not a lazy module, because Matplotlib inspects `sys.modules["tensorflow"]`, which would load
    # TensorFlow for the first figure of the report. After Keras, which it would import in part.
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    if tf.test.is_built_with_cuda():
        require_gpu(tf)
        # Single precision, as on a processor; `environment` says the same to NVIDIA's libraries.
        tf.config.experimental.enable_tensor_float_32_execution(False)


def require_gpu(tf: Any) -> None:
    """Check that TensorFlow sees a GPU. Without one it would compute on the processor.

    Raises
    ------
    RefashionError
        It sees none.
    """
    if not tf.config.list_physical_devices("GPU"):
        raise RefashionError(
            "TensorFlow finds no GPU, and this environment was built with GPU=1. To see why, run "
            '.venv/bin/python -c "import tensorflow as tf; tf.config.list_physical_devices()"; '
            "`make env` builds the environment of the processor"
        )


def optimizer(training: KerasTraining) -> keras.optimizers.Optimizer:
    """Create the optimizer of the settings.

    Raises
    ------
    ConfigError
        A momentum is set with Adam.
    """
    refuse_momentum(training["optimizer"], training["momentum"])
    config = {"learning_rate": training["learning_rate"]}
    if training["optimizer"] != "adam":
        config["momentum"] = float(training["momentum"])  # Keras refuses a whole number
    return keras.optimizers.get({"class_name": training["optimizer"], "config": config})


def callbacks(training: KerasTraining) -> list[keras.callbacks.Callback]:
    """Create the Keras callbacks of the settings."""
    wanted = []
    if schedule := training["schedule"]:
        wanted.append(keras.callbacks.LearningRateScheduler(decaying(schedule)))
    if stopping := training["early_stopping"]:
        wanted.append(keras.callbacks.EarlyStopping(monitor="val_loss", **stopping))
    if training["keep_best"]:
        # Early stopping that never stops. Keras' checkpoint does the same, but through a file.
        wanted.append(
            keras.callbacks.EarlyStopping(
                monitor="val_loss", patience=training["epochs"], restore_best_weights=True
            )
        )
    return wanted


def decaying(schedule: Schedule) -> Any:
    """Return a function of an epoch, from 0, and the last learning rate, that returns the next."""

    def next_rate(epoch: int, rate: float) -> float:
        return rate if epoch < schedule["constant_epochs"] else rate * np.exp(-schedule["decay"])

    return next_rate


def feeding(log: EpochLog, optimizer: keras.optimizers.Optimizer) -> keras.callbacks.Callback:
    """Create a Keras callback that adds the epochs to a log."""

    def end(epoch: int, logs: dict[str, float]) -> None:
        # The schedule adds the learning rate to the scores.
        scores = {name: value for name, value in logs.items() if name != "learning_rate"}
        log.end(scores, float(optimizer.learning_rate))

    return keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: log.begin(), on_epoch_end=end
    )

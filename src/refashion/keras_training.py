"""How every Keras model is compiled, fitted and asked: the one adapter between Keras and us."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

import lazy_loader
from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

keras = lazy_loader.load("keras")
np = lazy_loader.load("numpy")
pd = lazy_loader.load("pandas")

# Both only change how fast the same numbers come: Keras' default compiles with XLA, which is many
# times slower for convolutions on a CPU, and returns to Python after every batch.
COMPUTING = {"jit_compile": False, "steps_per_execution": 32}

PREDICTION_BATCH = 1000


class Schedule(TypedDict):
    """Learning rate: constant for some epochs, then times exp(-decay) with every further one."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    constant_epochs: Annotated[int, Field(ge=0)]
    decay: Annotated[float, Field(gt=0)]


class EarlyStopping(TypedDict):
    """Stop when the validation loss has not improved for `patience` epochs."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    patience: Annotated[int, Field(ge=0)]
    restore_best_weights: bool


class KerasTraining(TypedDict):
    """The settings that every Keras model has beside its architecture."""

    optimizer: Literal["adam", "sgd", "rmsprop"]
    learning_rate: Annotated[float, Field(gt=0)]
    loss: Literal["categorical_crossentropy", "sparse_categorical_crossentropy"]
    batch_size: Annotated[int, Field(ge=1)]
    epochs: Annotated[int, Field(ge=1)]
    schedule: Schedule | None
    early_stopping: EarlyStopping | None


class KerasModel:
    """A Keras network with the way it is trained.

    Parameters
    ----------
    network
        Not yet compiled.
    training
        See `KerasTraining`.
    """

    def __init__(self, network: keras.Model, training: KerasTraining) -> None:
        self.network = network
        self.training = training
        network.compile(
            optimizer=keras.optimizers.get(
                {
                    "class_name": training["optimizer"],
                    "config": {"learning_rate": training["learning_rate"]},
                }
            ),
            loss=training["loss"],
            metrics=["accuracy"],
            **COMPUTING,
        )

    @property
    def n_parameters(self) -> int:
        return self.network.count_params()

    def architecture(self) -> pd.DataFrame:
        """One row a layer: name, type, shape of the output without the batch, parameters."""
        return pd.DataFrame(
            {
                "layer": layer.name,
                "type": type(layer).__name__,
                "output_shape": " × ".join(map(str, layer.output.shape[1:])),
                "n_parameters": layer.count_params(),
            }
            for layer in self.network.layers
        )

    def fit(
        self,
        train: tuple[np.ndarray, np.ndarray],
        validation: tuple[np.ndarray, np.ndarray] | None,
    ) -> pd.DataFrame:
        """Train, printing a line per epoch.

        Parameters
        ----------
        train, validation
            Inputs of shape (n, ...) and integer labels of shape (n,).

        Returns
        -------
        pandas.DataFrame
            A row per epoch that was run.
        """
        epochs = self.training["epochs"]
        log = EpochLog(epochs)
        x, y = train
        self.network.fit(
            x,
            self._encode(y),
            validation_data=validation and (validation[0], self._encode(validation[1])),
            batch_size=self.training["batch_size"],
            epochs=epochs,
            callbacks=[*callbacks(self.training), log.callback(self.network.optimizer)],
            verbose=0,
        )
        return pd.DataFrame(log.rows)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Outputs of the network, for a classifier class probabilities, shape (n, outputs)."""
        return self.network.predict(x, batch_size=PREDICTION_BATCH, verbose=0)

    def _encode(self, labels: np.ndarray) -> np.ndarray:
        if self.training["loss"] == "categorical_crossentropy":
            return keras.utils.to_categorical(labels, self.network.output_shape[-1])
        return labels


def make_repeatable(seed: int) -> None:
    """Seed Python, NumPy and TensorFlow, and refuse operations that are not repeatable."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    # Not a lazy module: Matplotlib looks into `sys.modules["tensorflow"]` if there is one, which
    # would load it for the first figure of the report. Not before Keras: it would load it halfway.
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()


def callbacks(training: KerasTraining) -> list[keras.callbacks.Callback]:
    """Keras callbacks that the settings ask for."""
    wanted = []
    if schedule := training["schedule"]:
        wanted.append(keras.callbacks.LearningRateScheduler(decaying(schedule)))
    if stopping := training["early_stopping"]:
        wanted.append(keras.callbacks.EarlyStopping(monitor="val_loss", **stopping))
    return wanted


def decaying(schedule: Schedule) -> Any:
    """Rate of the next epoch from its number (from 0) and the rate of the last one."""

    def next_rate(epoch: int, rate: float) -> float:
        return rate if epoch < schedule["constant_epochs"] else rate * np.exp(-schedule["decay"])

    return next_rate


class EpochLog:
    """Keeps a row per epoch, and prints it for whoever watches.

    Parameters
    ----------
    epochs
        The most there can be.
    """

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.rows: list[dict[str, float]] = []

    def callback(self, optimizer: keras.optimizers.Optimizer) -> keras.callbacks.Callback:
        """Give the Keras callback that feeds this log."""
        return keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: self._begin(),
            on_epoch_end=lambda epoch, logs: self._end(epoch, float(optimizer.learning_rate), logs),
        )

    def _begin(self) -> None:
        self._started = time.perf_counter()

    def _end(self, epoch: int, learning_rate: float, logs: dict[str, float]) -> None:
        # Keras sorts by name; a reader wants the loss first, and training before validation.
        names = logs.keys() - {"learning_rate"}
        order = sorted(names, key=lambda name: (name.startswith("val_"), "loss" not in name))
        scores = {name: float(logs[name]) for name in order}
        seconds = time.perf_counter() - self._started
        self.rows.append(
            {"epoch": epoch + 1, **scores, "learning_rate": learning_rate, "seconds": seconds}
        )
        shown = "  ".join(f"{name} {value:.4f}" for name, value in scores.items())
        print(f"epoch {epoch + 1}/{self.epochs}  {shown}  {seconds:.1f} s", flush=True)

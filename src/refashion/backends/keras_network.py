"""Networks built from a list of layers, with errors that name the layer."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import lazy_loader

from refashion.backends import keras_listing as listing
from refashion.backends.combinations import PROBABILITIES, why_outputs_do_not_fit
from refashion.backends.epoch_log import EpochLog
from refashion.backends.keras import COMPUTING, PREDICTION_BATCH, KerasModel, feeding
from refashion.backends.keras_steps import batches
from refashion.errors import ConfigError, one_line, shown
from refashion.wording import counted

if TYPE_CHECKING:
    import keras
    import numpy as np
else:
    keras = lazy_loader.load("keras")
    np = lazy_loader.load("numpy")

ONE_LABEL = ("SparseCategoricalCrossentropy",)
TWO_CLASSES = ("BinaryCrossentropy", "BinaryFocalCrossentropy")
ONE_HOT = ("CategoricalCrossentropy", "CategoricalFocalCrossentropy", "KLDivergence")
OF_CLASSES = (*ONE_LABEL, *TWO_CLASSES, *ONE_HOT)


class ListedModel(KerasModel):
    """A network of a list of layers, with the settings of its training.

    Parameters
    ----------
    network
        Network that is not compiled yet.
    task
        "classification" or "regression".
    n_outputs
        Number of classes; 1 for a regression.
    settings
        Settings of the model `keras`, complete.

    Raises
    ------
    ConfigError
        The loss does not fit the outputs or the task, or Keras refuses a setting.
    """

    def __init__(
        self, network: keras.Model, *, task: str, n_outputs: int, settings: Mapping[str, Any]
    ) -> None:
        self.network = network
        self.settings = settings
        self.batch_size, self.epochs = settings["batch_size"], settings["epochs"]
        self.n_classes = n_outputs
        self.is_regression = task == "regression"
        self.loss = _named("losses", "loss", settings["loss"])
        self.activation = listing.output_activation(settings["layers"])
        self._check_outputs()
        network.compile(
            optimizer=_made("optimizers", settings["optimizer"], "optimizer"),
            loss=_made("losses", settings["loss"], "loss"),
            metrics=[self._metric(), *self._further_metrics()],
            **COMPUTING,
        )

    @property
    def _is_one_output(self) -> bool:
        return self.network.output_shape[-1] == 1

    def _check_outputs(self) -> None:
        shape = self.network.output_shape[1:]
        if text := self._why_wrong_shape(shape):
            entries = self.settings["layers"]
            raise ConfigError(f"layers[{len(entries) - 1}]: {shown(entries[-1])}; {text}")
        if text := self._why_wrong_loss():
            raise ConfigError(f"loss: {shown(self.settings['loss'])}; {text}")

    def _why_wrong_shape(self, shape: tuple[int, ...]) -> str | None:
        if len(shape) != 1:
            return (
                f"the outputs have the shape {_times(shape)}; accepted: a vector for each "
                "example, for example after Flatten or GlobalAveragePooling2D"
            )
        outputs = counted(shape[0], "output")
        if self.is_regression:
            wanted, data = {1: "1 output"}, "one number as target"
        else:
            wanted = {self.n_classes: counted(self.n_classes, "output")}
            data = counted(self.n_classes, "class", "classes")
            if self.n_classes == 2 and self.loss.name not in (*ONE_LABEL, *ONE_HOT):
                wanted[1] = "1 output for the probability of the second class"
        if shape[0] not in wanted:
            accepted = ", or ".join(wanted.values())
            if shape[0] == 1 and self.activation == "sigmoid" and self.n_classes == 2:
                accepted += ", or with a single one the loss binary_crossentropy"
            return f"{outputs}, but the data have {data}; accepted: {accepted}"
        if self._is_one_output and self.activation == "softmax":
            return "a softmax of one output is always 1; accepted: sigmoid, or an output per class"
        return None

    def _why_wrong_loss(self) -> str | None:
        if self.is_regression:
            is_of_classes = self.loss.name in OF_CLASSES
            numbers = "a loss of numbers, such as mean_squared_error"
            return f"a loss of classes, for a regression; accepted: {numbers}" * is_of_classes
        if self.loss.name not in OF_CLASSES and self.activation not in PROBABILITIES:
            return (
                f"the last layer gives no probabilities (its activation is "
                f"{shown(self.activation or 'linear')}); accepted for classes: a crossentropy, or "
                "softmax or sigmoid in the last layer"
            )
        return why_outputs_do_not_fit(self.loss.name, self.activation, listing.logits(self.loss))

    def _metric(self) -> Any:
        if self.is_regression:
            return "mae"
        if self._is_one_output:
            # Keras's "accuracy" would compare logits with one half.
            threshold = 0.0 if listing.logits(self.loss) else 0.5
            return keras.metrics.BinaryAccuracy(name="accuracy", threshold=threshold)
        return "accuracy"

    def _further_metrics(self) -> list[keras.metrics.Metric]:
        """Make the metrics that a listing asks for, each with the name of its column."""
        return [
            self._tried(entry, column)
            for column, entry in listing.further_metrics(self.settings).items()
        ]

    def _tried(self, entry: Any, column: str) -> keras.metrics.Metric:
        """Make a metric, and try it on outputs and targets of two examples."""
        where = f"metrics: {column}"
        read = _named("metrics", where, entry)
        whole = {read.name: read.arguments | {"name": column}}
        made, tried = (_made("metrics", whole, where) for _ in range(2))
        outputs = np.zeros((2, self.network.output_shape[-1]), dtype="float32")
        try:
            tried.update_state(self._encode(np.zeros(2, dtype=np.int64)), outputs)
            shape = tuple(np.shape(np.asarray(tried.result())))
        except Exception as error:  # Keras raises errors of many kinds
            raise ConfigError(_refused(where, read, error, self._of_targets())) from None
        if shape:
            text = f"{counted(shape[0], 'value')} an epoch; accepted: a metric of one value"
            raise ConfigError(f"{where}: {shown(entry)}; {text}, such as with average: macro")
        return made

    def _of_targets(self) -> str:
        is_label = not self.is_regression and self.loss.name in ONE_LABEL
        return " (it needs a column for each class, as categorical_crossentropy)" * is_label

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return class probabilities, shape (n, classes), or values, shape (n,).

        Logits are converted to probabilities. One output of two classes is the probability of the
        second one.
        """
        outputs = self.network.predict(batches(x, PREDICTION_BATCH), verbose=0)
        if self.is_regression:
            return outputs[:, 0]
        if listing.logits(self.loss):
            is_each = self._is_one_output or self.loss.name in TWO_CLASSES
            probabilities = keras.ops.sigmoid if is_each else keras.ops.softmax
            outputs = keras.ops.convert_to_numpy(probabilities(outputs))
        return np.hstack([1 - outputs, outputs]) if self._is_one_output else outputs

    def _encode(self, targets: np.ndarray) -> np.ndarray:
        if self.is_regression or self._is_one_output or self.loss.name in ONE_LABEL:
            return targets
        return keras.utils.to_categorical(targets, self.n_classes)

    def _weights(self, targets: np.ndarray) -> tuple[np.ndarray, ...]:
        given = self.settings["class_weight"]
        if given is None:
            return ()
        if self.is_regression:
            raise ConfigError(f"class_weight: {shown(given)}; accepted for a regression: null")
        if given == "balanced":
            counts = np.bincount(targets, minlength=self.n_classes)
            of_class = len(targets) / (np.count_nonzero(counts) * np.maximum(counts, 1))
        else:
            of_class = np.ones(self.n_classes)
            for label, weight in given.items():
                of_class[self._label(label)] = weight
        return (of_class[targets].astype("float32"),)

    def _label(self, text: str) -> int:
        if text.isdecimal() and int(text) < self.n_classes:
            return int(text)
        raise ConfigError(
            f"class_weight: {shown(text)}; accepted: labels from 0 to {self.n_classes - 1}"
        )

    def _callbacks(self, log: EpochLog, *, has_validation: bool) -> list[keras.callbacks.Callback]:
        metric = "mae" if self.is_regression else "accuracy"
        scores = ["loss", metric, *listing.further_metrics(self.settings)]
        scores += [f"val_{name}" for name in scores] if has_validation else []
        # The log comes first, because others change the learning rate at the end of an epoch.
        wanted = [feeding(log, self.network.optimizer)]
        for place, entry in enumerate(self.settings["callbacks"]):
            where = f"callbacks[{place}]"
            monitor = listing.with_defaults("callbacks", _named("callbacks", where, entry))
            watched = monitor.arguments.get("monitor")
            if watched is not None and watched not in scores:
                why = "" if has_validation else "; the study has no validation examples"
                raise ConfigError(
                    f"{where}: monitor: {shown(watched)}{why}; accepted: {', '.join(scores)}"
                )
            wanted.append(_made("callbacks", entry, where))
        return wanted


def network(layers: Sequence[Any], input_shape: tuple[int, ...]) -> keras.Sequential:
    """Build a network layer by layer.

    Images get an axis for channels if the first layer needs one.

    Parameters
    ----------
    layers
        Entries, see `refashion.backends.keras_listing`. The first may be an input.
    input_shape
        Shape of an example.

    Raises
    ------
    ConfigError
        Keras refuses a layer. The message names it, with its settings and the shape of its input.
    """
    built = keras.Sequential([keras.Input(input_shape)])
    stated = _stated_shape(layers)
    if stated is not None:
        shape = _fitting(stated, input_shape)
    else:
        is_flat_image = len(input_shape) == 2 and listing.needs_channels([*layers])
        shape = (*input_shape, 1) if is_flat_image else input_shape
    if shape != input_shape:
        built.add(keras.layers.Reshape(shape))
    for place, entry in enumerate(layers):
        layer = _named("layers", f"layers[{place}]", entry)
        if layer.name not in listing.INPUTS:
            shape = _added(built, entry, layer, f"layers[{place}]", shape)
    return built


def _added(
    built: keras.Sequential, entry: Any, layer: listing.Named, where: str, shape: tuple[int, ...]
) -> tuple[int, ...]:
    """Add a layer, and return the shape of its output; `shape` is that of its input."""
    given = f" on an input of the shape {_times(shape)}"
    made = _made("layers", entry, where, given)
    try:
        built.add(made)
        return tuple(made.output.shape[1:])
    except Exception as error:  # Keras raises errors of many kinds
        raise ConfigError(_refused(where, layer, error, given)) from None


def _times(shape: Sequence[Any]) -> str:
    return " × ".join(map(str, shape)) or "one number"


def _stated_shape(layers: Sequence[Any]) -> tuple[Any, ...] | None:
    """Return the shape of the input that the first layer states, or None."""
    first = _named("layers", "layers[0]", layers[0])
    key = "shape" if first.name in listing.INPUTS else "input_shape"
    shape = first.arguments.get(key)
    if shape is None:
        return None
    if not isinstance(shape, list) or not all(n is None or isinstance(n, int) for n in shape):
        raise ConfigError(
            f"layers[0]: {key}: {shown(shape)}; accepted: a list of whole numbers, or null for any"
        )
    return tuple(shape)


def _fitting(stated: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape that examples get, so that they fit what the listing states."""
    for candidate in (shape, (*shape, 1), (math.prod(shape),)):
        pairs = zip(stated, candidate, strict=False)
        if len(stated) == len(candidate) and all(a in (None, b) for a, b in pairs):
            return candidate
    raise ConfigError(
        f"layers[0]: an input of the shape {_times(stated)}; the examples have the shape "
        f"{_times(shape)}; accepted: this shape, with an axis of 1 at its end, or flat"
    )


def _named(kind: str, where: str, entry: Any) -> listing.Named:
    read = listing.named(kind, entry)
    if read is None:
        raise ConfigError(f"{where}: {shown(entry)}; accepted: {listing.EXAMPLES[kind]}")
    return read


def _made(kind: str, entry: Any, where: str, given: str = "") -> Any:
    """Make an object of Keras, with the defaults of the table.

    Parameters
    ----------
    kind, entry
        Kind of the object, and the entry that names it.
    where, given
        Place of the entry, and what its input is, for messages.

    Raises
    ------
    ConfigError
        Keras refuses it.
    """
    read = _named(kind, where, entry)
    known = listing.table()[kind]
    if read.name not in known:  # planning has refused it already
        raise ConfigError(f"{where}: {shown(read.name)}; accepted: {listing.NOUNS[kind]} of Keras")
    defaults = known[read.name]["defaults"]
    arguments = {
        key: _value(key, value, defaults.get(key), f"{where}.{read.name}.{key}")
        for key, value in listing.with_defaults(kind, read).arguments.items()
        if key != "input_shape"
    }
    module = keras.optimizers.schedules if kind == "schedules" else getattr(keras, kind)
    try:
        return getattr(module, read.name)(**arguments)
    except Exception as error:  # Keras raises errors of many kinds
        raise ConfigError(_refused(where, read, error, given)) from None


def _value(key: str, value: Any, default: Any, where: str) -> Any:
    """Make of a value in YAML what Keras takes."""
    kind = listing.kind_of(key)
    is_default = value == default  # text, which Keras reads itself
    if kind in (None, "activations") or value is None or is_default:
        return _plain(key, value, default, where)
    if kind == "schedules" and not isinstance(value, Mapping):
        return _plain(key, value, default, where)
    return _made(kind, value, where)


def _plain(key: str, value: Any, default: Any, where: str) -> Any:
    if key == "cells" and isinstance(value, list):
        return [_made("layers", cell, f"{where}[{n}]") for n, cell in enumerate(value)]
    if isinstance(value, list):
        return tuple(_plain("", entry, None, where) for entry in value)
    # Keras refuses some whole numbers, such as a momentum of 1.
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if is_whole and isinstance(default, float) else value


def _refused(where: str, read: listing.Named, error: Exception, given: str) -> str:
    stated = f" {shown(read.arguments)}" if read.arguments else ""
    return f"{where}: {read.name}{stated}{given}: Keras says: {said(error)}"


def said(error: Exception) -> str:
    """Return what an error of Keras says, on one line, without the arguments of the call."""
    paragraphs = [part for part in str(error).split("\n\n") if part.strip()]
    if paragraphs and paragraphs[0].startswith("Exception encountered") and len(paragraphs) > 1:
        paragraphs = paragraphs[1:]
    text = re.sub(r"\x1b\[\d*m", "", paragraphs[0]) if paragraphs else type(error).__name__
    return one_line(" ".join(text.split()).rstrip("."), longest=300)

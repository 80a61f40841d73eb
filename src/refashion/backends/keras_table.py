"""The table of what Keras offers to a list of layers; see `refashion keras-table`.

Planning reads the table instead of Keras, because importing TensorFlow takes seconds.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader

if TYPE_CHECKING:
    import keras
else:
    keras = lazy_loader.load("keras")

FILE = Path(__file__).with_name("keras_listing.json")

# What is left out: code and files, layers of several inputs or of labels, layers that have to see
# the data before training, and layers for text. And losses that are not computed from one label.
LEFT_OUT = {
    "layers": {
        *("Layer", "Wrapper", "Lambda", "FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"),
        *("Pipeline", "Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply"),
        *("Subtract", "Attention", "AdditiveAttention", "MultiHeadAttention"),
        *("GroupQueryAttention", "MaxNumBoundingBoxes", "MixUp", "CutMix", "Normalization"),
        *("Discretization", "CategoryEncoding", "HashedCrossing", "Hashing", "IntegerLookup"),
        *("StringLookup", "TextVectorization", "ReversibleEmbedding", "InputLayer"),
    },
    "optimizers": {"Optimizer", "LossScaleOptimizer", "MultiOptimizer"},
    "schedules": {"LearningRateSchedule"},
    "losses": {
        *("Loss", "CTC", "Circle", "Dice", "Tversky", "Hinge", "CategoricalHinge", "SquaredHinge"),
        *("CosineSimilarity", "CategoricalGeneralizedCrossEntropy"),
    },
    "callbacks": {
        *("Callback", "CallbackList", "BackupAndRestore", "CSVLogger", "History", "LambdaCallback"),
        *("LearningRateScheduler", "ModelCheckpoint", "OrbaxCheckpoint", "ProgbarLogger"),
        *("RemoteMonitor", "TensorBoard"),
    },
    "metrics": {
        *("Metric", "Mean", "Sum", "MeanMetricWrapper", "Accuracy", "CosineSimilarity"),
        *("IoU", "BinaryIoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"),
    },
    "initializers": {"Initializer"},
    "regularizers": {"Regularizer"},
    "constraints": {"Constraint"},
}
# Arguments of every layer, which most pass on.
OF_EVERY_LAYER = {
    "name": None,
    "trainable": True,
    "dtype": None,
    "activity_regularizer": None,
    "input_shape": None,
}
SHORT = {
    "losses": ("mse", "mae", "mape", "msle", "bce", "kld"),
    "metrics": ("mse", "mae", "mape", "msle", "bce", "kld", "root_mean_squared_error", "auc"),
    "initializers": ("uniform", "normal", "one", "zero"),
}


def write() -> None:
    """Write the table of the installed Keras."""
    FILE.write_text(text(table()), encoding="utf-8")


def text(whole: dict[str, Any]) -> str:
    """Format the table as JSON with a line for each class, so that changes are easy to read."""
    return re.sub(r"\n {3,}|\n  (?=[\]}])", " ", json.dumps(whole, indent=1)) + "\n"


def table() -> dict[str, Any]:
    """Describe the installed Keras.

    Returns
    -------
    dict
        By kind ("layers", "optimizers", ...) and name of a class: the names of its required
        arguments, and the defaults of the others. `aliases` has other names that Keras accepts,
        `images` the layers that need images with channels, `fit` the defaults of training.
    """
    whole: dict[str, Any] = {"keras": keras.__version__}
    for kind in LEFT_OUT:
        whole[kind] = {name: _arguments(made, kind) for name, made in _classes(kind)}
    whole["activations"] = [name for name, _ in inspect.getmembers(keras.activations, callable)]
    for name in ("get", "serialize", "deserialize"):
        whole["activations"].remove(name)
    whole["aliases"] = {kind: dict(_aliases(kind, whole[kind])) for kind in LEFT_OUT}
    whole["images"] = sorted(name for name, made in _classes("layers") if _needs_image(made))
    of_fit = inspect.signature(keras.Model.fit).parameters
    of_compile = inspect.signature(keras.Model.compile).parameters
    whole["fit"] = {
        "optimizer": of_compile["optimizer"].default,
        "batch_size": of_fit["batch_size"].default or 32,  # None is 32, says the documentation
        "epochs": of_fit["epochs"].default,
    }
    return whole


def _classes(kind: str) -> Iterator[tuple[str, type]]:
    module = keras.optimizers.schedules if kind == "schedules" else getattr(keras, kind)
    base = {"schedules": "LearningRateSchedule"}.get(kind, kind.removesuffix("s").capitalize())
    base = {"losses": "Loss"}.get(kind, base)
    for name, found in inspect.getmembers(module, inspect.isclass):
        is_wanted = name[0].isupper() and name not in LEFT_OUT[kind]
        if is_wanted and issubclass(found, getattr(module, base)):
            yield name, found


def _arguments(made: Any, kind: str) -> dict[str, Any]:
    listed = [*inspect.signature(made.__init__).parameters.values()][1:]
    named = [p for p in listed if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    defaults = {p.name: p.default for p in named if p.default is not p.empty}
    if kind == "layers":
        passes_on = len(named) < len(listed)
        shared = OF_EVERY_LAYER if passes_on else {"input_shape": None}
        defaults |= {name: value for name, value in shared.items() if name not in defaults}
    required = [p.name for p in named if p.default is p.empty]
    return {"required": required, "defaults": defaults}


def _aliases(kind: str, names: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield names in lower case for which Keras makes the object of a class, with the class."""
    if kind in ("layers", "callbacks", "schedules"):
        return  # Keras takes no text for them
    module = getattr(keras, kind)
    for name, found in inspect.getmembers(module):
        if name[0].islower() and (made := _class_of(found, names)):
            yield name, made
    for name in (*map(str.lower, names), *SHORT.get(kind, ())):
        if made := _class_of(_got(module, name), names):
            yield name, made


def _got(module: Any, name: str) -> Any:
    try:
        return module.get(name)
    except (KeyError, TypeError, ValueError):  # unknown, or not without arguments
        return None


def _class_of(found: Any, names: dict[str, Any]) -> str | None:
    """Return the name of a class, of that of an object, or of that of a function, of a loss."""
    name = getattr(found, "__name__", type(found).__name__).replace("_", "").lower()
    return next((each for each in names if each.lower() == name), None)


def _needs_image(layer: type) -> bool:
    return "2D" in layer.__name__ or "image_preprocessing" in layer.__module__

"""Any network of Keras that is a list of layers, as a listing prints it."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from refashion.backends import keras_network
from refashion.backends.keras import make_repeatable
from refashion.backends.keras_listing import complete, faults, why
from refashion.quantities import Count, Layers, Positive, SomeLayers

__all__ = ["DETERMINISTIC", "TASKS", "build", "complete", "faults", "why"]

DETERMINISTIC = False
TASKS = ("classification", "regression")


def build(
    *,
    input_shape: tuple[int, ...],
    n_outputs: int,
    task: str,
    seed: int,
    layers: SomeLayers[JsonValue],
    optimizer: JsonValue,
    loss: JsonValue,
    batch_size: Count | Literal["all"],
    epochs: Count,
    callbacks: Layers[JsonValue],
    class_weight: dict[str, Positive] | Literal["balanced"] | None,
    metrics: Layers[JsonValue],
) -> keras_network.ListedModel:
    """Build the network layer by layer.

    Parameters
    ----------
    input_shape
        Shape of one example. Images without channels get an axis for them if the first layer needs
        it.
    n_outputs
        Number of classes; 1 for a regression.
    task
        "classification" or "regression".
    seed
        Seed of the initial weights, of random layers and of the order of the examples.
    layers
        Names of layers, or mappings of a name to its arguments.
    optimizer, loss
        Likewise.
    batch_size, epochs
        Number of examples in a batch, or "all"; and number of epochs.
    callbacks
        Likewise, such as `{EarlyStopping: {patience: 3}}`.
    class_weight
        Weights by label, from 0; "balanced" for the same weight of every class in sum.
    metrics
        What the log contains besides the loss and the accuracy or mean absolute error.

    Raises
    ------
    ConfigError
        Keras refuses a layer or a setting, or the loss does not fit the outputs.
    """
    make_repeatable(seed)
    settings = {
        "layers": layers,
        "optimizer": optimizer,
        "loss": loss,
        "batch_size": batch_size,
        "epochs": epochs,
        "callbacks": callbacks,
        "class_weight": class_weight,
        "metrics": metrics,
    }
    network = keras_network.network(layers, input_shape)
    return keras_network.ListedModel(network, task=task, n_outputs=n_outputs, settings=settings)

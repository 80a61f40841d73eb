"""One measurement of training in a separate process: seconds of each epoch, as JSON.

`training.py` runs it as `python -m benchmarks.fitting <side> <recipe> <arrays>`.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from benchmarks import peers
from benchmarks.scratch import ANSWER
from refashion import datasets, models
from refashion.backends import keras as keras_backend
from refashion.backends.epoch_log import EpochLog
from refashion.backends.keras import KerasModel, feeding, optimizer
from refashion.data.splits import Examples
from refashion.runs import training
from refashion.runs.folds import load_folds


def ours(model: KerasModel, train: Examples) -> list[float]:
    """Train in the same way as a run."""
    return model.fit(train, None)["seconds"].tolist()


def plain(model: KerasModel, train: Examples) -> list[float]:
    """Train as the original reports do: `compile` and `fit` with the defaults of Keras."""
    network, settings = model.network, model.training
    network.compile(
        optimizer=optimizer(settings),
        loss=settings["loss"],
        metrics=["mae" if model.is_regression else "accuracy"],
    )
    x, y = train
    labels = y
    if settings["loss"] == "categorical_crossentropy":
        labels = keras.utils.to_categorical(y, network.output_shape[-1])
    batch_size = len(x) if settings["batch_size"] == "all" else settings["batch_size"]
    log = EpochLog(settings["epochs"])
    network.fit(
        x,
        labels,
        batch_size=batch_size,
        epochs=settings["epochs"],
        callbacks=[feeding(log, network.optimizer)],
        verbose=0,
    )
    return log.finish()["seconds"].tolist()


def torch(model: KerasModel, train: Examples) -> list[float]:
    """Train the same network in the style of PyTorch's tutorials."""
    return peers.fit_torch(model.network, model.training, train)


def weighed(model: KerasModel, train: Examples) -> tuple[list[float], str]:
    """Train in the same way as a run, and return a digest of the weights, too."""
    seconds = ours(model, train)
    weights = b"".join(weight.tobytes() for weight in model.network.get_weights())
    return seconds, hashlib.sha256(weights).hexdigest()


# Keras on JAX uses the same function, with another backend set in the environment.
SIDES = {
    **{"ours": ours, "plain": plain, "torch": torch, "jax": plain},
    **{"gpu": weighed, "processor": weighed},
}
# They compute with deterministic operations; none of the original reports does, which is faster.
DETERMINISTIC = ("ours", "gpu", "processor")


def measure(side: str, recipe: Mapping[str, Any], arrays: Path) -> Any:
    """Build and train a model, and return the seconds of each epoch; see also `weighed`.

    Parameters
    ----------
    side
        One of `SIDES`.
    recipe
        Parsed recipe, see `Plan.recipe`.
    arrays
        Folder of the prepared arrays.
    """
    source = datasets.module(recipe["dataset"])
    train = load_folds(
        arrays,
        recipe["split"],
        recipe["preprocess"],
        recipe["seed"],
        recipe["examples"],
        source,
    )[0]["train"]
    if side == "processor":
        keras_backend.require_gpu = lambda tf: None
    if side not in DETERMINISTIC:
        models.module(recipe["model"]).make_repeatable = keras.utils.set_random_seed
    model = training.build(
        recipe["model"],
        recipe["settings"],
        task=source.TASK,
        input_shape=train.x.shape[1:],
        n_outputs=len(datasets.classes(recipe["dataset"], recipe["split"]["classes"])) or 1,
        seed=recipe["seed"],
        threads=1,
    )
    return SIDES[side](model, train)


if __name__ == "__main__":
    found = measure(sys.argv[1], json.loads(sys.argv[2]), Path(sys.argv[3]))
    print(ANSWER + json.dumps(found))

"""Models: one module each, whose file name is the name of the model; or an estimator by its path.

A module defines `DETERMINISTIC` (whether the seed has no effect), `TASKS` (the tasks that the model
supports) and a function `build`. The first keyword arguments of `build` are facts about the data
and the run (`FACTS`). All others are the settings of the model. They are annotated and have no
defaults, so that a study states all of them. This package reads the settings from the signature
without importing TensorFlow.

A dotted name, such as `sklearn.svm.SVC`, is the import path of an estimator; see
`refashion.backends.estimators`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from refashion import signatures
from refashion.backends import estimators

FACTS = ("input_shape", "n_outputs", "task", "seed", "threads")


def names() -> list[str]:
    """Return the names of all modules, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def module(name: str) -> Any:
    """Import the module of a model, or give an object that offers the same for an estimator."""
    if estimators.is_path(name):
        return estimators.Estimator(name)
    return importlib.import_module(f"{__name__}.{name}")


def settings_model(name: str) -> type[BaseModel]:
    """Return a pydantic model of the settings of a model; see `signatures.settings_model`.

    Parameters
    ----------
    name
        One of `names()`.
    """
    return signatures.settings_model(module(name).build, ignore=FACTS)


def tasks(name: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the tasks that a model with its settings supports."""
    if estimators.is_path(name):
        return estimators.tasks(name, settings)
    return module(name).TASKS


def is_deterministic(name: str, settings: Mapping[str, Any]) -> bool | None:
    """Return whether no seed changes a model, or None if only its results can tell."""
    if estimators.is_path(name):
        return True if estimators.is_unseeded(name, settings) else None
    return module(name).DETERMINISTIC

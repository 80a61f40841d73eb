"""Models: one module each, whose file name is the name of the model.

A module defines `DETERMINISTIC` (whether the seed has no effect), `TASKS` (the tasks that the model
supports) and a function `build`. The first keyword arguments of `build` are facts about the data
and the run (`FACTS`). All others are the settings of the model. They are annotated and have no
defaults, so that a study states all of them. This package reads the settings from the signature
without importing TensorFlow.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from pydantic import BaseModel

from refashion import signatures

FACTS = ("input_shape", "n_outputs", "task", "seed", "threads")


def names() -> list[str]:
    """Return the names of all models, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def module(name: str) -> ModuleType:
    """Import the module of a model."""
    return importlib.import_module(f"{__name__}.{name}")


def settings_model(name: str) -> type[BaseModel]:
    """Return a pydantic model of the settings of a model; see `signatures.settings_model`.

    Parameters
    ----------
    name
        One of `names()`.
    """
    return signatures.settings_model(module(name).build, ignore=FACTS)

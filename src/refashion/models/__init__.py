"""Models: one module each, its file name the model's name.

A module holds `DETERMINISTIC` (whether the seed changes nothing), `TASKS` (what the model is for),
and one function, `build`. Its first keyword arguments are facts of the data and the run (`FACTS`);
all others are the model's settings: annotated, and without default, so that a study states every
one of them. This package reads them from the signature, without TensorFlow.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from pydantic import BaseModel

from refashion import signatures

FACTS = ("input_shape", "n_outputs", "task", "seed", "threads")


def names() -> list[str]:
    """Names of all models, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def module(name: str) -> ModuleType:
    """Import the module of a model."""
    return importlib.import_module(f"{__name__}.{name}")


def settings_model(name: str) -> type[BaseModel]:
    """Read a model's settings from the signature of its `build`.

    Parameters
    ----------
    name
        One of `names()`.

    Returns
    -------
    type[pydantic.BaseModel]
        Every setting is a required field; others are refused.
    """
    return signatures.settings_model(module(name).build, ignore=FACTS)

"""Models: one module each, whose file name is the name of the model; or an estimator by its path.

A study may have its own, in `models/` of its folder. A module defines `DETERMINISTIC` (whether the
seed has no effect), `TASKS` (the tasks that the model supports) and a function `build`. The first
keyword arguments of `build` are facts about the data and the run (`FACTS`). All others are the
settings of the model. They are annotated and have no defaults, so that a study states all of them.
This package reads the settings from the signature without importing TensorFlow. Tests try a model
with images of 28 x 28 pixels and ten classes, unless its module says in `MADE_FOR` what data it is
made for: a mapping with an `input_shape`, a number of `n_outputs`, or both.

A module whose settings may stay open defines three more functions: `complete` adds the defaults of
its library to settings, and also returns those that can matter, by dotted name; `why` says whose
defaults they are; and `faults` finds names that the library does not know, as pairs of the keys
that lead to one and a message.

A dotted name, such as `sklearn.svm.SVC`, is the import path of an estimator; see
`refashion.backends.estimators`. A name that ends in `.ipynb` is an author's own notebook in the
folder of the study.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel

from refashion import signatures
from refashion.backends import estimators
from refashion.dropins import Kind
from refashion.errors import ConfigError, one_line

NOTEBOOK = ".ipynb"
FACTS = ("input_shape", "n_outputs", "task", "seed", "threads")
KIND = Kind("models", "model", defines=("DETERMINISTIC", "TASKS", "build"))
AUTHORED = SimpleNamespace(DETERMINISTIC=None, TASKS=("classification", "regression"), build=None)
"""What stands for the module of code that is the author's own: its results show what it does."""


def is_notebook(name: str) -> bool:
    """Return whether the name of a model is that of an author's own notebook."""
    return name.endswith(NOTEBOOK)


def names(study: Path | None = None) -> list[str]:
    """Return the names of all modules, sorted: of the library, and of a study's folder."""
    return KIND.names(study)


def file(name: str, study: Path | None = None) -> Path:
    """Return the file of a model's module, see `dropins.Kind.file`, or of a study's notebook."""
    if is_notebook(name):
        return (study or Path()) / name
    return Path(estimators.__file__) if estimators.is_path(name) else KIND.file(name, study)


def module(name: str, study: Path | None = None) -> Any:
    """Import the module of a model, or give an object that offers the same otherwise."""
    if is_notebook(name):
        return AUTHORED
    return estimators.Estimator(name) if estimators.is_path(name) else KIND.module(name, study)


def settings_model(name: str, study: Path | None = None) -> type[BaseModel]:
    """Return a pydantic model of the settings of a model; see `signatures.settings_model`.

    Parameters
    ----------
    name
        One of `names(study)`.
    study
        Folder of a study, whose own modules come first; None for the library.

    Raises
    ------
    ConfigError
        The signature of the study's own `build` has an argument without annotation.
    """
    build = module(name, study).build
    try:
        return signatures.settings_model(build, ignore=FACTS)
    except (KeyError, NameError, TypeError, ValueError) as error:
        if study is None:
            raise
        raise ConfigError(
            f"{file(name, study)}: build: {one_line(str(error))}; accepted: keyword arguments that "
            "are all annotated with their types"
        ) from error


def tasks(
    name: str,
    settings: Mapping[str, Any],
    study: Path | None = None,
    packages: tuple[str, ...] | None = None,
) -> tuple[str, ...]:
    """Return the tasks that a model with its settings supports; see `estimators.tasks`."""
    if estimators.is_path(name) and not is_notebook(name):
        return estimators.tasks(name, settings, packages)
    return module(name, study).TASKS


def is_deterministic(
    name: str, settings: Mapping[str, Any], study: Path | None = None
) -> bool | None:
    """Return whether no seed changes a model, or None if only its results can tell."""
    if estimators.is_path(name) and not is_notebook(name):
        return True if estimators.is_unseeded(name, settings) else None
    return module(name, study).DETERMINISTIC

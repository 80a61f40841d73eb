"""Estimators by their import path, `sklearn.svm.SVC`: any class with scikit-learn's interface.

Settings are the arguments of the class. A value may be an estimator itself, written as a mapping:
`{sklearn.tree.DecisionTreeClassifier: {max_depth: 1}}`.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from refashion.backends.kept_answers import LIBRARIES, kept
from refashion.backends.sklearn import SklearnModel
from refashion.backends.unseeded import is_unused
from refashion.errors import choices, did_you_mean, one_line

PATH = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)+")
EXAMPLE = "sklearn.svm.SVC"
TASKS = ("classification", "regression")


class Wanted(NamedTuple):
    """What kind of class a path should lead to.

    Attributes
    ----------
    words, example
        For messages: what it is called, and the path of one.
    method
        What its instances do.
    kinds
        Its kinds, as `sklearn.utils.all_estimators` names them; None for any.
    """

    words: str
    example: str
    method: str
    kinds: tuple[str, ...] | None


MODEL = Wanted("a classifier or a regressor", EXAMPLE, "predict", ("classifier", "regressor"))
# Vectorizers of texts are not among the transformers of `all_estimators`.
TRANSFORMER = Wanted(
    "a transformer", "sklearn.preprocessing.StandardScaler", "transform", kinds=None
)

# Both come from the run, unless the source states its own seed.
SEED, THREADS = "random_state", "n_jobs"


class Estimator:
    """What a module of a model offers, for an estimator.

    Parameters
    ----------
    path
        Import path of its class.
    """

    # Whether it uses its seed depends on the settings; whether that matters, the results tell.
    DETERMINISTIC = None
    TASKS = TASKS

    def __init__(self, path: str) -> None:
        self.path = path

    def build(
        self, *, n_outputs: int, task: str, seed: int, threads: int, **settings: Any
    ) -> SklearnModel:
        """Build the estimator.

        Parameters
        ----------
        n_outputs
            Number of classes; 1 for a regression.
        task
            Task of the dataset.
        seed
            Seed of whatever in the estimator has no random state of its own.
        threads
            Number of threads.
        settings
            Arguments of the class.
        """
        estimator = seeded(self.path, settings, seed, threads)
        return SklearnModel(estimator, task=task, n_outputs=n_outputs)


def seeded(path: str, settings: Mapping[str, Any], seed: int, threads: int) -> Any:
    """Make an estimator or a transformer with the seed and the threads of a run."""
    estimator = made(path, settings)
    return estimator.set_params(**_from_run(estimator, seed, threads))


def _from_run(estimator: Any, seed: int, threads: int) -> dict[str, int]:
    open_ones = [name for name, value in estimator.get_params().items() if value is None]
    given = {SEED: seed}
    if threads > 1:  # None is one thread, and some estimators warn of any number
        given[THREADS] = threads
    names = {name: name.rpartition("__")[2] for name in open_ones}
    return {name: given[last] for name, last in names.items() if last in given}


def is_path(name: str) -> bool:
    """Whether the name of a model is an import path, not a module of models."""
    return "." in name


@cache
def find(path: str, packages: tuple[str, ...] | None = None) -> type:
    """Import the class of a classifier or regressor.

    Parameters
    ----------
    path
        Its import path.
    packages
        Packages that a study may import from; None for any.

    Raises
    ------
    ValueError
        There is no such estimator. The message says what is accepted.
    """
    found = find_any(path, packages)
    if not hasattr(found, "predict"):
        raise ValueError(f"it predicts nothing; accepted: {_usual(path)}")
    if not tasks(path):
        raise ValueError(f"it is no classifier and no regressor; accepted: {_usual(path)}")
    return found


def find_transformer(path: str, packages: tuple[str, ...] | None = None) -> type:
    """Import the class of a transformer; see `find`."""
    found = find_any(path, packages, TRANSFORMER)
    if not hasattr(found, "transform"):
        text = f"it transforms nothing; accepted: {_usual(path, TRANSFORMER)}"
        raise ValueError(f"{text}{nearest(path, TRANSFORMER)}")
    return found


@kept
def check(path: str, packages: tuple[str, ...] | None = None) -> None:
    """Check that `find` would find something; it raises the same errors."""
    find(path, packages)


@kept
def check_transformer(path: str, packages: tuple[str, ...] | None = None) -> None:
    """Check that `find_transformer` would find something; it raises the same errors."""
    find_transformer(path, packages)


@cache
def find_any(path: str, packages: tuple[str, ...] | None = None, wanted: Wanted = MODEL) -> type:
    """Import the class of an estimator, which may also be a transformer; see `find`."""
    package, (parent, _, name) = path.partition(".")[0], path.rpartition(".")
    if not PATH.fullmatch(path):
        text = f"not a public import path; accepted: one such as {wanted.example}"
        raise ValueError(text if is_path(path) else f"{text}{nearest(path, wanted)}")
    if packages is not None and package not in packages:
        raise ValueError(
            f"{package} is not among the packages of config.yaml; {choices(package, packages)}"
        )
    try:
        found = getattr(importlib.import_module(parent), name)
    except (ModuleNotFoundError, AttributeError):
        raise ValueError(_why_not_found(path, wanted)) from None
    except Exception as error:  # whatever the package does while it is imported
        said = one_line(f"{type(error).__name__}: {error}")
        raise ValueError(
            f"it cannot be imported ({said}); accepted: {_usual(path, wanted)}"
        ) from None
    is_own = inspect.isclass(found) and found.__module__.partition(".")[0] == package
    if not is_own or not all(hasattr(found, has) for has in ("fit", "get_params", "set_params")):
        kind = "class" if inspect.isclass(found) else type(found).__name__
        raise ValueError(f"a {kind} that is no estimator; accepted: {_usual(path, wanted)}")
    return found


def _usual(path: str, wanted: Wanted = MODEL) -> str:
    return f"{wanted.words} of {library(path)}, such as {wanted.example}"


def library(path: str) -> str:
    """Return the name of the library that an import path belongs to, as people write it."""
    package = path.partition(".")[0]
    return LIBRARIES.get(package, package)


def _why_not_found(path: str, wanted: Wanted) -> str:
    package = path.partition(".")[0]
    try:
        content = importlib.import_module(package)
    except ImportError:
        return f"{package} is not installed; accepted: an installed package"
    is_sklearn = package == "sklearn"
    meant = nearest(path, wanted) if is_sklearn else did_you_mean(path, _near(path, content))
    return f"{library(path)} has nothing of this name; accepted: {_usual(path, wanted)}{meant}"


def nearest(path: str, wanted: Wanted = MODEL) -> str:
    """Suggest the estimator of scikit-learn with the same name, or else the most similar path.

    Examples
    --------
    >>> nearest("SVC")
    "; did you mean 'sklearn.svm.SVC'?"
    """
    every, name = paths(wanted), path.rpartition(".")[2].lower()
    same = [each for each in every if each.rpartition(".")[2].lower() == name]
    return did_you_mean(same[0] if same else path, every)


def paths(wanted: Wanted = MODEL) -> list[str]:
    """Return the import paths of all classes of a kind in scikit-learn, sorted.

    This imports all of scikit-learn, which takes seconds.
    """
    from sklearn.utils import all_estimators

    kinds = wanted.kinds and [*wanted.kinds]
    classes = [each for _, each in all_estimators(kinds) if hasattr(each, wanted.method)]
    parents = [each.__module__.split("._")[0] for each in classes]
    return sorted(
        f"{parent}.{each.__name__}" for parent, each in zip(parents, classes, strict=True)
    )


def _near(path: str, content: Any) -> list[str]:
    parent = sys.modules.get(path.rpartition(".")[0], content)
    return [f"{parent.__name__}.{name}" for name in vars(parent) if name[0] != "_"]


@cache
def parameters(kind: type) -> dict[str, inspect.Parameter]:
    """Return the arguments of a class, with those of the classes that it passes `**` on to."""
    found: dict[str, inspect.Parameter] = {}
    for each in kind.__mro__:
        if "__init__" not in vars(each):
            continue
        listed = [*inspect.signature(vars(each)["__init__"]).parameters.values()][1:]
        named = [p for p in listed if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        found = {p.name: p for p in named} | found
        if not any(p.kind is p.VAR_KEYWORD for p in listed):
            break
    return found


def nested(value: Any) -> tuple[str, Mapping[str, Any]] | None:
    """Return the import path and the settings of an estimator that is a value."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return None
    ((path, settings),) = value.items()
    is_estimator = is_path(path) and PATH.fullmatch(path) and isinstance(settings, Mapping | None)
    return (path, settings or {}) if is_estimator else None


def made(path: str, settings: Mapping[str, Any], packages: tuple[str, ...] | None = None) -> Any:
    """Make an estimator with some settings, which is not fitted; see `find` for `packages`."""
    kind = find_any(path, packages)
    known = parameters(kind)
    return kind(**{name: ready(v, known.get(name), packages) for name, v in settings.items()})


def ready(
    value: Any,
    parameter: inspect.Parameter | None = None,
    packages: tuple[str, ...] | None = None,
) -> Any:
    """Make of a value in JSON what Python means: an estimator, a tuple, labels as keys."""
    if found := nested(value):
        return made(*found, packages)
    if isinstance(value, list):
        entries = [ready(entry, packages=packages) for entry in value]
        return tuple(entries) if parameter and isinstance(parameter.default, tuple) else entries
    if isinstance(value, Mapping):
        return {
            int(k) if k.isdecimal() else k: ready(entry, packages=packages)
            for k, entry in value.items()
        }
    return value


def tasks(
    path: str,
    settings: Mapping[str, Any] | None = None,
    packages: tuple[str, ...] | None = None,
) -> tuple[str, ...]:
    """Return the tasks that an estimator is for.

    Parameters
    ----------
    path, settings
        The estimator. What it is for may depend on others that it gets as settings; all tasks are
        returned as long as these are missing or faulty.
    packages
        Packages that a study may import from; None for any.
    """
    return tuple(_tasks(path, settings or {}, packages))


@kept
def _tasks(
    path: str, settings: Mapping[str, Any], packages: tuple[str, ...] | None
) -> Sequence[str]:
    from sklearn.base import is_classifier, is_regressor

    try:
        with warnings.catch_warnings(action="ignore"):  # they are shown where it is trained
            estimator = made(path, settings, packages)
            fits = is_classifier(estimator), is_regressor(estimator)
    except Exception:  # the fault of the settings is reported by `faults`
        return TASKS
    return [task for task, is_fit in zip(TASKS, fits, strict=True) if is_fit]


@kept
def is_unseeded(path: str, settings: Mapping[str, Any]) -> bool:
    """Whether the seed of a run has no effect: the source states its own, or nothing uses it."""
    whole = made(path, settings)
    values = whole.get_params()
    open_ones = [n for n, v in values.items() if v is None and n.rpartition("__")[2] == SEED]
    if any(hasattr(part, "set_params") and _searches(part) for part in (whole, *values.values())):
        return not open_ones  # a search sets other settings than those that are seen here
    return all(is_unused(values.get(name.rpartition("__")[0], whole)) for name in open_ones)


def _searches(estimator: Any) -> bool:
    return any(name.startswith("param_") for name in estimator.get_params(deep=False))

"""Estimators by their import path, `sklearn.svm.SVC`: any class with scikit-learn's interface.

Settings are the arguments of the class. What a study does not state is the default of the library,
read from the signature. Values are checked against the constraints that the estimator declares, so
nothing has to be fitted for that. A value may be an estimator itself, written as a mapping:
`{sklearn.tree.DecisionTreeClassifier: {max_depth: 1}}`.
"""

from __future__ import annotations

import importlib
import inspect
import math
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from refashion.backends.sklearn import SklearnModel
from refashion.errors import choices, did_you_mean, one_line, shown

PATH = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)+")
EXAMPLE = "sklearn.svm.SVC"
TASKS = ("classification", "regression")

# Where the declared constraints stand; private, see docs/decisions/private-names.md.
CONSTRAINTS = "sklearn.base.BaseEstimator._parameter_constraints"

# Both come from the run, unless the source states its own seed.
SEED, THREADS = "random_state", "n_jobs"
# What these say changes how an estimator computes, but not what: nobody assumes anything by them.
HOW = {
    *("verbose", "warm_start", "copy", "copy_X", "copy_X_train", "cache_size", "memory"),
    *("pre_dispatch", "return_train_score"),
}
# Defaults that stand for "not given", while a library gives an argument up.
NOT_GIVEN = ("deprecated", "warn")

LIBRARIES = {"sklearn": "scikit-learn"}

Where = tuple[str | int, ...]


class SettingFault(NamedTuple):
    """A fault in settings: the keys that lead to it, and what is wrong."""

    where: Where
    text: str


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
        estimator = made(self.path, settings)
        estimator.set_params(**_from_run(estimator, seed, threads))
        return SklearnModel(estimator, task=task, n_outputs=n_outputs)


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
    found = _class(path, packages)
    if not hasattr(found, "predict"):
        raise ValueError(f"it predicts nothing; accepted: {_usual(path)}")
    if not tasks(path):
        raise ValueError(f"it is no classifier and no regressor; accepted: {_usual(path)}")
    return found


@cache
def _class(path: str, packages: tuple[str, ...] | None) -> type:
    """Import a class with the interface of estimators; transformers have it as well."""
    package, (parent, _, name) = path.partition(".")[0], path.rpartition(".")
    if not PATH.fullmatch(path):
        raise ValueError(f"not a public import path; accepted: one such as {EXAMPLE}")
    if packages is not None and package not in packages:
        raise ValueError(
            f"{package} is not among the packages of config.yaml; {choices(package, packages)}"
        )
    try:
        found = getattr(importlib.import_module(parent), name)
    except (ModuleNotFoundError, AttributeError):
        raise ValueError(_why_not_found(path)) from None
    except Exception as error:  # whatever the package does while it is imported
        said = one_line(f"{type(error).__name__}: {error}")
        raise ValueError(f"it cannot be imported ({said}); accepted: {_usual(path)}") from None
    is_own = inspect.isclass(found) and found.__module__.partition(".")[0] == package
    if not is_own or not all(hasattr(found, has) for has in ("fit", "get_params", "set_params")):
        kind = "class" if inspect.isclass(found) else type(found).__name__
        raise ValueError(f"a {kind} that is no estimator; accepted: {_usual(path)}")
    return found


def _usual(path: str) -> str:
    return f"a classifier or a regressor of {_library(path)}, such as {EXAMPLE}"


def _library(path: str) -> str:
    package = path.partition(".")[0]
    return LIBRARIES.get(package, package)


def _why_not_found(path: str) -> str:
    package = path.partition(".")[0]
    try:
        content = importlib.import_module(package)
    except ImportError:
        return f"{package} is not installed; accepted: an installed package"
    meant = nearest(path) if package == "sklearn" else did_you_mean(path, _near(path, content))
    return f"{_library(path)} has nothing of this name; accepted: {_usual(path)}{meant}"


def nearest(path: str) -> str:
    """Suggest the estimator of scikit-learn with the same name, or else the most similar path.

    Examples
    --------
    >>> nearest("SVC")
    "; did you mean 'sklearn.svm.SVC'?"
    """
    every, name = paths(), path.rpartition(".")[2].lower()
    same = [each for each in every if each.rpartition(".")[2].lower() == name]
    return did_you_mean(same[0] if same else path, every)


def paths() -> list[str]:
    """Return the import paths of all classifiers and regressors of scikit-learn, sorted.

    This imports all of scikit-learn, which takes seconds.
    """
    from sklearn.utils import all_estimators

    classes = [each for _, each in all_estimators(["classifier", "regressor"])]
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


def complete(path: str, settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Add the defaults of the library to settings, of nested estimators as well.

    Parameters
    ----------
    path
        Import path of the estimator.
    settings
        The stated settings, without a fault.

    Returns
    -------
    settings : dict
        All settings, in the order of the signature. Defaults that JSON cannot hold are left out.
    assumed : dict
        Those of them that were not stated and that can matter, by dotted name.
    """
    whole: dict[str, Any] = {}
    assumed: dict[str, Any] = {}
    for name, parameter in parameters(find_any(path)).items():
        if name in settings:
            whole[name], more = _completed(settings[name])
            assumed |= {f"{name}.{key}": value for key, value in more.items()}
        elif name not in (SEED, THREADS) and _is_plain(parameter.default):
            whole[name] = _listed(parameter.default)
            if name not in HOW:
                assumed[name] = whole[name]
    return whole, assumed


def find_any(path: str) -> type:
    """Import the class of an estimator, which may also be a transformer; see `find`."""
    return _class(path, None)


def _completed(value: Any) -> tuple[Any, dict[str, Any]]:
    if nested := _nested(value):
        whole, more = complete(*nested)
        return {nested[0]: whole}, {f"{nested[0]}.{key}": entry for key, entry in more.items()}
    if isinstance(value, list):
        found = [_completed(entry) for entry in value]
        more = {f"{n}.{key}": v for n, (_, of) in enumerate(found) for key, v in of.items()}
        return [entry for entry, _ in found], more
    return value, {}


def _nested(value: Any) -> tuple[str, Mapping[str, Any]] | None:
    """Return the import path and the settings of an estimator that is a value."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return None
    ((path, settings),) = value.items()
    is_estimator = is_path(path) and PATH.fullmatch(path) and isinstance(settings, Mapping | None)
    return (path, settings or {}) if is_estimator else None


def _is_plain(value: Any) -> bool:
    """Whether a default can be written as JSON, and is one."""
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_plain(entry) for key, entry in value.items())
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (isinstance(value, bool | int | str) and value not in NOT_GIVEN)


def _listed(value: Any) -> Any:
    return [*map(_listed, value)] if isinstance(value, list | tuple) else value


def why(path: str) -> str:
    """Say why a setting that no one stated has its value: whose default it is."""
    package = path.partition(".")[0]
    version = getattr(importlib.import_module(package), "__version__", "")
    return f"Not stated. This is the default of {_library(path)} {version}".rstrip() + "."


def made(path: str, settings: Mapping[str, Any]) -> Any:
    """Make an estimator with some settings, which is not fitted."""
    kind = find_any(path)
    known = parameters(kind)
    return kind(**{name: _value(value, known.get(name)) for name, value in settings.items()})


def _value(value: Any, parameter: inspect.Parameter | None = None) -> Any:
    """Make of a value in JSON what Python means: an estimator, a tuple, labels as keys."""
    if nested := _nested(value):
        return made(*nested)
    if isinstance(value, list):
        entries = [_value(entry) for entry in value]
        return tuple(entries) if parameter and isinstance(parameter.default, tuple) else entries
    if isinstance(value, Mapping):
        return {int(k) if k.isdecimal() else k: _value(entry) for k, entry in value.items()}
    return value


def tasks(path: str, settings: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """Return the tasks that an estimator is for.

    Parameters
    ----------
    path, settings
        The estimator. What it is for may depend on others that it gets as settings; all tasks are
        returned as long as these are missing or faulty.
    """
    from sklearn.base import is_classifier, is_regressor

    try:
        with warnings.catch_warnings(action="ignore"):  # they are shown where it is trained
            estimator = made(path, settings or {})
            fits = is_classifier(estimator), is_regressor(estimator)
    except Exception:  # the fault of the settings is reported by `faults`
        return TASKS
    return tuple(task for task, is_fit in zip(TASKS, fits, strict=True) if is_fit)


def is_unseeded(path: str, settings: Mapping[str, Any]) -> bool:
    """Whether the seed of a run has no effect: the source states its own, or there is none."""
    values = made(path, settings).get_params()
    return all(v is not None for name, v in values.items() if name.rpartition("__")[2] == SEED)


def faults(
    path: str, settings: Mapping[str, Any], packages: tuple[str, ...] | None
) -> Iterator[SettingFault]:
    """Find the faults of settings, without fitting anything.

    Parameters
    ----------
    path, settings
        An estimator that exists, and its settings.
    packages
        Packages that a study may import from; None for any.
    """
    known = parameters(find_any(path))
    for name, value in settings.items():
        if name not in known:
            yield SettingFault(
                (name,), f"unknown setting (value {shown(value)}); {choices(name, known)}"
            )
            continue
        below = [*_faults_below(value, packages)]
        yield from (SettingFault((name, *where), text) for where, text in below)
        if not below and (accepted := _why_refused(path, name, value)):
            yield SettingFault((name,), f"{shown(value)}; accepted: {accepted}")
    for name, parameter in known.items():
        if parameter.default is parameter.empty and name not in settings:
            yield SettingFault((name,), f"missing; accepted: {_accepted(path, name) or 'a value'}")


def _faults_below(value: Any, packages: tuple[str, ...] | None) -> Iterator[SettingFault]:
    """Find the faults of estimators that a value holds."""
    if nested := _nested(value):
        path, settings = nested
        try:
            _class(path, packages)
        except ValueError as error:
            yield SettingFault((path,), f"{shown(path)}; {error}")
            return
        yield from (
            SettingFault((path, *at), text) for at, text in faults(path, settings, packages)
        )
    elif isinstance(value, list):
        for place, entry in enumerate(value):
            yield from (
                SettingFault((place, *at), text) for at, text in _faults_below(entry, packages)
            )


def _why_refused(path: str, name: str, value: Any) -> str | None:
    """Say what a setting accepts, if it does not accept a value."""
    if name == THREADS:
        return "leave it out; `threads` of config.yaml says how many"
    if name == SEED:
        is_seed = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**32
        return (
            None if value is None or is_seed else "a whole number from 0, or null: the run's seed"
        )
    rules = _rules(path, name)
    ready = _value(value, parameters(find_any(path))[name])
    # In Python, true is a number, but not to whoever writes a study.
    tried = [r for r in rules if not (isinstance(value, bool) and _kind(r) == "Interval")]
    if not rules or any(rule.is_satisfied_by(ready) for rule in tried):
        return None
    words = [word for rule in rules for word in map(str, getattr(rule, "options", ()))]
    meant = did_you_mean(value, words) if isinstance(value, str) else ""
    return f"{_accepted(path, name)}{meant}"


@cache
def _rules(path: str, name: str) -> list[Any]:
    """Return what a setting has to satisfy one of; empty if the estimator does not say."""
    declared = getattr(find_any(path), CONSTRAINTS.rpartition(".")[2], {}).get(name)
    if not isinstance(declared, list):
        return []
    from sklearn.utils._param_validation import make_constraint

    return [make_constraint(rule) for rule in declared]


def _accepted(path: str, name: str) -> str:
    texts = [_described(rule) for rule in _rules(path, name) if not rule.hidden]
    return ", or ".join(dict.fromkeys(filter(None, texts)))


def _described(rule: Any) -> str:
    """Say what a constraint accepts; empty for what YAML cannot hold."""
    kind = _kind(rule)
    if kind in ("Options", "StrOptions"):
        return f"one of {', '.join(shown(option) for option in sorted(rule.options, key=str))}"
    return _IN_YAML.get(kind, str(rule))


def _kind(rule: Any) -> str:
    return type(rule).__name__


_IN_YAML = {
    "_Booleans": "true or false",
    "_NoneConstraint": "null",
    "_ArrayLikes": "a list",
    "_IterablesNotString": "a list",
    "_VerboseHelper": "a whole number",
    "_CVObjects": "a whole number of folds",
    "HasMethods": "an estimator, {import path: {its settings}}",
    **dict.fromkeys(("_Callables", "_SparseMatrices", "_RandomStates", "_PandasNAConstraint"), ""),
}

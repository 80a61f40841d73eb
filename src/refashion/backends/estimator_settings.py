"""The settings of estimators: completed by the defaults of the library, and checked.

What a study does not state is the default of the library, read from the signature. Values are
checked against the constraints that the estimator declares, so nothing has to be fitted for that.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from refashion.backends.estimators import (
    SEED,
    THREADS,
    find_any,
    library,
    nested,
    parameters,
    ready,
)
from refashion.backends.kept_answers import kept
from refashion.errors import choices, did_you_mean, shown
from refashion.wording import DEFAULT_OF

# Where the declared constraints stand; private, see docs/decisions/private-names.md.
CONSTRAINTS = "sklearn.base.BaseEstimator._parameter_constraints"

# What these say changes how an estimator computes, but not what: nobody assumes anything by them.
HOW = {
    *("verbose", "warm_start", "copy", "copy_X", "copy_X_train", "cache_size", "memory"),
    *("pre_dispatch", "return_train_score"),
    # They say how texts are read from files, and a dataset holds the texts themselves.
    *("input", "encoding", "decode_error"),
}
# The only values with which these lead to no file: a cache holds pickles, which a study could bring
# with it, and a vectorizer would open whatever file a dataset names.
WITHOUT_FILES = {"memory": None, "input": "content"}
# Defaults that stand for "not given", while a library gives an argument up.
NOT_GIVEN = ("deprecated", "warn")

Where = tuple[str | int, ...]


class SettingFault(NamedTuple):
    """A fault in settings: the keys that lead to it, and what is wrong."""

    where: Where
    text: str


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
    whole, assumed = _complete(path, settings)
    return whole, assumed


@kept
def _complete(path: str, settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
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


def _completed(value: Any) -> tuple[Any, dict[str, Any]]:
    if found := nested(value):
        whole, more = complete(*found)
        return {found[0]: whole}, {f"{found[0]}.{key}": entry for key, entry in more.items()}
    if isinstance(value, list):
        parts = [_completed(entry) for entry in value]
        more = {f"{n}.{key}": v for n, (_, of) in enumerate(parts) for key, v in of.items()}
        return [entry for entry, _ in parts], more
    return value, {}


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


@kept
def why(path: str) -> str:
    """Say why a setting that no one stated has its value: whose default it is."""
    package = path.partition(".")[0]
    version = getattr(importlib.import_module(package), "__version__", "")
    return f"{DEFAULT_OF} {library(path)} {version}".rstrip() + "."


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
    for where, text in _faults(path, settings, packages):
        yield SettingFault(tuple(where), text)


@kept
def _faults(
    path: str, settings: Mapping[str, Any], packages: tuple[str, ...] | None
) -> Sequence[SettingFault]:
    return [*_each_fault(path, settings, packages)]


def _each_fault(
    path: str, settings: Mapping[str, Any], packages: tuple[str, ...] | None
) -> Iterator[SettingFault]:
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
    if found := nested(value):
        path, settings = found
        try:
            find_any(path, packages)
        except ValueError as error:
            yield SettingFault((path,), f"{shown(path)}; {error}")
            return
        yield from (
            SettingFault((path, *at), text) for at, text in faults(path, settings, packages)
        )
    elif isinstance(value, list | Mapping):
        entries = value.items() if isinstance(value, Mapping) else enumerate(value)
        for place, entry in entries:
            # As in the grid of a search, which sets settings by names such as vectorizer__input.
            tried = entry if isinstance(entry, list) else ()
            if wrong := [each for each in tried if _opens_files(str(place), each)]:
                accepted = shown(WITHOUT_FILES[str(place).rpartition("__")[2]])
                yield SettingFault((place,), f"{shown(wrong[0])}; accepted: {accepted}")
            yield from (
                SettingFault((place, *at), text) for at, text in _faults_below(entry, packages)
            )


def _opens_files(name: str, value: Any) -> bool:
    """Whether a setting, or one of an estimator in a search, makes it read or write files."""
    last = name.rpartition("__")[2]
    return last in WITHOUT_FILES and isinstance(value, str) and value != WITHOUT_FILES[last]


def _why_refused(path: str, name: str, value: Any) -> str | None:
    """Say what a setting accepts, if it does not accept a value."""
    if _opens_files(name, value):
        return shown(WITHOUT_FILES[name])
    if name == THREADS:
        return "leave it out; `threads` of config.yaml says how many"
    if name == SEED:
        is_seed = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**32
        return (
            None if value is None or is_seed else "a whole number from 0, or null: the run's seed"
        )
    rules = _rules(path, name)
    given = ready(value, parameters(find_any(path))[name])
    # In Python, true is a number, but not to whoever writes a study.
    tried = [r for r in rules if not (isinstance(value, bool) and _kind(r) == "Interval")]
    if not rules or any(rule.is_satisfied_by(given) for rule in tried):
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

"""Settings of a function, derived from its signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from functools import cache
from types import SimpleNamespace
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model


def settings_model(function: Callable[..., Any], ignore: Collection[str] = ()) -> type[BaseModel]:
    """Derive a pydantic model of the settings of a function from its signature.

    Parameters
    ----------
    function
        Function with annotated arguments. `**more: Unpack[SomeTypedDict]` stands for the keys of
        the typed dictionary.
    ignore
        Names of arguments that are not settings. Their annotations are not evaluated, so they may
        name types of a library that is slow to import.

    Returns
    -------
    type[pydantic.BaseModel]
        Model named after the function. A setting without a default is a required field; other keys
        are errors.

    Examples
    --------
    >>> def within(history, *, first: int, last: int): ...
    >>> list(settings_model(within, ignore=("history",)).model_fields)
    ['first', 'last']
    """
    return _settings_model(function, frozenset(ignore))


@cache  # every run and claim of a study asks again
def _settings_model(function: Callable[..., Any], ignore: frozenset[str]) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    parameters = inspect.signature(function).parameters
    hints = _hints(function, parameters.keys() - ignore)
    for name, parameter in parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            (shared,) = get_args(hints[name])
            fields |= get_type_hints(shared, include_extras=True)
        elif name not in ignore:
            fields[name] = hints[name]
    # Strict: YAML has types, and a bool or a string is not a number.
    config = ConfigDict(extra="forbid", strict=True)
    defined: dict[str, Any] = {
        name: (hint, parameters[name].default if _is_optional(parameters.get(name)) else ...)
        for name, hint in fields.items()
    }
    return create_model(function.__name__, __config__=config, **defined)


def _is_optional(parameter: inspect.Parameter | None) -> bool:
    return parameter is not None and parameter.default is not parameter.empty


def _hints(function: Callable[..., Any], names: Collection[str]) -> dict[str, Any]:
    """Evaluate the annotations of the named arguments only."""
    wanted = {name: hint for name, hint in function.__annotations__.items() if name in names}
    holder = SimpleNamespace(__annotations__=wanted)
    return get_type_hints(holder, globalns=function.__globals__, include_extras=True)

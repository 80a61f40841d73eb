"""Consistency checks: arithmetic on the numbers of a report, without any run.

A check is a public function in one of the modules here. Its arguments are annotated keywords;
numbers are text, as printed, so that their precision is known. Only `mean_of` has a default; it
says of what the numbers are means. A check returns a `Finding`, and raises a ValueError where the
numbers do not go together, such as lists of unequal length. A new check is one new function: this
package finds it, and reads its arguments from the signature.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator

from pydantic import BaseModel

from refashion import signatures
from refashion.checks.consistency.finding import Finding

__all__ = ["Finding", "function", "names", "settings_model"]


def names() -> list[str]:
    """Return the names of all checks, sorted."""
    return sorted(_checks())


def function(name: str) -> Callable[..., Finding]:
    """Return a check by its name, one of `names()`."""
    return _checks()[name]


def settings_model(name: str) -> type[BaseModel]:
    """Return a pydantic model of the arguments of a check; see `signatures.settings_model`.

    Parameters
    ----------
    name
        One of `names()`.

    Returns
    -------
    type[pydantic.BaseModel]
        Every argument but `mean_of` is a required field; others are refused.
    """
    return signatures.settings_model(function(name))


@functools.cache
def _checks() -> dict[str, Callable[..., Finding]]:
    return dict(check for module in pkgutil.iter_modules(__path__) for check in _of(module.name))


def _of(module: str) -> Iterator[tuple[str, Callable[..., Finding]]]:
    """Yield the public functions of a module that return a finding."""
    found = importlib.import_module(f"{__name__}.{module}")
    for name, member in inspect.getmembers(found, inspect.isfunction):
        is_own = member.__module__ == found.__name__ and not name.startswith("_")
        if is_own and member.__annotations__.get("return") == Finding.__name__:
            yield name, member

"""What an estimator has learned, as plain numbers and texts by the names of its attributes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import lazy_loader

from refashion.attributes import FEATURES, STEPS

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy_loader.load("numpy")

# Of a longer attribute, nobody prints each number.
MOST_VALUES = 1_000
# Of an ensemble with more members, nobody prints the numbers of one.
MOST_MEMBERS = 10
DEEPEST = 4
# These would be computed anew, for each example and each member of an ensemble.
COSTLY = ("estimators_samples_",)
OF_TREES = ("n_leaves", "max_depth", "node_count")
METHODS = ("get_n_leaves", "get_depth")

_NOTHING = object()


def attributes(
    estimator: Any, features: Sequence[str] | None = None, depth: int = 0
) -> dict[str, Any]:
    """Collect the small public attributes that fitting has set: those whose names end in "_".

    Parameters
    ----------
    estimator
        Fitted estimator, perhaps a pipeline or a search.
    features
        Names of its input columns, or None.
    depth
        How many estimators this one stands in.

    Returns
    -------
    dict
        Numbers, texts, nested lists of them, and mappings; estimators within it as mappings of
        their own. What is larger than `MOST_VALUES` or no such value is left out.
    """
    if depth > DEEPEST:
        return {}
    named = _fitting(features, estimator)
    found: dict[str, Any] = {FEATURES: list(named)} if named else {}
    for name in _names(estimator):
        value = _value_of(estimator, name, named, depth)
        if value is not _NOTHING:
            found[name] = value
    if "tree_" in found:
        found |= {f"{name}()": int(getattr(estimator, name)()) for name in METHODS}
    if hasattr(estimator, "steps") and hasattr(estimator, "named_steps"):
        found[STEPS] = _steps(estimator, features, depth)
    return found


def _fitting(features: Sequence[str] | None, estimator: Any) -> Sequence[str] | None:
    n = getattr(estimator, "n_features_in_", None)
    return features if features and len(features) == n and n <= MOST_VALUES else None


def _names(estimator: Any) -> list[str]:
    """Names of the attributes that are set, and of the properties that are computed from them."""
    computed = [
        n for n in dir(type(estimator)) if isinstance(getattr(type(estimator), n), property)
    ]
    every = sorted({*vars(estimator), *computed})
    return [n for n in every if n.endswith("_") and n[0] != "_" and n not in (FEATURES, *COSTLY)]


def _value_of(estimator: Any, name: str, features: Sequence[str] | None, depth: int) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _plain(getattr(estimator, name), features, depth)
    except Exception:  # a property may do anything, and often does not apply
        return _NOTHING


def _plain(value: Any, features: Sequence[str] | None, depth: int) -> Any:
    """Convert a value to what JSON holds, or return `_NOTHING` if it is too large or no value."""
    if hasattr(value, "get_params") and hasattr(value, "fit"):
        return attributes(value, features, depth + 1) or _NOTHING  # a template is not fitted
    if hasattr(value, "node_count") and hasattr(value, "n_leaves"):
        return {name: int(getattr(value, name)) for name in OF_TREES}
    if isinstance(value, Mapping):
        return _mapping(value, features, depth)
    if isinstance(value, list | tuple):
        return _list(value, features, depth)
    if hasattr(value, "toarray"):
        size = int(np.prod(value.shape))
        return _plain(value.toarray(), features, depth) if size <= MOST_VALUES else _NOTHING
    if isinstance(value, np.ndarray):
        if value.size > MOST_VALUES or value.dtype.kind not in "biufUSO":
            return _NOTHING
        listed = value.ravel() if value.dtype.kind == "O" else value  # trees of each step and class
        return _NOTHING if _is_large(listed) else _plain(value.tolist(), features, depth)
    if isinstance(value, np.generic):
        value = value.item()
    return value if value is None or isinstance(value, bool | int | float | str) else _NOTHING


def _mapping(values: Mapping[Any, Any], features: Sequence[str] | None, depth: int) -> Any:
    if len(values) > MOST_VALUES or depth > DEEPEST:
        return _NOTHING
    made = {str(key): _plain(value, features, depth + 1) for key, value in values.items()}
    return {key: value for key, value in made.items() if value is not _NOTHING}


def _list(values: Sequence[Any], features: Sequence[str] | None, depth: int) -> Any:
    if _is_large(values) or depth > DEEPEST:
        return _NOTHING
    made = [_plain(value, features, depth + 1) for value in values]
    if any(value is _NOTHING for value in made) or _size(made) > MOST_VALUES:
        return _NOTHING
    return made


def _is_large(values: Sequence[Any] | np.ndarray) -> bool:
    has_members = len(values) > 0 and hasattr(values[0], "get_params")
    return len(values) > (MOST_MEMBERS if has_members else MOST_VALUES)


def _size(values: Any) -> int:
    return sum(map(_size, values)) if isinstance(values, list) else 1


def _steps(pipeline: Any, features: Sequence[str] | None, depth: int) -> dict[str, Any]:
    """Attributes of each step of a pipeline; each step names the columns that it makes."""
    found = {}
    for name, step in pipeline.named_steps.items():
        if hasattr(step, "get_params"):
            found[name] = attributes(step, features, depth + 1)
            features = _made_by(step, features)
    return found


def _made_by(step: Any, features: Sequence[str] | None) -> Sequence[str] | None:
    try:
        return [str(name) for name in step.get_feature_names_out(features)]
    except Exception:  # whatever a step without names raises
        return None

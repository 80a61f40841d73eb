"""Fitted attributes of estimators: their names as code writes them, and the values behind these.

`coef_[bmi]`, `best_params_.C` and `named_steps.svm.n_support_[0]` are names. The values come from
`attributes.json`, which `backends.fitted` collects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from refashion.errors import choices

# What code writes: names after points, and keys or places in brackets.
_NAME = r"[A-Za-z]\w*(?:\(\))?"
PATH = re.compile(rf"{_NAME}(?:\.\w+(?:\(\))?|\[[^\[\]]{{1,200}}\])*")
_STEP = re.compile(r"\.?(\w+(?:\(\))?)|\[([^\[\]]+)\]")

FEATURES, CLASSES = "feature_names_in_", "classes_"
STEPS, BEST = "named_steps", "best_estimator_"

EXAMPLES = "coef_[3], coef_[bmi], best_params_.C or tree_.n_leaves"


def look_up(attributes: Mapping[str, Any], path: str, classes: Sequence[str] = ()) -> float | str:
    """Return the value of a fitted attribute.

    Parameters
    ----------
    attributes
        Attributes of an estimator, as `backends.fitted.attributes` returns them.
    path
        Name of one number or text. In brackets stands a place from 0, or the name of a feature or
        a class. What a pipeline or a search does not have is looked for in its last step, or in its
        best estimator.
    classes
        Names of the classes, by label.

    Returns
    -------
    float or str
        The number, or the text, which for true, false and None is that of Python. `attributes.json`
        has None for numbers that are not finite.

    Raises
    ------
    LookupError
        There is no such value. The message says what there is, and suggests the nearest name.
    """
    value: Any = attributes
    owner, done = attributes, ""
    for name, key in _STEP.findall(path):
        if isinstance(value, Mapping):
            value, owner = _within(value, name or _unquoted(key), done)
        elif isinstance(value, list) and key:
            value = _at(value, key, done, owner, classes)
        else:
            is_list = isinstance(value, list)
            said = f"is a list; accepted: {done}[0]" if is_list else f"is a value; accepted: {done}"
            raise LookupError(f"{done} {said}")
        done += f".{name}" if name and done else name or f"[{key}]"
    return _single(value, path)


def _within(owner: Mapping[str, Any], name: str, done: str) -> tuple[Any, Mapping[str, Any]]:
    for place in _places(owner):
        if name in place:
            return place[name], place if not isinstance(place[name], Mapping) else place[name]
    known = dict.fromkeys(each for place in _places(owner) for each in place if each != FEATURES)
    has_not = f"{done} has no {name}" if done else f"there is no {name}"
    raise LookupError(f"{has_not}; {choices(name, known)}")


def _places(owner: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the attributes of an estimator, of its steps, and of those that predict for it."""
    yield owner
    if isinstance(steps := owner.get(STEPS), Mapping) and steps:
        yield steps
        yield from _places([*steps.values()][-1])
    if isinstance(best := owner.get(BEST), Mapping):
        yield from _places(best)


def _unquoted(key: str) -> str:
    return key.strip().strip("'\"")


def _at(
    values: list[Any], key: str, done: str, owner: Mapping[str, Any], classes: Sequence[str]
) -> Any:
    """Return what stands in a list at a place, or belongs to a feature or a class."""
    name = _unquoted(key)
    shape, features = _shape(values), owner.get(FEATURES) or []
    labels = owner.get(CLASSES) or []
    of_classes = [classes[label] for label in labels] if _are_labels(labels, classes) else []
    if name in features and shape and shape[-1] == len(features):
        return _last_axis(values, features.index(name))
    if name in of_classes and len(values) == len(of_classes):
        return values[of_classes.index(name)]
    if re.fullmatch(r"-?[0-9]{1,7}", name):
        if len(values) == 1 and isinstance(values[0], list) and name not in ("0", "-1"):
            values = values[0]  # one row, as of a binary classifier
        if -len(values) <= int(name) < len(values):
            return values[int(name)]
        raise LookupError(f"{done}[{key}] is not there; accepted: 0 to {len(values) - 1}")
    if "," in name:  # coef_[0, 3]
        for each in name.split(","):
            if not isinstance(values, list):
                raise LookupError(f"{done}[{key}] has too many places; accepted: fewer")
            values = _at(values, each, done, owner, classes)
        return values
    known = [*features, *of_classes] or [f"0 to {len(values) - 1}"]
    raise LookupError(f"{done} has no {name}; {choices(name, known)}")


def _are_labels(labels: Any, classes: Sequence[str]) -> bool:
    return isinstance(labels, list) and all(
        isinstance(label, int) and 0 <= label < len(classes) for label in labels
    )


def _shape(values: Any) -> tuple[int, ...] | None:
    """Return the shape of nested lists, or None if they are ragged."""
    if not isinstance(values, list):
        return ()
    shapes = {_shape(each) for each in values}
    if len(shapes) != 1 or None in shapes:
        return None
    return (len(values), *(shapes.pop() or ()))


def _last_axis(values: list[Any], place: int) -> Any:
    if isinstance(values[0], list):
        return [_last_axis(each, place) for each in values]
    return values[place]


def _single(value: Any, path: str) -> float | str:
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        named = [f"{path}.{name}" for name in value if name != FEATURES]
        raise LookupError(f"{path} is no single value; {choices('', named)}")
    if isinstance(value, list):
        text = f"{path} holds {len(value):,} values; accepted: one of them, such as {path}[0]"
        raise LookupError(text)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else str(value)

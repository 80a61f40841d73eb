"""Preprocessing in `study.yaml`: division by a number, or a list of steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, model_validator

from refashion.backends import estimator_settings, estimators
from refashion.backends.preprocessing import ALL, DENSE, DIVIDE_BY
from refashion.errors import choices, shown
from refashion.quantities import Positive
from refashion.spec.fields import Heading, Strict, Title
from refashion.spec.problems import Problem, Where

MOST_STEPS = 100
# Keys of a step beside the path of its transformer.
OPTIONS = ("columns", "fit_on")
OWN = (DIVIDE_BY, DENSE)
ACCEPTED = (
    "the import path of a transformer, such as sklearn.preprocessing.StandardScaler, alone or with "
    "its settings as {path: {setting: value}}; or {divide_by: 255}, or dense"
)


class DivideBy(Strict):
    """Division of the raw values by a number."""

    divide_by: Positive


class Step(Strict):
    """One step: a transformer with its settings, and perhaps the columns that it is for."""

    step: Title
    settings: dict[str, JsonValue] = Field({})
    columns: Annotated[tuple[Heading, ...], Field(min_length=1)] | None = Field(
        None, description="names of columns; others pass as they are; null: all"
    )
    fit_on: Literal["train", "all"] = Field(
        "train", description="all: fitted on the test examples as well, which is a leak"
    )

    @model_validator(mode="before")
    @classmethod
    def _of_yaml(cls, value: Any) -> Any:
        """Read `{path: settings, columns: ..., fit_on: ...}`, or a path alone."""
        if isinstance(value, str):
            return {"step": value}
        if not isinstance(value, Mapping) or "step" in value:
            return value
        (path, settings) = next(
            (item for item in value.items() if item[0] not in OPTIONS), ("", {})
        )
        whole: Any = {DIVIDE_BY: settings} if path == DIVIDE_BY else settings or {}
        options = {key: value[key] for key in OPTIONS if key in value}
        if isinstance(options.get("columns"), list):
            options["columns"] = tuple(options["columns"])
        return {"step": path, "settings": whole, **options}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        """Describe a step as it is written, not as it is kept."""
        kept = handler.resolve_ref_schema(handler(core))["properties"]
        options = {key: kept[key] for key in OPTIONS}
        settings = {"type": ["object", "null"], "description": "settings of the transformer"}
        number = {"type": "number", "exclusiveMinimum": 0}
        mapping = {
            "type": "object",
            "properties": {**options, DIVIDE_BY: number},
            "patternProperties": {estimators.PATH.pattern: settings},
            "additionalProperties": False,
        }
        path = {"type": "string", "description": "import path of a transformer, or dense"}
        return {"anyOf": [path, mapping]}


Preprocess = DivideBy | Annotated[tuple[Step, ...], Field(max_length=MOST_STEPS)]


def leaks(preprocess: DivideBy | Sequence[Step] | None) -> tuple[str, ...]:
    """Return the steps that are fitted on the test examples as well."""
    steps = preprocess if isinstance(preprocess, tuple) else ()
    return tuple(step.step for step in steps if step.fit_on == ALL and step.step not in OWN)


def is_unseeded(preprocess: DivideBy | Sequence[Step] | None) -> bool:
    """Whether no step draws at random with the seed of the run."""
    steps = preprocess if isinstance(preprocess, tuple) else ()
    return all(
        estimators.is_unseeded(step.step, step.settings) for step in steps if step.step not in OWN
    )


def is_in_step(where: Where) -> bool:
    """Return whether a problem is about a step itself, which `problems_of` describes better."""
    if "preprocess" not in where[:-1]:
        return False
    _, *below = where[where.index("preprocess") :]
    return isinstance(below[0], int) and (len(below) == 1 or below[1] not in OPTIONS)


def problems_of(
    where: Where, stated: Any, columns: Sequence[str] | None, packages: tuple[str, ...]
) -> Iterator[Problem]:
    """Find the faults of preprocessing that is stated as a list.

    Parameters
    ----------
    where
        Keys that lead to it.
    stated
        What stands there.
    columns
        Columns of the dataset; None if they are not known.
    packages
        Packages that a study may import from.
    """
    if not isinstance(stated, list):
        return
    for place, step in enumerate(stated):
        yield from (
            Problem((*where, place, *at), text) for at, text in _step_problems(step, packages)
        )
        named = step.get("columns") if isinstance(step, dict) else None
        # Later steps may choose columns that earlier ones have made.
        for number, name in enumerate(named if isinstance(named, list) and place == 0 else ()):
            if columns is not None and name not in columns:
                text = f"{shown(name)}; {choices(name, columns)}"
                yield Problem((*where, place, "columns", number), text)


def _step_problems(step: Any, packages: tuple[str, ...]) -> Iterator[Problem]:
    stated = {step: None} if isinstance(step, str) else step
    if not isinstance(stated, dict):
        yield Problem((), f"{shown(step)}; accepted: {ACCEPTED}")
        return
    at = (lambda *keys: ()) if isinstance(step, str) else (lambda *keys: keys)
    others = [key for key in stated if key not in OPTIONS]
    named = [key for key in others if key in OWN or estimators.is_path(str(key))] or others[:1]
    for key in others:
        if key not in named:
            text = f"unknown key (value {shown(stated[key])}); {choices(key, OPTIONS)}"
            yield Problem(at(key), text)
    if len(named) != 1:
        found = f"{shown(named[1])}; a second step in one entry" if named else "names no step"
        yield Problem(at(*named[1:2]), f"{found}; accepted: {ACCEPTED}")
        return
    (path,) = named
    yield from (Problem(at(*keys), text) for keys, text in _faults(path, stated[path], packages))


def _faults(path: Any, settings: Any, packages: tuple[str, ...]) -> Iterator[Problem]:
    if path == DIVIDE_BY:
        is_number = isinstance(settings, int | float) and not isinstance(settings, bool)
        if not is_number or settings <= 0:
            yield Problem((path,), f"{shown(settings)}; accepted: a number > 0")
        return
    if path == DENSE:
        if settings:
            yield Problem((path,), f"{shown(settings)}; accepted: no settings")
        return
    try:
        estimators.check_transformer(path, packages)
    except ValueError as error:
        yield Problem((path,), f"{shown(path)}; {error}")
        return
    if not isinstance(settings, dict | None):
        yield Problem((path,), f"{shown(settings)}; accepted: a mapping of its settings")
        return
    for keys, text in estimator_settings.faults(path, settings or {}, packages):
        yield Problem((path, *keys), text)


def completed(preprocess: Preprocess | None) -> tuple[Any, dict[str, tuple[Any, str]]]:
    """Add the defaults of the library to the settings of the steps of some preprocessing.

    Returns
    -------
    tuple
        The preprocessing with all settings, and the value and reason of each that was not stated,
        by dotted name.
    """
    if not isinstance(preprocess, tuple):
        return preprocess, {}
    steps: list[Step] = []
    assumed: dict[str, tuple[Any, str]] = {}
    for step in preprocess:
        if step.step in OWN:
            steps.append(step)
            continue
        settings, defaults = estimator_settings.complete(step.step, step.settings)
        steps.append(step.model_copy(update={"settings": settings}))
        short, why = step.step.rpartition(".")[2], estimator_settings.why(step.step)
        assumed |= {f"preprocess.{short}.{key}": (value, why) for key, value in defaults.items()}
    return tuple(steps), assumed

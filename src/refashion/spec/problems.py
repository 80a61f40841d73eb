"""Error messages about invalid files and options: the place, the value, and what is accepted.

pydantic finds the problems, but its messages are about types and models. `explain` rewrites them,
and takes what is accepted from the JSON schema of the model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from refashion.errors import choices, did_you_mean, shown

Where = tuple[str | int, ...]

NAME_RULE = "a name: lower-case letters, digits and _, a letter first, at most 64 characters"
# Type of the error for a name that does not exist; the known names are `names` in its context.
UNKNOWN = "unknown_name"

MOST_PROBLEMS = 50

BOUNDS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "null": "null",
}


class Problem(NamedTuple):
    """A problem: the keys that lead to it, and the message."""

    where: Where
    text: str


def report(problems: Iterable[Problem], data: object, file: Callable[[Where], object]) -> str:
    """Format problems, one on each line, in the order of the file.

    Only the first `MOST_PROBLEMS` are shown; more of them usually have one cause.

    Parameters
    ----------
    problems
        The problems.
    data
        Content of the file.
    file
        Function of the keys that lead to a problem, which returns the file name to show.
    """
    ordered = sorted(problems, key=lambda problem: _position(problem.where, data))
    lines = [f"{file(at)}: {_dotted(at, data)}: {text}" for at, text in ordered]
    unique = list(dict.fromkeys(lines))
    if len(unique) > MOST_PROBLEMS:
        more = f"about {len(unique) - MOST_PROBLEMS:,} more; accepted: a file without problems"
        unique[MOST_PROBLEMS:] = [f"{file(ordered[-1].where)}: problems: {more}"]
    return "\n".join(unique)


def explain(
    error: ValidationError, data: object, schema: dict[str, Any], noun: str = "key"
) -> list[Problem]:
    """Convert the errors of pydantic to problems.

    Parameters
    ----------
    error
        Error from validating `data`.
    data
        The validated data: mappings, lists and scalars.
    schema
        JSON schema of the model.
    noun
        Noun for an unknown key.
    """
    schema = _inlined(schema, schema.get("$defs", {}))
    found: dict[tuple[Where, bool], dict[str, Any]] = {}
    for each in error.errors(include_url=False)[: 4 * MOST_PROBLEMS]:
        detail: dict[str, Any] = {**each}
        where = _real(detail["loc"], data, detail["type"] == "missing")
        found.setdefault((where, detail["loc"][-1:] == ("[key]",)), detail)
    # A union has errors for each of its members. The one that got furthest was meant.
    outer = {where[:n] for where, _ in found for n in range(len(where))}
    problems = [
        Problem(where, _message(where, is_key, detail, data, schema, noun))
        for (where, is_key), detail in found.items()
        if is_key or where not in outer
    ]
    return _without_misspelt(problems)


def _without_misspelt(problems: list[Problem]) -> list[Problem]:
    """Leave out "missing" for a key that is misspelt, because its own line names it already."""
    meant = {
        (*where[:-1], match[1])
        for where, text in problems
        if text.startswith("unknown") and (match := re.search(r"did you mean '(.*)'\?$", text))
    }
    return [p for p in problems if not (p.where in meant and p.text.startswith("missing"))]


def _message(
    where: Where, is_key: bool, detail: dict[str, Any], data: object, schema: dict, noun: str
) -> str:
    if is_key:
        if detail["type"] == UNKNOWN:
            return f"unknown name; {choices(where[-1], detail['ctx']['names'])}"
        if detail["type"] == "value_error":
            return f"not a valid name; {detail['ctx']['error']}"
        return f"not a valid name; accepted: {NAME_RULE}"
    if detail["type"] == "missing":
        return f"missing; accepted: {_accepted(_schema_at(schema, where))}"
    value = _value_at(data, where)
    if detail["type"] == "extra_forbidden":
        keys = _keys(_schema_at(schema, where[:-1]))
        return f"unknown {noun} (value {shown(value)}); {choices(where[-1], keys)}"
    if detail["type"] == UNKNOWN:
        return f"{shown(value)}; {choices(value, detail['ctx']['names'])}"
    if detail["type"] == "value_error":
        return f"{shown(value)}; {detail['ctx']['error']}"
    here = _schema_at(schema, where)
    meant = did_you_mean(value, _words(here)) if isinstance(value, str) else ""
    return f"{shown(value)}; accepted: {_accepted(here)}{meant}"


def _real(loc: Where, data: Any, is_missing: bool) -> Where:
    """Keep the keys of pydantic's location that are in the data; others name members of unions."""
    where: list[str | int] = []
    for step in loc:
        if _holds(data, step):
            where.append(step)
            data = data[step]
    return (*where, loc[-1]) if is_missing else tuple(where)


def _holds(data: object, step: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(step, int) and step < len(data)
    return isinstance(data, Mapping) and step in data


def _value_at(data: Any, where: Where) -> Any:
    for step in where:
        data = data[step]
    return data


def _position(where: Where, data: Any) -> tuple[int, ...]:
    """Position of a problem among all keys; a missing key comes after the existing ones."""
    place = []
    for step in where:
        if isinstance(step, int):
            place.append(step)
        else:
            keys = list(data) if isinstance(data, Mapping) else []
            place.append(keys.index(step) if step in keys else len(keys))
        data = data[step] if _holds(data, step) else None
    return tuple(place)


def _dotted(where: Where, data: Any) -> str:
    """Format keys as `a.b.c`; entries of a list by their `id`, or else by their index from 0."""
    text = ""
    for step in where:
        data = data[step] if _holds(data, step) else None
        if isinstance(step, int):
            name = data.get("id") if isinstance(data, Mapping) else None
            text += f"[{name if isinstance(name, str) and _is_plain(name) else step}]"
        else:
            text += f".{step if _is_plain(step) else shown(step)}"
    return text.removeprefix(".")


def _is_plain(key: str) -> bool:
    return re.fullmatch(r"[\w.-]{1,80}", key) is not None


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """Replace references by their definitions; our models are not recursive."""
    if isinstance(schema, list):
        return [_inlined(entry, definitions) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    rest = {k: _inlined(v, definitions) for k, v in schema.items() if k not in ("$ref", "$defs")}
    if "$ref" not in schema:
        return rest
    return _inlined(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions) | rest


def _branches(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if not alternatives:
        yield schema
    for alternative in alternatives or ():
        yield from _branches(alternative)


def _schema_at(schema: dict[str, Any], where: Where) -> dict[str, Any]:
    for step in where:
        children = (_child(branch, step) for branch in _branches(schema))
        schema = next((child for child in children if child), {})
    return schema


def _child(schema: dict[str, Any], step: str | int) -> dict[str, Any] | None:
    if isinstance(step, int):
        places = schema.get("prefixItems", [])
        return places[step] if step < len(places) else schema.get("items")
    others = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
    return schema.get("properties", {}).get(step) or others[0] or None


def _keys(schema: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(key for b in _branches(schema) for key in b.get("properties", ())))


def _words(schema: dict[str, Any]) -> list[str]:
    choices = (b.get("enum", [b.get("const")]) for b in _branches(schema))
    return [word for words in choices for word in words if isinstance(word, str)]


def _accepted(schema: dict[str, Any]) -> str:
    text = ", or ".join(dict.fromkeys(_described(branch) for branch in _branches(schema)))
    # The description of a mapping is the docstring of its class, which does not say what to write.
    note = schema.get("description") if schema.get("type") != "object" else None
    return f"{text} ({note})" if note else text


def _described(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):  # a name may be written as a number, but it is text
        kind = kind[0]
    if "const" in schema:
        return shown(schema["const"])
    if "enum" in schema:
        return f"one of {', '.join(map(shown, schema['enum']))}"
    if kind == "array":
        return f"a list of {_accepted(schema.get('items', {}))}{_at_most(schema, 'maxItems')}"
    if kind == "object":
        if keys := _keys(schema):
            return f"a mapping with the keys {', '.join(keys)}"
        return f"a mapping, not empty{_at_most(schema, 'maxProperties')}"
    if "minLength" in schema:
        return f"text, not empty{_at_most(schema, 'maxLength', ' characters')}"
    return f"{KINDS.get(str(kind), 'any value')}{_range(schema)}"


def _at_most(schema: dict[str, Any], key: str, unit: str = "") -> str:
    return f", at most {schema[key]:,}{unit}" if key in schema else ""


def _range(schema: dict[str, Any]) -> str:
    if "minimum" in schema and "maximum" in schema:
        return f" from {_number(schema['minimum'])} to {_number(schema['maximum'])}"
    bounds = [f"{sign} {_number(schema[key])}" for key, sign in BOUNDS.items() if key in schema]
    return f" {' and '.join(bounds)}" if bounds else ""


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"

"""Values that a study takes from the result of a search: `{from: recover.<name>}`.

A search writes its result into the results folder. It is read when the study is loaded, so that a
run has all its settings when the workflow is planned. As long as there is no result, the runs that
need it wait. The jobs of a command take what there was when it began, see `publish`: a search that
ends meanwhile must not give them other runs than were planned.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from typing_extensions import TypeIs

from refashion import artifacts
from refashion.errors import RefashionError, choices, one_line, shown
from refashion.spec.problems import Problem, Where
from refashion.spec.recover import MINUTES, SECTIONS, Search

RESULTS_VARIABLE = "REFASHION_RECOVERED"
# What is passed on of a result, besides the best settings.
TAKEN = ("status", "error", "stated", "question", "stopped", "verdict", "sentence")
FROM = "from"
PREFIX = "recover."
# The only verdict of a search that gives a value.
FOUND = "found"
AGAIN = "run the same command once more, with recovery among its groups"
CHANGED = f"has changed since; {AGAIN}"


@dataclass
class Taken:
    """What a study takes from searches.

    Attributes
    ----------
    data
        Content of `study.yaml`, with values in place of `{from: ...}`. As long as a value is not
        known, a value of the search stands there.
    names
        Name of the search that each value comes from, by the keys that lead to it.
    awaited
        Why values are not known, by the keys that lead to them.
    problems
        What is wrong with `{from: ...}`.
    """

    data: dict[str, Any]
    names: dict[Where, str] = field(default_factory=dict)
    awaited: dict[Where, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def names_of(self, run: str) -> dict[str, str]:
        """Return the search that each setting of a run comes from, by its dotted name."""
        found = {}
        for where, search in self.names.items():
            if where[0] in SECTIONS or where[1] == run:
                found[_name_of(where)] = search
        return found

    def why_waiting(self, run: str) -> str | None:
        """Return why a run cannot be executed yet; None if all its values are known."""
        return next((self.awaited[at] for at in self._awaited_at(run)), None)

    def awaited_by(self, run: str) -> tuple[str, ...]:
        """Return the searches whose values a run waits for."""
        return tuple(dict.fromkeys(self.names[at] for at in self._awaited_at(run)))

    def _awaited_at(self, run: str) -> Iterator[Where]:
        return (at for at in self.awaited if at[0] in SECTIONS or at[1] == run)


def take(data: dict[str, Any], study: str, results: Path) -> Taken:
    """Replace `{from: recover.<name>}` in a study by the recovered values.

    Parameters
    ----------
    data
        Content of `study.yaml`.
    study
        Name of the study.
    results
        Folder for results.
    """
    taken = Taken(data)
    for where in list(_places(data)):
        value, problem = _value(where, data, study, results, taken)
        if problem:
            taken.problems.append(Problem((*where, FROM), problem))
        else:
            taken.data = _replaced(taken.data, where, value)
    return taken


def _name_of(where: Where) -> str:
    """Return the dotted name of a setting, with that of its section if it is one of the study."""
    if where[0] not in SECTIONS:
        where = where[3:] if where[2] == "settings" else where[2:]
    return ".".join(map(str, where))


def _places(data: Mapping[str, Any]) -> Iterator[Where]:
    runs = data.get("runs")
    for section in SECTIONS:
        yield from _below((section,), data.get(section))
    for name, run in runs.items() if isinstance(runs, Mapping) else ():
        for key in ("settings", "preprocess"):
            yield from _below(("runs", name, key), run.get(key) if _is_map(run) else None)


def _below(where: Where, value: Any) -> Iterator[Where]:
    if _is_map(value):
        text = value.get(FROM)
        if set(value) == {FROM} and isinstance(text, str) and text.startswith(PREFIX):
            yield where
            return
        for key, each in value.items():
            yield from _below((*where, key), each)


def _is_map(value: Any) -> TypeIs[Mapping[str, Any]]:
    return isinstance(value, Mapping)


def _value(
    where: Where, data: Mapping[str, Any], study: str, results: Path, taken: Taken
) -> tuple[Any, str | None]:
    """Return the value for a place, or what is wrong with its reference."""
    reference = _at(data, where)[FROM]
    name, _, setting = reference.removeprefix(PREFIX).partition(".")
    searches = data.get("recover")
    known: Mapping[str, Any] = searches if _is_map(searches) else {}
    search: Any = known.get(name)
    if not _is_map(search) or not _is_map(search.get("settings")) or not search["settings"]:
        accepted = choices(reference, [f"{PREFIX}{each}" for each in known])
        return None, f"{shown(reference)}; no such search under recover; {accepted}"
    own = _name_of(where)
    settings = [*search["settings"]]
    setting = setting or (own if own in settings or len(settings) > 1 else settings[0])
    if setting not in settings:
        accepted = choices(setting, [f"{PREFIX}{name}.{each}" for each in settings])
        return None, f"{shown(reference)}; the search has no setting {setting!r}; {accepted}"
    if own != setting and (where[0] in SECTIONS or where[1] == search.get("run")):
        text = f"{shown(reference)}; the run of the search takes from it only what has the same"
        return None, f"{text} name; accepted: a number for {own}, or another search"
    taken.names[where] = name
    found = _recorded(result_of(study, name, results), name, search)
    if isinstance(found, str) or setting not in found:
        is_text = isinstance(found, str)
        taken.awaited[where] = found if is_text else f"the best settings of {name} leave it out"
        return _some(search["settings"][setting]), None
    return found[setting], None


def result_of(study: str, name: str, results: Path) -> dict[str, Any] | None:
    """Return the result of a search as it was when the command began; None without one.

    A damaged file is that of a failed search.

    Parameters
    ----------
    study, name
        Names of the study and of its search.
    results
        Folder for results.
    """
    published = json.loads(os.environ.get(RESULTS_VARIABLE, "{}"))
    if (key := f"{study}/{name}") in published:
        return published[key]
    path = artifacts.Layout(results).recovery(study, name)
    try:
        found = artifacts.read_json(path) if path.is_file() else None
    except RefashionError as error:
        found = {"status": "failed", "error": {"message": str(error)}}
    return found if found is None or isinstance(found, dict) else {}


def publish(searches: Iterable[tuple[str, str]], results: Path) -> None:
    """Pass what runs can take from searches to the jobs in an environment variable.

    Parameters
    ----------
    searches
        Names of studies and of their searches.
    results
        Folder for results.
    """
    os.environ.pop(RESULTS_VARIABLE, None)
    found = {}
    for study, name in searches:
        result = result_of(study, name, results)
        if result is not None:
            best = {"settings": (result.get("best") or {}).get("settings")}
            result = {key: result[key] for key in TAKEN if key in result} | {"best": best}
        found[f"{study}/{name}"] = result
    os.environ[RESULTS_VARIABLE] = json.dumps(found)


def _recorded(result: dict[str, Any] | None, name: str, search: Mapping[str, Any]) -> Any:
    """Return the recovered settings, or why there are none."""
    if result is None:
        return f"the search {name} had not been run when this command began; {AGAIN}"
    if result.get("status") != "ok":
        error = result.get("error") or {}
        return f"the search {name} failed: {one_line(error.get('message') or 'no reason recorded')}"
    if result.get("stated") != _stated(search):
        return f"the search {name} {CHANGED}"
    if result.get("stopped") == MINUTES:
        return f"the search {name} ended at its limit of minutes; raise it, then run this again"
    if result.get("verdict") != FOUND:
        said = result.get("sentence") or "it gave no result"
        return f"the search {name} found no value to use: {said[:1].lower()}{said[1:].rstrip('.')}"
    return result["best"]["settings"]


def _stated(search: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        return Search.model_validate_json(json.dumps(search)).question()
    except ValidationError:  # reported with the other problems of the study
        return None


def _some(stated: Any) -> Any:
    """Return a value of a setting that is searched, as the file states it."""
    if isinstance(stated, list) and stated:
        return stated[0]
    if _is_map(stated) and isinstance(stated.get("values"), list) and stated["values"]:
        return stated["values"][0]
    low = stated.get("low") if _is_map(stated) else None
    is_whole = _is_map(stated) and stated.get("scale") == "integer" and isinstance(low, int | float)
    return int(low) if is_whole and low is not None else low


def _at(data: Any, where: Where) -> Any:
    for key in where:
        data = data[key]
    return data


def _replaced(data: Any, where: Where, value: Any) -> Any:
    if not where:
        return value
    return {**data, where[0]: _replaced(data[where[0]], where[1:], value)}

"""Searches for settings that a source does not state: the key `recover` of a study.

pydantic checks each search by itself. `problems_of` finds what does not match the rest of the
study, such as a claim about another run, or a value that the model does not accept.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import product
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, JsonValue, Tag

from refashion.errors import choices, shown
from refashion.quantities import LARGEST, MOST_ENTRIES, MOST_TRIALS
from refashion.reported import Reported, cells_of
from refashion.spec.claims import NOT_PRINTED
from refashion.spec.fields import Known, Minutes, Strict, Text
from refashion.spec.problems import Problem
from refashion.wording import counted, flatten

# Sections of a study that a search may change as well, for the run that it is about.
SECTIONS = ("split", "preprocess")
# Parts of the budget of a search.
TRIALS, MINUTES = "trials", "minutes"
# Kinds of claims whose numbers a search compares.
KINDS = ("value", "table")
# Values of each range that is searched by a sample, at least.
FEWEST = 3

When = Annotated[
    dict[str, JsonValue],
    Field(min_length=1, description="other settings, with the value or a list of the values"),
]


def _listed(value: Any) -> Any:
    """Read a plain list as the values of a setting."""
    stated = {"values": value} if isinstance(value, list) else value
    if isinstance(stated, Mapping) and isinstance(stated.get("values"), list):
        return {**stated, "values": tuple(stated["values"])}  # what pydantic has not read as JSON
    return stated


Bound = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]


class Choices(Strict):
    """Values that a setting may have."""

    values: Annotated[tuple[JsonValue, ...], Field(min_length=1, max_length=MOST_ENTRIES)]
    when: When | None = Field(None, description="null: always")

    def __len__(self) -> int:
        """Return the number of values."""
        return len(self.values)


class Range(Strict):
    """Numbers that a setting may have."""

    low: Bound
    high: Bound
    scale: Literal["linear", "log", "integer"]
    when: When | None = Field(None, description="null: always")

    def at(self, place: float) -> float | int:
        """Return the number at a place of the range, from 0 to 1."""
        place = float(place)  # of NumPy, a number is written differently
        if self.scale == "integer":
            return round(self.low + place * (self.high - self.low))
        if self.scale == "linear":
            return self.low + place * (self.high - self.low)
        low, high = math.log(self.low), math.log(self.high)
        return min(max(math.exp(low + place * (high - low)), self.low), self.high)

    def place_of(self, value: float) -> float:
        """Return the place of a number in the range, from 0 to 1."""
        if self.scale == "log":
            low, high = math.log(self.low), math.log(self.high)
            return (math.log(value) - low) / (high - low)
        return (value - self.low) / (self.high - self.low)


def _tag(value: Any) -> str:
    if isinstance(value, Choices) or (isinstance(value, Mapping) and "values" in value):
        return "(values)"
    return "(range)"


Open = Annotated[
    Annotated[Choices, Tag("(values)")] | Annotated[Range, Tag("(range)")],
    Discriminator(_tag),
    BeforeValidator(_listed, json_schema_input_type=list[JsonValue] | Choices | Range),
]


class Search(Strict):
    """A search for the settings of a run that give the numbers of some claims."""

    run: Known
    claims: Annotated[tuple[Text, ...], Field(min_length=1, max_length=MOST_ENTRIES)] = Field(
        description="ids of the claims whose numbers have to fit"
    )
    settings: Annotated[dict[str, Open], Field(min_length=1, max_length=20)] = Field(
        description="a list of values, or low, high and scale; names as in assumes, or with split."
    )
    minutes: Minutes = Field(description="time limit of the search, on one core")
    trials: Annotated[int, Field(ge=2, le=MOST_TRIALS)] = Field(
        100, description="most executions of the run, each with one seed"
    )
    seeds: Annotated[int, Field(ge=1, le=100)] = Field(
        3, description="executions of each of the best settings; 1 if seeds change nothing"
    )

    @property
    def ranges(self) -> dict[str, Range]:
        """The settings that have a range, by name."""
        return {name: one for name, one in self.settings.items() if isinstance(one, Range)}

    @property
    def scales(self) -> dict[str, str]:
        """Scale of each setting; "values" for those with listed values."""
        return {n: getattr(one, "scale", "values") for n, one in self.settings.items()}

    def question(self) -> dict[str, Any]:
        """Return the part on which the result depends, without the budget, as JSON."""
        return self.model_dump(mode="json", include={"run", "claims", "settings"})

    def combinations(self) -> list[dict[str, Any]]:
        """Return all combinations of the listed values whose conditions hold.

        A setting whose condition does not hold is left out, and has the value that the run states.
        """
        found: dict[str, dict[str, Any]] = {}
        listed = {name: one for name, one in self.settings.items() if isinstance(one, Choices)}
        for values in product(*(one.values for one in listed.values())):
            chosen: dict[str, Any] = {}
            for name, value in zip(listed, values, strict=True):
                if is_met(listed[name].when, chosen):
                    chosen[name] = value
            found.setdefault(repr(chosen), chosen)
        return list(found.values())

    def ranges_of(self, combination: Mapping[str, Any]) -> dict[str, Range]:
        """Return the ranges whose conditions hold in a combination of listed values."""
        return {n: one for n, one in self.ranges.items() if is_met(one.when, combination)}


def is_met(when: Mapping[str, Any] | None, chosen: Mapping[str, Any]) -> bool:
    """Return whether a condition holds for the values chosen so far."""
    return all(
        name in chosen and chosen[name] in _values_of(accepted)
        for name, accepted in (when or {}).items()
    )


def _values_of(accepted: Any) -> list[Any]:
    return accepted if isinstance(accepted, list) else [accepted]


def with_value(settings: Mapping[str, Any], keys: Sequence[str], value: Any) -> dict[str, Any]:
    """Return settings with another value at a place that may be nested.

    Examples
    --------
    >>> with_value({"epochs": 20, "schedule": {"decay": 0.1}}, ["schedule", "decay"], 0.2)
    {'epochs': 20, 'schedule': {'decay': 0.2}}
    """
    first, *rest = keys
    if not rest:
        return {**settings, first: value}
    return {**settings, first: with_value(settings.get(first) or {}, rest, value)}


def cost(n_settings: int, n_seeds: int) -> int:
    """Return how many trials successive halving takes, see `refashion.recovery.halving`.

    Examples
    --------
    >>> cost(8, 3), cost(8, 1)
    (14, 8)
    """
    return n_settings + sum(
        kept * (seeds - before) for kept, before, seeds in rounds(n_settings, n_seeds)
    )


def rounds(n_settings: int, n_seeds: int) -> Iterator[tuple[int, int, int]]:
    """Yield the rounds after the first: settings that are kept, and seeds before and after.

    Half of the settings are kept each time, and at least two, whose difference is the result.
    """
    seeds = 1
    while seeds < n_seeds:
        n_settings, before, seeds = (
            min(n_settings, max(2, -(-n_settings // 2))),
            seeds,
            min(n_seeds, 2 * seeds),
        )
        yield n_settings, before, seeds


def problems_of(
    searches: Mapping[str, Search],
    claims: object,
    models: Mapping[str, Mapping[str, Any]],
    faults_of: Callable[[str, str, Any], Sequence[Problem]],
) -> Iterator[Problem]:
    """Find the problems of searches that are sound by themselves.

    Parameters
    ----------
    searches
        The searches, by name.
    claims
        Content of the file under `claims`.
    models
        For each run with a model, what a search may change: its settings, `split`, `preprocess`.
    faults_of
        Function of a run, the name of a setting and a value, which returns what is wrong with it.
    """
    stated = {
        claim["id"]: claim
        for claim in (claims if isinstance(claims, list) else [])
        if isinstance(claim, dict) and isinstance(claim.get("id"), str)
    }
    for name, search in searches.items():
        where = ("recover", name)
        for problem in _problems(search, stated, models, faults_of):
            yield Problem((*where, *problem.where), problem.text)


def _problems(
    search: Search,
    claims: Mapping[str, Mapping[str, Any]],
    models: Mapping[str, Mapping[str, Any]],
    faults_of: Callable[[str, str, Any], Sequence[Problem]],
) -> Iterator[Problem]:
    if search.run not in models:
        text = f"{shown(search.run)}; only a run with a model can be searched"
        yield Problem(("run",), f"{text}; {choices(search.run, models)}")
        return
    for place, claim in enumerate(search.claims):
        yield from _of_claim(place, claim, search.run, claims)
    known = [name for name in flatten(models[search.run], with_groups=True) if name != "split"]
    before: dict[str, Open] = {}
    found = []
    for name, one in search.settings.items():
        if name not in known:
            found.append(Problem(("settings", name), f"unknown setting; {choices(name, known)}"))
        elif isinstance(one, Range):
            found += _of_range(name, one, search.run, faults_of)
        else:
            for place, value in enumerate(one.values):
                at = ("settings", name, *(() if one.when is None else ("values",)), place)
                faults = faults_of(search.run, name, value)
                found += [Problem(at, f"{shown(value)}; {fault.text}") for fault in faults[:1]]
        found += [*_of_condition(name, one, before), *_of_groups(name, search.settings)]
        before[name] = one
    yield from found
    if not found:
        yield from _of_trials(search)


def _of_claim(
    place: int, name: str, run: str, claims: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    where = ("claims", place)
    able = [key for key, claim in claims.items() if _is_usable(claim, run)]
    if name not in claims:
        yield Problem(where, f"{shown(name)}; no such claim; {choices(name, able)}")
    elif not _is_usable(claims[name], run):
        text = f"{shown(name)}; not a number of the run {run}, or NaN, a difference or the best of"
        yield Problem(where, f"{text} some; {choices(name, able)}")


def _is_usable(claim: Mapping[str, Any], run: str) -> bool:
    if claim.get("kind") not in KINDS or claim.get("table") == "output":
        return False
    if claim.get("minus") is not None or claim.get("best_of", 1) != 1:
        return False
    numbers = _numbers_of(claim, run)
    # No setting comes closer to NaN than another.
    return bool(numbers) and not any(math.isnan(Reported.parse(text).value) for text in numbers)


def _numbers_of(claim: Mapping[str, Any], run: str) -> list[str]:
    """Return what a sound claim says of a run, as printed."""
    if claim["kind"] == "value":
        return [claim["reported"]] * (claim["run"] == run)
    rows = {row: cells_of(line) for row, line in claim["rows"].items()}
    of_run = [cells for row, cells in rows.items() if (claim.get("run") or row) == run]
    return [text for cells in of_run for text in cells if text != NOT_PRINTED]


def _of_range(
    name: str, one: Range, run: str, faults_of: Callable[[str, str, Any], Sequence[Problem]]
) -> Iterator[Problem]:
    where = ("settings", name)
    if one.low >= one.high:
        text = f"{one.high:g}; accepted: a number above low, which is {one.low:g}"
        yield Problem((*where, "high"), text)
        return
    if one.scale == "log" and one.low <= 0:
        text = f"{one.low:g}; accepted: a number above 0 with scale: log"
        yield Problem((*where, "low"), text)
        return
    for key, value in (("low", one.low), ("high", one.high)):
        if one.scale == "integer" and value != int(value):
            yield Problem((*where, key), f"{value:g}; accepted: a whole number with scale: integer")
        elif faults := faults_of(run, name, int(value) if one.scale == "integer" else value):
            yield Problem((*where, key), f"{value:g}; {faults[0].text}")


def _of_condition(name: str, one: Open, before: Mapping[str, Open]) -> Iterator[Problem]:
    listed = {key: other for key, other in before.items() if isinstance(other, Choices)}
    for key, accepted in (one.when or {}).items():
        where = ("settings", name, "when", key)
        if key not in listed:
            text = "not a setting with listed values that stands before this one"
            yield Problem(where, f"{text}; {choices(key, listed)}")
            continue
        for value in _values_of(accepted):
            if value not in listed[key].values:
                known = ", ".join(map(shown, listed[key].values))
                yield Problem(where, f"{shown(value)}; {key} never has it; accepted: {known}")


def _of_groups(name: str, names: Collection[str]) -> Iterator[Problem]:
    """Find a setting that another one of the search contains, so that it would be overwritten."""
    parts = name.split(".")
    for n in range(1, len(parts)):
        if (group := ".".join(parts[:n])) in names:
            text = f"part of {group}, which is searched as well; accepted: one of both"
            yield Problem(("settings", name), text)


def _of_trials(search: Search) -> Iterator[Problem]:
    listed = (len(one) for one in search.settings.values() if isinstance(one, Choices))
    if (n := math.prod(listed)) > MOST_TRIALS:
        text = f"{n:,} combinations of listed values; accepted: at most {MOST_TRIALS:,}"
        yield Problem(("settings",), text)
        return
    combinations = search.combinations()
    tried = {name for each in combinations for name in (*each, *search.ranges_of(each))}
    for name in (name for name in search.settings if name not in tried):
        text = "never holds; accepted: values that the others have at the same time"
        yield Problem(("settings", name, "when"), text)
    least = sum(FEWEST if search.ranges_of(each) else 1 for each in combinations)
    needed = max(cost(least, search.seeds), min(2, search.seeds) * len(combinations))
    if needed > search.trials:
        several = counted(len(combinations), "combination")
        text = f"{search.trials}; {several} of values with up to {counted(search.seeds, 'seed')}"
        yield Problem(("trials",), f"{text} take {needed:,}; accepted: at least {needed:,}")

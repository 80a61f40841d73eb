"""What changed between two folders of results, a row each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import pandas as pd

from refashion import artifacts, models, tables
from refashion.changes import chance
from refashion.changes.folder import Folder, Run
from refashion.metrics import METRICS

CHANGED, ONLY_A, ONLY_B = "changed", "only_a", "only_b"
FLIPPED = "flipped"

# How far a verdict is from the worst one; what was not run has no place among them.
_RANKS = {
    **dict.fromkeys(("not_reproduced", "fails", "inconsistent"), 0.0),
    "inconclusive": 1.0,
    **dict.fromkeys(("reproduced", "holds", "consistent"), 2.0),
    "exact": 2.1,
}


@dataclass(frozen=True)
class Change:
    """One thing that is not the same in B as in A; a row of `changes.csv`.

    Attributes
    ----------
    kind
        "verdict", "cell" (one number of a claim that is a table), "claim" (its reported number or
        its tolerance), "metric", "setting", "run", "data", "package" or "environment".
    study, run, split
        What it belongs to; empty where it belongs to none.
    name
        Of the claim, the metric, the setting, the package and so on.
    a, b
        Values, those of metrics being means over seeds; settings as JSON. Empty where only the
        other folder has it.
    change
        "flipped" of a verdict; of a metric "rounding", "within_noise", "beyond_noise",
        "unknown_noise" or "not_a_number", see `chance.Difference`; of the others "changed"; of
        all kinds "only_a" or "only_b".
    difference, relative
        B minus A, and its size as a share of the larger value.
    lower, upper
        Interval of the difference, of 95%.
    seeds_a, seeds_b
        Seeds that a metric was compared over.
    note
        The reasons of both verdicts; how seeds were compared; what an error says.
    """

    kind: str
    name: str
    a: Any
    b: Any
    change: str = CHANGED
    study: str = ""
    run: str = ""
    split: str = ""
    difference: float | None = None
    relative: float | None = None
    lower: float | None = None
    upper: float | None = None
    seeds_a: int | None = None
    seeds_b: int | None = None
    note: str = ""

    @property
    def owner(self) -> str:
        """Study and run, as their folder is named."""
        return f"{self.study}/{self.run}" if self.run else self.study


COLUMNS = (
    *("kind", "study", "run", "split", "name", "a", "b", "change"),
    *("difference", "relative", "lower", "upper", "seeds_a", "seeds_b", "note"),
)


@dataclass(frozen=True)
class Comparison:
    """Two folders and what changed between them.

    Attributes
    ----------
    a, b
        The folders.
    changes
        By kind, the largest first.
    metrics
        How many metrics came out how, by split and kind of change, identical ones included.
    """

    a: Folder
    b: Folder
    changes: tuple[Change, ...]
    metrics: Mapping[tuple[str, str], int]

    def of(self, kind: str, *changes: str) -> list[Change]:
        """Changes of one kind, all or those of some sorts."""
        found = [change for change in self.changes if change.kind == kind]
        return [change for change in found if not changes or change.change in changes]

    @property
    def runs(self) -> list[Run]:
        """Runs that both have."""
        return sorted(self.a.runs & self.b.runs)

    @property
    def claims(self) -> list[tuple[str, str]]:
        """Claims that both have."""
        return sorted(self.a.verdicts.keys() & self.b.verdicts.keys())

    def count_metrics(self, *changes: str) -> int:
        """Count the metrics that came out so, over all splits."""
        return sum(n for (_, change), n in self.metrics.items() if change in changes)


def compare(a: Folder, b: Folder) -> Comparison:
    """Find all that changed between two folders of results."""
    metrics, counts = _metrics(a, b)
    changes = [
        *_sorted(_verdicts(a, b)),
        *_claims(a, b),
        *_sorted(metrics),
        *_settings(a, b),
        *_runs(a, b),
        *_environment(a, b),
    ]
    return Comparison(a, b, tuple(changes), counts)


def as_table(changes: Iterable[Change]) -> pd.DataFrame:
    """Set changes out as a table with the columns `COLUMNS`; no number is "NaN"."""
    assert {field.name for field in fields(Change)} == set(COLUMNS)
    return pd.DataFrame(map(asdict, changes), columns=list(COLUMNS), dtype=object)


def _sorted(changes: Iterable[Change]) -> list[Change]:
    """Sort by size; claims come before their cells."""
    return sorted(changes, key=lambda change: (change.kind == "cell", -(change.relative or 0.0)))


def _values(a: Mapping[str, Any], b: Mapping[str, Any], **more: str) -> Iterator[Change]:
    """Compare two flat mappings, whose values are written as JSON unless they are text."""
    for name in dict.fromkeys((*a, *b)):
        if name not in a or name not in b or a[name] != b[name]:
            change = CHANGED if name in a and name in b else ONLY_A if name in a else ONLY_B
            left, right = (_written(side, name) for side in (a, b))
            yield Change(name=str(name), a=left, b=right, change=change, **more)


def _written(values: Mapping[str, Any], name: str) -> str:
    if name not in values:
        return ""
    value = values[name]
    return value if isinstance(value, str) else artifacts.canonical_json(artifacts.finite(value))


# Verdicts and claims


def _verdicts(a: Folder, b: Folder) -> Iterator[Change]:
    for (study, claim), row, other in _claim_pairs(a, b):
        if row is None or other is None:
            change = ONLY_A if other is None else ONLY_B
            verdicts = [side["verdict"] if side else None for side in (row, other)]
            yield _verdict_change("verdict", claim, *verdicts, change, study, row or other)
            continue
        verdicts = row["verdict"], other["verdict"]
        if verdicts[0] != verdicts[1]:
            note = f"A: {row['reason'] or '–'} B: {other['reason'] or '–'}"
            yield _verdict_change("verdict", claim, *verdicts, FLIPPED, study, row, note)
        cells = [{cell["name"]: cell for cell in side.get("cells") or []} for side in (row, other)]
        for name in [name for name in cells[0] if name in cells[1]]:
            of_cell = cells[0][name]["verdict"], cells[1][name]["verdict"]
            if of_cell[0] != of_cell[1]:
                yield _verdict_change("cell", f"{claim}: {name}", *of_cell, FLIPPED, study, row)


def _verdict_change(
    kind: str,
    name: str,
    a: str | None,
    b: str | None,
    change: str,
    study: str,
    row: Mapping[str, Any],
    note: str = "",
) -> Change:
    ranks = _RANKS.get(a), _RANKS.get(b)
    size = abs(ranks[0] - ranks[1]) / 2 if None not in ranks else 0.0
    facts = {"study": study, "run": row["run"] or "", "split": row["split"] or ""}
    return Change(kind, name, a or "", b or "", change, **facts, relative=size or None, note=note)


def _claims(a: Folder, b: Folder) -> Iterator[Change]:
    """Compare what the study says, on which a verdict rests as well."""
    for (study, claim), row, other in _claim_pairs(a, b):
        if row and other:
            sides = (
                {f"{claim}: {key}": side[key] for key in ("reported", "tolerance")}
                for side in (row, other)
            )
            yield from _values(*sides, kind="claim", study=study, run=row["run"] or "")


def _claim_pairs(a: Folder, b: Folder) -> Iterator[tuple[tuple[str, str], Any, Any]]:
    for key in dict.fromkeys((*a.verdicts, *b.verdicts)):
        yield key, a.verdicts.get(key), b.verdicts.get(key)


# Metrics


def _metrics(a: Folder, b: Folder) -> tuple[list[Change], Counter]:
    changes, counts = [], Counter()
    priors = [side.config["seed_sd_prior"] for side in (a, b) if "seed_sd_prior" in side.config]
    prior = max(priors, default=None)
    for run in sorted(a.scores.keys() & b.scores.keys()):
        is_fixed = _is_deterministic(run, a, b)
        for key in [key for key in a.scores[run] if key in b.scores[run]]:
            values = a.scores[run][key], b.scores[run][key]
            split, metric = key
            sd = None if prior is None else prior * _unit(metric, *values)
            found = chance.difference(*values, seed_sd_prior=sd, deterministic=is_fixed)
            counts[split, found.change] += 1
            if found.change != chance.IDENTICAL:
                changes.append(_metric_change(run, split, metric, found))
    return changes, counts


def _unit(metric: str, a: Mapping[int, float], b: Mapping[int, float]) -> float:
    """What the prior, in units of accuracy, is multiplied with: in a target's unit, relative."""
    if metric in METRICS and METRICS[metric].task == "regression":
        return max(abs(value) for side in (a, b) for value in side.values())
    return 1.0


def _is_deterministic(run: Run, a: Folder, b: Folder) -> bool:
    used = {state.get("model") for side in (a, b) for state in side.states.get(run, {}).values()}
    # A folder may come from a project with models that this one has not.
    return bool(used) and all(
        name in models.names() and models.module(name).DETERMINISTIC for name in used
    )


def _metric_change(run: Run, split: str, metric: str, found: chance.Difference) -> Change:
    note = "the same seeds" if found.paired else "different seeds, unpaired"
    return Change(
        "metric",
        metric,
        *(
            repr(mean) if math.isfinite(mean) else artifacts.NOT_A_NUMBER
            for mean in (found.a, found.b)
        ),
        found.change,
        *run,
        split,
        difference=found.size,
        relative=found.relative,
        lower=found.lower,
        upper=found.upper,
        seeds_a=found.seeds[0],
        seeds_b=found.seeds[1],
        note=f"{note}; preliminary: one seed" if found.preliminary else note,
    )


# Settings


def _settings(a: Folder, b: Folder) -> Iterator[Change]:
    for study in sorted({study for study, _ in a.runs & b.runs}):
        sides = [_of_study(side, study) for side in (a, b)]
        if None not in sides:
            yield from _values(*sides, kind="setting", study=study)
    for run in sorted(a.states.keys() & b.states.keys()):
        common = sorted(a.states[run].keys() & b.states[run].keys())
        sides = [
            _of_run(side, run, side.states[run][common[0] if common else min(side.states[run])])
            for side in (a, b)
        ]
        if not all("preprocess" in side for side in sides):
            sides = [{k: v for k, v in side.items() if k != "preprocess"} for side in sides]
        flat = [tables.flatten(side) for side in sides]
        yield from _values(*flat, kind="setting", study=run[0], run=run[1])


def _of_study(folder: Folder, study: str) -> dict[str, Any] | None:
    """Give what all runs of a study share, if the folder tells."""
    whole = folder.study(study)
    if whole is None:
        return None
    shared = {name: whole.get(name) for name in ("dataset", "split")}
    return tables.flatten({**shared, "limits": folder.config.get("limits", {})})


def _of_run(folder: Folder, run: Run, state: Mapping[str, Any]) -> dict[str, Any]:
    settings = {name: state[name] for name in ("model", "threads") if name in state}
    settings |= state.get("settings", {})
    planned = (folder.study(run[0]) or {}).get("runs", {}).get(run[1])
    return settings | ({"preprocess": planned.get("preprocess")} if planned else {})


# Runs


def _runs(a: Folder, b: Folder) -> Iterator[Change]:
    for run in sorted(a.runs | b.runs):
        facts = {"study": run[0], "run": run[1]}
        seeds = [sorted(side.seeds(run)) for side in (a, b)]
        if not all(seeds):
            change = ONLY_A if seeds[0] else ONLY_B
            yield Change("run", "seeds", *map(_listed, seeds), change, **facts)
            continue
        if seeds[0] != seeds[1]:
            yield Change("run", "seeds", *map(_listed, seeds), **facts)
        yield from _ends(a.states.get(run, {}), b.states.get(run, {}), facts)


def _ends(
    a: Mapping[int, Mapping[str, Any]], b: Mapping[int, Mapping[str, Any]], facts: dict[str, str]
) -> Iterator[Change]:
    """Compare how the executions ended; seeds that only one has are only compared by their sort."""
    common = sorted(a.keys() & b.keys())
    for field in ("status", "n_parameters", "epochs_run"):
        if common:
            values = [[_end(side[seed], field) for seed in common] for side in (a, b)]
        elif field == "epochs_run":
            continue
        else:
            values = [sorted({_end(state, field) for state in side.values()}) for side in (a, b)]
        if a and b and values[0] != values[1]:
            errors = [side[s].get("error") for side in (b, a) for s in common or side]
            note = next(filter(None, map(tables.error_text, errors)), "")
            texts = [_listed(dict.fromkeys(side)) for side in values]
            texts = texts if texts[0] != texts[1] else [_listed(side) for side in values]
            yield Change("run", field, *texts, **facts, note=note if field == "status" else "")


def _end(state: Mapping[str, Any], field: str) -> str:
    value = state.get(field)
    if field == "status" and value == "ok" and state.get("diverged"):
        return "diverged"
    return "" if value is None else str(value)


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(map(str, values))


# Versions, machine, code, data


def _environment(a: Folder, b: Folder) -> Iterator[Change]:
    left, right = a.manifest, b.manifest
    if not left or not right:
        return
    yield from _values(left.get("packages", {}), right.get("packages", {}), kind="package")
    files = [tables.flatten(side.get("datasets", {})) for side in (left, right)]
    yield from _values(*files, kind="data")
    yield from _values(_facts(a), _facts(b), kind="environment")
    flags = [set(side.get("cpu", {}).get("flags", [])) for side in (left, right)]
    if flags[0] != flags[1]:
        own = (" ".join(sorted(x - y)) for x, y in (flags, flags[::-1]))
        note = "instruction sets that only one has"
        yield Change("environment", "cpu.flags", *own, note=note)


def _facts(folder: Folder) -> dict[str, Any]:
    manifest, config = folder.manifest, folder.config
    facts = {
        **{name: manifest[name] for name in ("python", "platform") if name in manifest},
        "cpu": manifest.get("cpu", {}).get("model"),
        "lock_sha256": manifest.get("lock_sha256"),
        "git": manifest.get("git", {}),
        "seeds": manifest.get("seeds", {}),
        "seed_sd_prior": config.get("seed_sd_prior"),
    }
    return tables.flatten({name: value for name, value in facts.items() if value is not None})

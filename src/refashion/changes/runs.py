"""Differences in the settings, seeds and outcomes of runs between two results folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from refashion import wording
from refashion.changes.change import CHANGED, ONLY_A, ONLY_B, Change, compare_values
from refashion.changes.folder import ResultsFolder, Run
from refashion.runs import tables as run_tables


def compare_settings(a: ResultsFolder, b: ResultsFolder) -> Iterator[Change]:
    """Compare the settings of studies and runs that are in both folders."""
    for study in sorted({study for study, _ in a.runs & b.runs}):
        left, right = (_study_settings(side, study) for side in (a, b))
        if left is not None and right is not None:
            yield from compare_values(left, right, kind="setting", study=study)
    for run in sorted(a.states.keys() & b.states.keys()):
        common = sorted(a.states[run].keys() & b.states[run].keys())
        seeds = [common[0] if common else min(side.states[run]) for side in (a, b)]
        sides = [
            _run_settings(side, run, side.states[run][seed])
            for side, seed in zip((a, b), seeds, strict=True)
        ]
        if not all("preprocess" in side for side in sides):
            sides = [{k: v for k, v in side.items() if k != "preprocess"} for side in sides]
        flat = [wording.flatten(side) for side in sides]
        yield from compare_values(*flat, kind="setting", study=run[0], run=run[1])


def _study_settings(folder: ResultsFolder, study: str) -> dict[str, Any] | None:
    """Return the settings that all runs of a study share; None if they are unknown."""
    whole = folder.study(study)
    if whole is None:
        return None
    shared = {name: whole.get(name) for name in ("dataset", "described", "split")}
    return wording.flatten({**shared, "limits": folder.config.get("limits", {})})


def _run_settings(folder: ResultsFolder, run: Run, state: Mapping[str, Any]) -> dict[str, Any]:
    settings = {name: state[name] for name in ("model", "threads") if name in state}
    settings |= state.get("settings", {})
    planned = (folder.study(run[0]) or {}).get("runs", {}).get(run[1])
    return settings | ({"preprocess": planned.get("preprocess")} if planned else {})


def compare_runs(a: ResultsFolder, b: ResultsFolder) -> Iterator[Change]:
    """Compare the seeds of all runs, and how the executions ended."""
    for run in sorted(a.runs | b.runs):
        seeds = [sorted(side.seeds(run)) for side in (a, b)]
        left, right = map(_listed, seeds)
        if not all(seeds):
            change = ONLY_A if seeds[0] else ONLY_B
            yield Change("run", "seeds", left, right, change, *run)
            continue
        if seeds[0] != seeds[1]:
            yield Change("run", "seeds", left, right, CHANGED, *run)
        yield from _compare_outcomes(a.states.get(run, {}), b.states.get(run, {}), run)


def _compare_outcomes(
    a: Mapping[int, Mapping[str, Any]], b: Mapping[int, Mapping[str, Any]], run: Run
) -> Iterator[Change]:
    """Compare the outcomes of executions: seed by seed, or as sets without a common seed."""
    common = sorted(a.keys() & b.keys())
    for field in ("status", "n_parameters", "epochs_run"):
        if common:
            values = [[_outcome(side[seed], field) for seed in common] for side in (a, b)]
        elif field == "epochs_run":
            continue
        else:
            values = [sorted({_outcome(s, field) for s in side.values()}) for side in (a, b)]
        if a and b and values[0] != values[1]:
            errors = [side[s].get("error") for side in (b, a) for s in common or side]
            note = next(filter(None, map(run_tables.error_text, errors)), "")
            left, right = (_listed(dict.fromkeys(side)) for side in values)
            if left == right:
                left, right = map(_listed, values)
            note = note if field == "status" else ""
            yield Change("run", field, left, right, CHANGED, *run, note=note)


def _outcome(state: Mapping[str, Any], field: str) -> str:
    value = state.get(field)
    if field == "status" and value == "ok" and state.get("diverged"):
        return "diverged"
    return "" if value is None else str(value)


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(map(str, values))

"""Differences in the metrics of runs that are in both results folders."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from refashion import artifacts, models
from refashion.backends import estimators
from refashion.changes import chance
from refashion.changes.change import ONLY_A, ONLY_B, Change
from refashion.changes.folder import ResultsFolder, Run
from refashion.metrics import METRICS
from refashion.spec.study import PACKAGES


def compare_metrics(
    a: ResultsFolder, b: ResultsFolder
) -> tuple[list[Change], Counter[tuple[str, str]]]:
    """Compare the metrics of all runs in both folders.

    Parameters
    ----------
    a, b
        The results folders.

    Returns
    -------
    changes : list of Change
        The metrics that are not identical.
    counts : Counter
        Number of metrics by split and kind of change, including identical ones.
    """
    changes: list[Change] = []
    counts: Counter[tuple[str, str]] = Counter()
    priors = [side.config["seed_sd_prior"] for side in (a, b) if "seed_sd_prior" in side.config]
    prior = max(priors, default=None)
    for run in sorted(a.scores.keys() & b.scores.keys()):
        is_fixed = _is_deterministic(run, a, b)
        changes += _one_sided(run, a.scores[run], b.scores[run])
        for key in [key for key in a.scores[run] if key in b.scores[run]]:
            values = a.scores[run][key], b.scores[run][key]
            split, metric = key
            sd = None if prior is None else prior * _unit(metric, *values)
            found = chance.difference(*values, seed_sd_prior=sd, deterministic=is_fixed)
            counts[split, found.change] += 1
            if found.change != chance.IDENTICAL:
                changes.append(_metric_change(run, split, metric, found))
    return changes, counts


def _one_sided(run: Run, a: Mapping, b: Mapping) -> Iterator[Change]:
    """Yield the metrics of a run that only one folder has."""
    for split, metric in dict.fromkeys((*a, *b)):
        if ((split, metric) in a) != ((split, metric) in b):
            left, right = (_mean(side.get((split, metric))) for side in (a, b))
            change = ONLY_A if (split, metric) in a else ONLY_B
            yield Change("metric", metric, left, right, change, *run, split)


def _mean(values: Mapping[int, float] | None) -> str:
    return "" if values is None else _as_text(sum(values.values()) / len(values))


def _unit(metric: str, a: Mapping[int, float], b: Mapping[int, float]) -> float:
    """Return the factor for the assumed deviation, which applies to metrics between 0 and 1.

    In a regression, the deviation is relative to the largest value.
    """
    if metric in METRICS and METRICS[metric].task == "regression":
        return max(abs(value) for side in (a, b) for value in side.values())
    return 1.0


def _is_deterministic(run: Run, a: ResultsFolder, b: ResultsFolder) -> bool:
    used = [state for side in (a, b) for state in side.states.get(run, {}).values()]
    return bool(used) and all(map(_is_declared, used))


def _is_declared(state: Mapping[str, Any]) -> bool:
    name, settings = str(state.get("model")), state.get("settings") or {}
    try:
        # A folder may come from a project with other models, whose packages nobody here allowed.
        is_known = name in models.names() or estimators.find(name, PACKAGES) is not None
        return is_known and models.is_deterministic(name, settings) is True
    except (ValueError, TypeError, AttributeError):
        return False


def _metric_change(run: Run, split: str, metric: str, found: chance.Difference) -> Change:
    note = "the same seeds" if found.paired else "different seeds, unpaired"
    return Change(
        "metric",
        metric,
        _as_text(found.a),
        _as_text(found.b),
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


def _as_text(mean: float) -> str:
    return repr(mean) if math.isfinite(mean) else artifacts.NAN

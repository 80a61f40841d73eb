"""Claims of what lines and sentences say: values, bounds, extremes, orderings and changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from refashion.audit.draft import vocabulary
from refashion.audit.draft.entries import Binding, DraftedClaim, missing_run
from refashion.audit.draft.runs import DraftedRun
from refashion.audit.draft.tasks import is_plausible
from refashion.audit.reading.models import NAME
from refashion.audit.reading.readings import Extreme, Limit, Ordering, PrintedResult, Reading
from refashion.errors import shown
from refashion.spec.writing import tolerance_of

RELATIVE = "it may be relative, and not in percentage points"
ABOUT = "it is only said to be about that"
TASK_NOUNS = {"classification": "a classification", "regression": "a regression"}


def entries(binding: Binding) -> Iterator[DraftedClaim]:
    """Yield the claims of lines and sentences."""
    readings = binding.source.audit.readings
    for result in readings.results:
        yield _change(binding, result) if result.change else _value(binding, result)
    for limit in readings.limits:
        yield _limit(binding, limit)
    for extreme in readings.extremes:
        yield _extreme(binding, extreme)
    for ordering in readings.orderings:
        yield _ordering(binding, ordering)


def _value(binding: Binding, result: PrintedResult) -> DraftedClaim:
    if result.metric == "seconds":
        return _cost(binding, result)
    if why := _why_other(binding, result):
        return DraftedClaim(result.first, result, result.metric, why=why)
    value = result.value.strip()
    reported = f"about {value}" if ABOUT in result.doubts else value
    return _measured(binding, result, reported, value)


def _limit(binding: Binding, limit: Limit) -> DraftedClaim:
    as_result = PrintedResult(
        first=limit.first,
        last=limit.last,
        quote=limit.quote,
        doubts=limit.doubts,
        value=limit.value,
        metric=limit.metric,
        split=limit.split,
        subject=limit.subject,
        sentence=limit.quote,
        model=limit.model,
    )
    value = limit.value.strip()
    entry = _measured(binding, as_result, f"{limit.bound} {value}", value)
    entry = replace(entry, name=f"{entry.name}_{limit.bound}", reading=limit)
    aim = [doubt for doubt in limit.doubts if "aim" in doubt]
    return entry.lacking(aim[0]) if aim else entry


def _measured(binding: Binding, result: PrintedResult, reported: str, value: str) -> DraftedClaim:
    """Return a claim of one number."""
    run, data = binding.run(result), binding.data
    keys: dict[str, Any] = {"kind": "value", "run": run.name if run else "model"}
    lacks = "" if run else missing_run(binding, result)
    of_class = None
    if binding.is_class(result.subject):
        of_class = data.class_of(str(result.subject))
        if of_class is None:
            lacks = lacks or f"the data have no class {shown(result.subject)}"
    name = _metric(binding, result, of_class)
    if name is None:
        lacks = lacks or f"{result.metric} is no metric of refashion; or which average is it?"
    keys["metric"] = name or result.metric
    if of_class:
        keys["class"] = of_class
    keys["split"] = binding.split(result)
    keys |= {"reported": reported, "tolerance": tolerance_of(value) or 0.01}
    parts = [keys["run"], of_class, keys["metric"], keys["split"]]
    title = "_".join(part for part in parts if part)
    others = [doubt for doubt in result.doubts if doubt != ABOUT]
    return DraftedClaim(result.first, result, title, keys, lacks, doubts=others)


def _metric(binding: Binding, result: PrintedResult, of_class: str | None) -> str | None:
    if of_class or result.metric in vocabulary.OF_CLASSES:
        if of_class is None:
            return None
        if result.metric in ("errors", "correct"):
            return result.metric
        return vocabulary.OF_CLASSES.get(result.metric)
    data = binding.data
    return vocabulary.metric(result.metric, data.task, len(data.classes))


def _why_other(binding: Binding, result: PrintedResult) -> str:
    """Say why a result is of another task than the study's data; empty if it may be of it."""
    data = binding.data
    other = vocabulary.OF_VALUES if data.task == "classification" else vocabulary.OF_LABELS
    model = binding.source.owner(result).model
    if result.metric in other:
        return f"The data of this study are {TASK_NOUNS[data.task]}, which has no such measure."
    if model and vocabulary.is_of_other_task(model, data.task):
        return f"The data of this study are {TASK_NOUNS[data.task]}, which the model is not for."
    if not is_plausible(result.metric, result.value, data):
        return "The loss is too large for this classification. It may be of other data."
    return ""


def _cost(binding: Binding, result: PrintedResult) -> DraftedClaim:
    run = binding.run(result)
    unit = f"{(result.unit or 'seconds').rstrip('s')}s"
    keys = {
        "kind": "cost",
        "run": run.name if run else "model",
        "measure": "fit_seconds",
        "reported": result.value.strip(),
        "unit": {"secs": "seconds", "mins": "minutes", "hrs": "hours"}.get(unit, unit),
    }
    lacks = "" if run else missing_run(binding, result)
    title = f"{keys['run']}_duration"
    return DraftedClaim(result.first, result, title, keys, lacks)


def _change(binding: Binding, result: PrintedResult) -> DraftedClaim:
    """Return a claim of the difference between two runs."""
    run = binding.run(result)
    other = binding.named(result.reference) if result.reference else None
    higher, lower = (run, other) if result.change == "increase" else (other, run)
    lacks = "" if run else missing_run(binding, result)
    lacks = lacks or ("" if other else "the text does not say what it is compared with")
    metric = vocabulary.metric(result.metric, binding.data.task)
    value = result.value.strip()
    keys = {
        "kind": "value",
        "run": higher.name if higher else "model",
        "minus": lower.name if lower else "other",
        "metric": metric or result.metric,
        "split": binding.split(result),
        "reported": value,
        "tolerance": tolerance_of(value) or 0.01,
    }
    name = f"{run.name if run else 'model'}_{result.metric}_{result.change}"
    doubts = [*result.doubts, *([RELATIVE] if "%" in value else [])]
    return DraftedClaim(result.first, result, name, keys, lacks, doubts=doubts)


def _ordering(binding: Binding, said: Ordering) -> DraftedClaim:
    pair = binding.named(said.subject), binding.named(said.other)
    higher, lower = pair if said.direction == "higher" else pair[::-1]
    lacks = "" if all(pair) else "one of the two is no run"
    return _ordered(binding, said, f"{said.metric}_ordering", (higher, lower), said.metric, lacks)


def _ordered(
    binding: Binding,
    said: Reading,
    name: str,
    pair: tuple[DraftedRun | None, DraftedRun | None],
    measured: str,
    lacks: str,
) -> DraftedClaim:
    metric = vocabulary.metric(measured, binding.data.task) or measured
    better, worse = pair[::-1] if metric in vocabulary.BETTER_LOW else pair
    keys = {
        "kind": "ordering",
        "run": better.name if better else "model",
        "than": [worse.name if worse else "other"],
        "metric": metric,
        "split": binding.split(said),
    }
    return DraftedClaim(said.first, said, name, keys, lacks, doubts=said.doubts)


def _extreme(binding: Binding, said: Extreme) -> DraftedClaim:
    name, is_class = said.subject, binding.is_class(said.subject)
    if not is_class and NAME.search(name):
        return _best(binding, said)
    run, of_class = binding.run(said), binding.data.class_of(name)
    metric = vocabulary.OF_CLASSES.get(said.metric)
    lacks = "" if run else missing_run(binding, said)
    if of_class is None:
        lacks = lacks or f"the data have no class {shown(name)}"
    if metric is None:
        lacks = lacks or f"classes are not compared by {said.metric}"
    keys = {
        "kind": "extreme",
        "run": run.name if run else "model",
        "metric": metric or said.metric,
        "class": of_class or name,
        "split": binding.split(said),
        "extreme": said.direction,
    }
    title = f"{keys['run']}_{keys['class']}_{said.direction}_{keys['metric']}"
    return DraftedClaim(said.first, said, title, keys, lacks, doubts=said.doubts)


def _best(binding: Binding, said: Extreme) -> DraftedClaim:
    """Return a claim that one model is better than all others."""
    run = binding.named(said.subject)
    metric = vocabulary.metric(said.metric, binding.data.task) or said.metric
    others = [each.name for each in binding.runs if each is not run]
    is_best = (said.direction == "lowest") == (metric in vocabulary.BETTER_LOW)
    lacks = "" if run else "there is no run of its model"
    lacks = lacks or ("" if is_best else "a claim says which run is better, not which is worse")
    lacks = lacks or ("" if others else "there is no other run")
    keys = {
        "kind": "ordering",
        "run": run.name if run else "model",
        "than": others or ["other"],
        "metric": metric,
        "split": binding.split(said),
    }
    return DraftedClaim(said.first, said, f"{keys['run']}_best", keys, lacks, doubts=said.doubts)

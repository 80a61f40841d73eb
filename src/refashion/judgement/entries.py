"""The entries of a study: every claim judged, or the reason why it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from refashion.artifacts import Layout
from refashion.checks.consistency.number import listed
from refashion.judgement import judge
from refashion.judgement.audited import audited_entries
from refashion.judgement.settling import MOST_SEEDS
from refashion.judgement.wording import leak_text
from refashion.ledger.entry import Cell, Entry, Judgement, Verdict, entry_of
from refashion.metrics import METRICS
from refashion.runs.results import StudyResults, load_states
from refashion.shortening import shortened
from refashion.spec.claims import (
    Claim,
    CostClaim,
    CurveClaim,
    ExtremeClaim,
    OrderingClaim,
    TableClaim,
    ValueClaim,
    runs_of,
)
from refashion.spec.config import Config
from refashion.spec.fitted import settings_found_by, settings_found_by_cells
from refashion.spec.study import Run, Study


def judge_study(
    config: Config, study: str, scores: pd.DataFrame, layout: Layout
) -> list[Entry[Any]]:
    """Judge every claim of a study.

    Parameters
    ----------
    config
        The whole configuration.
    study
        Name of the study.
    scores
        Tidy scores of the study, the content of `metrics.csv`.
    layout
        Paths of the results.

    Returns
    -------
    list of Entry
        One for each claim, in the order of the study; then what the audit of the source has found
        besides.
    """
    whole = config.studies[study]
    states = load_states(layout, study, config.executions())
    results = StudyResults(whole, states, scores, layout)
    judged = [
        entry_of(config, study, claim, _judgement(config, claim, results)) for claim in whole.claims
    ]
    return [*judged, *audited_entries(config, study, judged, layout)]


def _judgement(config: Config, claim: Claim, results: StudyResults) -> Judgement:
    if why_not := why_not_run(config, claim, results):
        return Judgement(Verdict.NOT_RUN, why_not, cells=_cells_not_run(claim))
    judged = judge(claim, results, config.seed_sd_prior)
    more = [*_outlook(judged), *_caveats(claim, judged, results)]
    return replace(judged, reason=" ".join([judged.reason, *more]))


def _cells_not_run(claim: Claim) -> tuple[Cell, ...]:
    if not isinstance(claim, TableClaim):
        return ()
    return tuple(Cell(*printed, None, Verdict.NOT_RUN) for printed in claim.cells())


def why_not_run(config: Config, claim: Claim, results: StudyResults) -> str | None:
    """Say in a sentence or two why a claim cannot be judged; None if it can.

    Parameters
    ----------
    config
        The whole configuration.
    claim
        The claim.
    results
        Results of its study.
    """
    runs = runs_of(claim)
    if runs and config.is_smoke:
        return "Smoke run: trained on too little to judge anything."
    whys = [_why_no_result(results.study.runs[run], results.of_run(run)) for run in runs]
    # A table of runs shows those that there are.
    is_lost = all if isinstance(claim, TableClaim) else any
    if runs and is_lost(whys):
        return next(filter(None, whys))
    if isinstance(claim, CurveClaim) and not results.seeds(*runs):
        return "No seed finished in both runs."
    return _why_not_recorded(claim, results) or _why_no_score(claim, results)


def _why_not_recorded(claim: Claim, results: StudyResults) -> str | None:
    """Say what an author's own notebook would have to record for a claim."""
    for run in runs_of(claim):
        chosen = results.study.runs[run]
        if chosen.has_model or not results.seeds(run):
            continue
        if lacking := _not_recorded(claim, run, results):
            if chosen.outside is None:
                return f"The notebook of the run {run} recorded no {lacking} (refashion.record)."
            what = "program" if chosen.outside.command else "results"
            verb = "left" if chosen.outside.command else "hold"
            return f"The {what} of the run {run} {verb} no {lacking}."
        if isinstance(claim, OrderingClaim | ExtremeClaim) and not results.has_one_size(
            run, claim.split
        ):
            return f"The seeds of the run {run} have different numbers of {claim.split} examples."
    return None


def _not_recorded(claim: Claim, run: str, results: StudyResults) -> str | None:
    match claim:
        case ValueClaim(of_class=None) if claim.metric in METRICS:
            is_there = results.has_metric(run, claim.metric, claim.split)
            return None if is_there else f"{claim.metric} of the {claim.split} split"
        case CurveClaim() | TableClaim(table="history"):
            is_there = all(results.history(run, s) is not None for s in results.seeds(run))
            return None if is_there else "training log"
        case CostClaim(measure="fit_seconds"):
            is_there = all(results.of_run(run)[s]["fit_seconds"] for s in results.seeds(run))
            return None if is_there else "time of training"
        case TableClaim(table="runs"):
            return None  # each cell shows what is missing
        case ValueClaim() | OrderingClaim() | ExtremeClaim() | TableClaim():
            split = getattr(claim, "split", None)
            metric = claim.metric if isinstance(claim, OrderingClaim) else ""
            if split is None or results.has_predictions(run, split, metric):
                return None
            return f"predictions of the {split} split for this"
    return None


def _why_no_score(claim: Claim, results: StudyResults) -> str | None:
    if not isinstance(claim, ValueClaim | OrderingClaim):
        return None
    metric = METRICS.get(claim.metric)
    if metric is None or metric.of != "probabilities":
        return None
    for run in runs_of(claim):
        if not results.has_metric(run, metric.name, claim.split):
            lacking = f"so it has no {metric.label.lower()}"
            return f"The run {run} gives classes without probabilities, {lacking}."
    return None


def _why_no_result(run: Run, states: Mapping[int, Mapping[str, Any]]) -> str | None:
    if not states and run.awaits:
        return f"The run {run.name} waits: {run.awaits}."
    if not states:
        return f"The run “{run.title}” was not made: its group, {run.group}, was not selected."
    if any(state["status"] == "ok" for state in states.values()):
        return None
    if any(state["status"] == "no_data" for state in states.values()):
        return "The dataset is not available."
    seed, state = next(iter(states.items()))
    message = shortened(state["error"]["message"])
    return f"The run {run.name} gave no result: seed {seed} ended with {message!r}."


def _outlook(judged: Judgement) -> Iterator[str]:
    """Say what an inconclusive claim leans to, and how many seeds would settle it."""
    if judged.verdict is not Verdict.INCONCLUSIVE or judged.reproduced is None:
        return
    if judged.leaning is None:
        yield "More seeds like these would not settle it."
    elif judged.settled_by is None:
        yield f"It leans to “{judged.leaning.words}”; more than {MOST_SEEDS} seeds would settle it."
    else:
        n = judged.settled_by
        yield f"It leans to “{judged.leaning.words}”; about {n} seeds would settle it."


def _recovered_from(claim: Claim, judged: Judgement, study: Study) -> Iterator[str]:
    """Say that settings were chosen by the very numbers that agree."""
    if isinstance(claim, TableClaim):
        cells = zip(judged.cells, settings_found_by_cells(claim, study), strict=True)
        found = [settings for cell, settings in cells if settings and cell.verdict.agrees]
        names = dict.fromkeys(name for settings in found for name in settings)
        n = len(found)
        what, agree = ("one of these numbers", "it agrees") if n == 1 else ("", "they agree")
        what = what or f"{n} of these numbers"
    else:
        names = dict.fromkeys(settings_found_by(claim, study) if judged.verdict.agrees else ())
        what, agree = "this number", "it agrees"
        if len(runs_of(claim)) > 1:
            what, agree = "the numbers compared here", "they agree"
    if names:
        value, was = ("values", "were") if len(names) > 1 else ("value", "was")
        yield (
            f"The {value} of {listed([*names])} {was} recovered from {what}, so that {agree} is no "
            "evidence."
        )


def _caveats(claim: Claim, judged: Judgement, results: StudyResults) -> Iterator[str]:
    """Say what else a reader of the verdict has to know."""
    runs = runs_of(claim)
    yield from filter(None, (leak_text(results.study.runs[run]) for run in runs))
    yield from _recovered_from(claim, judged, results.study)
    for run in runs:
        if any(state["diverged"] for state in results.of_run(run).values()):
            yield f"The run {run} diverged."
    if judged.preliminary:
        yield "One seed: on another machine or with another seed this may differ."
    for run in runs:
        if missing := sorted(results.of_run(run).keys() - set(results.seeds(run))):
            seeds = f"seed{'s' * (len(missing) > 1)} {', '.join(map(str, missing))}"
            yield f"The run {run} did not finish with {seeds}."

"""The ledger: every claim of a study beside its re-created value, with a verdict and the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.claims import Claim, TableClaim, runs_of
from refashion.config import Config
from refashion.judgement import Judgement, judge, measured_of, reported_of
from refashion.results import StudyResults, load_states
from refashion.shortening import shortened
from refashion.study import Run, Study
from refashion.verdicts import Verdict

FIELDS = (
    "id",
    "study",
    "source",
    "where",
    "quote",
    "kind",
    "run",
    "metric",
    "split",
    "reported",
    "reproduced",
    "sd",
    "seeds",
    "lower",
    "upper",
    "tolerance",
    "verdict",
    "direction",
    "preliminary",
    "assumes",
    "reason",
    "evidence",
)


def judge_study(config: Config, study: str, scores: pd.DataFrame, layout: Layout) -> list[dict]:
    """Judge every claim of a study.

    Parameters
    ----------
    config
        The whole configuration.
    study
        Its name.
    scores
        Tidy scores of the study, the content of `metrics.csv`.
    layout
        Where runs and notebook pages lie.

    Returns
    -------
    list of dict
        A row per claim, with the keys `FIELDS`; that of a table has `cells` as well.
    """
    whole = config.studies[study]
    states = load_states(layout, study, config.executions())
    results = StudyResults(whole, states, scores, layout)
    return [_row(config, claim, results) for claim in whole.claims]


def _row(config: Config, claim: Claim, results: StudyResults) -> dict[str, Any]:
    study, runs = results.study, runs_of(claim)
    if why_not := _why_not_run(config, claim, results):
        judged = Judgement(Verdict("not_run"), why_not, reported_of(claim), _unjudged(claim))
    else:
        judged = judge(claim, results, config.seed_sd_prior)
    row = {
        **claim.model_dump(include={"id", "where", "quote", "kind"}),
        **{"study": study.name, "source": study.source.citation},
        **{"run": runs[0] if runs else None, "metric": measured_of(claim)},
        **{"split": getattr(claim, "split", None), "reported": judged.reported},
        "tolerance": _tolerance(claim),
        **asdict(judged.verdict),
        "assumes": list(_assumptions(study, runs)),
        "reason": " ".join([judged.reason, *_caveats(claim, judged, results)]),
        "evidence": [page for run in runs for page in _pages(run, results)],
    }
    return row if judged.cells is None else {**row, "cells": judged.cells}


def _pages(run: str, results: StudyResults) -> list[str]:
    """Give the pages of a run's notebooks, relative to the ledger."""

    def listed() -> list[str]:
        layout = results.layout
        pages = (layout.run_page(results.study.name, run, seed) for seed in results.of_run(run))
        return [page.relative_to(layout.results).as_posix() for page in pages]

    return results.once(("pages", run), listed)


def _tolerance(claim: Claim) -> float | None:
    """Give the tolerance of a claim that has one, and the same for all its numbers."""
    tolerance = getattr(claim, "tolerance", None)
    return None if isinstance(tolerance, dict) else tolerance


def _assumptions(study: Study, runs: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Give what the verdict assumes of settings, with the run's name where there are several."""
    for run in runs:
        prefix = f"{run}: " if len(runs) > 1 else ""
        for name, assumed in study.runs[run].assumes.items():
            yield {"name": prefix + name, "value": assumed.value, "why": assumed.why}


def _unjudged(claim: Claim) -> list[dict[str, Any]] | None:
    if not isinstance(claim, TableClaim):
        return None
    return [
        {
            "name": f"{row}, {column}",
            "reported": text,
            "reproduced": None,
            "verdict": "not_run",
        }
        for row, column, text in claim.cells()
    ]


def _why_not_run(config: Config, claim: Claim, results: StudyResults) -> str | None:
    runs = runs_of(claim)
    if runs and config.is_smoke:
        return "Smoke run: trained on too little to judge anything."
    for run in runs:
        if why := _why_no_result(results.study.runs[run], results.of_run(run)):
            return why
    if runs and not results.seeds(*runs):
        return "The runs have no seed in common with which all came to their end."
    return None


def _why_no_result(run: Run, states: Mapping[int, Mapping[str, Any]]) -> str | None:
    if not states:
        return f"The run {run.name} belongs to the group {run.group!r}, which was not asked for."
    if any(state["status"] == "ok" for state in states.values()):
        return None
    if any(state["status"] == "no_data" for state in states.values()):
        return "The dataset could not be had."
    seed, state = next(iter(states.items()))
    message = shortened(state["error"]["message"])
    return f"The run {run.name} gave no result: seed {seed} ended with {message!r}."


def _caveats(claim: Claim, judged: Judgement, results: StudyResults) -> Iterator[str]:
    """Say what a reader of the verdict has to know besides."""
    if judged.verdict.verdict == "not_run":
        return
    runs = runs_of(claim)
    for run in runs:
        if any(state["diverged"] for state in results.of_run(run).values()):
            yield f"The run {run} diverged."
    if judged.verdict.preliminary:
        yield "Preliminary: one seed."
    used = results.seeds(*runs) if runs else []
    if missing := sorted({s for run in runs for s in results.of_run(run)} - set(used)):
        seeds = f"seed{'s' * (len(missing) > 1)} {', '.join(map(str, missing))}"
        yield f"Without {seeds}, of which not every run has a result."


def as_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Ledger as a table with the columns `FIELDS`; lists as one text each."""
    table = pd.DataFrame(list(rows), columns=list(FIELDS))
    table["assumes"] = table["assumes"].map(
        lambda assumed: "; ".join(
            f"{a['name']} = {artifacts.canonical_json(a['value'])}" for a in assumed
        )
    )
    table["evidence"] = table["evidence"].map(" ".join)
    return table


def write_rows(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write rows as JSON, with the keys `FIELDS` in their order, and `cells` of a table."""
    ordered = [{field: row[field] for field in (*FIELDS, "cells") if field in row} for row in rows]
    artifacts.write_json(path, ordered)


def write_ledger(rows: Sequence[Mapping[str, Any]], layout: Layout) -> None:
    """Write the ledger of all studies in both its forms."""
    artifacts.write_csv(layout.verdicts_csv, as_table(rows))
    write_rows(rows, layout.verdicts_json)

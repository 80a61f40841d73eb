"""The ledger: every claim of a study beside its re-created value, with a verdict and the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from refashion import artifacts, models, results
from refashion.artifacts import Layout
from refashion.claims import Reported
from refashion.config import Config
from refashion.metrics import METRICS
from refashion.study import Claim, Study
from refashion.verdicts import Verdict, judge_value

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
        A row per claim, with the keys `FIELDS`.
    """
    states = results.load_states(layout, study, config.executions())
    return [
        _row(config, config.studies[study], claim, states.get(claim.run, {}), scores, layout)
        for claim in config.studies[study].claims
    ]


def _row(
    config: Config,
    study: Study,
    claim: Claim,
    states: Mapping[int, Mapping[str, Any]],
    scores: pd.DataFrame,
    layout: Layout,
) -> dict[str, Any]:
    run = study.runs[claim.run]
    why_not = _why_not_run(config, run.group, states)
    chosen = scores.query("run == @claim.run and metric == @claim.metric and split == @claim.split")
    if why_not:
        verdict = Verdict("not_run")
    else:
        verdict = _judge(config, study, claim, chosen["value"].to_list())
    return {
        **claim.model_dump(include={"id", "where", "quote", "kind", "run", "metric", "split"}),
        **{"reported": claim.reported, "tolerance": claim.tolerance},
        **{"study": study.name, "source": study.source.citation},
        **asdict(verdict),
        "assumes": [
            {"name": name, "value": assumed.value, "why": assumed.why}
            for name, assumed in run.assumes.items()
        ],
        "reason": why_not or _reason(claim, verdict, states),
        "evidence": [
            layout.run_page(study.name, claim.run, seed).relative_to(layout.results).as_posix()
            for seed in states
        ],
    }


def _why_not_run(config: Config, group: str, states: Mapping[int, Mapping[str, Any]]) -> str | None:
    if config.is_smoke:
        return "Smoke run: trained on too little to judge anything."
    if not states:
        return f"The run belongs to the group {group!r}, which was not asked for."
    if any(state["status"] == "ok" for state in states.values()):
        return None
    if any(state["status"] == "no_data" for state in states.values()):
        return "The dataset could not be had."
    seed, state = next(iter(states.items()))
    return f"The run gave no result: seed {seed} ended with {state['error']['message']!r}."


def _judge(config: Config, study: Study, claim: Claim, values: Sequence[float]) -> Verdict:
    if not values:
        return Verdict("inconclusive")
    return judge_value(
        Reported.parse(claim.reported),
        values,
        tolerance=claim.tolerance,
        seed_sd_prior=config.seed_sd_prior,
        deterministic=models.module(study.runs[claim.run].model).DETERMINISTIC,
    )


def _reason(claim: Claim, verdict: Verdict, states: Mapping[int, Mapping[str, Any]]) -> str:
    label = METRICS[claim.metric].label.lower()
    missing = [seed for seed, state in states.items() if state["status"] != "ok"]
    if any(state["diverged"] for state in states.values()):
        label = f"{label} of a run that diverged"
    sentences = [_comparison(label, verdict, claim.tolerance)]
    if verdict.preliminary:
        sentences.append("Preliminary: one seed, its deviation assumed.")
    if missing:
        sentences.append(f"Without seed {', '.join(map(str, missing))}, which gave no result.")
    return " ".join(sentences)


def _comparison(label: str, verdict: Verdict, tolerance: float) -> str:
    if verdict.reproduced is None:
        return f"The {label} is no finite number."
    span = f"The difference lies between {verdict.lower:+.4f} and {verdict.upper:+.4f}"
    return {
        "exact": "Equal to the last printed digit.",
        "reproduced": f"{span}, within the tolerance of {tolerance:g}.",
        "inconclusive": f"{span}, partly outside the tolerance of {tolerance:g}.",
        "not_reproduced": f"Ours is {verdict.direction}. {span} (theirs minus ours), "
        f"outside the tolerance of {tolerance:g}.",
    }[verdict.verdict]


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
    """Write rows as JSON, with the keys `FIELDS` in their order."""
    artifacts.write_json(path, [{field: row[field] for field in FIELDS} for row in rows])


def write_ledger(rows: Sequence[Mapping[str, Any]], layout: Layout) -> None:
    """Write the ledger of all studies in both its forms."""
    artifacts.write_csv(layout.verdicts_csv, as_table(rows))
    write_rows(rows, layout.verdicts_json)

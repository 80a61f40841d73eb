"""How training went, and what it cost."""

from __future__ import annotations

import numpy as np

from refashion.checks import curves
from refashion.judgement.verdicts import judge_share
from refashion.judgement.wording import LABELS
from refashion.ledger.entry import Judgement, Verdict
from refashion.runs.results import StudyResults
from refashion.spec.claims import CostClaim, CurveClaim
from refashion.wording import counted

SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600}


def judge_curve(claim: CurveClaim, results: StudyResults, prior: float) -> Judgement:
    runs = (claim.run, claim.against) if claim.against else (claim.run,)
    seeds = results.seeds(*runs)
    test = curves.function(claim.property)
    histories = [[results.history(run, seed) for run in runs] for seed in seeds]
    if any(history is None for of_seed in histories for history in of_seed):
        reason = "The model is not trained step by step and has no history."
        return Judgement(Verdict.INCONCLUSIVE, reason)
    is_so = [test(*of_seed, **claim.settings) for of_seed in histories]
    share = float(np.mean(is_so))
    reason = f"True of {sum(is_so)} of {counted(len(seeds), 'seed')} ({_settings(claim)})."
    return _on_seeds(share, reason, len(seeds))


def _on_seeds(share: float, reason: str, n: int) -> Judgement:
    return Judgement(judge_share(share), reason, reproduced=share, seeds=n, preliminary=n == 1)


def _settings(claim: CurveClaim) -> str:
    shown = {name: value for name, value in claim.settings.items() if name != "column"}
    of_column = LABELS.get(str(claim.settings.get("column")), "")
    return ", ".join([of_column, *(f"{name} {value}" for name, value in shown.items())])


def judge_cost(claim: CostClaim, results: StudyResults, prior: float) -> Judgement:
    runs = (claim.run, *claim.slower_than)
    seeds = results.seeds(*runs)
    seconds = np.array([[_seconds(run, s, claim, results) for run in runs] for s in seeds])
    means = seconds.mean(axis=0)
    if claim.reported is not None:
        scale = SECONDS[claim.unit or "seconds"]
        reason = "Stated times are of another machine: shown, and not judged."
        mean = float(means[0]) / scale
        return Judgement(Verdict.NOT_JUDGED, reason, reproduced=mean, seeds=len(seeds))
    share = float(np.mean((seconds[:, :1] > seconds[:, 1:]).all(axis=1)))
    titles = [results.study.runs[run].title for run in runs]
    shown = ", ".join(f"{t} {m:,.1f} s" for t, m in zip(titles, means, strict=True))
    reason = f"{LABELS[claim.measure].capitalize()}, on this machine: {shown}."
    return _on_seeds(share, reason, len(seeds))


def _seconds(run: str, seed: int, claim: CostClaim, results: StudyResults) -> float:
    if claim.measure == "fit_seconds":
        return float(results.of_run(run)[seed]["fit_seconds"])
    history = results.history(run, seed)
    # The first epoch also builds the graph.
    return float("nan") if history is None else float(history["seconds"].median())

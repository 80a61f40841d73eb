"""How training went, and what it cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from refashion.checks import curves
from refashion.judgement.difference import Margin, judge_margins
from refashion.judgement.scatter import OF_LOG_LOSS, Scatter
from refashion.judgement.share import judge_share
from refashion.judgement.wording import LABELS
from refashion.ledger.entry import Judgement, Verdict
from refashion.runs.results import StudyResults
from refashion.spec.claims import CostClaim, CurveClaim
from refashion.wording import counted

SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600}
# Times of the same work on one machine differ by a tenth or so, more than accuracies do; in
# logarithms. It stands for a deviation that one seed does not show.
TIME_SD = 0.1


def judge_curve(claim: CurveClaim, results: StudyResults, prior: float) -> Judgement:
    """Judge a property of training curves by its margin, or by the share of seeds that have it."""
    runs = (claim.run, claim.against) if claim.against else (claim.run,)
    seeds = results.seeds(*runs)
    margin_of = curves.function(claim.property)
    histories = [[results.history(run, seed) for run in runs] for seed in seeds]
    if any(history is None for of_seed in histories for history in of_seed):
        reason = "The model is not trained step by step and has no history."
        return Judgement(Verdict.INCONCLUSIVE, reason)
    try:
        margins = [margin_of(*of_seed, **claim.settings) for of_seed in histories]
    except (KeyError, ValueError) as error:  # code of an author's records what it wants
        what = f"no column {error}" if isinstance(error, KeyError) else str(error)
        return Judgement(Verdict.INCONCLUSIVE, f"The training log says too little: {what}.")
    positive = sum(margin > 0 for margin in margins)
    settings = _settings(claim)
    if all(map(math.isfinite, margins)):
        known = [h for of_seed in histories for h in of_seed if h is not None]
        # The margin of two runs is a difference of both.
        level = prior * _level(claim, known) * math.sqrt(len(runs))
        step = _resolution(claim, results)
        scatter = Scatter.of(margins, level, resolution=step)
        judged = judge_margins([Margin(float(np.mean(margins)), (scatter,))])
        reason = (
            f"The margin is {np.mean(margins):+.3g} on average, and positive for {positive} of "
            f"{counted(len(seeds), 'seed')} ({settings})."
        )
    else:
        judged = judge_share(positive, len(seeds))
        reason = f"True of {positive} of {counted(len(seeds), 'seed')} ({settings})."
    return replace(judged, reason=reason)


def _settings(claim: CurveClaim) -> str:
    shown = {name: value for name, value in claim.settings.items() if name != "column"}
    of_column = LABELS.get(str(claim.settings.get("column")), "")
    return ", ".join([of_column, *(f"{name} {value}" for name, value in shown.items())])


def _level(claim: CurveClaim, histories: Sequence[pd.DataFrame]) -> float:
    """Give what a deviation in units of accuracy is multiplied with, to be one of the column."""
    column = str(claim.settings.get("column"))
    if column == "accuracy":
        return 1.0
    mean = float(np.mean([history[column].abs().mean() for history in histories]))
    return max(OF_LOG_LOSS, mean)


def _resolution(claim: CurveClaim, results: StudyResults) -> float:
    """Give the smallest step of the column: an accuracy changes by whole examples."""
    if claim.settings.get("column") not in curves.GREATER_IS_BETTER:
        return 0.0
    seed = results.seeds(claim.run)[0]
    splits = ["train"] if results.study.split.validation is None else ["train", "validation"]
    sizes = [results.n_examples(claim.run, seed, split) for split in splits]
    return 1 / min(filter(None, sizes)) if any(sizes) else 0.0


def judge_cost(claim: CostClaim, results: StudyResults, prior: float) -> Judgement:
    """Judge whether a run takes longer than others; a stated time is shown beside ours."""
    runs = (claim.run, *claim.slower_than)
    times = {
        run: [_seconds(run, seed, claim, results) for seed in results.seeds(run)] for run in runs
    }
    if claim.reported is not None:
        mean = float(np.mean(times[claim.run])) / SECONDS[claim.unit or "seconds"]
        reason = "Stated times are of another machine: shown, and not judged."
        n = len(times[claim.run])
        return Judgement(Verdict.NOT_JUDGED, reason, reproduced=mean, seeds=n)
    logarithms = {run: np.log(values) for run, values in times.items()}
    if not all(np.isfinite(values).all() for values in logarithms.values()):
        reason = "A run has no time of an epoch."
        return Judgement(Verdict.INCONCLUSIVE, reason, seeds=min(map(len, times.values())))
    margins = [
        Margin(
            float(logarithms[claim.run].mean() - logarithms[rival].mean()),
            tuple(Scatter.of(list(logarithms[run]), TIME_SD) for run in (claim.run, rival)),
        )
        for rival in claim.slower_than
    ]
    titles = (results.study.runs[run].title for run in runs)
    means = (float(np.mean(values)) for values in times.values())
    shown = ", ".join(f"{title} {mean:,.1f} s" for title, mean in zip(titles, means, strict=True))
    reason = f"{LABELS[claim.measure].capitalize()}, on this machine: {shown}."
    return replace(judge_margins(margins), reason=reason)


def _seconds(run: str, seed: int, claim: CostClaim, results: StudyResults) -> float:
    if claim.measure == "fit_seconds":
        return float(results.of_run(run)[seed]["fit_seconds"])
    history = results.history(run, seed)
    # The first epoch also builds the graph.
    if history is None or "seconds" not in history:
        return float("nan")
    return float(history["seconds"].median())

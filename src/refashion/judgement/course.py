"""How training went, and what it cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from refashion.checks import curves
from refashion.judgement.difference import Margin, judge_margins
from refashion.judgement.scatter import OF_LOG_LOSS, RunValues, Scatter
from refashion.judgement.share import judge_share
from refashion.judgement.wording import LABELS
from refashion.ledger.entry import Judgement, Verdict
from refashion.runs.results import StudyResults
from refashion.spec.claims import CostClaim, CurveClaim, runs_of
from refashion.wording import counted

SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600}
# Times of the same work on one machine differ by a tenth or so, more than accuracies do; in
# logarithms. It stands for a deviation that one seed does not show.
TIME_SD = 0.1


def judge_curve(claim: CurveClaim, results: StudyResults, prior: float) -> Judgement:
    """Judge a property of training curves by its margin, or by the share of seeds that have it."""
    histories = _histories(claim, results)
    if any(history is None for of_seed in histories for history in of_seed):
        reason = "The model is not trained step by step and has no history."
        return Judgement(Verdict.INCONCLUSIVE, reason)
    try:
        margins = _margins(claim, histories)
    except (KeyError, ValueError) as error:  # code of an author's records what it wants
        what = f"no column {error}" if isinstance(error, KeyError) else str(error)
        return Judgement(Verdict.INCONCLUSIVE, f"The training log says too little: {what}.")
    positive, n = sum(margin > 0 for margin in margins), len(margins)
    settings = _settings(claim)
    if all(map(math.isfinite, margins)):
        scatter = _scatter(claim, margins, histories, results, prior)
        judged = judge_margins([Margin(float(np.mean(margins)), (scatter,))])
        margin = f"The margin is {np.mean(margins):+.3g}"
        of_seeds = f" on average, and positive for {positive} of {n} seeds" * (n > 1)
        reason = f"{margin}{of_seeds} ({settings})."
    else:
        judged = judge_share(positive, n)
        reason = f"True of {positive} of {counted(n, 'seed')} ({settings})."
    return replace(judged, reason=reason)


def margin_of_curve(claim: CurveClaim, results: StudyResults, prior: float) -> RunValues | None:
    """Measure the margin of a property of training curves; parameters as for `judge_curve`.

    Returns
    -------
    RunValues or None
        None if a seed has no finite margin.
    """
    histories = _histories(claim, results)
    if any(history is None for of_seed in histories for history in of_seed):
        return None
    try:
        margins = _margins(claim, histories)
    except (KeyError, ValueError):  # the log says too little
        return None
    if not margins or not all(map(math.isfinite, margins)):
        return None
    return RunValues(margins, _scatter(claim, margins, histories, results, prior))


def _histories(claim: CurveClaim, results: StudyResults) -> list[list[pd.DataFrame | None]]:
    """Read the logs of the one or two runs of a claim, for every seed that both have."""
    runs = runs_of(claim)
    return [[results.history(run, seed) for run in runs] for seed in results.seeds(*runs)]


def _margins(claim: CurveClaim, histories: Sequence[Sequence[pd.DataFrame | None]]) -> list[float]:
    margin_of = curves.function(claim.property)
    return [margin_of(*of_seed, **claim.settings) for of_seed in histories]


def _scatter(
    claim: CurveClaim,
    margins: Sequence[float],
    histories: Sequence[Sequence[pd.DataFrame | None]],
    results: StudyResults,
    prior: float,
) -> Scatter:
    known = [history for of_seed in histories for history in of_seed if history is not None]
    # The margin of two runs is a difference of both.
    level = prior * _level(claim, known) * math.sqrt(len(runs_of(claim)))
    return Scatter.of(margins, level, resolution=_resolution(claim, results))


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
    times = _times(claim, results)
    if claim.reported is not None:
        mean = float(np.mean(times[claim.run])) / SECONDS[claim.unit or "seconds"]
        reason = "Stated times are of another machine: shown, and not judged."
        n = len(times[claim.run])
        return Judgement(Verdict.NOT_JUDGED, reason, reproduced=mean, seeds=n)
    logarithms = logarithms_of_times(claim, results)
    if logarithms is None:
        reason = "A run has no time of an epoch."
        return Judgement(Verdict.INCONCLUSIVE, reason, seeds=min(map(len, times.values())))
    of_run = logarithms[claim.run]
    margins = [
        Margin(
            of_run.mean - logarithms[rival].mean,
            (of_run.scatter, logarithms[rival].scatter),
        )
        for rival in claim.slower_than
    ]
    titles = (results.study.runs[run].title for run in times)
    means = (float(np.mean(values)) for values in times.values())
    shown = ", ".join(f"{title} {mean:,.1f} s" for title, mean in zip(titles, means, strict=True))
    reason = f"{LABELS[claim.measure].capitalize()}, on this machine: {shown}."
    return replace(judge_margins(margins), reason=reason)


def logarithms_of_times(claim: CostClaim, results: StudyResults) -> dict[str, RunValues] | None:
    """Measure the logarithms of the times that the runs of a claim take.

    Returns
    -------
    dict or None
        By run; None if a run has no time.
    """
    logarithms = {run: list(np.log(values)) for run, values in _times(claim, results).items()}
    if not all(np.isfinite(values).all() for values in logarithms.values()):
        return None
    return {
        run: RunValues(values, Scatter.of(values, TIME_SD)) for run, values in logarithms.items()
    }


def _times(claim: CostClaim, results: StudyResults) -> dict[str, list[float]]:
    """Give the seconds of each seed, by run."""
    return {
        run: [_seconds(run, seed, claim, results) for seed in results.seeds(run)]
        for run in runs_of(claim)
    }


def _seconds(run: str, seed: int, claim: CostClaim, results: StudyResults) -> float:
    if claim.measure == "fit_seconds":
        return float(results.of_run(run)[seed]["fit_seconds"])
    history = results.history(run, seed)
    # The first epoch also builds the graph.
    if history is None or "seconds" not in history:
        return float("nan")
    return float(history["seconds"].median())

"""Orderings of runs, and extremes among classes: how sure they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from refashion import models
from refashion.judgement import resampling
from refashion.judgement.verdicts import judge_share
from refashion.judgement.wording import label_of
from refashion.ledger.entry import Judgement, Verdict
from refashion.metrics import METRICS
from refashion.runs.results import StudyResults
from refashion.spec.claims import CONFUSION, ExtremeClaim, OrderingClaim

_EXTREMES = {
    "precision": "Precision of",
    "recall": "Recall of",
    "f1_score": "F1 score of",
    "support": "Examples of",
    CONFUSION: "Errors between",
}


def judge_ordering(claim: OrderingClaim, results: StudyResults, prior: float) -> Judgement:
    runs = (claim.run, *claim.than)
    seeds = results.seeds(*runs)
    seed_sd = prior if len(seeds) == 1 else None
    if claim.of_class is None:
        gains = [_gains(run, seeds, claim, results) for run in runs]
        if METRICS[claim.metric].task == "regression" and seed_sd:
            seed_sd *= float(np.nanmean(np.abs(gains[0])))
        if all(_is_deterministic(run, results) for run in runs):
            seed_sd = None
        differences = resampling.mean_differences(gains, seed_sd)
    else:
        differences = _class_differences(claim, runs, seeds, results)
    least = differences.min(axis=1)
    share = float(np.mean(least > 0) + np.mean(least == 0) / 2)
    lower, upper = (float(bound) for bound in np.quantile(least, [0.025, 0.975]))
    return Judgement(
        judge_share(share),
        _ordered(claim, runs, seeds, share, results),
        reproduced=share,
        seeds=len(seeds),
        lower=lower,
        upper=upper,
        preliminary=seed_sd is not None,
    )


def _is_deterministic(run: str, results: StudyResults) -> bool:
    return models.module(results.study.runs[run].model).DETERMINISTIC


def _gains(
    run: str, seeds: Sequence[int], claim: OrderingClaim, results: StudyResults
) -> np.ndarray:
    """How good each answer is, shape (n, seeds), greater is better; NaN where it is no number."""
    metric = METRICS[claim.metric]
    columns = []
    for seed in seeds:
        true, predicted = results.pair(run, seed, claim.split)
        is_number = np.isfinite(predicted) if metric.task == "regression" else predicted >= 0
        if metric.of == "probabilities":
            predicted = results.predictions(run, seed)[f"{claim.split}_score"]
        gain = metric.gain(true, predicted)
        # As for the metric itself: a run that has diverged gets no credit for some answers.
        columns.append(gain if is_number.all() else np.full(len(true), np.nan))
    return np.stack(columns, axis=1)


def _class_differences(
    claim: OrderingClaim, runs: Sequence[str], seeds: Sequence[int], results: StudyResults
) -> np.ndarray:
    place = results.study.classes.index(claim.of_class)
    first, *others = (
        _drawn_class_scores(run, seeds, claim.split, results)[claim.metric][:, place]
        for run in runs
    )
    return np.stack([first - other for other in others], axis=1)


def _drawn_class_scores(
    run: str, seeds: Sequence[int], split: str, results: StudyResults
) -> Mapping[str, np.ndarray]:
    """Scores by their names, shape (draws, classes) each; many claims ask for those of one run."""

    def draw() -> Mapping[str, np.ndarray]:
        answers = _answers(run, seeds, split, results)
        return resampling.drawn_class_scores(*answers, len(results.study.classes))

    return results.once(("drawn class scores", run, tuple(seeds), split), draw)


def _answers(
    run: str, seeds: Sequence[int], split: str, results: StudyResults
) -> tuple[np.ndarray, np.ndarray]:
    """Truth and answers, shape (n, seeds) each."""
    pairs = [results.pair(run, seed, split) for seed in seeds]
    true, predicted = zip(*pairs, strict=True)
    return np.stack(true, axis=1), np.stack(predicted, axis=1)


def _ordered(
    claim: OrderingClaim,
    runs: Sequence[str],
    seeds: Sequence[int],
    share: float,
    results: StudyResults,
) -> str:
    chosen = claim.metric, claim.split, claim.of_class
    means = [np.mean([results.value(run, seed, *chosen) for seed in seeds]) for run in runs]
    titles = [results.study.runs[run].title for run in runs]
    shown = ", ".join(f"{title} {_figure(mean)}" for title, mean in zip(titles, means, strict=True))
    is_so = "is better" if len(runs) == 2 else "is the best"
    return (
        f"{label_of(claim).capitalize()}: {shown}. The first {is_so} in {share:.1%} of the draws."
    )


def _figure(number: float) -> str:
    if not np.isfinite(number):
        return "no number"
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4f}"


def judge_extreme(claim: ExtremeClaim, results: StudyResults, prior: float) -> Judgement:
    seeds, names = results.seeds(claim.run), results.study.classes
    answers = _answers(claim.run, seeds, claim.split, results)
    place: int
    has_score: np.ndarray | bool = True
    if claim.metric == CONFUSION:
        drawn = resampling.drawn_confusions(*answers, len(names))
        pairs = list(zip(*np.triu_indices(len(names), 1), strict=True))
        place = pairs.index(tuple(sorted(names.index(name) for name in claim.classes or ())))
        labels = [f"{names[a]} and {names[b]}" for a, b in pairs]
    else:
        drawn = _drawn_class_scores(claim.run, seeds, claim.split, results)[claim.metric]
        place, labels = names.index(claim.of_class), names
        if claim.metric != "support":
            # A class that occurs nowhere has a score of 0 for want of one, and is no rival.
            has_score = np.isin(np.arange(len(names)), answers)
            if not has_score[place]:
                return _without_examples(claim, seeds)
    signed = np.where(has_score, drawn if claim.extreme == "highest" else -drawn, -np.inf)
    best = signed.max(axis=1, keepdims=True)
    # Where several are level, each has its part of the draw.
    level = signed == best
    share = float(np.mean(level[:, place] / level.sum(axis=1)))
    means = drawn.mean(axis=0)
    rival = int(np.argmax(np.where(np.arange(len(labels)) == place, -np.inf, signed.mean(axis=0))))
    digits = 1 if claim.metric in (CONFUSION, "support") else 3
    reason = (
        f"{_EXTREMES[claim.metric]} {labels[place]}: {means[place]:.{digits}f}; nearest, "
        f"{labels[rival]}: {means[rival]:.{digits}f}. The {claim.extreme} in {share:.1%} of the "
        "draws."
    )
    return _on_seeds(judge_share(share), reason, share, seeds)


def _without_examples(claim: ExtremeClaim, seeds: Sequence[int]) -> Judgement:
    reason = f"{claim.of_class} occurs neither among the true classes nor among the answers."
    return _on_seeds(Verdict.INCONCLUSIVE, reason, 0.5, seeds)


def _on_seeds(verdict: Verdict, reason: str, share: float, seeds: Sequence[int]) -> Judgement:
    n = len(seeds)
    return Judgement(verdict, reason, reproduced=share, seeds=n, preliminary=n == 1)

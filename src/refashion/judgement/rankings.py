"""Orderings of runs, and extremes among classes, by the difference rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from refashion.judgement.difference import Margin, judge_margins
from refashion.judgement.gains import (
    gains_of,
    metric_gains,
    over_repeats,
    variance_of_difference,
    variance_of_mean,
)
from refashion.judgement.randomness import is_deterministic, share_examples
from refashion.judgement.scatter import LIKE_LOG_LOSS, OF_LOG_LOSS, RunValues, Scatter
from refashion.judgement.share import judge_share
from refashion.judgement.wording import label_of
from refashion.ledger.entry import Judgement, Verdict
from refashion.metrics import METRICS
from refashion.runs.results import StudyResults
from refashion.spec.claims import CONFUSION, ExtremeClaim, OrderingClaim, runs_of

_EXTREMES = {
    "precision": "Precision of",
    "recall": "Recall of",
    "f1_score": "F1 score of",
    "support": "Examples of",
    CONFUSION: "Errors between",
}


def judge_ordering(claim: OrderingClaim, results: StudyResults, prior: float) -> Judgement:
    """Judge whether a run is better than each of some others."""
    judged = judge_runs(
        claim.run, claim.than, claim.metric, claim.split, results, prior, of_class=claim.of_class
    )
    return replace(judged, reason=_ordered(claim, (claim.run, *claim.than), judged, results))


def judge_runs(
    run: str,
    rivals: Sequence[str],
    metric: str,
    split: str,
    results: StudyResults,
    prior: float,
    of_class: str | None = None,
) -> Judgement:
    """Judge whether a run is better than each of its rivals.

    Parameters
    ----------
    run, rivals
        Names of runs with at least one finished seed each.
    metric, split, of_class
        By which metric, on the examples of which split, and of which class.
    results
        Results of the study.
    prior
        Deviation between seeds that is assumed for a single one, in units of accuracy.

    Returns
    -------
    Judgement
        Without a reason.
    """
    names, chosen = (run, *rivals), (metric, split, of_class)
    gains = {name: _gains(name, *chosen, results) for name in names}
    means = {name: values.mean(axis=0) for name, values in gains.items()}
    if not all(np.isfinite(values).all() for values in means.values()):
        return _by_divergence(run, rivals, means)
    is_shared = share_examples(split, results)
    scatters = _scatters(means, len(gains[run]), *chosen, results, prior)
    return judge_margins(
        [
            Margin(
                float(means[run].mean() - means[rival].mean()),
                (scatters[run], scatters[rival]),
                variance_of_difference(gains[run], gains[rival], is_shared),
            )
            for rival in rivals
        ]
    )


def _scatters(
    means: dict[str, np.ndarray],
    n_all: int,
    metric: str,
    split: str,
    of_class: str | None,
    results: StudyResults,
    prior: float,
) -> dict[str, Scatter]:
    """Give the deviation between the seeds of each run; the first is that of the statement."""
    level = OF_LOG_LOSS if metric in LIKE_LOG_LOSS else 1.0
    if of_class is not None:
        level = _of_class(n_all, of_class, next(iter(means)), split, results)
    elif METRICS[metric].task == "regression":
        level = float(np.mean([np.abs(values).mean() for values in means.values()]))
    return {
        name: Scatter.of(list(values), prior * level, is_deterministic(name, results))
        for name, values in means.items()
    }


def values_of_ordering(
    claim: OrderingClaim, results: StudyResults, prior: float
) -> dict[str, RunValues] | None:
    """Measure the runs of an ordering, greater being better; parameters as for `judge_ordering`.

    Returns
    -------
    dict or None
        By run; None if a seed has diverged.
    """
    chosen = claim.metric, claim.split, claim.of_class
    gains = {name: _gains(name, *chosen, results) for name in runs_of(claim)}
    means = {name: values.mean(axis=0) for name, values in gains.items()}
    if not all(np.isfinite(values).all() for values in means.values()):
        return None
    scatters = _scatters(means, len(gains[claim.run]), *chosen, results, prior)
    is_shared = share_examples(claim.split, results)
    return {name: _run_values(gains[name], scatters[name], is_shared) for name in gains}


def _run_values(gains: np.ndarray, scatter: Scatter, is_shared: bool) -> RunValues:
    """Gather what a comparison knows of gains of shape (n, seeds)."""
    values = list(gains.mean(axis=0))
    if is_shared:
        return RunValues(values, scatter, gains=gains.mean(axis=1))
    return RunValues(values, scatter, variance_of_mean(gains, is_shared))


def _by_divergence(run: str, rivals: Sequence[str], means: dict[str, np.ndarray]) -> Judgement:
    """Judge runs of which a seed has diverged: that seed is worse than any number."""
    ranked = {name: np.nan_to_num(values, nan=-math.inf) for name, values in means.items()}
    k = min(map(len, ranked.values()))
    better = [all(ranked[run][seed] > ranked[rival][seed] for rival in rivals) for seed in range(k)]
    level = [any(ranked[run][seed] == ranked[rival][seed] for rival in rivals) for seed in range(k)]
    if any(level):  # both have diverged, and neither is better
        return Judgement(Verdict.INCONCLUSIVE, seeds=k, preliminary=k == 1)
    return judge_share(sum(better), k)


def _gains(
    run: str, metric: str, split: str, of_class: str | None, results: StudyResults
) -> np.ndarray:
    """Gains of a run, shape (n, seeds)."""
    seeds = results.seeds(run)
    if of_class is not None:
        label = results.study.classes.index(of_class)
        pairs = (results.pair(run, seed, split) for seed in seeds)
        gains = np.stack([gains_of(*pair, metric, [label]) for pair in pairs], axis=1)
        return over_repeats(gains, split, results)
    return over_repeats(metric_gains(run, seeds, metric, split, results), split, results)


def _of_class(n_all: int, name: str, run: str, split: str, results: StudyResults) -> float:
    """Give by how much more a score of a class deviates than one of all examples."""
    seed = results.seeds(run)[0]
    return math.sqrt(n_all / max(1, results.n_examples(run, seed, split, name)))


def _ordered(
    claim: OrderingClaim, runs: Sequence[str], judged: Judgement, results: StudyResults
) -> str:
    chosen = claim.metric, claim.split, claim.of_class
    means = [
        float(np.mean([results.value(run, seed, *chosen) for seed in results.seeds(run)]))
        for run in runs
    ]
    titles = [results.study.runs[run].title for run in runs]
    shown = ", ".join(f"{title} {_figure(mean)}" for title, mean in zip(titles, means, strict=True))
    return f"{label_of(claim).capitalize()}: {shown}.{_interval(judged)}"


def _interval(judged: Judgement) -> str:
    if judged.lower is None or judged.upper is None:
        return ""
    large = max(abs(judged.lower), abs(judged.upper)) >= 1000
    ends = (f"{end:+,.0f}" if large else f"{end:+.4f}" for end in (judged.lower, judged.upper))
    return f" The margin lies between {' and '.join(ends)}."


def _figure(number: float) -> str:
    if not np.isfinite(number):
        return "no number"
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4f}"


def judge_extreme(claim: ExtremeClaim, results: StudyResults, prior: float) -> Judgement:
    """Judge whether a class, or a pair of classes, is the best or the worst of all."""
    names, seeds = results.study.classes, results.seeds(claim.run)
    groups = _groups(claim, results)
    place, labels = _place(claim, names, groups)
    if place is None:
        reason = f"{claim.of_class} occurs neither among the true classes nor among the answers."
        return Judgement(
            Verdict.INCONCLUSIVE, reason, seeds=len(seeds), preliminary=len(seeds) == 1
        )
    gains = _class_gains(claim, groups[place], results)
    if not np.isfinite(gains).all():  # a seed without answers has none for any class
        return Judgement(Verdict.INCONCLUSIVE, "A seed has no answers.", seeds=len(seeds))
    rivals = [rival for rival in range(len(groups)) if rival != place]
    if not rivals:
        reason = f"There is nothing to compare {labels[place]} with."
        return Judgement(Verdict.INCONCLUSIVE, reason, seeds=len(seeds))
    sign = 1 if claim.extreme == "highest" else -1
    level = prior * _unit(claim, names, groups[place], results)
    scores, margins = {place: gains.mean()}, []
    for rival in rivals:
        theirs = _class_gains(claim, groups[rival], results)
        scores[rival] = theirs.mean()
        margins.append(_class_margin(claim, sign * (gains - theirs), level, results))
    judged = judge_margins(margins)
    nearest = rivals[int(np.argmin([margin.value for margin in margins]))]
    digits = 1 if claim.metric in (CONFUSION, "support") else 3
    reason = (
        f"{_EXTREMES[claim.metric]} {labels[place]}: {scores[place]:.{digits}f}; closest rival, "
        f"{labels[nearest]}: {scores[nearest]:.{digits}f}.{_interval(judged)}"
    )
    return replace(judged, reason=reason)


def _class_margin(
    claim: ExtremeClaim, differences: np.ndarray, level: float, results: StudyResults
) -> Margin:
    """Measure a class against a rival, by the differences of their gains, shape (n, seeds)."""
    # Of one run, all classes share their seeds, so each seed gives a difference.
    by_seed = differences.mean(axis=0)
    scatter = _class_scatter(claim, by_seed, level, results)
    is_fixed = _is_fixed(claim, results)
    is_shared = share_examples(claim.split, results)
    of_examples = 0.0 if is_fixed else variance_of_mean(differences, is_shared)
    return Margin(float(by_seed.mean()), (scatter,), of_examples)


def _class_scatter(
    claim: ExtremeClaim, by_seed: np.ndarray, level: float, results: StudyResults
) -> Scatter:
    deterministic = _is_fixed(claim, results) or is_deterministic(claim.run, results)
    return Scatter.of(list(by_seed), level * math.sqrt(2), deterministic)


def _is_fixed(claim: ExtremeClaim, results: StudyResults) -> bool:
    """Whether it is about the sizes of classes in examples that all runs share."""
    return claim.metric == "support" and share_examples(claim.split, results)


def margin_of_extreme(claim: ExtremeClaim, results: StudyResults, prior: float) -> RunValues | None:
    """Measure by how much a class exceeds its closest rival; parameters as for `judge_extreme`.

    Returns
    -------
    RunValues or None
        None without a class or a rival to compare, or if a seed has no answers.
    """
    groups = _groups(claim, results)
    place, _ = _place(claim, results.study.classes, groups)
    if place is None or len(groups) == 1:
        return None
    gains = _class_gains(claim, groups[place], results)
    if not np.isfinite(gains).all():
        return None
    sign = 1 if claim.extreme == "highest" else -1
    rivals = [group for label, group in enumerate(groups) if label != place]
    nearest = max(rivals, key=lambda group: sign * _class_gains(claim, group, results).mean())
    differences = sign * (gains - _class_gains(claim, nearest, results))
    level = prior * _unit(claim, results.study.classes, groups[place], results)
    scatter = _class_scatter(claim, differences.mean(axis=0), level, results)
    if _is_fixed(claim, results):
        return RunValues(list(differences.mean(axis=0)), scatter)
    return _run_values(differences, scatter, share_examples(claim.split, results))


def _groups(claim: ExtremeClaim, results: StudyResults) -> list[tuple[int, ...]]:
    """Give the labels of each class, or of each pair, that can be the best or the worst."""
    n_classes = len(results.study.classes)
    if claim.metric == CONFUSION:
        return list(combinations(range(n_classes), 2))
    if claim.metric == "support":
        return [(label,) for label in range(n_classes)]
    # A class that occurs nowhere has a score of 0 for want of one, and is no rival.
    pairs = [results.pair(claim.run, seed, claim.split) for seed in results.seeds(claim.run)]
    occurring = np.unique(np.concatenate([np.unique(side) for pair in pairs for side in pair]))
    return [(label,) for label in range(n_classes) if label in occurring]


def _place(
    claim: ExtremeClaim, names: Sequence[str], groups: Sequence[tuple[int, ...]]
) -> tuple[int | None, list[str]]:
    """Find the class or the pair of a claim among all, and name them all."""
    stated = claim.classes if claim.metric == CONFUSION else (claim.of_class,)
    wanted = tuple(sorted(names.index(name) for name in stated or () if name))
    labels = [" and ".join(names[label] for label in group) for group in groups]
    return (groups.index(wanted) if wanted in groups else None), labels


def _class_gains(claim: ExtremeClaim, group: tuple[int, ...], results: StudyResults) -> np.ndarray:
    """Gains of a class or a pair, shape (n, seeds). All at once would not fit into memory."""
    pairs = (results.pair(claim.run, seed, claim.split) for seed in results.seeds(claim.run))
    gains = np.stack([gains_of(*pair, claim.metric, group) for pair in pairs], axis=1)
    return over_repeats(gains, claim.split, results)


def _unit(
    claim: ExtremeClaim, names: Sequence[str], group: tuple[int, ...], results: StudyResults
) -> float:
    """Give what a deviation in units of accuracy is multiplied with, to be one of a class."""
    seed, name = results.seeds(claim.run)[0], names[group[0]]
    n = results.n_examples(claim.run, seed, claim.split)
    share = _of_class(n, name, claim.run, claim.split, results)
    if claim.metric in (CONFUSION, "support"):
        return share * results.n_examples(claim.run, seed, claim.split, name)
    return share

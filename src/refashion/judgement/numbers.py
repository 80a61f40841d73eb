"""Reported numbers, one or a table of them, against re-created ones."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from refashion.attributes import look_up
from refashion.judgement.families import Family, family
from refashion.judgement.gains import (
    class_gains,
    has_answers,
    metric_gains,
    variance_of_difference,
)
from refashion.judgement.interval import (
    Gap,
    Terms,
    binomial_variance,
    is_exact,
    judge_value,
    judge_with_gap,
)
from refashion.judgement.randomness import is_deterministic, share_examples
from refashion.judgement.scatter import LIKE_LOG_LOSS, OF_LOG_LOSS, RunValues, Scatter
from refashion.judgement.settling import leaning
from refashion.judgement.share import judge_share
from refashion.judgement.wording import label_of
from refashion.ledger.entry import Cell, Judgement, Verdict
from refashion.metrics import METRICS, Metric
from refashion.printed import find_number, find_row
from refashion.reported import Reported
from refashion.runs.results import StudyResults
from refashion.spec.claims import (
    AVERAGES,
    COUNT_METRICS,
    EXAMPLE_COUNTS,
    OUTPUT,
    AttributeClaim,
    NumberClaim,
    OutputClaim,
    TableClaim,
    TextClaim,
    ValueClaim,
    runs_of,
)
from refashion.spec.split import CrossValidation, has_fixed_folds
from refashion.wording import counted

# Steps of a count that seeds which agree may hide.
STEPS_OF_COUNTS = 2
# If all seeds print so many numbers alike, no seed matters.
MANY_NUMBERS = 10
# Values with more decimal places are not rounded.
MOST_DIGITS = 12


@dataclass(frozen=True)
class _Numbers:
    """One number of a run, of every seed.

    Attributes
    ----------
    values
        A value of each seed.
    unit
        What a deviation between seeds, in units of accuracy over all examples, is multiplied with.
    of_examples
        Variance of the difference between the values on two sets of test examples.
    step
        By how much a single example changes a value, at least.
    is_given
        Whether the value was given without predictions, so that the study says what is known of
        its examples.
    """

    values: list[float]
    unit: float
    of_examples: float
    step: float = 0.0
    is_given: bool = False


def judge_number(claim: ValueClaim, results: StudyResults, prior: float) -> Judgement:
    """Judge a number that stands alone."""
    numbers = _of_value(claim, results)
    if not numbers.values:
        return Judgement(Verdict.NOT_RUN, "No seed finished in both runs.")
    terms = _terms_of_value(claim, numbers, results, prior)
    judged = judge_value(Reported.parse(claim.reported), numbers.values, **terms)
    reading = _reading(claim)
    if math.isinf(numbers.of_examples) and judged.reproduced is not None:
        chosen = claim.metric, claim.split, results, claim.of_class
        of_runs = {run: _numbers_of(run, *chosen).of_examples for run in runs_of(claim)}
        why = _why_open(next(filter(lambda run: math.isinf(of_runs[run]), of_runs)), claim.metric)
        return replace(judged, lower=None, upper=None, reason=f"{reading}{why}")
    return replace(judged, reason=reading + _compared(label_of(claim), judged, claim.tolerance))


def _terms_of_value(
    claim: ValueClaim, numbers: _Numbers, results: StudyResults, prior: float
) -> Terms:
    return {
        "tolerance": claim.tolerance,
        "seed_sd_prior": prior * numbers.unit,
        "deterministic": all(
            _is_fixed(run, claim.metric, claim.split, results) for run in runs_of(claim)
        ),
        "binomial": _of_examples(numbers, claim.split, results, claim.is_of_folds),
        "resolution": numbers.step,
        "draws": claim.mean_of,
        "best_of": claim.best_of,
        "greater_is_better": greater_is_better(claim.metric),
    }


def values_of(
    claim: ValueClaim | AttributeClaim | OutputClaim | TableClaim,
    results: StudyResults,
    prior: float,
    cell: tuple[str, str] = ("", ""),
) -> RunValues | None:
    """Measure what its runs give for the number of a claim, as the judgement on it does.

    Parameters
    ----------
    claim
        The claim. At least one seed of each of its runs has finished.
    results, prior
        As for `judge_number`.
    cell
        Row and column of a table.

    Returns
    -------
    RunValues or None
        None without a number, or if one is not finite.
    """
    values, terms_of = _values_of(claim, results, prior, cell)
    if not values or not all(map(math.isfinite, values)):
        return None
    terms = terms_of()
    known = terms["seed_sd_prior"], terms["deterministic"], terms["resolution"]
    return RunValues(values, Scatter.of(values, *known), terms["binomial"])


def _values_of(
    claim: ValueClaim | AttributeClaim | OutputClaim | TableClaim,
    results: StudyResults,
    prior: float,
    cell: tuple[str, str],
) -> tuple[list[float], Callable[[], Terms]]:
    """Give the values of each seed, and what they are judged by, which needs at least one."""
    given = results, prior
    match claim:
        case TableClaim():
            return _CellJudge(claim, *given).measure(*cell)
        case ValueClaim():
            numbers = _of_value(claim, results)
            return numbers.values, lambda: _terms_of_value(claim, numbers, *given)
        case OutputClaim():
            printed = printed_numbers(claim, results).values()
            values = [value for value in printed if value is not None]
            return values, lambda: _terms_of_output(claim, values, *given)
        case AttributeClaim():
            found = fitted_values(claim, results, claim.fold)
            values = [value for value in found if isinstance(value, float)]
            return values, lambda: _terms_of_attribute(claim, values, *given)


def _of_value(claim: ValueClaim, results: StudyResults) -> _Numbers:
    if claim.is_of_folds:
        return _of_folds(claim, results)
    if claim.minus is not None:
        return _of_difference(claim, claim.minus, results)
    return _numbers_of(claim.run, claim.metric, claim.split, results, claim.of_class)


class Measured(NamedTuple):
    """One printed number, as a single execution gives it.

    Attributes
    ----------
    value
        The number; NaN if the execution does not have it, or has diverged.
    unit
        What an assumed deviation between seeds, in units of accuracy, is multiplied with.
    of_examples
        Variance that comes from other test examples than the source's.
    step
        By how much a single example changes the number, at least.
    """

    value: float
    unit: float
    of_examples: float
    step: float


def measured(
    claim: ValueClaim | AttributeClaim | TableClaim, run: str, results: StudyResults
) -> dict[str, Measured]:
    """Measure the printed numbers of a claim in a single execution of a run.

    Parameters
    ----------
    claim
        The claim.
    run
        The run, which chooses the rows of a table of runs.
    results
        Results with one seed of this run.

    Returns
    -------
    dict
        One entry for each number: the name of its cell in a table, or the id of the claim.
    """
    if isinstance(claim, TableClaim):
        cells = [each for each in claim.cells() if claim.run_of(each[0]) == run]
        found = {
            f"{row}, {column}": (
                _table_numbers(claim, row, column, results),
                claim.split or _split_of_column(column),
            )
            for row, column, _ in cells
        }
    elif isinstance(claim, AttributeClaim):
        fitted = fitted_values(claim, results, claim.fold)
        values = [value if isinstance(value, float) else math.nan for value in fitted]
        found = {claim.id: (_of_printed(values, claim.reported), "test")}
    else:
        found = {claim.id: (_of_value(claim, results), claim.split)}
    is_of_folds = getattr(claim, "is_of_folds", False)
    return {
        name: Measured(
            numbers.values[0] if numbers.values else math.nan,
            numbers.unit,
            _of_examples(numbers, split, results, is_of_folds),
            numbers.step,
        )
        for name, (numbers, split) in found.items()
    }


def judge_output(claim: OutputClaim, results: StudyResults, prior: float) -> Judgement:
    """Judge a number that the author's notebook printed."""
    found = printed_numbers(claim, results)
    values = [value for value in found.values() if value is not None]
    reported = Reported.parse(claim.reported)
    if not values:
        return Judgement(Verdict.NOT_RUN, _not_printed(claim, results))
    judged = judge_value(reported, values, **_terms_of_output(claim, values, results, prior))
    reason = _reading(claim) + _compared("printed number", judged, claim.tolerance)
    if without := [seed for seed, value in found.items() if value is None]:
        seeds = f"seed{'s' * (len(without) > 1)} {', '.join(map(str, without))}"
        reason += f" With {seeds} the notebook did not print it."
    return replace(judged, reason=reason)


def _terms_of_output(
    claim: OutputClaim, values: list[float], results: StudyResults, prior: float
) -> Terms:
    numbers = _of_printed(values, claim.reported)
    return {
        "tolerance": claim.tolerance,
        "seed_sd_prior": prior * numbers.unit,
        "deterministic": _is_fixed_output(claim.run, [(claim.reported, values)], results),
        "binomial": numbers.of_examples,
        "resolution": numbers.step,
        "draws": claim.mean_of,
        "best_of": claim.best_of,
    }


def judge_attribute(claim: AttributeClaim, results: StudyResults, prior: float) -> Judgement:
    """Judge a number that an estimator has learned.

    Nobody knows how it scatters between seeds, so it is taken to scatter as a printed one does.
    """
    try:
        found = fitted_values(claim, results, claim.fold)
    except LookupError as error:
        return Judgement(Verdict.NOT_RUN, _sentence(str(error)))
    if texts := [value for value in found if isinstance(value, str)]:
        text = f"{claim.attribute} is no number but {texts[0]!r}; state it with the kind text."
        return Judgement(Verdict.NOT_RUN, text)
    values = [float(value) for value in found]
    terms = _terms_of_attribute(claim, values, results, prior)
    judged = judge_value(Reported.parse(claim.reported), values, **terms)
    return replace(
        judged, reason=_reading(claim) + _compared(claim.attribute, judged, claim.tolerance)
    )


def _terms_of_attribute(
    claim: AttributeClaim, values: list[float], results: StudyResults, prior: float
) -> Terms:
    numbers = _of_printed(values, claim.reported)
    is_fixed = is_deterministic(claim.run, results) and len(set(values)) == 1
    return {
        "tolerance": claim.tolerance,
        "seed_sd_prior": prior * numbers.unit,
        "deterministic": is_fixed,
        "binomial": 0.0 if is_fixed else numbers.of_examples,
        "resolution": 0.0 if is_fixed else numbers.step,
        "draws": claim.mean_of,
    }


def judge_text(claim: TextClaim, results: StudyResults, prior: float) -> Judgement:
    """Judge a text that an estimator has learned: it is the same, or it is not."""
    try:
        found = fitted_values(claim, results)
    except LookupError as error:
        return Judgement(Verdict.NOT_RUN, _sentence(str(error)))
    same = sum(_is_same(value, claim.reported) for value in found)
    counts = Counter(str(_as_text(value)) for value in found)
    shown = ", ".join(f"{text} with {counted(n, 'seed')}" for text, n in counts.most_common(5))
    reason = f"{claim.attribute}: {shown}."
    if is_deterministic(claim.run, results) and len(counts) == 1:
        verdict = Verdict.HOLDS if same else Verdict.FAILS
        return Judgement(verdict, reason, seeds=len(found))
    return replace(judge_share(same, len(found)), reason=reason)


def _is_same(value: float | str, reported: str) -> bool:
    """Whether an attribute is what a source prints: 10.0 is 10, and 'rbf' is rbf."""
    text = reported.strip().strip("'\"")
    if isinstance(value, str):
        return value == text
    try:
        return float(text) == value
    except ValueError:
        return False


def _as_text(value: float | str) -> float | str:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _sentence(text: str) -> str:
    begun = text[:1].upper() + text[1:] if text.startswith("the") else text
    return begun if begun.endswith("?") else f"{begun}."


def fitted_values(
    claim: AttributeClaim | TextClaim, results: StudyResults, fold: int | None = None
) -> list[float | str]:
    """Find the fitted attribute of a claim for every seed; a number is the mean over folds.

    Raises
    ------
    LookupError
        There is no such attribute. The message suggests the nearest name.
    """
    return [
        _fitted(claim, results.attributes(claim.run, seed), results.study.classes, fold)
        for seed in results.seeds(claim.run)
    ]


def _fitted(
    claim: AttributeClaim | TextClaim,
    of_folds: Sequence[dict[str, Any]],
    classes: Sequence[str],
    fold: int | None,
) -> float | str:
    if not of_folds:
        raise LookupError(f"the run {claim.run} is no estimator, so it has no fitted attributes")
    chosen = of_folds if fold is None else of_folds[fold - 1 : fold]
    found = [look_up(each, claim.attribute, classes) for each in chosen]
    numbers = [value for value in found if isinstance(value, float)]
    if len(numbers) == len(found):
        return float(np.mean(numbers))
    return " or ".join(dict.fromkeys(map(str, found)))


def printed_numbers(claim: OutputClaim, results: StudyResults) -> dict[int, float | None]:
    """Find the number of a claim in the notebook of every seed; None where it was not printed."""
    found: dict[int, float | None] = {}
    for seed in results.seeds(claim.run):
        cells = results.printed(claim.run, seed)
        lines = cells[claim.cell - 1] if claim.cell <= len(cells) else []
        text = find_number(lines, claim.quote, claim.line, claim.number)
        found[seed] = None if text is None else _value_of(text, Reported.parse(claim.reported))
    return found


def _value_of(text: str, reported: Reported) -> float | None:
    """Read a printed number in the unit of the reported one.

    A reported "80.5" is in percent if "81.8 %" was printed in its place; a reported "0.805" is the
    share.
    """
    try:
        printed = Reported.parse(text)
    except ValueError:
        return None
    is_in_percent = printed.percent and not reported.percent and abs(reported.value) > 1
    return 100 * printed.value if is_in_percent else printed.value


def _not_printed(claim: OutputClaim, results: StudyResults) -> str:
    cells = results.printed(claim.run, results.seeds(claim.run)[0])
    lines = cells[claim.cell - 1] if claim.cell <= len(cells) else []
    if not any(line.numbers for line in lines):
        return f"Cell {claim.cell} printed no number."
    return f"Cell {claim.cell} printed no line like the quoted one."


def _of_printed(values: list[float], reported: str) -> _Numbers:
    """Describe printed numbers, of which nobody knows what they measure.

    Whole numbers may count independent events, which scatter by the root of their number. Others
    are taken to scatter like losses, relative to their size where that is above one.
    """
    printed = Reported.parse(reported)
    size = max(1.0, _level(values)) if not printed.percent else 1.0
    is_count = printed.digits <= 0 and not printed.percent
    unit = OF_LOG_LOSS * (max(size, 100 * math.sqrt(size)) if is_count else size)
    # Counts of two seeds are alike by luck more often than their steps alone account for. Where
    # they differ, they are given the variance of independent events besides.
    step = 2 * printed.half_unit * (STEPS_OF_COUNTS if is_count else 1)
    differ = is_count and len(set(values)) > 1
    return _Numbers(values, unit, _level(values) if differ else 0.0, step)


def _is_fixed_output(
    run: str, printed: Sequence[tuple[str, Sequence[float]]], results: StudyResults
) -> bool:
    """Whether no seed changes what a notebook prints.

    All seeds have to print the same. If they print few numbers, that may be chance, and shows no
    more than that numbers which also agree with the source are exact.
    """
    if not results.prints_alike(run):
        return False
    agree = all(
        is_exact(Reported.parse(text), float(np.mean(values))) for text, values in printed if values
    )
    return agree or results.n_agreeing(run) >= MANY_NUMBERS


def greater_is_better(measure: str) -> bool:
    """Return whether more of a measure is better."""
    return METRICS[measure].greater_is_better if measure in METRICS else measure != "errors"


def _reading(claim: NumberClaim) -> str:
    """Say how a number is read that is not simply the result of one run."""
    if isinstance(claim, ValueClaim) and claim.minus is not None:
        unit = " in percentage points" if Reported.parse(claim.reported).percent else ""
        mean = f", a mean of {claim.mean_of} runs each" if claim.mean_of > 1 else ""
        return f"Read as the difference{unit} of {claim.run} minus {claim.minus}{mean}. "
    if claim.best_of > 1:
        return f"Read as the best of {claim.best_of} runs. "
    if claim.mean_of > 1:
        return f"Read as the mean of {claim.mean_of} runs. "
    return {
        "over": "Read as a lower bound, with which a larger value agrees. ",
        "under": "Read as an upper bound, with which a smaller value agrees. ",
        "about": "Read as a rounded number. ",
    }.get(str(Reported.parse(claim.reported).bound), "")


def _is_fixed(run: str, metric: str, split: str, results: StudyResults) -> bool:
    """Whether no seed changes a number; the sizes of classes depend on the examples alone."""
    if metric == "support":
        return share_examples(split, results)
    return is_deterministic(run, results)


def _numbers_of(
    run: str, measure: str, split: str, results: StudyResults, of_class: str | None = None
) -> _Numbers:
    seeds = results.seeds(run)
    values = [results.value(run, seed, measure, split, of_class) for seed in seeds]
    n = results.n_examples(run, seeds[0], split)
    if measure in EXAMPLE_COUNTS or of_class is not None:
        n_of_class = results.n_examples(run, seeds[0], split, of_class)
        return _share(values, n_of_class, n, is_count=measure in EXAMPLE_COUNTS)
    metric = METRICS[measure]
    is_alone = n == 0 or not results.has_predictions(run, split, measure)
    chosen = results.study.runs[run]
    if chosen.outside and is_alone:
        is_same = chosen.outside.same_examples or (n > 0 and share_examples(split, results))
        return _of_given(values, metric, chosen.outside.examples or n, is_same)
    if chosen.is_notebook and is_alone:  # the notebook recorded only the metric
        return _Numbers(values, OF_LOG_LOSS * max(1.0, _level(values)), 0.0)
    if metric.is_proportion:
        return _share(values, n, n)
    spread = 2 * float(np.var(metric_gains(run, seeds[:1], measure, split, results))) / n
    if metric.task == "regression":
        return _Numbers(values, _level(values), spread)
    unit = OF_LOG_LOSS if measure in LIKE_LOG_LOSS else 1.0
    return _Numbers(values, unit, spread, 0.0 if measure == "log_loss" else unit / n)


def _of_difference(claim: ValueClaim, minus: str, results: StudyResults) -> _Numbers:
    """Describe the difference of two runs, seed by seed.

    Runs of one seed share its split, so the variance over examples is that of paired gains. Both
    differences, theirs and ours, have it.
    """
    pairs = _pairs(claim.run, minus, results)
    if not pairs:
        return _Numbers([], 1.0, 0.0)
    both = [
        _numbers_of(run, claim.metric, claim.split, results, claim.of_class)
        for run in (claim.run, minus)
    ]
    # The seeds of a run that no seed changes add nothing.
    random = [
        numbers
        for run, numbers in zip((claim.run, minus), both, strict=True)
        if not is_deterministic(run, results)
    ]
    chosen = claim.metric, claim.split, claim.of_class
    paired = _of_paired(claim, minus, pairs[0], results)
    # Without predictions of both, the variance of their difference is at most about this sum.
    return _Numbers(
        [
            results.value(claim.run, one, *chosen) - results.value(minus, other, *chosen)
            for one, other in pairs
        ],
        math.hypot(*(numbers.unit for numbers in random or both)),
        sum(numbers.of_examples for numbers in both) if paired is None else paired,
        max(numbers.step for numbers in both),
        is_given=paired is None and any(numbers.is_given for numbers in both),
    )


def _pairs(run: str, minus: str, results: StudyResults) -> list[tuple[int, int]]:
    """Pair the seeds of two runs; a run that no seed changes has been run once for all of them."""
    one, other = results.seeds(run), results.seeds(minus)
    if is_deterministic(run, results):
        return [(one[0], seed) for seed in other]
    if is_deterministic(minus, results):
        return [(seed, other[0]) for seed in one]
    return [(seed, seed) for seed in results.seeds(run, minus)]


def _of_paired(
    claim: ValueClaim, minus: str, seeds: tuple[int, int], results: StudyResults
) -> float | None:
    runs = (claim.run, minus)
    if not all(results.has_predictions(run, claim.split, claim.metric) for run in runs):
        return None
    pairs = zip(runs, seeds, strict=True)
    one, other = (_gains(run, claim, seed, results) for run, seed in pairs)
    variance = 2 * variance_of_difference(one[:, None], other[:, None], is_shared=True)
    return variance if math.isfinite(variance) else 0.0


def _gains(run: str, claim: ValueClaim, seed: int, results: StudyResults) -> np.ndarray:
    """Gains of each example on a metric, on a score of a class, or on a number of examples."""
    true, predicted = results.pair(run, seed, claim.split)
    label = None if claim.of_class is None else results.study.classes.index(claim.of_class)
    if claim.metric in COUNT_METRICS:
        chosen = true == predicted if label is None else (true == predicted) & (true == label)
        wrong = true != predicted if label is None else (true != predicted) & (true == label)
        return (chosen if claim.metric == "correct" else wrong).astype(float) * len(true)
    if label is not None:
        return class_gains(true, predicted, claim.metric, label)
    return metric_gains(run, [seed], claim.metric, claim.split, results)[:, 0]


def _of_given(values: list[float], metric: Metric, n: int, is_same: bool) -> _Numbers:
    """Describe values without predictions by what is known of their examples.

    A share of a known number of examples scatters as any other. Without that number (0), or for a
    loss, nobody knows how far other examples would move it, and infinity stands for that. Values
    may be rounded, and then agree by chance as coarse steps do.
    """
    step = _step_of_digits(values)
    numbers = _Numbers(values, OF_LOG_LOSS * max(1.0, _level(values)), math.inf, step, True)
    if _is_share(metric):
        if n == 0:
            return numbers
        of_share = _share(values, n, n)
        numbers = replace(of_share, step=max(of_share.step, step), is_given=True)
    return replace(numbers, of_examples=0.0) if is_same else numbers


def _step_of_digits(values: Sequence[float]) -> float:
    """Give the unit of the last decimal place that values have: 0.01 for 0.83 and 0.9."""
    finite = [value for value in values if math.isfinite(value)]
    digits = next((n for n in range(MOST_DIGITS) if all(round(v, n) == v for v in finite)), None)
    return 0.0 if digits is None else 10.0**-digits


def _is_share(metric: Metric) -> bool:
    """Whether a metric is a share of examples, or a mean that scatters like one.

    So does a mean over classes that is weighted by their sizes. One that counts all classes alike
    scatters by the size of the smallest, which values alone do not show.
    """
    return metric.is_proportion or metric.name.endswith("_weighted")


def _why_open(run: str, measure: str) -> str:
    """Say what the study has to state about the examples of values without predictions."""
    if _is_share(METRICS[measure]):
        lacking, key = "The number of test examples behind the values", "examples: <number>"
    else:
        lacking, key = "How far other test examples would move the values", "same_examples: true"
    remedy = f"With `{key}` in the run {run}, if that is so, it can be judged."
    return f"{lacking} is not known, as there are no predictions. {remedy}"


def _of_folds(claim: ValueClaim, results: StudyResults) -> _Numbers:
    """Describe the score of one fold, or the standard deviation of the scores of all folds.

    A fold has fewer examples than all folds together, so its score scatters more. The standard
    deviation of n normal numbers scatters by 1/sqrt(2(n - 1)) of what these scatter by. If seeds
    draw folds of their own, folds with one number are as different as any two folds.
    """
    seeds = results.seeds(claim.run)
    scores = [results.fold_values(claim.run, s, claim.metric, claim.split) for s in seeds]
    n_folds, metric = len(scores[0]), METRICS[claim.metric]
    unit, step = math.sqrt(n_folds), 0.0
    if metric.task == "regression":
        unit *= _level([float(np.mean(each)) for each in scores])
    elif claim.metric == "log_loss":
        unit *= OF_LOG_LOSS
    else:  # a fold has so many times fewer examples
        step = n_folds / max(results.n_examples(claim.run, seeds[0], claim.split), 1)
    if claim.fold is not None:
        values = [float(each[claim.fold - 1]) for each in scores]
        spread = float(np.mean([np.var(each, ddof=1) for each in scores]))
        return _Numbers(values, unit, spread * (1 + 1 / len(seeds)), step)
    values = [float(np.std(each, ddof=0 if claim.statistic == "sd" else 1)) for each in scores]
    spread = float(np.mean(values)) ** 2 / (2 * (n_folds - 1))
    # Several seeds have several deviations, which show by themselves how far these lie apart.
    of_examples = 2 * spread if len(seeds) == 1 else 0.0
    of_spread = 1 / math.sqrt(2 * (n_folds - 1))
    return _Numbers(values, unit * of_spread, of_examples, step * of_spread)


def _share(values: list[float], n: int, n_all: int, is_count: bool = False) -> _Numbers:
    """Describe a share of some examples, or their number, by how it scatters.

    If the answers of classes scatter independently, a share of a class deviates from seed to seed
    by the root of how many times smaller than the whole it is.
    """
    n = max(n, 1)
    size = n if is_count else 1
    mean = float(np.nanmean(values)) / size if any(map(math.isfinite, values)) else math.nan
    known = math.isfinite(mean) and 0 <= mean <= 1
    of_examples = size**2 * binomial_variance(mean, n, n) if known else 0.0
    return _Numbers(values, size * math.sqrt(n_all / n), of_examples, size / n)


def _level(values: Sequence[float]) -> float:
    """Give the size of values in the unit of a target: the prior is relative to it."""
    finite = [abs(value) for value in values if math.isfinite(value)]
    return float(np.mean(finite)) if finite else 1.0


def _of_examples(
    numbers: _Numbers, split: str | None, results: StudyResults, is_of_folds: bool = False
) -> float:
    """Give the variance that comes from other test examples than the source's."""
    if numbers.is_given:
        return numbers.of_examples
    study = results.study.split
    if is_of_folds and isinstance(study, CrossValidation):
        return 0.0 if has_fixed_folds(study) else numbers.of_examples
    if split == "validation" and not isinstance(study.validation, str):
        # Several seeds draw several sets, so their deviation contains this already.
        has_one_set = len(numbers.values) == 1 and not share_examples("validation", results)
        return numbers.of_examples if has_one_set else 0.0
    is_shared = split is None or share_examples("test", results)
    return 0.0 if is_shared else numbers.of_examples


def _compared(label: str, judged: Judgement, tolerance: float) -> str:
    verdict = judged.verdict
    if judged.reproduced is None or judged.lower is None or judged.upper is None:
        return {
            Verdict.REPRODUCED: f"The {label} is NaN in both.",
            Verdict.NOT_REPRODUCED: f"The {label} is a number here, and NaN in the source.",
        }.get(verdict, f"The {label} is not finite.")
    if verdict is Verdict.EXACT:
        return "Equal to the last printed digit."
    span = f"{_signed(judged.lower, tolerance)} and {_signed(judged.upper, tolerance)}"
    span = f"between {span} (theirs minus ours)"
    limit = f"the tolerance of {_plain(tolerance)}"
    if verdict is Verdict.NOT_REPRODUCED:
        size = _plain(abs((judged.lower + judged.upper) / 2))
        return (
            f"The {label} is {judged.direction} here by {size}; the difference lies {span}, "
            f"outside {limit}."
        )
    where = "within" if verdict is Verdict.REPRODUCED else "partly outside"
    return f"The difference of the {label} lies {span}, {where} {limit}."


def _plain(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"


def _signed(number: float, tolerance: float) -> str:
    return f"{number:+,.0f}" if tolerance >= 10 or abs(number) >= 1000 else f"{number:+.4f}"


def judge_table(claim: TableClaim, results: StudyResults, prior: float) -> Judgement:
    """Judge a table of numbers: each cell by itself, and all of them together."""
    judge_cell = _CellJudge(claim, results, prior)
    found = [judge_cell(*printed) for printed in claim.cells()]
    cells, whole = tuple(cell for cell, _, _ in found), judge_cell.family(found)
    judged = Judgement(
        _of_table(cells, whole),
        reproduced=sum(cell.verdict in (Verdict.EXACT, Verdict.REPRODUCED) for cell in cells),
        seeds=judge_cell.n_seeds,
        preliminary=judge_cell.n_seeds == 1 and not judge_cell.deterministic,
        by_chance=sum(cell.by_chance or 0.0 for cell in cells),
        cells=cells,
    )
    if whole and not judge_cell.deterministic:
        judged = leaning(judged, lambda k: _of_table(cells, whole.with_seeds(k)))
    return replace(judged, reason=f"{_tally(claim, judged)} {judge_cell.why_open}".strip())


def _of_table(cells: Sequence[Cell], whole: Family | None) -> Verdict:
    verdicts = {cell.verdict for cell in cells}
    if verdicts <= {Verdict.EXACT, Verdict.NOT_RUN}:
        return Verdict.NOT_RUN if Verdict.NOT_RUN in verdicts else Verdict.EXACT
    judged = whole.verdict if whole else Verdict.INCONCLUSIVE
    # Cells without a value, finite or at all, leave open what they would have been.
    both_nan = sum(c.reproduced is None and c.verdict is Verdict.REPRODUCED for c in cells)
    if both_nan == len(cells):
        return Verdict.REPRODUCED
    is_whole = whole is not None and len(whole.gaps) + both_nan == len(cells)
    return judged if is_whole or judged is Verdict.NOT_REPRODUCED else Verdict.INCONCLUSIVE


# Why a number of a table has no value of ours, by the table.
_WITHOUT = {
    "history": " No seed reached the epochs of those that are not run.",
    OUTPUT: " Those that are not run were not printed.",
    "runs": " The runs of those that are not run gave no result, or no class probabilities.",
}


def _tally(claim: TableClaim, judged: Judgement) -> str:
    counts = Counter(cell.verdict for cell in judged.cells)
    tally = ", ".join(f"{n} {verdict.words}" for verdict, n in counts.most_common())
    expected = judged.by_chance or 0.0
    notes = [
        _WITHOUT.get(claim.table, "") * (Verdict.NOT_RUN in counts),
        f" Chance alone would make about {expected:.1f} of them not reproduced."
        * (expected >= 0.05),
    ]
    n = len(judged.cells)
    return f"{f'Of {n} numbers' if n > 1 else 'The only number'}: {tally}.{''.join(notes)}"


class _CellJudge:
    """Judges the cells of a table, and keeps what the whole table is judged by."""

    def __init__(self, claim: TableClaim, results: StudyResults, prior: float) -> None:
        self.claim, self.results, self.prior = claim, results, prior
        self.why_open = ""
        finished = [run for run in runs_of(claim) if results.seeds(run)]
        random = [run for run in finished if not is_deterministic(run, results)]
        self.n_seeds = min((len(results.seeds(run)) for run in random or finished), default=0)
        self.deterministic = not random
        if claim.table == OUTPUT and finished:
            printed = [
                (text, _printed_cells(claim, row, column, results))
                for row, column, text in claim.cells()
            ]
            self.deterministic = _is_fixed_output(finished[0], printed, results)

    def __call__(
        self, row: str, column: str, text: str
    ) -> tuple[Cell, Gap | None, np.ndarray | None]:
        """Judge a cell; give it with its gap and the difference of each seed, in tolerances."""
        numbers = _table_numbers(self.claim, row, column, self.results)
        present = self._present(numbers)
        if not present:
            return Cell(row, column, text, None, Verdict.NOT_RUN), None, None
        if math.isinf(numbers.of_examples):
            self.why_open = self.why_open or _why_open(self.claim.run_of(row), column)
        reported, tolerance = Reported.parse(text), self.claim.tolerance_of(column)
        terms = self._terms(numbers, row, column)
        judged, found = judge_with_gap(reported, present, **terms)
        cell = Cell(
            row,
            column,
            text,
            judged.reproduced,
            judged.verdict,
            judged.leaning,
            judged.by_chance,
            judged.lower,
            judged.upper,
            judged.seeds,
        )
        if found is None:
            return cell, None, None
        return cell, found, (reported.value - np.array(numbers.values)) / tolerance

    def measure(self, row: str, column: str) -> tuple[list[float], Callable[[], Terms]]:
        """Return the values of a cell, those that there are, and what they are judged by."""
        numbers = _table_numbers(self.claim, row, column, self.results)
        return self._present(numbers), lambda: self._terms(numbers, row, column)

    def _present(self, numbers: _Numbers) -> list[float]:
        if self.claim.table in ("history", OUTPUT):
            return [value for value in numbers.values if not math.isnan(value)]
        return numbers.values

    def _terms(self, numbers: _Numbers, row: str, column: str) -> Terms:
        split = self.claim.split or _split_of_column(column)
        return {
            "tolerance": self.claim.tolerance_of(column),
            "seed_sd_prior": self.prior * numbers.unit,
            "deterministic": self._is_fixed(row, column, split),
            "binomial": self._of_examples(numbers, split),
            "resolution": numbers.step,
            "draws": self.claim.mean_of,
        }

    def _of_examples(self, numbers: _Numbers, split: str) -> float:
        if self.claim.table == OUTPUT:
            return numbers.of_examples
        return _of_examples(numbers, split, self.results)

    def _is_fixed(self, row: str, column: str, split: str) -> bool:
        if self.claim.table == OUTPUT:
            return self.deterministic
        run, is_report = self.claim.run_of(row), self.claim.table == "classification_report"
        if is_report and column == "support" and row in AVERAGES:  # the number of all examples
            return self.results.has_one_size(run, split)
        return _is_fixed(run, column, split, self.results)

    def family(self, found: Sequence[tuple[Cell, Gap | None, np.ndarray | None]]) -> Family | None:
        """Gather the cells that have a gap; None without any."""
        pairs = [(gap, each) for _, gap, each in found if gap is not None and each is not None]
        if not pairs:
            return None
        gaps, differences = zip(*pairs, strict=True)
        assumed = float(np.mean([gap.scatter.sd / gap.tolerance for gap in gaps]))
        # Runs of one table may have different numbers of seeds.
        n = min(map(len, differences))
        return family(gaps, np.stack([each[:n] for each in differences], axis=1), assumed)


def _split_of_column(column: str) -> str:
    return "validation" if column.startswith("val_") else "train"


def _table_numbers(claim: TableClaim, row: str, column: str, results: StudyResults) -> _Numbers:
    """Give the values of a cell, one a seed; NaN for a seed that has none."""
    run = claim.run_of(row)
    seeds = results.seeds(run)
    if claim.table == OUTPUT:
        text = next(t for r, c, t in claim.cells() if (r, c) == (row, column))
        values = _printed_cells(claim, row, column, results)
        return _of_printed(values, text) if values else _Numbers([], 1.0, 0.0)
    if claim.table == "runs":
        split = claim.split or "test"
        # Classes without probabilities have no log loss, and values alone have no counts.
        if not seeds or not _has_column(run, column, split, results):
            return _Numbers([], 1.0, 0.0)
        return _numbers_of(run, column, split, results)
    if claim.table == "history":
        values = list(_logged(run, seeds, int(row), column, results))
        if column.removeprefix("val_") == "accuracy":
            n = results.n_examples(run, seeds[0], _split_of_column(column))
            return _share(values, n, n)
        if column.removeprefix("val_") == "mae":
            return _Numbers(values, _level(values), 0.0)
        if column.removeprefix("val_") == "loss":
            return _Numbers(values, OF_LOG_LOSS, 0.0)
        # Of a metric of any kind: a share scatters no more than a loss, and an error by its size.
        n = results.n_examples(run, seeds[0], _split_of_column(column))
        size = max(1.0, _level(values))
        return _Numbers(values, OF_LOG_LOSS * size, 0.0, size / n if n else 0.0)
    split = claim.split or "test"
    n_all = results.n_examples(run, seeds[0], split)
    if claim.table == "confusion_matrix":
        counts = [results.confusion(run, seed, split) for seed in seeds]
        n = int(counts[0].loc[[row]].to_numpy().sum())
        # A seed without answers has no counts, not none of them.
        answers = [results.pair(run, seed, split)[1] for seed in seeds]
        values = [
            float(count[column].loc[row]) if has_answers(predicted) else math.nan
            for count, predicted in zip(counts, answers, strict=True)
        ]
        return _share(values, n, n_all, is_count=True)
    reports = [results.report(run, seed, split) for seed in seeds]
    is_support = column == "support"
    n = n_all if is_support else int(reports[0]["support"].loc[row])
    numbers = _share([float(r[column].loc[row]) for r in reports], n, n_all, is_count=is_support)
    if row != "macro avg" or is_support:
        return numbers
    # It is no share of all examples: a small class counts as much as a large one.
    gains = metric_gains(run, seeds[:1], f"{column.partition('_')[0]}_macro", split, results)
    return replace(numbers, of_examples=2 * float(np.var(gains)) / n)


def _has_column(run: str, column: str, split: str, results: StudyResults) -> bool:
    if column in METRICS:
        return results.has_metric(run, column, split)
    return results.has_predictions(run, split)


def _printed_cells(claim: TableClaim, row: str, column: str, results: StudyResults) -> list[float]:
    """Give the number in a cell of a printed table for each seed; NaN where it was not printed."""
    filled = [c for r, c, _ in claim.cells() if r == row]
    place, line = filled.index(column), (claim.line or 1) + [*claim.rows].index(row)
    reported = next(Reported.parse(text) for r, c, text in claim.cells() if (r, c) == (row, column))
    values: list[float] = []
    for seed in results.seeds(claim.run_of(row)):
        cells, at = results.printed(claim.run_of(row), seed), (claim.cell or 1) - 1
        found = find_row(cells[at] if at < len(cells) else [], row, line)
        value = _value_of(found[place], reported) if len(found) == len(filled) else None
        values.append(math.nan if value is None else value)
    return values


def _logged(
    run: str, seeds: Sequence[int], epoch: int, column: str, results: StudyResults
) -> Iterator[float]:
    """Give a number of one epoch for each seed.

    It is NaN for a seed that did not come so far, and infinite for one that has diverged.
    """
    for seed in seeds:
        history = results.history(run, seed)
        if history is None or column not in history or epoch > len(history):
            yield math.nan
        else:
            value = float(history[column].iloc[epoch - 1])
            yield value if math.isfinite(value) else math.inf

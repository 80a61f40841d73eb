"""Reported numbers, one or a table of them, against re-created ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from refashion import models
from refashion.judgement.verdicts import binomial_variance, judge_value, summarise
from refashion.judgement.wording import label_of
from refashion.ledger.entry import Cell, Judgement, Verdict
from refashion.metrics import METRICS
from refashion.reported import Reported
from refashion.runs.results import StudyResults
from refashion.spec.claims import EXAMPLE_COUNTS, TableClaim, ValueClaim


@dataclass(frozen=True)
class _Numbers:
    """One number of a run, of every seed: what the interval rule asks for."""

    values: list[float]
    n_examples: int | None
    is_count: bool
    is_proportion: bool
    spread: Callable[[], float] | None = None


def judge_number(claim: ValueClaim, results: StudyResults, prior: float) -> Judgement:
    numbers = _numbers_of(claim, results)
    judged = _by_interval(
        claim.reported, numbers, claim.tolerance, claim.run, claim.split, results, prior
    )
    return replace(judged, reason=_compared(label_of(claim), judged, claim.tolerance))


def _numbers_of(claim: ValueClaim, results: StudyResults) -> _Numbers:
    seeds = results.seeds(claim.run)
    chosen = claim.metric, claim.split, claim.of_class
    values = [results.value(claim.run, seed, *chosen) for seed in seeds]
    metric = METRICS.get(claim.metric) if claim.of_class is None else None
    if metric is None or metric.task == "classification":
        n = results.n_examples(claim.run, seeds[0], claim.split, claim.of_class)
    else:
        n = None
    return _Numbers(
        values,
        n,
        is_count=claim.metric in EXAMPLE_COUNTS,
        is_proportion=metric is None or metric.is_proportion or metric.of == "predictions",
        spread=lambda: _spread(claim, results, seeds[0]),
    )


def _spread(claim: ValueClaim, results: StudyResults, seed: int) -> float:
    """Variance of a metric's value from one example to the next."""
    true, predicted = results.pair(claim.run, seed, claim.split)
    metric = METRICS[claim.metric]
    if metric.of == "probabilities":
        predicted = results.predictions(claim.run, seed)[f"{claim.split}_score"]
    return float(np.var(metric.gain(true, predicted)))


def _by_interval(
    reported: str,
    numbers: _Numbers,
    tolerance: float,
    run: str,
    split: str | None,
    results: StudyResults,
    prior: float,
) -> Judgement:
    return judge_value(
        Reported.parse(reported),
        numbers.values,
        tolerance=tolerance,
        seed_sd_prior=prior * _unit_of(numbers),
        deterministic=models.module(results.study.runs[run].model).DETERMINISTIC,
        binomial=_sampling_variance(numbers) if _draws_its_own(split, results) else 0.0,
    )


def _unit_of(numbers: _Numbers) -> float:
    """What the prior, in units of accuracy, has to be multiplied with: a count's examples."""
    if numbers.is_count:
        return float(numbers.n_examples or 1)
    if numbers.n_examples is None:  # In the target's unit: relative.
        return abs(float(np.mean(numbers.values)))
    return 1.0


def _draws_its_own(split: str | None, results: StudyResults) -> bool:
    """Whether the source has tested on other examples than we do."""
    test = results.study.split.test
    return split is not None and test != "given" and test.random_state is None


def _sampling_variance(numbers: _Numbers) -> float:
    mean, n = float(np.mean(numbers.values)), numbers.n_examples
    if n is None or not np.isfinite(mean):
        return 0.0
    if numbers.is_count:
        return n**2 * binomial_variance(min(mean / n, 1.0), n, n)
    if numbers.is_proportion:
        return binomial_variance(mean, n, n)
    return 2 * numbers.spread() / n if numbers.spread else 0.0


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
        gap = _plain(abs((judged.lower + judged.upper) / 2))
        return (
            f"The {label} is {judged.direction} here by {gap}; the difference lies {span}, "
            f"outside {limit}."
        )
    where = "within" if verdict is Verdict.REPRODUCED else "partly outside"
    return f"The difference of the {label} lies {span}, {where} {limit}."


def _plain(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"


def _signed(number: float, tolerance: float) -> str:
    return f"{number:+,.0f}" if tolerance >= 10 or abs(number) >= 1000 else f"{number:+.4f}"


def judge_table(claim: TableClaim, results: StudyResults, prior: float) -> Judgement:
    cells = tuple(_cell(claim, *printed, results, prior) for printed in claim.cells())
    counts = Counter(cell.verdict for cell in cells)
    tally = ", ".join(f"{n} {verdict.words}" for verdict, n in counts.most_common())
    return Judgement(
        summarise(counts),
        f"Of {len(cells)} numbers: {tally}.",
        reproduced=counts[Verdict.EXACT] + counts[Verdict.REPRODUCED],
        seeds=len(results.seeds(claim.run)),
        preliminary=_is_preliminary(claim, results),
        cells=cells,
    )


def _cell(
    claim: TableClaim, row: str, column: str, text: str, results: StudyResults, prior: float
) -> Cell:
    numbers = _table_numbers(claim, row, column, results)
    if not numbers.values:
        return Cell(row, column, text, None, Verdict.NOT_RUN)
    split = claim.split or _split_of_column(column)
    tolerance = claim.tolerance_of(column)
    judged = _by_interval(text, numbers, tolerance, claim.run, split, results, prior)
    return Cell(row, column, text, judged.reproduced, judged.verdict)


def _split_of_column(column: str) -> str:
    return "validation" if column.startswith("val_") else "train"


def _table_numbers(claim: TableClaim, row: str, column: str, results: StudyResults) -> _Numbers:
    seeds = results.seeds(claim.run)
    if claim.table == "history":
        values = list(_logged(claim.run, seeds, int(row), column, results))
        is_share = column.endswith("accuracy")
        n = results.n_examples(claim.run, seeds[0], _split_of_column(column))
        n = None if column.endswith("mae") else n
        return _Numbers(values, n, is_count=False, is_proportion=is_share)
    if claim.table == "confusion_matrix":
        counts = [results.confusion(claim.run, seed, claim.split) for seed in seeds]
        n = int(counts[0].loc[row].sum())
        values = [float(count.loc[row, column]) for count in counts]
        return _Numbers(values, n, is_count=True, is_proportion=False)
    reports = [results.report(claim.run, seed, claim.split) for seed in seeds]
    total = int(reports[0].loc["accuracy", "support"])
    is_support = column == "support"
    n = total if is_support else int(reports[0].loc[row, "support"])
    values = [float(report.loc[row, column]) for report in reports]
    return _Numbers(values, n, is_count=is_support, is_proportion=not is_support)


def _logged(
    run: str, seeds: Sequence[int], epoch: int, column: str, results: StudyResults
) -> Iterator[float]:
    """Give a number of one epoch, of the seeds that came so far."""
    for seed in seeds:
        history = results.history(run, seed)
        if history is not None and column in history and epoch <= len(history):
            yield float(history[column].iloc[epoch - 1])


def _is_preliminary(claim: TableClaim, results: StudyResults) -> bool:
    model = models.module(results.study.runs[claim.run].model)
    return len(results.seeds(claim.run)) == 1 and not model.DETERMINISTIC

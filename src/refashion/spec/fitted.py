"""Numbers by which a search has found a setting of their run: that they agree is no evidence.

A number is known by what it measures, not by its claim. A source may print it a second time, in a
table for instance, and that is the same number.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from refashion.spec.claims import (
    AVERAGES,
    CONFUSION,
    AttributeClaim,
    Claim,
    OrderingClaim,
    TableClaim,
    ValueClaim,
)
from refashion.spec.study import Study

ACCURACY, MACRO, WEIGHTED = AVERAGES
# Metrics of a whole run that are equal, or one number in another unit. R² and the mean squared
# error are not: both agree only if the test examples have the same variance.
SAME = {
    "recall_weighted": ACCURACY,
    "errors": ACCURACY,
    "correct": ACCURACY,
    "balanced_accuracy": "recall_macro",
    "root_mean_squared_error": "mean_squared_error",
}


class Quantity(NamedTuple):
    """What a number measures.

    Attributes
    ----------
    run, split, metric
        Names of them; the column of a training log is a metric.
    part
        Class, pair of classes, epoch, or fold; empty for a score of the whole run.
    """

    run: str
    split: str | None
    metric: str
    part: tuple[str, ...] = ()


def settings_found_by(claim: Claim, study: Study) -> tuple[str, ...]:
    """Return the settings that a search has found by all numbers that a claim rests on.

    The difference of two numbers, and their order, are chosen if both of them are.

    Parameters
    ----------
    claim
        A claim; for a table, see `settings_found_by_cells`.
    study
        Its study.

    Returns
    -------
    tuple of str
        Names of settings; empty if a number of the claim was not used.
    """
    found = [_settings_found_by(quantity, study) for quantity in _quantities(claim)]
    return _each_once(found) if all(found) else ()


def settings_found_by_cells(claim: TableClaim, study: Study) -> list[tuple[str, ...]]:
    """Return the settings that a search has found by each number of a table, in its order."""
    return [
        _settings_found_by(_of_cell(claim, row, column), study) for row, column, _ in claim.cells()
    ]


def _settings_found_by(quantity: Quantity | None, study: Study) -> tuple[str, ...]:
    if quantity is None:
        return ()
    return tuple(
        setting
        for setting, assumed in study.runs[quantity.run].assumes.items()
        if assumed.recovered and quantity in _used_by(assumed.recovered, study)
    )


def _used_by(name: str, study: Study) -> set[Quantity]:
    """Return the numbers that a search has used: those of its run."""
    search = study.recover[name]
    used = {
        quantity
        for claim in study.claims
        if claim.id in search.claims
        for quantity in [*_quantities(claim), *_of_table(claim)]
    }
    return {quantity for quantity in used if quantity.run == search.run}


def _each_once(found: list[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(setting for settings in found for setting in settings))


def _quantities(claim: Claim) -> Iterator[Quantity]:
    """Yield the numbers that a claim rests on; none for a table, and for what no search uses."""
    match claim:
        case ValueClaim():
            part = [claim.of_class] if claim.of_class else []
            part += [claim.statistic, str(claim.fold)] if claim.is_of_folds else []
            for run in filter(None, (claim.run, claim.minus)):
                yield _quantity(run, claim.split, claim.metric, *part)
        case AttributeClaim():
            yield _quantity(claim.run, None, claim.attribute)
        case OrderingClaim():
            part = [claim.of_class] if claim.of_class else []
            for run in (claim.run, *claim.than):
                yield _quantity(run, claim.split, claim.metric, *part)


def _of_table(claim: Claim) -> Iterator[Quantity]:
    if isinstance(claim, TableClaim):
        for row, column, _ in claim.cells():
            if quantity := _of_cell(claim, row, column):
                yield quantity


def _of_cell(claim: TableClaim, row: str, column: str) -> Quantity | None:
    """Return what a number of a table measures; None if only the notebook's text says it."""
    run, split = claim.run_of(row), claim.split
    match claim.table:
        case "runs":
            return _quantity(run, split, column)
        case "history":
            return Quantity(run, None, column, ("epoch", row))
        case "confusion_matrix":
            return Quantity(run, split, CONFUSION, (row, column))
        case "classification_report":
            return _of_report(run, split, row, column)
    return None


def _of_report(run: str, split: str | None, row: str, column: str) -> Quantity:
    if row not in AVERAGES:
        return _quantity(run, split, column, row)
    if column == "support":
        return _quantity(run, split, column)
    average = {MACRO: "macro", WEIGHTED: "weighted"}.get(row)
    metric = f"{column.partition('_')[0]}_{average}" if average else ACCURACY
    return _quantity(run, split, metric)


def _quantity(run: str, split: str | None, metric: str, *part: str) -> Quantity:
    return Quantity(run, split, metric if part else SAME.get(metric, metric), part)

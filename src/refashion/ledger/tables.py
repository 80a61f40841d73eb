"""Entries as tables of text, and how many there are of each verdict.

For notebooks and the report. Nothing here opens a file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import pandas as pd

from refashion.ledger.causes import in_reading_order, is_counted
from refashion.ledger.entry import Cell, Entry, Verdict
from refashion.ledger.words import (
    check_text,
    found_text,
    interval_text,
    marked,
    measure_text,
    measured_text,
    output_name,
    reproduced_text,
    statement_text,
    tolerance_text,
    verdict_text,
)
from refashion.metrics import METRICS
from refashion.reported import Reported
from refashion.spec.claims import (
    EXAMPLE_COUNTS,
    AttributeClaim,
    Claim,
    ConsistencyClaim,
    CostClaim,
    CurveClaim,
    ExtremeClaim,
    NumberClaim,
    OrderingClaim,
    OutputClaim,
    Statement,
    TableClaim,
    TextClaim,
    ValueClaim,
)


class Question(NamedTuple):
    """One of the questions that the ledger answers.

    Attributes
    ----------
    title
        What is asked about.
    kinds
        Claims that it is asked of.
    verdicts
        Possible answers.
    """

    title: str
    kinds: tuple[type[Claim], ...]
    verdicts: tuple[Verdict, ...]


NUMBERS = Question(
    "Numbers",
    (ValueClaim, AttributeClaim, OutputClaim, TableClaim),
    (
        Verdict.EXACT,
        Verdict.REPRODUCED,
        Verdict.INCONCLUSIVE,
        Verdict.NOT_REPRODUCED,
        Verdict.NOT_RUN,
        Verdict.FITTED,
    ),
)
STATEMENTS = Question(
    "Statements",
    (OrderingClaim, ExtremeClaim, CurveClaim, CostClaim, TextClaim),
    (
        Verdict.HOLDS,
        Verdict.INCONCLUSIVE,
        Verdict.FAILS,
        Verdict.NOT_RUN,
        Verdict.NOT_JUDGED,
        Verdict.FITTED,
    ),
)
OWN_NUMBERS = Question(
    "Own numbers",
    (ConsistencyClaim,),
    (Verdict.CONSISTENT, Verdict.DOUBTFUL, Verdict.INCONSISTENT),
)
QUESTIONS = (NUMBERS, STATEMENTS, OWN_NUMBERS)

C = TypeVar("C", bound=Statement)


def of_kinds(entries: Iterable[Entry[Any]], *kinds: type[C]) -> list[Entry[C]]:
    """Choose the entries of some kinds of claims, those that were not run last."""
    chosen = [entry for entry in entries if isinstance(entry.claim, kinds)]
    return sorted(chosen, key=lambda entry: entry.verdict is Verdict.NOT_RUN)


def own_numbers(entries: Iterable[Entry[Any]]) -> list[Entry[ConsistencyClaim]]:
    """Choose the checks of the source's own numbers, contradictions first."""
    return in_reading_order(of_kinds(entries, ConsistencyClaim))


def counting(entries: Iterable[Entry[Any]], *kinds: type[C]) -> list[Entry[C]]:
    """Choose the entries of some kinds of claims that count, see `causes.is_counted`."""
    return [entry for entry in of_kinds(entries, *kinds) if is_counted(entry)]


def count_verdicts(entries: Iterable[Entry[Any]], question: Question) -> Counter[Verdict]:
    """Count the verdicts of one question; every number of a table counts by itself.

    Of the checks of a source's own numbers, contradictions of one cause count once, and those that
    say nothing do not count. What agrees because a search chose a setting by it counts as
    `Verdict.FITTED`.
    """
    counts: Counter[Verdict] = Counter()
    for entry in counting(entries, *question.kinds):
        judged = entry.judgement.cells if isinstance(entry.claim, TableClaim) else [entry]
        counts.update(one.counts_as for one in judged)
    return counts


def table_counts(entries: Sequence[Entry[Any]]) -> pd.DataFrame:
    """Count how many numbers, statements and checks got which verdict.

    Parameters
    ----------
    entries
        Entries of the ledger.

    Returns
    -------
    pandas.DataFrame
        Columns question, verdict (a `Verdict`) and count.
    """
    table = [
        {"question": question.title, "verdict": verdict, "count": counts[verdict]}
        for question in QUESTIONS
        for counts in [count_verdicts(entries, question)]
        for verdict in _shown(question, counts)
    ]
    return pd.DataFrame(table, columns=["question", "verdict", "count"])


def _shown(question: Question, counts: Mapping[Verdict, int]) -> list[Verdict]:
    """Return the verdicts of a question; numbers that are fitted only where there are any."""
    return [v for v in question.verdicts if v is not Verdict.FITTED or counts[v]]


def in_full(table: pd.DataFrame) -> Any:
    """Show a table in a notebook with all its rows, its texts uncut and its lines broken."""
    from IPython.display import HTML

    with pd.option_context("display.max_colwidth", None):
        return HTML(table.to_html(index=False, border=0, classes="texts", justify="left"))


def table_numbers(entries: Sequence[Entry[Any]]) -> pd.DataFrame:
    """Set every reported number that stands alone beside its re-created value, as text.

    Parameters
    ----------
    entries
        Entries of the ledger; those of other kinds are left out.

    Returns
    -------
    pandas.DataFrame
        Columns claim, run, metric, split, reported, reproduced, interval (of the difference,
        reported minus re-created), tolerance, verdict, reason.
    """
    table = [
        {
            "claim": entry.claim.id,
            "run": entry.claim.run,
            "metric": measured_text(entry.claim),
            "split": entry.claim.split or "",
            "reported": entry.claim.reported,
            "reproduced": reproduced_text(entry),
            "interval": interval_text(entry),
            "tolerance": tolerance_text(entry.claim),
            "verdict": verdict_text(entry),
            "reason": entry.judgement.reason,
        }
        for entry in of_kinds(entries, NumberClaim)
    ]
    columns = "claim run metric split reported reproduced interval tolerance verdict reason"
    return pd.DataFrame(table, columns=columns.split())


def table_tables(entries: Sequence[Entry[Any]]) -> pd.DataFrame:
    """Sum up every table of numbers of the source: how many of them got which verdict.

    Parameters
    ----------
    entries
        Entries of the ledger; those of other kinds are left out.

    Returns
    -------
    pandas.DataFrame
        Columns claim, run, table, split, numbers, then one for each verdict of a number.
    """
    found = of_kinds(entries, TableClaim)
    verdicts = _shown(NUMBERS, count_verdicts(found, NUMBERS))
    table = [
        {
            "claim": entry.claim.id,
            "run": entry.claim.run or "",
            "table": measured_text(entry.claim),
            "split": entry.claim.split or "",
            "numbers": len(entry.judgement.cells),
            **{marked(v): count_verdicts([entry], NUMBERS)[v] for v in verdicts},
        }
        for entry in found
    ]
    columns = ["claim", "run", "table", "split", "numbers", *map(marked, verdicts)]
    return pd.DataFrame(table, columns=columns)


def table_statements(entries: Sequence[Entry[Any]]) -> pd.DataFrame:
    """List what the source says of runs, classes, curves and times, and what was found.

    Parameters
    ----------
    entries
        Entries of the ledger; those of other kinds are left out.

    Returns
    -------
    pandas.DataFrame
        Columns claim, statement, quote, found, verdict.
    """
    table = [
        {
            "claim": entry.claim.id,
            "statement": statement_text(entry.claim),
            "quote": entry.claim.quote,
            "found": found_text(entry),
            "verdict": verdict_text(entry),
        }
        for entry in of_kinds(entries, *STATEMENTS.kinds)
    ]
    return pd.DataFrame(table, columns=["claim", "statement", "quote", "found", "verdict"])


def table_own_numbers(entries: Sequence[Entry[Any]]) -> pd.DataFrame:
    """List the checks of the source's own numbers, contradictions first.

    Parameters
    ----------
    entries
        Entries of the ledger; those of other kinds are left out.

    Returns
    -------
    pandas.DataFrame
        Columns claim, checked, quote, found, verdict.
    """
    table = [
        {
            "claim": entry.claim.id,
            "checked": check_text(entry.claim),
            "quote": entry.claim.quote,
            "found": entry.judgement.reason,
            "verdict": verdict_text(entry),
        }
        for entry in own_numbers(entries)
    ]
    return pd.DataFrame(table, columns=["claim", "checked", "quote", "found", "verdict"])


def cells_by_row(entry: Entry[TableClaim]) -> dict[str, dict[str, Cell]]:
    """Arrange the numbers of a table as the source prints them: by row, then by column."""
    lines: dict[str, dict[str, Cell]] = {}
    for cell in entry.judgement.cells:
        lines.setdefault(cell.row, {})[cell.column] = cell
    return lines


def columns_of(entry: Entry[TableClaim]) -> list[str]:
    """Give the columns of a table in which the source prints a number, in its order."""
    printed = {cell.column for cell in entry.judgement.cells}
    return [column for column in entry.claim.columns if column in printed]


def legend(cells: Iterable[Cell]) -> list[str]:
    """Name the verdicts of some numbers, in a fixed order, each after its mark."""
    found = {verdict for cell in cells for verdict in (cell.verdict, cell.counts_as)}
    return [marked(verdict) for verdict in NUMBERS.verdicts if verdict in found]


def table_comparison(
    entries: Iterable[Entry[Any]], titles: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Set reported numbers that can be drawn beside their re-created values; no counts of examples.

    Parameters
    ----------
    entries
        Entries of the ledger; those of other kinds are left out.
    titles
        Titles of the runs by name; a run without one is called by its name.

    Returns
    -------
    pandas.DataFrame
        Columns run, measure, class (empty for all classes), split, reported (as printed), and as
        numbers value (the reported one), reproduced, lower, upper and tolerance; NaN where there
        is none.
    """
    table = [
        {
            "run": (titles or {}).get(entry.claim.run, entry.claim.run),
            "measure": measure_text(entry.claim.metric),
            "class": _class_or_name(entry.claim),
            "split": entry.claim.split or "",
            "reported": entry.claim.reported,
            "value": Reported.parse(entry.claim.reported).value,
            "reproduced": entry.judgement.reproduced,
            "lower": entry.judgement.lower,
            "upper": entry.judgement.upper,
            "tolerance": entry.claim.tolerance,
        }
        for entry in entries
        if isinstance(entry.claim, NumberClaim) and _is_drawn(entry.claim)
    ]
    texts = ["run", "measure", "class", "split", "reported"]
    numbers = ["value", "reproduced", "lower", "upper", "tolerance"]
    return pd.DataFrame(table, columns=[*texts, *numbers]).astype(dict.fromkeys(numbers, float))


def _class_or_name(claim: NumberClaim) -> str:
    return output_name(claim) if isinstance(claim, OutputClaim) else claim.of_class or ""


def _is_drawn(claim: NumberClaim) -> bool:
    """Whether a number shares a scale with others: no counts, and of printed ones only shares.

    Each fitted attribute has a scale of its own, and so have differences.
    """
    if isinstance(claim, OutputClaim):
        printed = Reported.parse(claim.reported)
        return 0 <= printed.value <= 1 and printed.digits > 0
    has_own_scale = isinstance(claim, AttributeClaim) or claim.is_difference
    return claim.metric not in EXAMPLE_COUNTS and not has_own_scale


def reported_history(entries: Sequence[Entry[Any]]) -> pd.DataFrame:
    """What a source prints of runs by epoch.

    Parameters
    ----------
    entries
        Entries of the ledger.

    Returns
    -------
    pandas.DataFrame
        Columns run, epoch, curve ("loss", "accuracy", "mae"), part ("training", "validation") and
        value.
    """
    found = [
        (
            entry.claim.run_of(cell.row),
            int(cell.row),
            *_curve(cell.column),
            Reported.parse(cell.reported).value,
        )
        for entry in of_kinds(entries, TableClaim)
        if entry.claim.table == "history"
        for cell in entry.judgement.cells
    ]
    return pd.DataFrame(found, columns=["run", "epoch", "curve", "part", "value"])


def _curve(column: str) -> tuple[str, str]:
    curve = column.removeprefix("val_")
    return curve, "training" if curve == column else "validation"


def reported_matrix(
    entries: Sequence[Entry[Any]], run: str, split: str, classes: Sequence[str]
) -> pd.DataFrame | None:
    """Return the confusion matrix that a source prints of a run; None if it prints no whole one.

    Parameters
    ----------
    entries
        Entries of the ledger.
    run, split
        Which matrix.
    classes
        All classes, in order.

    Returns
    -------
    pandas.DataFrame or None
        Column true with the class, then one column for each predicted class.
    """
    for entry in of_kinds(entries, TableClaim):
        claim = entry.claim
        if (claim.table, claim.run, claim.split) != ("confusion_matrix", run, split):
            continue
        lines = {
            true: {c: Reported.parse(cell.reported).value for c, cell in line.items()}
            for true, line in cells_by_row(entry).items()
        }
        matrix = pd.DataFrame.from_dict(lines, orient="index")
        matrix = matrix.reindex(index=list(classes), columns=list(classes)).rename_axis("true")
        if not matrix.isna().to_numpy().any():
            return matrix.reset_index()
    return None


def reported_scores(entries: Sequence[Entry[Any]]) -> pd.DataFrame:
    """What a source prints of whole runs.

    Parameters
    ----------
    entries
        Entries of the ledger.

    Returns
    -------
    pandas.DataFrame
        Columns run, split, metric and value, a row for each number of a run that is one of its
        scores.
    """
    claims = [entry.claim for entry in entries if isinstance(entry.claim, ValueClaim)]
    printed: list[tuple[str, str, str, str]] = [
        (claim.run, claim.split, claim.metric, claim.reported)
        for claim in claims
        if claim.of_class is None and not claim.is_of_folds and claim.minus is None
    ]
    printed += [
        (cell.row, entry.claim.split or "", cell.column, cell.reported)
        for entry in of_kinds(entries, TableClaim)
        if entry.claim.table == "runs"
        for cell in entry.judgement.cells
    ]
    found = [(*of, Reported.parse(text).value) for *of, text in printed if of[2] in METRICS]
    return pd.DataFrame(found, columns=["run", "split", "metric", "value"])

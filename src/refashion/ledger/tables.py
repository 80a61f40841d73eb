"""Rows of the ledger as tables of text, and how many there are of each verdict.

For notebooks and the report. Nothing here opens a file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from refashion.ledger.text import (
    cell_text,
    check_text,
    found_text,
    interval_text,
    marked,
    measure_text,
    reproduced_text,
    statement_text,
    tolerance_text,
    verdict_text,
)
from refashion.metrics import METRICS
from refashion.reported import Reported

Row = Mapping[str, Any]


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
    kinds: tuple[str, ...]
    verdicts: tuple[str | None, ...]


NUMBERS = Question(
    "Numbers",
    ("value", "table"),
    ("exact", "reproduced", "inconclusive", "not_reproduced", "not_run"),
)
STATEMENTS = Question(
    "Statements",
    ("ordering", "extreme", "curve", "cost"),
    ("holds", "inconclusive", "fails", "not_run", None),
)
OWN_NUMBERS = Question("Own numbers", ("consistency",), ("consistent", "inconsistent"))
QUESTIONS = (NUMBERS, STATEMENTS, OWN_NUMBERS)


def of_kinds(rows: Sequence[Row], *kinds: str) -> list[Row]:
    """Choose the rows of some kinds of claims, those that were not run last."""
    chosen = [row for row in rows if row["kind"] in kinds]
    return sorted(chosen, key=lambda row: row["verdict"] == "not_run")


def own_numbers(rows: Sequence[Row]) -> list[Row]:
    """Choose the checks of the source's own numbers, contradictions first."""
    chosen = of_kinds(rows, *OWN_NUMBERS.kinds)
    return sorted(chosen, key=lambda row: row["verdict"] != "inconsistent")


def count_verdicts(rows: Sequence[Row], question: Question) -> Counter[str | None]:
    """Count the verdicts of one question; every number of a table counts by itself."""
    chosen = [row for row in rows if row["kind"] in question.kinds]
    judged = [one for row in chosen for one in row.get("cells", [row])]
    return Counter(one["verdict"] for one in judged)


def table_counts(rows: Sequence[Row]) -> pd.DataFrame:
    """Count how many numbers, statements and checks got which verdict.

    Parameters
    ----------
    rows
        Of the ledger.

    Returns
    -------
    pandas.DataFrame
        Columns question, verdict ("" where it is none) and count.
    """
    table = [
        {"question": question.title, "verdict": verdict or "", "count": counts[verdict]}
        for question in QUESTIONS
        for counts in [count_verdicts(rows, question)]
        for verdict in question.verdicts
    ]
    return pd.DataFrame(table, columns=["question", "verdict", "count"])


def in_full(table: pd.DataFrame) -> Any:
    """Show a table in a notebook with all its rows, its texts uncut and its lines broken."""
    from IPython.display import HTML

    with pd.option_context("display.max_colwidth", None):
        return HTML(table.to_html(index=False, border=0, classes="texts", justify="left"))


def table_numbers(rows: Sequence[Row]) -> pd.DataFrame:
    """Set every reported number that stands alone beside its re-created value, as text.

    Parameters
    ----------
    rows
        Of the ledger; those of other kinds are left out.

    Returns
    -------
    pandas.DataFrame
        Columns claim, run, metric, split, reported, reproduced, interval (of the difference,
        reported minus re-created), tolerance, verdict, reason.
    """
    table = [
        {
            "claim": row["id"],
            "run": row["run"],
            "metric": measure_text(row["metric"]),
            "split": row["split"],
            "reported": row["reported"],
            "reproduced": reproduced_text(row),
            "interval": interval_text(row),
            "tolerance": tolerance_text(row),
            "verdict": verdict_text(row),
            "reason": row["reason"],
        }
        for row in of_kinds(rows, "value")
    ]
    columns = "claim run metric split reported reproduced interval tolerance verdict reason"
    return pd.DataFrame(table, columns=columns.split())


def table_tables(rows: Sequence[Row]) -> pd.DataFrame:
    """Sum up every table of numbers of the source: how many of them got which verdict.

    Parameters
    ----------
    rows
        Of the ledger; those of other kinds are left out.

    Returns
    -------
    pandas.DataFrame
        Columns claim, run, table, split, numbers, then one for each verdict of a number.
    """
    table = [
        {
            "claim": row["id"],
            "run": row["run"],
            "table": measure_text(row["metric"]),
            "split": row["split"] or "",
            "numbers": len(row["cells"]),
            **{marked(v): count_verdicts([row], NUMBERS)[v] for v in NUMBERS.verdicts},
        }
        for row in of_kinds(rows, "table")
    ]
    columns = ["claim", "run", "table", "split", "numbers", *map(marked, NUMBERS.verdicts)]
    return pd.DataFrame(table, columns=columns)


def table_cells(rows: Sequence[Row]) -> pd.DataFrame:
    """Set the numbers of every table of the source beside the re-created ones.

    Parameters
    ----------
    rows
        Of the ledger; those of other kinds are left out.

    Returns
    -------
    pandas.DataFrame
        Columns claim and row, then those of the tables: the reported number, the re-created one,
        and the mark of the verdict.
    """
    table = [
        {"claim": row["id"], "row": name, **{c: cell_text(cell) for c, cell in line.items()}}
        for row in of_kinds(rows, "table")
        for name, line in cells_by_row(row).items()
    ]
    return pd.DataFrame(table, columns=None if table else ["claim", "row"]).fillna("")


def table_statements(rows: Sequence[Row]) -> pd.DataFrame:
    """List what the source says of runs, classes, curves and times, and what was found.

    Parameters
    ----------
    rows
        Of the ledger; those of other kinds are left out.

    Returns
    -------
    pandas.DataFrame
        Columns claim, statement, quote, found, verdict.
    """
    table = [
        {
            "claim": row["id"],
            "statement": statement_text(row),
            "quote": row["quote"],
            "found": found_text(row),
            "verdict": verdict_text(row),
        }
        for row in of_kinds(rows, *STATEMENTS.kinds)
    ]
    return pd.DataFrame(table, columns=["claim", "statement", "quote", "found", "verdict"])


def table_own_numbers(rows: Sequence[Row]) -> pd.DataFrame:
    """List the checks of the source's own numbers, contradictions first.

    Parameters
    ----------
    rows
        Of the ledger; those of other kinds are left out.

    Returns
    -------
    pandas.DataFrame
        Columns claim, checked, quote, found, verdict.
    """
    table = [
        {
            "claim": row["id"],
            "checked": check_text(row),
            "quote": row["quote"],
            "found": row["reason"],
            "verdict": verdict_text(row),
        }
        for row in own_numbers(rows)
    ]
    return pd.DataFrame(table, columns=["claim", "checked", "quote", "found", "verdict"])


def table_untestable(untestable: Sequence[Any]) -> pd.DataFrame:
    """List the statements that nothing can be run for, with the reason.

    Parameters
    ----------
    untestable
        Of a study.
    """
    columns = ["where", "quote", "why"]
    return pd.DataFrame([[getattr(one, c) for c in columns] for one in untestable], columns=columns)


def cells_by_row(row: Row) -> dict[str, dict[str, Row]]:
    """Arrange the numbers of a table as the source prints them: by row, then by column."""
    lines: dict[str, dict[str, Row]] = {}
    for cell in row["cells"]:
        line, _, column = cell["name"].rpartition(", ")
        lines.setdefault(line, {})[column] = cell
    return lines


def columns_of(row: Row) -> list[str]:
    """Columns of a table of the source, in its order."""
    lines = cells_by_row(row).values()
    longest = max(lines, key=len, default={})
    return list(dict.fromkeys([*longest, *(column for line in lines for column in line)]))


def legend(rows: Sequence[Row]) -> list[str]:
    """Name the verdicts of some numbers, in a fixed order, each after its mark."""
    found = {row["verdict"] for row in rows}
    return [marked(verdict) for verdict in NUMBERS.verdicts if verdict in found]


def reported_history(rows: Sequence[Row]) -> pd.DataFrame:
    """What a source prints of runs by epoch.

    Parameters
    ----------
    rows
        Of the ledger.

    Returns
    -------
    pandas.DataFrame
        Columns run, epoch, curve ("loss", "accuracy", "mae"), part ("training", "validation") and
        value.
    """
    found = [
        (row["run"], *_of_epoch(cell["name"]), Reported.parse(cell["reported"]).value)
        for row in rows
        if row["kind"] == "table" and row["metric"] == "history"
        for cell in row["cells"]
    ]
    return pd.DataFrame(found, columns=["run", "epoch", "curve", "part", "value"])


def _of_epoch(name: str) -> tuple[int, str, str]:
    epoch, _, column = name.rpartition(", ")
    curve = column.removeprefix("val_")
    return int(epoch), curve, "training" if curve == column else "validation"


def reported_scores(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """What a source prints of whole runs.

    Parameters
    ----------
    rows
        Of the ledger.

    Returns
    -------
    pandas.DataFrame
        Columns run, split, metric and value, a row for each number of a run that is one of its
        scores.
    """
    found = [
        (row["run"], row["split"], row["metric"], Reported.parse(row["reported"]).value)
        for row in rows
        if row["kind"] == "value" and row["metric"] in METRICS
    ]
    return pd.DataFrame(found, columns=["run", "split", "metric", "value"])

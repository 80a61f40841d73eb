"""Claims of what is printed as a whole: reports, matrices, logs, and tables of results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from statistics import median_low
from typing import Any

from refashion.audit.draft import results_tables
from refashion.audit.draft.entries import Binding, DraftedClaim, missing_run
from refashion.audit.draft.runs import DraftedRun
from refashion.audit.draft.tasks import is_log_plausible
from refashion.audit.reading.readings import Log, LoggedEpoch, Matrix, PrintedTable, Reading, Report
from refashion.spec.claims import CLASS_METRICS, LOGGED, NOT_PRINTED
from refashion.spec.writing import tolerance_of

# Columns of a report, as scikit-learn prints them.
_REPORT = CLASS_METRICS
_HISTORY = (*LOGGED, *(f"val_{name}" for name in LOGGED))
_MICRO = ("micro avg", "samples avg")
NO_CLASS = "its rows do not fit the classes of the data"
OTHER_TASK = "Its losses are too large for this classification. They may be of other data."


def entries(binding: Binding) -> Iterator[DraftedClaim]:
    """Yield the claims of everything that is printed as a whole."""
    readings = binding.source.audit.readings
    for report in readings.reports:
        yield _report(binding, report)
    for matrix in readings.matrices:
        yield _matrix(binding, matrix)
    for log in readings.logs:
        yield from _log(binding, log)
    for table in readings.tables:
        yield from _results(binding, table)


def _entry(
    reading: Reading,
    run: DraftedRun | None,
    name: str,
    keys: dict[str, Any],
    lacks: str,
    rows: Mapping[str, Sequence[str]],
) -> DraftedClaim:
    title = run.name if run else "model"
    whole = {**({"run": title} if run or "runs" not in keys.values() else {}), **keys}
    whole["rows"] = {row: " ".join(cells) for row, cells in rows.items()}
    numbers = sum(cell != NOT_PRINTED for cells in rows.values() for cell in cells)
    return DraftedClaim(
        reading.first,
        reading,
        f"{title}_{name}" if "run" in whole else name,
        {"kind": "table", **whole},
        lacks,
        doubts=reading.doubts,
        numbers=numbers,
    )


def _report(binding: Binding, report: Report) -> DraftedClaim:
    run, split = binding.run(report), binding.split(report)
    rows: dict[str, Sequence[str]] = {}
    lacks = "" if run else missing_run(binding, report)
    for name, cells in report.rows.items():
        if name.lower() in _MICRO:
            continue
        row = binding.data.row_of(name)
        if row is None or row in rows:
            lacks = lacks or NO_CLASS
        four = [*cells, *[None] * len(_REPORT)][: len(_REPORT)]
        rows[row or name] = [cell or NOT_PRINTED for cell in four]
    keys = {
        "table": "classification_report",
        "split": split,
        "columns": [*_REPORT],
        "tolerance": _by_column(_REPORT, rows.values()),
    }
    return _entry(report, run, f"{split}_report", keys, lacks, rows)


def _by_column(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> dict[str, float]:
    """Return the tolerance of a typical cell of each column."""
    listed = [*rows]
    found = {}
    for place, column in enumerate(columns):
        known = [tolerance_of(row[place]) for row in listed if row[place] != NOT_PRINTED]
        found[column] = median_low([each for each in known if each] or [0.01])
    return found


def _matrix(binding: Binding, matrix: Matrix) -> DraftedClaim:
    run, split = binding.run(matrix), binding.split(matrix)
    classes = binding.data.classes
    size = len(matrix.rows)
    named = [binding.data.class_of(label) for label in matrix.labels]
    names = [name for name in named if name] if matrix.labels else classes
    is_square = size == len(names) and all(len(row) == size for row in matrix.rows)
    if not is_square or len(set(names)) < size:
        names = [str(number) for number in range(max(size, *map(len, matrix.rows)))]
    lacks = "" if run else missing_run(binding, matrix)
    lacks = lacks or ("" if is_square and set(names) == {*classes} else NO_CLASS)
    rows = {
        name: [cell or NOT_PRINTED for cell in row]
        for name, row in zip(names, matrix.rows, strict=False)
    }
    totals = [sum(int(cell) for cell in row if cell) for row in matrix.rows]
    keys = {
        "table": "confusion_matrix",
        "split": split,
        "columns": names,
        "tolerance": tolerance_of(str(max([1, *totals]))) or 1.0,
    }
    return _entry(matrix, run, f"{split}_confusion_matrix", keys, lacks, rows)


def _log(binding: Binding, log: Log) -> Iterator[DraftedClaim]:
    run = binding.run(log)
    if not is_log_plausible(log, binding.data):
        yield DraftedClaim(log.first, log, "log", why=OTHER_TASK)
        return
    columns = [name for name in _HISTORY if any(name in e.values for e in log.epochs)]
    rows = {
        str(epoch.number): [_cell(epoch, column) for column in columns]
        for epoch in log.epochs
        if epoch.number > 0
    }
    if columns and rows:
        lacks = "" if run else missing_run(binding, log)
        if run and run.model not in ("keras", "undescribed"):
            lacks = "its model has no training history"
        tolerances = _by_column(columns, rows.values())
        keys = {"table": "history", "columns": columns, "tolerance": tolerances}
        yield _entry(log, run, "log", keys, lacks, rows)
    yield from _seconds(log, run)
    if log.evaluation:
        yield from _evaluation(binding, log, log.evaluation, run)


def _reading(epoch: LoggedEpoch, log: Log) -> Reading:
    """Return the line of an epoch, with the next one if its numbers stand there."""
    last = min(epoch.line + 1, log.last)
    return Reading(first=epoch.line, last=max(epoch.line, last), quote="", doubts=log.doubts)


def _cell(epoch: LoggedEpoch, column: str) -> str:
    text = epoch.values.get(column, NOT_PRINTED)
    return text if tolerance_of(text) else NOT_PRINTED


def _seconds(log: Log, run: DraftedRun | None) -> Iterator[DraftedClaim]:
    """Yield the durations of epochs, each number once."""
    timed = [epoch for epoch in log.epochs if epoch.seconds]
    for seconds in dict.fromkeys(epoch.seconds for epoch in timed):
        first = next(epoch for epoch in timed if epoch.seconds == seconds)
        if run and seconds and tolerance_of(seconds):
            keys = {
                "kind": "cost",
                "run": run.name,
                "measure": "seconds_per_epoch",
                "reported": seconds,
                "unit": "seconds",
            }
            shown = _reading(first, log)
            name = f"{run.name}_seconds_of_epoch_{first.number}"
            yield DraftedClaim(first.line, shown, name, keys, doubts=log.doubts)


def _evaluation(
    binding: Binding, log: Log, epoch: LoggedEpoch, run: DraftedRun | None
) -> Iterator[DraftedClaim]:
    metrics = {"loss": "log_loss", "accuracy": "accuracy", "mae": "mean_absolute_error"}
    if binding.data.task == "regression":
        metrics["loss"] = "mean_squared_error"
    for name, text in epoch.values.items():
        tolerance = tolerance_of(text)
        if run and tolerance and name in metrics:
            keys = {
                "kind": "value",
                "run": run.name,
                "metric": metrics[name],
                "split": "test",
                "reported": text,
                "tolerance": tolerance,
            }
            shown = _reading(epoch, log)
            yield DraftedClaim(
                epoch.line, shown, f"{run.name}_evaluated_{name}", keys, doubts=log.doubts
            )


def _results(binding: Binding, table: PrintedTable) -> Iterator[DraftedClaim]:
    """Yield the claims of a table of results, one for each split."""
    source, data = binding.source, binding.data
    columns = results_tables.columns_of(table, source, data)
    rows = [*results_tables.rows_of(table, source, data)]
    if not columns or not rows:
        return
    for split, chosen in groupby(sorted(columns, key=lambda c: c.split), key=lambda c: c.split):
        used = {column.metric: column for column in reversed([*chosen])}
        ordered = sorted(used.values(), key=lambda column: column.place)
        cells: dict[str, list[str]] = {}
        for key, row in rows:
            run = binding.run_of(key)
            printed = [
                (results_tables.printed(row[c.place]) if c.place < len(row) else None)
                or NOT_PRINTED
                for c in ordered
            ]
            if run and run.name not in cells and any(text != NOT_PRINTED for text in printed):
                cells[run.name] = printed
        if cells:
            names = [column.metric for column in ordered]
            keys = {
                "table": "runs",
                "split": split,
                "columns": names,
                "tolerance": _by_column(names, cells.values()),
            }
            yield _entry(table, None, f"results_{split}", keys, "", cells)

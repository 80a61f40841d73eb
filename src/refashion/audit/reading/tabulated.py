"""Results in tables: a row a model or a class, a column a metric."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from refashion.audit.reading.models import NAME
from refashion.audit.reading.readings import PrintedResult, PrintedTable
from refashion.audit.reading.vocabulary import is_plausible, metrics_in, splits_in
from refashion.printed import NUMBER

# A number, alone or with its spread: "0.91 ± 0.02".
_CELL = re.compile(rf"\W{{0,2}}{NUMBER.pattern}(?:\s*(?:±|\+/-|\+-)\s*[\d.]+\s?%?)?\W{{0,2}}")


def results(tables: Iterable[PrintedTable]) -> Iterator[PrintedResult]:
    """Yield the results of tables whose columns name one metric each.

    A row is of the model that its first cell names, or of whatever else it names: a class, a fold.
    """
    for table in tables:
        columns = [(at, *_column(name)) for at, name in enumerate(table.header)]
        for row in table.rows:
            for at, metric, split in columns:
                if metric and at and at < len(row) and (value := _value(metric, row[at])):
                    yield _result(table, row[0], metric, split, value)


def _column(name: str) -> tuple[str | None, str | None]:
    metrics = {mention.name for mention in metrics_in(name)}
    splits = {mention.name for mention in splits_in(name)}
    return (
        metrics.pop() if len(metrics) == 1 else None,
        splits.pop() if len(splits) == 1 else None,
    )


def _value(metric: str, cell: str) -> str | None:
    value = cell.strip(" *_`")
    return value if _CELL.fullmatch(value) and is_plausible(metric, value.split("±")[0]) else None


def _result(
    table: PrintedTable, name: str, metric: str, split: str | None, value: str
) -> PrintedResult:
    subject = name.strip(" *_`") or None
    if subject and subject.isdigit() and re.search(r"(?i)\bmodel\b", table.header[0]):
        subject = f"model {subject}"
    named = NAME.search(subject or "")
    return PrintedResult(
        first=table.first,
        last=table.last,
        quote=table.quote,
        doubts=table.doubts,
        value=value,
        metric=metric,
        split=split,
        subject=named[0] if named else subject,
    )

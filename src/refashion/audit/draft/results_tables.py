"""Tables of results: which row is of which model, and which column of which metric."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from refashion.audit.draft import vocabulary
from refashion.audit.draft.dataset import Data
from refashion.audit.draft.source import DraftSource
from refashion.audit.reading.models import NAME
from refashion.audit.reading.readings import PrintedTable
from refashion.audit.reading.vocabulary import metrics_in, splits_in
from refashion.reported import Reported

_MODELS = re.compile(
    r"\b(?:model|method|classifier|regressor|algorithm|network|estimator|architecture|experiment)s?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Column:
    """A column of results: its place in the table, its metric in a study, and its split."""

    place: int
    metric: str
    split: str


def columns_of(table: PrintedTable, source: DraftSource, data: Data) -> list[Column]:
    """Return the columns that hold a metric of the task."""
    otherwise = source.owner(table).split or "test"
    found = []
    for place, head in enumerate(table.header):
        measured = {mention.name for mention in metrics_in(head)}
        splits = {mention.name for mention in splits_in(head)} or _first_word(head)
        if len(measured) != 1 or len(splits) > 1 or place == 0:
            continue
        name = vocabulary.metric(measured.pop(), data.task, len(data.classes))
        if name:
            found.append(Column(place, name, splits.pop() if splits else otherwise))
    return found


def _first_word(head: str) -> set[str]:
    words = {"train": "train", "training": "train", "test": "test", "testing": "test"}
    words |= {"validation": "validation", "val": "validation", "valid": "validation"}
    first = re.match(r"\W*([a-z]+)", head.lower())
    return {words[first[1]]} if first and first[1] in words else set()


def rows_of(
    table: PrintedTable, source: DraftSource, data: Data
) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the rows of a table of results: the key of the model, and the cells.

    Nothing is yielded if the rows are of no models, or the columns of no metrics of the task.
    """
    if not columns_of(table, source, data) or not table.header:
        return
    is_of_models = _MODELS.search(table.header[0]) or all(
        row and NAME.search(row[0]) for row in table.rows
    )
    if is_of_models:
        for row in table.rows:
            if row and row[0].strip():
                named = NAME.search(row[0])
                yield vocabulary.model_key(named[0] if named else row[0])[:80], row


def printed(cell: str) -> str | None:
    """Return a cell as a claim states it, or None if it is no number."""
    text = cell.strip().replace(" ", "")
    try:
        Reported.parse(text)
    except ValueError:
        return None
    return text

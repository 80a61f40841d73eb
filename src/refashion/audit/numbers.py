"""Every number that was read, one by one: what coverage, the draft study and `audit.json` list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch

from refashion.audit.reading.readings import (
    LayerTable,
    Log,
    LoggedEpoch,
    Matrix,
    PrintedResult,
    PrintedTable,
    Reading,
    Readings,
    Report,
    Setting,
    Size,
)

COLUMNS = ("precision", "recall", "f1_score", "support")


@dataclass(frozen=True)
class PrintedNumber:
    """A number of the document.

    Attributes
    ----------
    value
        As printed.
    kind
        The kind of its reading: `report`, `matrix`, `log`, `table`, `layers`, `result`, `setting`
        or `size`.
    metric
        What it measures, such as `precision`, `val_loss` or `count`.
    row, column
        Where it stands in its table or log: names as printed, or the number of an epoch.
    line
        The number of its line.
    reading
        Where it was read.
    """

    value: str
    kind: str
    metric: str
    line: int
    reading: Reading
    row: str | None = None
    column: str | None = None


def numbers_of(readings: Readings) -> Iterator[PrintedNumber]:
    """Yield all numbers that were read, by kind and place."""
    for reading in readings:
        yield from _numbers(reading)


@singledispatch
def _numbers(reading: Reading) -> Iterator[PrintedNumber]:
    yield from ()


@_numbers.register
def _(reading: Report) -> Iterator[PrintedNumber]:
    for name, cells in reading.rows.items():
        columns = ("accuracy", "support") if name == "accuracy" else COLUMNS
        printed = [cell for cell in cells if cell] if name == "accuracy" else cells
        for column, cell in zip(columns, printed, strict=False):
            if cell is not None:
                yield PrintedNumber(cell, "report", column, reading.first, reading, name, column)


@_numbers.register
def _(reading: Matrix) -> Iterator[PrintedNumber]:
    for true, cells in enumerate(reading.rows):
        for predicted, cell in enumerate(cells):
            if cell is not None:
                row, column = (_label(reading, place) for place in (true, predicted))
                yield PrintedNumber(cell, "matrix", "count", reading.first, reading, row, column)


def _label(matrix: Matrix, place: int) -> str:
    return matrix.labels[place] if place < len(matrix.labels) else str(place)


@_numbers.register
def _(reading: Log) -> Iterator[PrintedNumber]:
    for epoch in reading.epochs:
        yield from _of_epoch(reading, epoch, str(epoch.number))
    if reading.evaluation:
        yield from _of_epoch(reading, reading.evaluation, "evaluation")


def _of_epoch(reading: Log, epoch: LoggedEpoch, row: str) -> Iterator[PrintedNumber]:
    for metric, value in epoch.values.items():
        yield PrintedNumber(value, "log", metric, epoch.line, reading, row, metric)
    if epoch.seconds is not None:
        yield PrintedNumber(epoch.seconds, "log", "seconds", epoch.line, reading, row, "seconds")


@_numbers.register
def _(reading: PrintedTable) -> Iterator[PrintedNumber]:
    for place, cells in enumerate(reading.rows, start=1):
        for at, cell in enumerate(cells):
            column = reading.header[at] if at < len(reading.header) else str(at + 1)
            if any(letter.isdigit() for letter in cell) and at:
                row = cells[0] or str(place)
                yield PrintedNumber(cell, "table", column, reading.first, reading, row, column)


@_numbers.register
def _(reading: LayerTable) -> Iterator[PrintedNumber]:
    for layer in reading.layers:
        value = str(layer.parameters)
        yield PrintedNumber(value, "layers", "parameters", reading.first, reading, layer.name)
    if reading.total is not None:
        yield PrintedNumber(
            str(reading.total), "layers", "parameters", reading.last, reading, "total"
        )


@_numbers.register
def _(reading: PrintedResult) -> Iterator[PrintedNumber]:
    row = reading.subject
    yield PrintedNumber(reading.value, "result", reading.metric, reading.first, reading, row)


@_numbers.register
def _(reading: Setting) -> Iterator[PrintedNumber]:
    if any(letter.isdigit() for letter in reading.value):
        row = reading.subject
        yield PrintedNumber(reading.value, "setting", reading.name, reading.first, reading, row)


@_numbers.register
def _(reading: Size) -> Iterator[PrintedNumber]:
    yield PrintedNumber(reading.value, "size", reading.of, reading.first, reading)

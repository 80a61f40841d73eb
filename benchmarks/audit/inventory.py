"""Count the numbers that are read in the sources, by kind, to compare them with the text by hand.

    python -m benchmarks.audit.inventory [--values] FILE ...

With `--values` every number is listed with its line.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import PrintedTable as Shown

from refashion.audit.reading import read_all
from refashion.audit.reading.cells import is_number
from refashion.audit.reading.readings import Log, Matrix, PrintedTable, Reading, Readings, Report
from refashion.documents.document import Document, TextLine, Unit

COUNTED = ("reports", "matrices", "logs", "tables", "layer_tables", "listings")


class Number(NamedTuple):
    """A number that was read: where, of what, and whether the reading is sure."""

    line: int
    kind: str
    of: str
    value: str
    is_sure: bool


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the inventory of the files that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="text files")
    parser.add_argument("--values", action="store_true", help="list every number")
    given = parser.parse_args(arguments)
    shown = Shown("source", "kind", "things", "numbers", "of them doubtful", "lost")
    console = Console()
    for path in given.files:
        readings = read_all(document(path))
        found = [*numbers(readings)]
        counted = Counter(number.kind for number in found)
        doubtful = Counter(number.kind for number in found if not number.is_sure)
        lost = Counter(number.kind for number in found if number.value == "-")
        for kind in COUNTED:
            things = len(getattr(readings, kind))
            if things:
                counts = (things, counted[kind] - lost[kind], doubtful[kind], lost[kind])
                shown.add_row(path.name, kind, *map(str, counts))
        if given.values:
            for number in found:
                console.print(*number, sep="\t", markup=False, highlight=False, soft_wrap=True)
    console.print(shown)


def document(path: Path) -> Document:
    """Read a text file as a document."""
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    numbered = [TextLine(number, text) for number, text in enumerate(lines, 1)]
    return Document(path.name, Unit.NONE, 1, numbered)


def numbers(readings: Readings) -> Iterator[Number]:
    """Yield the numbers of what was read; "-" for one that was lost."""
    for kind in COUNTED:
        for reading in getattr(readings, kind):
            for of, value, line in _values(reading):
                yield Number(line or reading.first, kind, of, value, not reading.doubts)


def _values(reading: Reading) -> Iterator[tuple[str, str, int | None]]:
    if isinstance(reading, Report):
        columns = ("precision", "recall", "F1", "support")
        for name, row in reading.rows.items():
            yield from (
                (f"{name}: {column}", value, None)
                for column, value in zip(columns, row, strict=True)
                if value is not None
            )
    elif isinstance(reading, Matrix):
        for row, counts in enumerate(reading.rows):
            for column, value in enumerate(counts):
                yield f"cell {row}, {column}", value or "-", None
    elif isinstance(reading, Log):
        ends = [reading.evaluation] if reading.evaluation else []
        for epoch in (*reading.epochs, *ends):
            for name, value in epoch.values.items():
                yield f"epoch {epoch.number}: {name}", value, epoch.line
    elif isinstance(reading, PrintedTable):
        for row, cells in enumerate(reading.rows, 1):
            names = reading.header or [f"column {at}" for at in range(1, len(cells) + 1)]
            for name, value in zip(names, cells, strict=False):
                if is_number(value):
                    yield f"row {row}: {name}", value, None


if __name__ == "__main__":
    main()

"""Questions on confusion matrices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from refashion.audit.checking.question import Question
from refashion.audit.reading.readings import Matrix, Report, Result, Size
from refashion.audit.checking.reports import AVERAGES


def rows_of(matrix: Matrix) -> list[str]:
    """Write the rows of a matrix as checks read them."""
    return [" ".join(cell or "-" for cell in row) for row in matrix.rows]


def total_of(matrix: Matrix) -> int | None:
    """Return the number of examples of a matrix; None if a cell is lost."""
    cells = [cell for row in matrix.rows for cell in row]
    return None if None in cells else sum(int(cell) for cell in cells if cell)


def against_report(matrix: Matrix, report: Report) -> Iterator[Question]:
    """Ask whether the rows have as many examples as the report of the same results says."""
    supports = [cells[-1] for name, cells in report.rows.items() if name not in AVERAGES]
    if len(supports) == len(matrix.rows) and None not in supports:
        yield Question(
            "matrix_row_sums",
            {"matrix": rows_of(matrix), "totals": supports},
            [matrix, report],
            "Rows of the confusion matrix and supports of the report",
        )


def against_accuracy(matrix: Matrix, accuracy: Result) -> Iterator[Question]:
    """Ask whether the diagonal gives the accuracy that is stated of the same results."""
    if total_of(matrix):
        yield Question(
            "matrix_accuracy",
            {"matrix": rows_of(matrix), "accuracy": accuracy.value},
            [accuracy, matrix],
            "Accuracy and confusion matrix",
        )


def against_size(matrix: Matrix, size: Size) -> Iterator[Question]:
    """Ask whether the cells add up to the number of examples of the split."""
    yield Question(
        "matrix_total",
        {"matrix": rows_of(matrix), "examples": size.value},
        [matrix, size],
        "Cells of the confusion matrix and size of the split",
    )


def against_other(better: Matrix, worse: Matrix, said: Sequence[Result]) -> Iterator[Question]:
    """Ask whether one matrix has more right answers than another, as the text says."""
    numbers = {"better": rows_of(better), "worse": rows_of(worse)}
    yield Question("matrix_ordering", numbers, [*said, better, worse], "Which did better")

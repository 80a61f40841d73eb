"""Questions on confusion matrices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from refashion.audit.belonging import Owner
from refashion.audit.checking.case import Case
from refashion.audit.checking.question import AuditQuestion, ask
from refashion.audit.checking.reports import classes_of
from refashion.audit.reading.readings import Matrix, PrintedResult, Report
from refashion.checks.consistency import number

UNSURE_SIZE = "the matrix may be of other examples"
UNSURE_MODEL = "the matrix may be of another model"


def questions(case: Case) -> Iterator[AuditQuestion]:
    """Ask about each matrix: its examples, its accuracy and the report of the same results."""
    for matrix in case.readings.matrices:
        yield from _against_sizes(case, matrix)
        yield from _against_accuracies(case, matrix)
        alike = [
            report
            for report in case.readings.reports
            if case.owner(matrix).shares(case.owner(report))
        ]
        # One of several reports of a model may be of its training examples.
        sized = [report for report in alike if _examples(report) == total_of(matrix)]
        for report in sized or alike[: len(alike) == 1]:
            yield from _against_report(matrix, report)
    yield from _orderings(case)


def rows_of(matrix: Matrix) -> list[str]:
    """Write the rows of a matrix as checks read them."""
    return [" ".join(cell or "-" for cell in row) for row in matrix.rows]


def total_of(matrix: Matrix) -> int | None:
    """Return the number of examples of a matrix; None if a cell is lost."""
    cells = [cell for row in matrix.rows for cell in row]
    return None if None in cells else sum(int(cell) for cell in cells if cell)


def _against_sizes(case: Case, matrix: Matrix) -> Iterator[AuditQuestion]:
    """Ask whether the cells add up to the size of the split; only where one size is stated."""
    split = case.owner(matrix).split
    sizes = case.sizes(split) if split else []
    fitting = [size for size in sizes if size.value.replace(",", "") == str(total_of(matrix))]
    if fitting or len(sizes) == 1:
        size = (fitting or sizes)[0]
        yield AuditQuestion(
            "matrix_total",
            {"matrix": rows_of(matrix), "examples": size.value},
            [matrix, size],
            f"Cells of the confusion matrix and size of the {split} set",
            () if fitting else (UNSURE_SIZE,),
        )


def _against_accuracies(case: Case, matrix: Matrix) -> Iterator[AuditQuestion]:
    """Ask about the accuracies of the same model and split.

    A matrix that gives the accuracy of another model is that model's, and one whose split only its
    size tells may be of any model.
    """
    own, stated = _sized(case, matrix), _accuracies(case)
    alike = [result for result in stated if own.split and own.shares(case.owner(result))]
    others = [result for result in stated if case.owner(result).model != own.model]
    fits_own = any(_fits(matrix, result) for result in alike)
    if not fits_own and any(_fits(matrix, result) for result in others):
        return
    doubts = () if case.owner(matrix).split else [UNSURE_MODEL]
    for result in alike:
        yield from _against_accuracy(matrix, result, doubts)


def _accuracies(case: Case) -> list[PrintedResult]:
    return [
        result
        for result in (*case.readings.results, *case.tabulated)
        if result.metric == "accuracy" and result.change is None
    ]


def _fits(matrix: Matrix, accuracy: PrintedResult) -> bool:
    answers = map(ask, _against_accuracy(matrix, accuracy))
    return any(answer is not None and answer.finding.agrees for answer in answers)


def _sized(case: Case, matrix: Matrix) -> Owner:
    """Return the owner of a matrix; a split that is not named follows from its size."""
    own = case.owner(matrix)
    fitting = [
        split
        for split in ("train", "validation", "test")
        if total_of(matrix) in [number.count(size.value) for size in case.sizes(split)]
    ]
    return replace(own, split=fitting[0]) if own.split is None and len(fitting) == 1 else own


def _against_accuracy(
    matrix: Matrix, accuracy: PrintedResult, doubts: Sequence[str] = ()
) -> Iterator[AuditQuestion]:
    if total_of(matrix):
        yield AuditQuestion(
            "matrix_accuracy",
            {"matrix": rows_of(matrix), "accuracy": accuracy.value},
            [accuracy, matrix],
            "Accuracy and confusion matrix",
            doubts,
        )


def _against_report(matrix: Matrix, report: Report) -> Iterator[AuditQuestion]:
    supports = [cells[-1] for cells in classes_of(report).values()]
    if len(supports) == len(matrix.rows) and None not in supports:
        yield AuditQuestion(
            "matrix_row_sums",
            {"matrix": rows_of(matrix), "totals": supports},
            [matrix, report],
            "Rows of the confusion matrix and supports of the classification report",
        )


def _examples(report: Report) -> int | None:
    """Return the number of examples of a report; None if it is not known."""
    supports = [cells[-1] for cells in classes_of(report).values()]
    try:
        return sum(number.count(support) for support in supports if support)
    except ValueError:
        return None


def _orderings(case: Case) -> Iterator[AuditQuestion]:
    """Ask about sentences that compare splits: "our testing data did better than training"."""
    for said in case.readings.orderings:
        splits = [_split(said.subject), _split(said.other)]
        if (
            said.metric not in ("accuracy", "performance")
            or None in splits
            or splits[0] == splits[1]
        ):
            continue
        for better in case.readings.matrices:
            worse = _partner(case, better, splits)
            if worse and total_of(better) and total_of(worse):
                both = [better, worse] if said.direction == "higher" else [worse, better]
                numbers = {"better": rows_of(both[0]), "worse": rows_of(both[1])}
                title = f"Which did better, {said.subject} or {said.other}"
                yield AuditQuestion("matrix_ordering", numbers, [said, *both], title)


def _partner(case: Case, matrix: Matrix, splits: list[str | None]) -> Matrix | None:
    """Return the matrix of the same model on the other split."""
    own = case.owner(matrix)
    if own.split != splits[0]:
        return None
    for other in case.readings.matrices:
        its = case.owner(other)
        if its.split == splits[1] and its.model == own.model:
            return other
    return None


def _split(words: str) -> str | None:
    for split, start in (("train", "train"), ("validation", "valid"), ("test", "test")):
        if start in words.lower():
            return split
    return None

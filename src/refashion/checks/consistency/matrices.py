"""Checks of confusion matrices: a row a true class, a column a predicted one, or the other way.

Rows are text, with spaces between the counts. An illegible cell is "-". Some checks allow for such
cells; others raise a ValueError.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Annotated

from pydantic import Field

from refashion.checks.consistency.finding import Finding
from refashion.checks.consistency.number import (
    MeanOf,
    Positive,
    PrintedCount,
    Stated,
    count,
    decimal,
    listed,
    read_proportion,
)

Row = Annotated[
    str,
    Field(
        pattern=r"^\s*([0-9]{1,18}|-)(\s+([0-9]{1,18}|-))*\s*$",
        description="counts separated by spaces, with - for an illegible one",
    ),
]
Matrix = Annotated[list[Row], Field(min_length=1)]
Labels = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
Cells = list[list[int | None]]


def matrix_row_sums(
    *, matrix: Matrix, totals: Annotated[list[PrintedCount], Field(min_length=1)]
) -> Finding:
    """Check that the rows of a confusion matrix add up to the number of examples of each class.

    Parameters
    ----------
    matrix
        A row, or a column, a true class. Of one with unread cells the others may not be more than
        its total.
    totals
        Number of examples of each class.

    Raises
    ------
    ValueError
        The matrix is not square, or the numbers of totals and rows differ.
    """
    rows, stated = _cells(matrix), [count(total) for total in totals]
    if len(rows) != len(stated):
        raise ValueError(
            f"{len(rows)} rows and {len(stated)} totals; accepted: one total for each row"
        )
    wrong = [
        f"row {place} adds up to {_sum([row]):,}, not {total:,}"
        for place, (row, total) in enumerate(zip(rows, stated, strict=True), start=1)
        if not _can_be([row], total)
    ]
    unread = _unread_note(rows)
    columns = [list(column) for column in zip(*rows, strict=True)]
    if wrong and all(map(_can_be, ([column] for column in columns), stated)):
        text = "The columns, not the rows, add up to the numbers stated: a column is a true class"
        return Finding(True, f"{text}.{unread}")
    if wrong:
        return Finding(False, f"Of {len(rows)} rows, {listed(wrong)}.{unread}")
    if unread:
        whole = sum(None not in row for row in rows)
        text = f"{whole} of {len(rows)} rows are whole and add up to the numbers stated"
        return Finding(True, f"{text}; none of the others has more.{unread}")
    return Finding(True, f"All {len(rows)} rows add up to the numbers stated.")


def matrix_total(*, matrix: Matrix, examples: Positive) -> Finding:
    """Check that the cells of a confusion matrix add up to the stated number of examples.

    Raises
    ------
    ValueError
        The matrix is not square.
    """
    rows, stated = _cells(matrix), count(examples)
    agrees = _can_be(rows, stated)
    end = f"{stated:,} are stated" if not agrees or _unread(rows) else "as stated"
    return Finding(agrees, f"The cells add up to {_sum(rows):,}; {end}.{_unread_note(rows)}")


def matrix_accuracy(*, matrix: Matrix, accuracy: Stated, mean_of: MeanOf = None) -> Finding:
    """Check that the diagonal of a confusion matrix gives the stated accuracy.

    Parameters
    ----------
    matrix
        Counts, all of them readable.
    accuracy
        As stated.
    mean_of
        What the accuracy is a mean of; then it need not fit the matrix.

    Raises
    ------
    ValueError
        The matrix is not square, or has cells that cannot be read.
    """
    right, total = _right_of_total(matrix)
    stated, exact = read_proportion(accuracy), Fraction(right, total)
    if mean_of or stated.is_mean:
        return Finding.of_mean(stated, mean_of)
    what = f"The diagonal has {right:,} of {total:,} examples; the accuracy is"
    return Finding.compare(what, exact, exact, stated)


def matrix_ordering(*, better: Matrix, worse: Matrix) -> Finding:
    """Check that one confusion matrix has a higher accuracy than another, as stated.

    Raises
    ------
    ValueError
        A matrix is not square, or has cells that cannot be read.
    """
    counts = [_right_of_total(matrix) for matrix in (better, worse)]
    first, second = (Fraction(right, total) for right, total in counts)
    words = [
        f"{right:,} of {total:,} ({decimal(Fraction(100 * right, total), most=2)}%)"
        for right, total in counts
    ]
    end = "more" if first > second else "less" if first < second else "as much"
    text = f"The diagonal of the first has {words[0]}, that of the second {words[1]}: {end}."
    return Finding(first > second, text)


def matrix_most_confused(
    *, matrix: Matrix, labels: Labels, pair: Annotated[Labels, Field(min_length=2, max_length=2)]
) -> Finding:
    """Check that two classes are confused most often, counting errors in both directions.

    Ties count as consistent.

    Parameters
    ----------
    matrix
        One row for each true class.
    labels
        Names of the classes.
    pair
        Names of the two classes.

    Raises
    ------
    ValueError
        The matrix is not square or has illegible cells, the numbers of labels and rows differ, or
        the pair is not two of the labels.
    """
    rows = _whole(matrix)
    if len(labels) != len(rows) or len({*pair} & {*labels}) != 2:
        raise ValueError(
            f"{listed(pair)}; accepted: two of the labels, which are one for each of the "
            f"{len(rows)} rows"
        )
    errors = {
        frozenset((labels[a], labels[b])): rows[a][b] + rows[b][a]
        for a, b in combinations(range(len(rows)), 2)
    }
    stated, most = errors[frozenset(pair)], max(errors.values())
    text = f"{listed(pair)} are taken for each other {stated:,} times"
    if stated == most:
        tied = list(errors.values()).count(most) > 1
        return Finding(True, f"{text}, the most of all pairs{', with a tie' if tied else ''}.")
    top = listed(sorted(next(names for names, number in errors.items() if number == most)))
    return Finding(False, f"{text}; {top} {most:,} times, which is more.")


def _cells(matrix: list[str]) -> Cells:
    rows = [[None if cell == "-" else int(cell) for cell in row.split()] for row in matrix]
    if any(len(row) != len(rows) for row in rows):
        widths = listed([str(len(row)) for row in rows])
        raise ValueError(f"{len(rows)} rows of {widths} cells; accepted: a square matrix")
    return rows


def _whole(matrix: list[str]) -> list[list[int]]:
    rows = _cells(matrix)
    if _unread(rows):
        raise ValueError(f"{_unread(rows)} illegible cells; accepted: a matrix without them")
    return [[cell for cell in row if cell is not None] for row in rows]


def _right_of_total(matrix: list[str]) -> tuple[int, int]:
    rows = _whole(matrix)
    total = _sum(rows)
    if not total:
        raise ValueError("all cells are 0; accepted: a matrix that counts something")
    return sum(row[place] for place, row in enumerate(rows)), total


def _sum(rows: Cells) -> int:
    return sum(cell for row in rows for cell in row if cell is not None)


def _unread(rows: Cells) -> int:
    return sum(row.count(None) for row in rows)


def _can_be(rows: Cells, total: int) -> bool:
    return _sum(rows) <= total if _unread(rows) else _sum(rows) == total


def _unread_note(rows: Cells) -> str:
    number = _unread(rows)
    cells = "One cell" if number == 1 else f"{number} cells"
    return f" {cells} cannot be read." if number else ""

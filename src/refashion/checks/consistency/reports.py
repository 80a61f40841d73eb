"""The joint check of a classification report: whether counts exist that give all its numbers.

NumPy is imported where it is needed, because the names of all checks are read often.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import Field

from refashion.checks.consistency.finding import Finding
from refashion.checks.consistency.number import MeanOf, count, listed, read_proportion

if TYPE_CHECKING:
    import numpy as np

ACCURACY, MACRO, WEIGHTED = "accuracy", "macro avg", "weighted avg"
AVERAGES = (ACCURACY, MACRO, WEIGHTED, "micro avg", "samples avg")
COLUMNS = ("precision", "recall", "F1", "true positives", "answers")
TRUE, PREDICTED = 3, 4
NOT_PRINTED = ("-", "nan")
# Beyond, neighbouring counts are taken together, so that a check takes milliseconds.
MOST_COUNTS = 20_000
MOST_EXAMPLES = 10**8
# Error of float64, in shares of one and in counts.
SLACK, COUNT_SLACK = 1e-9, 1e-6

Lines = Annotated[dict[str, Annotated[str, Field(pattern=r"\S")]], Field(min_length=1)]
Span = tuple[float, float]


class ClassLine(NamedTuple):
    """Line of a class: what precision, recall and F1 may be, and its number of examples."""

    name: str
    precision: Span
    recall: Span
    f1: Span
    support: int


class Total(NamedTuple):
    """A weighted sum over the classes of one of the columns, and what it may be."""

    name: str
    column: int
    weights: Sequence[float]
    limits: Span


def report_possible(*, rows: Lines, mean_of: MeanOf = None) -> Finding:
    """Check that some confusion matrix gives all numbers of a classification report.

    The whole counts of true and false positives that fit the printed precision, recall and F1 of
    each class are enumerated. Their sums have to fit the accuracy, the averages and the number of
    examples; counts that fit no such sum are struck out until nothing changes. So nothing true is
    doubted: what remains is only ever too much.

    The idea to test all scores of a report together is that of Kovács and Fazekas (2023),
    "mlscorecheck: Testing the consistency of reported performance scores and experiments in machine
    learning", for the scores of two classes and for averages.

    Parameters
    ----------
    rows
        Lines of the report by the names of the classes, such as "0.82 0.88 0.85 996": precision,
        recall, F1 and support, "-" for what is not printed. Also "accuracy", alone or with its
        support, "macro avg" and "weighted avg", as far as they are printed; "micro avg" and
        "samples avg" are not used.
    mean_of
        What the numbers are means of; then they need not fit whole counts.

    Raises
    ------
    ValueError
        A line has too few or too many numbers, or there are no examples, or too many.
    """
    lines, n = _lines(rows, cut_off=False)
    if mean_of:
        return Finding(True, f"Means over {mean_of} need not fit whole counts.", vacuous=True)
    for name in AVERAGES:
        cells = rows.get(name, "").split()
        if len(cells) == (2 if name == ACCURACY else 4) and count(cells[-1]) != n:
            return Finding(False, f"The classes have {n:,} examples; {name} has {cells[-1]}.")
    fault = _fault(lines, [*_totals(rows, lines, cut_off=False)])
    if fault is None:
        text = f"Whole counts of {n:,} examples give the lines of all {len(lines)} classes"
        return Finding(True, f"{text} and what is printed of all together.")
    lines, _ = _lines(rows, cut_off=True)
    if _fault(lines, [*_totals(rows, lines, cut_off=True)]) is None:
        return Finding.only_if("digits were cut off, not rounded", fault)
    return Finding(False, fault)


def _lines(rows: Mapping[str, str], cut_off: bool) -> tuple[list[ClassLine], int]:
    """Read the lines of the classes; give the number of examples too."""
    lines = []
    for name, line in rows.items():
        cells = line.split()
        accepted = (1, 2) if name == ACCURACY else (3, 4) if name in AVERAGES else (4,)
        if len(cells) not in accepted:
            numbers = " or ".join(map(str, accepted))
            raise ValueError(f"{name}: {line!r} has {len(cells)} numbers; accepted: {numbers}")
        if name not in AVERAGES:
            precision, recall, f1 = _spans(cells[:3], cut_off)
            lines.append(ClassLine(name, precision, recall, f1, count(cells[3])))
    n = sum(line.support for line in lines)
    if not 0 < n <= MOST_EXAMPLES:
        raise ValueError(
            f"{n:,} examples of {len(lines)} classes; accepted: 1 to {MOST_EXAMPLES:,}"
        )
    return lines, n


def _spans(cells: Sequence[str], cut_off: bool) -> list[Span]:
    """Give what printed precision, recall and F1 may have been."""
    spans = []
    for cell in cells[:3]:
        if cell.lower() in NOT_PRINTED:
            spans.append((0.0, 1.0))
            continue
        spans.append(read_proportion(cell).ends(cut_off))
    return spans


def _totals(rows: Mapping[str, str], lines: Sequence[ClassLine], cut_off: bool) -> Iterator[Total]:
    """Give what has to add up.

    Where an accuracy is printed, every answer is an answer of one class. Where it is not, a report
    is of chosen classes, or an example has several.
    """
    supports = [line.support for line in lines]
    n = sum(supports)
    if ACCURACY in rows:
        (limits,) = _spans(rows[ACCURACY].split()[:1], cut_off)
        yield Total("accuracy", TRUE, [1 / n] * len(lines), limits)
        yield Total("share of all answers", PREDICTED, [1 / n] * len(lines), (1.0, 1.0))
    of_each = {MACRO: [1 / len(lines)] * len(lines), WEIGHTED: [own / n for own in supports]}
    for name, weights in of_each.items():
        if name in rows:
            for column, limits in enumerate(_spans(rows[name].split(), cut_off)):
                yield Total(f"{name} of the {COLUMNS[column]}", column, weights, limits)


def _fault(lines: Sequence[ClassLine], totals: Sequence[Total]) -> str | None:
    """Say what no counts give, or None if some may give everything."""
    n = sum(line.support for line in lines)
    found = [_possible(line, n) for line in lines]
    empty = [line.name for line, ends in zip(lines, found, strict=True) if not ends.shape[2]]
    if empty:
        return f"No whole counts of {n:,} examples give what is printed of {listed(empty)}."
    while True:
        left = sum(ends.shape[2] for ends in found)
        for total in totals:
            own = [ends[:, total.column] * w for ends, w in zip(found, total.weights, strict=True)]
            low, high = sum(e[0].min() for e in own), sum(e[1].max() for e in own)
            least, most = total.limits[0] - SLACK, total.limits[1] + SLACK
            if low > most or high < least:
                between = f"{low:.6g}" if high - low < SLACK else f"from {low:.6g} to {high:.6g}"
                return f"With what is printed of the classes the {total.name} is {between}."
            keep = [
                (e[0] - e[0].min() + low <= most) & (e[1] - e[1].max() + high >= least) for e in own
            ]
            found = [ends[:, :, which] for ends, which in zip(found, keep, strict=True)]
            if not all(ends.shape[2] for ends in found):
                return f"No counts that fit the classes fit the {total.name} and the rest as well."
        if sum(ends.shape[2] for ends in found) == left:
            return None


def _possible(line: ClassLine, n: int) -> np.ndarray:
    """Enumerate the counts that fit the line of a class.

    Returns
    -------
    numpy.ndarray
        Shape (2, 5, counts): the least and the most of precision, recall, F1, true positives and
        answers, for each pair of true and false positive counts or, if there are very many, for
        ranges of them.
    """
    import numpy as np

    support = np.full(1, float(line.support))
    first = max(0, math.ceil(line.recall[0] * line.support - COUNT_SLACK))
    last = min(line.support, math.floor(line.recall[1] * line.support + COUNT_SLACK))
    width = 1 + max(0, last - first) // MOST_COUNTS
    # Without examples recall is 0, or whatever is put for it.
    few = np.arange(first if line.support else 0, last + 1, width, dtype=float)
    many = np.minimum(few + width - 1, last)
    least, most = np.zeros(len(few)), np.full(len(few), float(n - line.support))
    # Precision is tp / (tp + fp), F1 is 2 tp / (tp + fp + support): both fall with fp.
    for times, more, (low, high) in ((1, 0, line.precision), (2, line.support, line.f1)):
        least = np.maximum(least, times * few / high - few - more)
        if low > 0:
            most = np.minimum(most, times * many / low - many - more)
    few, many, least, most = _parted(few, many, least, most)
    lows = [
        _rate(few, few + most, 0),
        _rate(few, support, 0),
        _rate(2 * few, few + most + support, 0),
    ]
    highs = [
        *(_rate(many, many + least, 1), _rate(many, support, 1)),
        _rate(2 * many, many + least + support, 1),
    ]
    return np.array([[*lows, few, few + least], [*highs, many, many + most]])


def _parted(
    few: np.ndarray, many: np.ndarray, least: np.ndarray, most: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Part ranges of false positives into single ones, or into short ranges if there are many."""
    import numpy as np

    least, most = np.ceil(least - COUNT_SLACK), np.floor(most + COUNT_SLACK)
    few, many, least, most = (ends[most >= least] for ends in (few, many, least, most))
    width = 1 + np.sum(most - least + 1) // MOST_COUNTS
    parts = ((most - least) // width + 1).astype(int)
    place = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    few, many, least, most = (np.repeat(ends, parts) for ends in (few, many, least, most))
    least = least + place * width
    return few, many, least, np.minimum(most, least + width - 1)


def _rate(over: np.ndarray, under: np.ndarray, undefined: float) -> np.ndarray:
    """Divide. Libraries differ in what they print where nothing is to be divided by: 0 or 1."""
    import numpy as np

    out = np.full(len(over), float(undefined))
    return np.divide(over, under, out=out, where=np.broadcast_to(under > 0, out.shape))

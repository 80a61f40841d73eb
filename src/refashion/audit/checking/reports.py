"""Questions on classification reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from refashion.audit.checking.case import Case
from refashion.audit.checking.question import AuditQuestion
from refashion.audit.reading.readings import Report
from refashion.audit.reading.reports import AVERAGES
from refashion.checks.consistency.number import count

LOST_ROW = "the document may have lost a row of it"
COLUMNS = ("precision", "recall", "F1 score")
Cells = Sequence[str | None]


def questions(case: Case) -> Iterator[AuditQuestion]:
    """Ask about each report, and about the number of examples that the text states."""
    for report in case.readings.reports:
        yield from _of_report(report)


def classes_of(report: Report) -> dict[str, Cells]:
    """Return the lines of the classes."""
    return {name: cells for name, cells in report.rows.items() if name not in AVERAGES}


def _of_report(report: Report) -> Iterator[AuditQuestion]:
    """Ask whether some confusion matrix gives the report; if it is not whole, ask by parts."""
    classes = classes_of(report)
    if not classes:
        return
    # With a micro average, or with one class alone, the report is of some of the classes only, or
    # an example may be of several.
    is_of_all = len(classes) > 1 and "micro avg" not in report.rows
    if is_of_all and all(map(_is_whole, classes.values())):
        rows = {name: _line(name, cells) for name, cells in report.rows.items()}
        yield AuditQuestion(
            "report_possible",
            {"rows": {name: line for name, line in rows.items() if line}},
            [report],
            "Classification report",
            [LOST_ROW] if _has_too_few(report) else (),
        )
    else:
        yield from _of_lines(report, classes)


def _has_too_few(report: Report) -> bool:
    """Whether the classes have fewer examples than the report, as where a page break took some."""
    averages = [cells[-1] for name, cells in report.rows.items() if name in AVERAGES]
    classes = [cells[-1] for cells in classes_of(report).values()]
    try:
        whole = max((count(support) for support in averages if support), default=0)
        return sum(count(support) for support in classes if support) < whole
    except ValueError:
        return False


def _is_whole(cells: Cells) -> bool:
    return len(cells) == 4 and None not in cells


def _line(name: str, cells: Cells) -> str | None:
    """Write a line as the check reads it; None for one of the averages that is not whole."""
    if name == "accuracy":
        return " ".join(cell for cell in cells if cell) or None
    return " ".join(map(str, cells)) if None not in cells else None


def _of_lines(report: Report, classes: Mapping[str, Cells]) -> Iterator[AuditQuestion]:
    for name, (precision, recall, f1, *_) in classes.items():
        if precision and recall and f1:
            numbers = {"precision": precision, "recall": recall, "f1": f1}
            yield AuditQuestion("f1", numbers, [report], f"F1 score of {name}")

"""Questions on figures that stand twice: the results of two models cannot be the same."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from refashion.audit.belonging import Owner
from refashion.audit.checking.case import Case, is_far, together
from refashion.audit.checking.question import AuditQuestion
from refashion.audit.reading.readings import Log, PrintedResult, Reading, Report

SAME_RUN = "both may show one run"
# Results of one run stand in lines that follow each other.
FURTHEST = 2


def questions(case: Case) -> Iterator[AuditQuestion]:
    """Ask about pairs of reports, of logs and of blocks of results."""
    things: list[tuple[Sequence[str], Reading, str]] = []
    for report in case.readings.reports:
        things.append((_cells(report), report, "classification reports"))
    for log in case.readings.logs:
        things.append((_values(log), log, "training logs"))
    for block in _blocks(case):
        things.append(([result.value for result in block], block[0], "results"))
    groups: dict[tuple[str, tuple[str, ...]], list[Reading]] = defaultdict(list)
    for figures, reading, kind in things:
        groups[kind, tuple(figures)].append(reading)
    for (kind, figures), readings in groups.items():
        yield from _question(case, readings, figures, kind)


def _question(
    case: Case, alike: Sequence[Reading], figures: Sequence[str], kind: str
) -> Iterator[AuditQuestion]:
    """Ask about the two of those with the same figures that are most surely of two models."""
    found = [
        (doubts, one, other)
        for one, other in combinations(alike, 2)
        if (doubts := _doubts(case.owner(one), case.owner(other))) is not None
    ]
    if found:
        doubts, one, other = min(found, key=lambda pair: len(pair[0]))
        numbers = {"first": [*figures], "second": [*figures]}
        yield AuditQuestion("copied", numbers, [other, one], f"Two {kind} alike", doubts)


def _doubts(one: Owner, other: Owner) -> list[str] | None:
    """Say why two things with the same figures may be one; None if they are one for sure."""
    if one.model and other.model and one.model != other.model:
        return []
    captions = [_content(owner) for owner in (one, other)]
    if all(captions) and captions[0] != captions[1]:
        return [SAME_RUN]
    return None


def _content(owner: Owner) -> set[str]:
    """Return the words of a caption that tell one thing from another."""
    if owner.caption is None:
        return set()
    words = set(re.findall(r"[^\W\d_]{3,}", owner.caption.text.lower()))
    return words - {"result", "results", "the", "report", "classification", "running", "model"}


def _cells(report: Report) -> list[str]:
    return [cell for cells in report.rows.values() for cell in cells if cell]


def _values(log: Log) -> list[str]:
    return [value for epoch in log.epochs for value in epoch.values.values()]


def _blocks(case: Case) -> Iterator[list[PrintedResult]]:
    """Yield results in lines of their own that follow each other."""
    return together(case.in_lines, lambda block, result: is_far(block, result, FURTHEST))

"""Questions on results in lines and sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import product

from refashion.audit.checking.case import Case
from refashion.audit.checking.question import AuditQuestion
from refashion.audit.reading.models import NAME, key
from refashion.audit.reading.readings import PrintedResult, Reading, Size
from refashion.checks.consistency import number

# Counts and the share that they give stand in one paragraph.
FURTHEST = 6
OTHER_EXAMPLES = "the figures may be of different examples"
OTHER_RUN = "the figures may be of different runs"
# Two figures that differ by more are of different things, rather than one of them mistyped.
CLOSE = 0.1


def questions(case: Case) -> Iterator[AuditQuestion]:
    """Ask about counts of errors, shares of whole counts, repeated figures and changes."""
    yield from _errors(case)
    yield from _whole_counts(case)
    yield from _repeated(case)
    yield from _changes(case)


def _plain(case: Case, *metrics: str) -> list[PrintedResult]:
    return [r for r in case.readings.results if r.metric in metrics and r.change is None]


def _errors(case: Case) -> Iterator[AuditQuestion]:
    """Ask whether counts of wrong and right answers fit each other and the accuracy."""
    for wrong in _plain(case, "errors"):
        near = [r for r in case.readings.results if _is_near(wrong, r) and _is_alike(wrong, r)]
        right = [r for r in near if r.metric == "correct"]
        accuracy = [r for r in near if r.metric == "accuracy" and r.change is None]
        if right and (n := _sum(wrong.value, right[0].value)):
            sizes = [size for size in case.sizes("test") if number.count(size.value) == n]
            about: list[Reading] = [wrong, right[0], *sizes]
            if not sizes and (stated := case.sizes("test")):
                numbers = {"errors": wrong.value, "correct": right[0].value}
                yield AuditQuestion(
                    "errors_and_correct",
                    {**numbers, "examples": stated[0].value},
                    [*about, stated[0]],
                    "Wrong and right answers and the number of examples",
                    [OTHER_EXAMPLES],
                )
        else:
            n = _only(case.sizes(wrong.split or "test"))
        for share in accuracy[:1]:
            if n:
                numbers = {"accuracy": share.value, "errors": wrong.value, "examples": f"{n:,}"}
                doubts = () if right else [OTHER_EXAMPLES]
                about = [share, wrong, *right[:1]]
                yield AuditQuestion(
                    "errors_match_accuracy", numbers, about, "Accuracy and errors", doubts
                )


def _is_near(one: Reading, other: Reading) -> bool:
    return one is not other and abs(one.first - other.first) <= FURTHEST


def _is_alike(one: PrintedResult, other: PrintedResult) -> bool:
    """Whether no model or split that is known differs, and no class is named."""
    return all(
        a is None or b is None or a == b
        for a, b in ((_of(one), _of(other)), (one.split, other.split))
    )


def _of(result: PrintedResult) -> str | None:
    name = result.model or result.subject
    return key(name) if name else None


def _sum(*texts: str) -> int | None:
    try:
        return sum(map(number.count, texts))
    except ValueError:
        return None


def _only(sizes: Sequence[Size]) -> int | None:
    return number.count(sizes[0].value) if len(sizes) == 1 else None


def _whole_counts(case: Case) -> Iterator[AuditQuestion]:
    """Ask whether some whole count of the examples gives an accuracy (the GRIM test)."""
    for result in _once(_plain(case, "accuracy")):
        sizes = case.sizes(result.split) if result.split in ("validation", "test") else []
        if len(sizes) == 1 and not _is_of_class(result):
            numbers = {"proportion": result.value, "examples": sizes[0].value}
            title = f"Whole counts of the {result.split} set"
            yield AuditQuestion("grim", numbers, [result, sizes[0]], title)


def _once(results: Sequence[PrintedResult]) -> list[PrintedResult]:
    """Keep one of each figure: the one that is most in doubt, which the others only repeat."""
    kept: dict[tuple[str, str | None], PrintedResult] = {}
    for result in results:
        figure = (result.value.replace(" ", ""), result.split)
        if figure not in kept or len(result.doubts) > len(kept[figure].doubts):
            kept[figure] = result
    return [*kept.values()]


def _is_of_class(result: PrintedResult) -> bool:
    return result.subject is not None and not NAME.search(result.subject)


def _repeated(case: Case) -> Iterator[AuditQuestion]:
    """Ask whether a figure in a sentence is the one in a line or a table of the same thing."""
    groups: dict[tuple[str | None, ...], list[PrintedResult]] = defaultdict(list)
    for result in (*case.readings.results, *case.tabulated):
        if result.change is None and (model := case.owner(result).model) and result.split:
            groups[
                model, result.subject and key(result.subject), result.metric, result.split
            ].append(result)
    for found in groups.values():
        for one, other in product(found, found):
            if one.first < other.first and _are_close(one.value, other.value):
                title = f"The same figure twice: {one.metric}"
                numbers = {"values": [one.value, other.value]}
                yield AuditQuestion("same_value", numbers, [other, one], title, [OTHER_RUN])


def _are_close(one: str, other: str) -> bool:
    try:
        a, b = number.read_repeated([one, other])
    except ValueError:
        return False
    return a.value != b.value and abs(a.value - b.value) <= CLOSE * max(abs(a.value), abs(b.value))


def _changes(case: Case) -> Iterator[AuditQuestion]:
    """Ask whether a stated change is the difference of the figures that it is of."""
    for change in case.readings.results:
        if change.change is None or change.reference is None:
            continue
        after = _figures(case, change, change.model or change.subject)
        before = _figures(case, change, change.reference)
        if len({r.value for r in after}) == len({r.value for r in before}) == 1:
            numbers = {"before": before[0].value, "after": after[0].value, "change": change.value}
            about = [change, before[0], after[0]]
            yield AuditQuestion(
                "stated_change", numbers, about, f"Change of {change.metric}", [OTHER_RUN]
            )


def _figures(case: Case, change: PrintedResult, name: str | None) -> list[PrintedResult]:
    if name is None:
        return []
    return [
        result
        for result in _plain(case, change.metric)
        if case.owner(result).model == key(name)
        and (change.split is None or result.split == change.split)
    ]

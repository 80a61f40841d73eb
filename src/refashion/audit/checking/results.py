"""Questions on results in lines and sentences."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import product

from refashion.audit.checking.case import Case
from refashion.audit.checking.question import AuditQuestion, ask
from refashion.audit.reading.models import NAME, key
from refashion.audit.reading.readings import PrintedResult, Reading, Size
from refashion.checks.consistency import number

# Counts and the share that they give stand in one paragraph.
FURTHEST = 6
OTHER_EXAMPLES = "the figures may be of different examples"
OTHER_RUN = "the figures may be of different runs"
# Two figures that differ by more are of different things, rather than one of them mistyped.
CLOSE = 0.1
# More values of one thing are a series.
MOST_VALUES = 20
OF_SEVERAL = "it may be a mean of the several runs or folds that the report tells of"
# What a mean is told by. It is no whole count of the examples.
_MEAN = re.compile(
    r"\b(?:averag\w*|means?|median|folds?|seeds?|cross[- ]?valid\w*|repeat\w*|repetitions?"
    r"|std|standard deviation)\b|\bk-fold|±|\+/-"
    r"|\b(?:over|of|across|in)\s+(?:all|the|both|\w+)\s+(?:\w+\s+)?(?:runs|trials|attempts)\b",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"\b(?:averaged|mean of|cross[- ]?validat\w*|k-fold|\w+ (?:runs|seeds|folds|trials))\b",
    re.IGNORECASE,
)
# What tells of a part of the examples, or of others: "for women", "on Yelp", "out of domain".
_OF_PART = re.compile(
    r"\b(?:for|among)\s+(?!(?:this|these|our|all|each|every|both|its?|the|test\w*|valid\w*|a)\b)\w+"
    r"|\bout[- ]of[- ](?:domain|sample|distribution)\b|\b(?:sub)?group\w*\b|\bsubset\b|\bonly\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"\b[Oo][nf]\s+(?:the\s+)?[A-Z]\w+")
# What a figure may have changed by: two with the same name are then of two attempts.
_CHANGED = re.compile(
    r"\b(?:after|before|without|instead|initial\w*|baseline|(?:re|un)?tun(?:ed|ing)|untuned"
    r"|fine-?\s?tun\w*|augment\w*|epochs?|threshold|best|final|folds?|runs?|seeds?|variant\w*)\b",
    re.IGNORECASE,
)


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
        if _is_of_class(wrong):
            continue
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
            if n and not _is_told(case, share, wrong, n):
                numbers = {"accuracy": share.value, "errors": wrong.value, "examples": f"{n:,}"}
                doubts = () if right else [OTHER_EXAMPLES]
                about = [share, wrong, *right[:1]]
                yield AuditQuestion(
                    "errors_match_accuracy", numbers, about, "Accuracy and errors", doubts
                )


def _is_told(case: Case, share: PrintedResult, wrong: PrintedResult, n: int) -> bool:
    """Whether another count of errors near a share gives it: this one is then of something else."""
    others = [other for other in _plain(case, "errors") if _is_near(share, other)]
    fitting = [other for other in others if _gives(share, other, n)]
    return bool(fitting) and wrong not in fitting


def _gives(share: PrintedResult, wrong: PrintedResult, n: int) -> bool:
    numbers = {"accuracy": share.value, "errors": wrong.value, "examples": f"{n:,}"}
    answer = ask(AuditQuestion("errors_match_accuracy", numbers, [share, wrong], ""))
    return answer is not None and answer.finding.agrees


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
    doubts = [OF_SEVERAL] if _SEVERAL.search(case.document.text) else ()
    for result in _once(_plain(case, "accuracy")):
        sizes = case.sizes(result.split) if result.split in ("validation", "test") else []
        if len(sizes) == 1 and not _is_of_class(result) and not _is_other(case, result):
            numbers = {"proportion": result.value, "examples": sizes[0].value}
            title = f"Whole counts of the {result.split} set"
            yield AuditQuestion("grim", numbers, [result, sizes[0]], title, doubts)


def _is_other(case: Case, result: PrintedResult) -> bool:
    """Whether a result may be a mean, or be of other examples than those of the whole set."""
    around = case.around(result)
    if result.unit or _MEAN.search(around):  # "Test accuracy (women): 0.8333"
        return True
    without_models = NAME.sub("it", around)
    return result.is_sentence and any(
        pattern.search(without_models) for pattern in (_OF_PART, _ELSEWHERE)
    )


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
    pairs = [
        (one, other)
        for found in map(_each_once, groups.values())
        if len(_distinct(found[:MOST_VALUES])) <= 2  # else one for each epoch, run or attempt
        for one, other in product(found, found)
        if one.first < other.first and _may_be_one(case, one, other)
    ]
    places = [_sections(case, *pair) for pair in pairs]
    for (one, other), place in zip(pairs, places, strict=True):
        if place[0] != place[1] and places.count(place) > 1:
            continue  # where all models differ, the sections are about two settings
        title = f"The same figure twice: {one.metric}"
        numbers = {"values": [one.value, other.value]}
        yield AuditQuestion("same_value", numbers, [other, one], title, [OTHER_RUN])


def _each_once(results: Sequence[PrintedResult]) -> list[PrintedResult]:
    """Keep the first of those with the same value, in their order."""
    return [*{result.value: result for result in reversed(results)}.values()][::-1]


def _sections(case: Case, *results: PrintedResult) -> tuple[object, ...]:
    return (*(case.owner(result).section for result in results), results[0].metric)


def _may_be_one(case: Case, one: PrintedResult, other: PrintedResult) -> bool:
    """Whether two figures differ little, and nothing tells that they are of two attempts."""
    is_told = any(_CHANGED.search(each.quote) for each in (one, other)) or any(
        _CHANGED.search(case.around(each)) for each in (one, other) if each.is_sentence
    )
    is_told |= any(map(_CHANGED.search, case.owner(one).section + case.owner(other).section))
    return _are_close(one.value, other.value) and not is_told


def _distinct(results: Sequence[PrintedResult]) -> list[str]:
    """Return the values that do not agree with one another."""
    found: list[str] = []
    for result in results:
        if not any(_agree(result.value, value) for value in found):
            found.append(result.value)
    return found


def _agree(one: str, other: str) -> bool:
    try:
        a, b = number.read_repeated([one, other])
    except ValueError:
        return False
    return number.same(a, b) is not None


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

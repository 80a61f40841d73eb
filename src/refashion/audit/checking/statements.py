"""Questions on what sentences say of numbers: extremes, counts, lists, vectors and ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from refashion.audit.checking.case import Case
from refashion.audit.checking.question import AuditQuestion
from refashion.audit.checking.reports import classes_of
from refashion.audit.reading.models import key
from refashion.audit.reading.readings import Extreme, Reading, StatedList
from refashion.audit.reading.vocabulary import NUMERALS
from refashion.checks.consistency import number

_NUMBERED = re.compile(r"model (\d+)")
# Printed arrays, as NumPy shows them.
_ARRAY = re.compile(r"array\(\s*\[")
# An entry of a vector of 0. and 1.
_ENTRY = re.compile(r"(?<![\w.])([01])\.(?!\d)|(?<![\w.])([01])(?![\w.])")
_WHOLE = re.compile(r"(?<![\w.])\d{1,4}(?![\w.])")
LONGEST_ARRAY = 30  # lines
# Metrics of the columns of a classification report.
COLUMNS = ("precision", "recall", "f1")


def questions(case: Case) -> Iterator[AuditQuestion]:
    """Ask about extremes, numbers of models, lists, one-hot vectors and ranges."""
    yield from _extremes(case)
    yield from _stated_alike(case)
    yield from _models(case)
    yield from _lists(case)
    yield from _one_hots(case)
    yield from _pixels(case)
    yield from _examples(case)
    yield from _splits(case)


def _extremes(case: Case) -> Iterator[AuditQuestion]:
    """Ask whether what is said to be highest or lowest is so among the figures of its kind."""
    for said in case.readings.extremes:
        figures = _figures(case, said)
        own = [name for name in figures if _is_same(name, said.subject)]
        if own and len(figures) > 1:
            values = {name: value for name, (value, _) in figures.items()}
            numbers = {"name": own[0], "values": values, "extreme": said.direction}
            seen = {id(reading): reading for _, reading in figures.values()}
            about = [said, *seen.values()]
            title = f"Which has the {said.direction} {said.metric}"
            yield AuditQuestion("is_extreme", numbers, about, title)


def _is_same(name: str, subject: str) -> bool:
    """Whether two names are one: of a model, or of a class ("class 9" is 9)."""
    return key(name) in (key(subject), key(re.sub(r"(?i)^(?:the )?class ", "", subject)))


def _figures(case: Case, said: Extreme) -> dict[str, tuple[str, Reading]]:
    """Return the figures of the metric, model and split that the statement is about, by name."""
    alike = [
        result
        for result in (*case.readings.results, *case.tabulated)
        if result.metric == said.metric and result.change is None and result.subject
        if result.model == said.model
    ]
    splits = {result.split for result in alike}
    split = said.split if said.split in splits or len(splits) != 1 else splits.pop()
    found: dict[str, tuple[str, Reading]] = {}
    for result in alike:
        if result.split == split and result.subject:
            found.setdefault(result.subject, (result.value, result))
    return found or _of_classes(case, said)


def _of_classes(case: Case, said: Extreme) -> dict[str, tuple[str, Reading]]:
    """Return the figures of the classes in the report of the model; there has to be one only."""
    model = said.model and key(said.model)
    reports = [
        report
        for report in case.readings.reports
        if model is None or case.owner(report).model in (model, None)
    ]
    if len(reports) != 1 or said.metric not in COLUMNS:
        return {}
    column = COLUMNS.index(said.metric)
    return {
        name: (cell, reports[0])
        for name, cells in classes_of(reports[0]).items()
        if (cell := cells[column])
    }


def _stated_alike(case: Case) -> Iterator[AuditQuestion]:
    """Ask whether a statement on all models agrees with those on each of them."""
    general = [said for said in case.readings.extremes if said.model is None]
    for said, one in product(general, case.readings.extremes):
        is_same = (said.metric, said.direction) == (one.metric, one.direction)
        if is_same and one.model and key(said.subject) != key(one.subject):
            numbers = {"values": [one.subject, said.subject]}
            title = f"Which has the {said.direction} {said.metric}"
            doubts = ["one statement may be about all models together"]
            yield AuditQuestion("same_setting", numbers, [said, one], title, doubts)


def _models(case: Case) -> Iterator[AuditQuestion]:
    """Ask whether as many models are numbered as sentences say: not 5 where it says "8 models"."""
    names = {
        int(found[1]): model.name
        for model in case.readings.models
        if (found := _NUMBERED.fullmatch(key(model.name)))
    }
    if len(names) < 3 or sorted(names) != [*range(1, len(names) + 1)]:
        return
    items = [names[place] for place in sorted(names)]
    for said in case.readings.counts:
        if said.of == "model" and not said.doubts:  # a part of them may be fewer
            numbers = {"stated": _digits(said.value), "items": items}
            yield AuditQuestion("count_matches_list", numbers, [said], "Number of models")


def _digits(value: str) -> str:
    return str(NUMERALS.get(value.lower(), value))


def _lists(case: Case) -> Iterator[AuditQuestion]:
    for said in case.readings.lists:
        if said.stated:
            numbers = {"stated": _digits(said.stated), "items": [*said.items]}
            yield AuditQuestion(
                "count_matches_list", numbers, [said], f"Number of each {said.of} listed"
            )


def _one_hots(case: Case) -> Iterator[AuditQuestion]:
    """Ask whether a vector has an entry a class, and its 1 at the place of its label."""
    listed = [said for said in case.readings.lists if said.of in ("class", "label", "category")]
    classes = {len(said.items) for said in listed if len(said.items) > 2}
    if len(classes) != 1:
        return
    yield from _printed_vectors(case, listed[0], min(classes))
    for said in case.readings.one_hots:
        if said.label is not None:
            numbers = {"vector": said.vector, "label": said.label, "classes": str(min(classes))}
            yield AuditQuestion(
                "one_hot", numbers, [said, listed[0]], "One-hot vector", said.doubts
            )


def _printed_vectors(case: Case, said: StatedList, classes: int) -> Iterator[AuditQuestion]:
    """Ask whether a printed vector of one 1 and zeros has an entry a class."""
    for line, text in _printed(case):
        entries = ["".join(found) for found in _ENTRY.findall(text)]
        if len(entries) > 2 and sorted(set(entries)) == ["0", "1"] and entries.count("1") == 1:
            vector, label = " ".join(entries), str(entries.index("1"))
            numbers = {"vector": f"[{vector}]", "label": label, "classes": str(classes)}
            shown = Reading(first=line, last=line, quote=case.text(line, line).strip())
            doubts = ["the document may have lost an entry"]
            yield AuditQuestion("one_hot", numbers, [shown, said], "One-hot vector", doubts)


def _pixels(case: Case) -> Iterator[AuditQuestion]:
    """Ask whether printed arrays keep to the range that the text states for pixels."""
    arrays = [*_arrays(case)]
    for said in case.readings.ranges:
        if said.of != "pixel":
            continue
        for line, values in arrays:
            numbers = {"values": values, "low": said.low, "high": said.high}
            shown = Reading(first=line, last=line, quote=case.text(line, line).strip())
            if max(map(int, values)) > 1:  # one-hot vectors and scaled images are others
                yield AuditQuestion("in_range", numbers, [said, shown], "Range of pixels")
                break


def _arrays(case: Case) -> Iterator[tuple[int, list[str]]]:
    """Yield the distinct whole numbers of printed arrays, with the line where each begins."""
    for line, text in _printed(case):
        if values := [*dict.fromkeys(_WHOLE.findall(text))]:
            yield line, values


def _printed(case: Case) -> Iterator[tuple[int, str]]:
    """Yield the entries of printed arrays as one text, with the line where each begins."""
    for line in case.document.lines:
        if found := _ARRAY.search(line.text):
            text = case.text(line.number, line.number + LONGEST_ARRAY)[found.start() :]
            yield line.number, re.split(r"\]\s*(?:,\s*(?:dtype|\.\.\.)|\))", text)[0]


def _examples(case: Case) -> Iterator[AuditQuestion]:
    """Ask whether a range of examples is as long as the split: 5000-55000 is 50,000 examples."""
    for said in case.readings.ranges:
        sizes = case.sizes(said.of) if said.of in ("train", "validation", "test") else []
        length = int(float(said.high)) - int(float(said.low))
        fitting = [size for size in sizes if number.count(size.value) == length]
        for size in (fitting or sizes[-1:])[:1]:
            numbers = {"parts": [said.low, size.value], "total": said.high}
            title = f"Range of the {said.of} examples"
            doubts = ["another size is stated as well"] if len(sizes) > 1 else ()
            yield AuditQuestion("counts_add_up", numbers, [said, size], title, doubts)


def _splits(case: Case) -> Iterator[AuditQuestion]:
    """Ask whether the splits have as many examples as the whole."""
    sizes = {of: case.sizes(of) for of in ("all", "train", "validation", "test")}
    parts = [found[0] for of, found in sizes.items() if of != "all" and len(found) == 1]
    is_clear = len(sizes["all"]) == len(sizes["train"]) == len(sizes["test"]) == 1
    if not is_clear or len(sizes["validation"]) > 1:
        return
    whole = sizes["all"][0]
    counts = [number.count(part.value) for part in parts]
    without = [part for part in parts if part.of != "validation"]
    is_part = sum(map(number.count, (part.value for part in without))) == number.count(whole.value)
    used = without if is_part else parts  # examples to validate on are often a part of the others
    numbers = {"parts": [part.value for part in used], "total": whole.value}
    doubts = ["the examples to validate on may be a part of the others"] if len(counts) > 2 else ()
    yield AuditQuestion("counts_add_up", numbers, [whole, *used], "Sizes of the splits", doubts)

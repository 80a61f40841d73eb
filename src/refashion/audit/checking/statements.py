"""Questions on what sentences say of numbers: extremes, counts, lists, vectors and ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator

from refashion.audit.checking.case import Case
from refashion.audit.checking.question import Question
from refashion.audit.reading.models import key
from refashion.audit.reading.readings import Extreme, Reading
from refashion.audit.reading.vocabulary import NUMERALS

_NUMBERED = re.compile(r"model (\d+)")
# Printed arrays, as NumPy shows them.
_ARRAY = re.compile(r"array\(\s*\[")
_WHOLE = re.compile(r"(?<![\w.])\d{1,4}(?![\w.])")
LONGEST_ARRAY = 30  # lines


def questions(case: Case) -> Iterator[Question]:
    """Ask about extremes, numbers of models, lists, one-hot vectors and ranges."""
    yield from _extremes(case)
    yield from _models(case)
    yield from _lists(case)
    yield from _one_hots(case)
    yield from _pixels(case)
    yield from _examples(case)


def _extremes(case: Case) -> Iterator[Question]:
    """Ask whether what is said to be highest or lowest is so among the figures of its kind."""
    for said in case.readings.extremes:
        figures = _figures(case, said)
        own = [name for name in figures if key(name) == key(said.subject)]
        if own and len(figures) > 1:
            values = {name: value for name, (value, _) in figures.items()}
            numbers = {"name": own[0], "values": values, "extreme": said.direction}
            about = [said, *dict.fromkeys(reading for _, reading in figures.values())]
            title = f"Which has the {said.direction} {said.metric}"
            yield Question("is_extreme", numbers, about, title)


def _figures(case: Case, said: Extreme) -> dict[str, tuple[str, Reading]]:
    """Return the figures of the metric and model that the statement is about, by name."""
    found: dict[str, tuple[str, Reading]] = {}
    for result in case.readings.results:
        is_same = result.metric == said.metric and result.change is None
        if is_same and result.subject and (result.model, result.split) == (said.model, said.split):
            found.setdefault(result.subject, (result.value, result))
    return found


def _models(case: Case) -> Iterator[Question]:
    """Ask whether as many models are numbered as sentences say: "the 8 models", but Model 1 to 5."""
    numbered = {
        int(found[1]): model.name
        for model in case.readings.models
        if (found := _NUMBERED.fullmatch(key(model.name)))
    }
    if len(numbered) < 3 or sorted(numbered) != [*range(1, len(numbered) + 1)]:
        return
    names = [numbered[number] for number in sorted(numbered)]
    for said in case.readings.counts:
        if said.of == "model":
            numbers = {"stated": _digits(said.value), "items": names}
            yield Question("count_matches_list", numbers, [said], "Number of models")


def _digits(value: str) -> str:
    return str(NUMERALS.get(value.lower(), value))


def _lists(case: Case) -> Iterator[Question]:
    for said in case.readings.lists:
        if said.stated:
            numbers = {"stated": _digits(said.stated), "items": [*said.items]}
            yield Question(
                "count_matches_list", numbers, [said], f"Number of each {said.of} listed"
            )


def _one_hots(case: Case) -> Iterator[Question]:
    """Ask whether a vector has an entry a class, and its 1 at the place of its label."""
    listed = [said for said in case.readings.lists if said.of in ("class", "label", "category")]
    classes = {len(said.items) for said in listed if len(said.items) > 2}
    if len(classes) != 1:
        return
    for said in case.readings.one_hots:
        if said.label is not None:
            numbers = {"vector": said.vector, "label": said.label, "classes": str(min(classes))}
            yield Question("one_hot", numbers, [said, listed[0]], "One-hot vector", said.doubts)


def _pixels(case: Case) -> Iterator[Question]:
    """Ask whether printed arrays keep to the range that the text states for pixels."""
    arrays = [*_arrays(case)]
    for said in case.readings.ranges:
        if said.of != "pixel":
            continue
        for line, values in arrays:
            numbers = {"values": values, "low": said.low, "high": said.high}
            shown = Reading(first=line, last=line, quote=case.text(line, line).strip())
            if max(map(int, values)) > 1:  # one-hot vectors and scaled images are others
                yield Question("in_range", numbers, [said, shown], "Range of pixels")
                break


def _arrays(case: Case) -> Iterator[tuple[int, list[str]]]:
    """Yield the distinct whole numbers of printed arrays, with the line where each begins."""
    for line in case.document.lines:
        if _ARRAY.search(line.text):
            text = case.text(line.number, line.number + LONGEST_ARRAY).partition("])")[0]
            if values := [*dict.fromkeys(_WHOLE.findall(text[text.find("array(") :]))]:
                yield line.number, values


def _examples(case: Case) -> Iterator[Question]:
    """Ask whether a range of examples is as long as the split: 5000-55000 is 50,000 examples."""
    for said in case.readings.ranges:
        if said.of in ("train", "validation", "test"):
            sizes = case.sizes(said.of)
            for size in sizes:
                numbers = {"parts": [said.low, size.value], "total": said.high}
                title = f"Range of the {said.of} examples"
                doubts = ["another size is stated as well"] if len(sizes) > 1 else ()
                yield Question("counts_add_up", numbers, [said, size], title, doubts)

"""How the examples of a study are divided: the test set and the validation set."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from refashion import datasets
from refashion.audit.draft import literals
from refashion.audit.draft.dataset import NOT_STATED, Data
from refashion.audit.draft.source import DraftSource
from refashion.audit.reading.code import Code
from refashion.audit.reading.readings import Size
from refashion.checks.consistency import number

# Sizes of the test sets that datasets of refashion bring.
GIVEN_TEST = {"fashion_mnist": 10_000}
_SPLIT = re.compile(r"(?<!\w)train_test_split\s*\(")


def divide(source: DraftSource, data: Data) -> None:
    """State the test set and the validation set."""
    has_test = isinstance(data.dataset, str) and "test" in datasets.module(data.dataset).PARTS
    data.split["test"] = _stated_split(source, data)
    if data.split["test"] is None:
        data.split["test"] = _test(source, data, has_test)
    data.split["validation"] = _validation(source, data)


def _stated_split(source: DraftSource, data: Data) -> dict[str, Any] | None:
    """Read the call of `train_test_split` if there is one."""
    code = Code.of(source.audit.document)
    for found in _SPLIT.finditer(code.text):
        call = code.call(found.start(), found.end() - 1)
        given = dict(_keywords(call.arguments))
        part: dict[str, Any] = {}
        size = given.get("test_size", 0.25)
        if isinstance(size, float) and 0 < size < 1:
            part["fraction"] = size
        elif isinstance(size, int) and size > 0 and not isinstance(size, bool):
            part["examples"] = size
        else:
            continue
        if isinstance(given.get("random_state"), int) and given["random_state"] >= 0:
            part["random_state"] = given["random_state"]
        if "stratify" in given and data.task == "classification":
            part["stratify"] = True
        if given.get("shuffle") is False:
            part["shuffle"] = False
        if len([*_SPLIT.finditer(code.text)]) > 1:
            data.decisions.append(
                "split: the code calls train_test_split several times; the draft has the first."
            )
        return part
    return None


def _keywords(arguments: Sequence[str]) -> Iterator[tuple[str, Any]]:
    for text in arguments:
        name, sign, code = text.partition("=")
        if sign and name.strip().isidentifier():
            try:
                yield name.strip(), literals.value(code)
            except literals.UnclearError:
                yield name.strip(), code.strip()


def _test(source: DraftSource, data: Data, has_test: bool) -> Any:
    counted = _test_examples(source)
    if has_test:
        own = GIVEN_TEST.get(str(data.dataset)) or _count(source.case.sizes("test"))
        if "classes" in data.split or None in (own, counted) or own == counted:
            return "given"
        data.decisions.append(
            f"split.test: the report counts {counted:,} test examples, and the dataset's own test "
            f"set has {own:,}. Which examples are they?"
        )
    shares = [s for s in source.audit.readings.sizes if s.of == "test" and "%" in s.value]
    if shares and (share := _share(shares[0])):
        return {"fraction": share}
    if counted is not None:
        data.assumes["split.test.examples"] = (
            "The classification report counts so many test examples; which ones is not stated."
        )
        return {"examples": counted}
    data.assumes["split.test.fraction"] = f"{NOT_STATED} A fifth is a common choice."
    data.decisions.append("split: the text does not say how the data were divided.")
    return {"fraction": 0.2}


def _test_examples(source: DraftSource) -> int | None:
    """Return the number of test examples by the supports of a report."""
    for report in source.audit.readings.reports:
        if source.owner(report).split in (None, "test"):
            for name in ("accuracy", "macro avg", "weighted avg"):
                if (cells := report.rows.get(name)) and cells[-1] and cells[-1].isdigit():
                    return int(cells[-1]) or None
    return None


def _count(sizes: Sequence[Size]) -> int | None:
    try:
        return number.count(sizes[0].value) if sizes else None
    except ValueError:
        return None


def _share(size: Size) -> float | None:
    found = re.fullmatch(r"(\d{1,2}(?:\.\d{1,3})?)\s?%", size.value)
    share = float(found[1]) / 100 if found else 0.0
    return round(share, 6) if 0 < share < 1 else None


def _validation(source: DraftSource, data: Data) -> Any:
    if part := _fitted(source):
        return part
    for size in source.audit.readings.sizes:
        if size.of == "validation" and (share := _share(size)):
            return {"fraction": share}
    if examples := _count(source.case.sizes("validation")):
        return {"examples": examples}
    if not _is_validated(source):
        data.assumes["split.validation"] = "No validation is mentioned."
        return None
    data.assumes["split.validation.fraction"] = f"{NOT_STATED} A tenth is a common choice."
    data.decisions.append("split.validation: there is one, but the text does not say which.")
    return {"fraction": 0.1}


def _fitted(source: DraftSource) -> Any:
    """Read the arguments of `fit` in a listing."""
    for listing in source.audit.readings.listings:
        fitted: Mapping[str, str] = listing.fitted
        if "validation_split" in fitted:
            try:
                share = literals.value(fitted["validation_split"])
            except literals.UnclearError:
                continue
            if isinstance(share, float) and 0 < share < 1:
                return {"fraction": share, "shuffle": False}  # Keras takes the last examples
        if re.search(r"\b\w*test\w*\b", fitted.get("validation_data", ""), re.IGNORECASE):
            return "test"
    return None


def _is_validated(source: DraftSource) -> bool:
    readings = source.audit.readings
    in_logs = any("val_" in name for log in readings.logs for e in log.epochs for name in e.values)
    return in_logs or any(result.split == "validation" for result in readings.results)

"""The data of a study: which they are, how they are divided, and how they are prepared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from refashion import datasets
from refashion.audit.draft import division, vocabulary
from refashion.audit.draft.dataset import AVERAGES, NOT_STATED, Data
from refashion.audit.draft.source import DraftSource
from refashion.data.readers.bundled import BUNDLED
from refashion.errors import shown

FILE = "data.csv"
# What stands for scikit-learn's data in text; a name alone is often that of other data.
_BUNDLED = {
    "breast_cancer": r"load_breast_cancer|wisconsin(?: diagnostic| \(diagnostic\))? breast cancer"
    r"|breast cancer wisconsin",
    "diabetes": r"load_diabetes",
    "digits": r"load_digits|(?:scikit-learn|sklearn)['’]?s? (?:handwritten )?digits",
    "iris": r"load_iris|(?<!\w)iris(?: flower)?s? (?:plants? )?data ?set|(?<!\w)iris data(?!\w)",
    "wine": r"load_wine|wine recognition",
}
_OPENML = re.compile(r"fetch_openml\(\s*(?:name\s*=\s*|data_id\s*=\s*)?['\"]?([\w.-]{1,60})")
_DIVIDED = re.compile(
    r"/\s*255(?:\.0?)?(?!\d)|divid(?:e|ed|ing)[^.]{0,60}\b255\b|1\.?0?\s*/\s*255", re.IGNORECASE
)
_SCALERS = re.compile(r"\b(StandardScaler|MinMaxScaler|RobustScaler|MaxAbsScaler)\b")


def find(source: DraftSource) -> Data:
    """Find out what the data of a document are."""
    data = _dataset(source)
    _choose_classes(source, data)
    division.divide(source, data)
    _prepare(source, data)
    return data


def _dataset(source: DraftSource) -> Data:
    found = [*_named(source.text)]
    counted = sorted(found, key=lambda each: -each[0])
    if not counted:
        return _described(source)
    data = counted[0][1]
    if len(counted) > 1:
        others = ", ".join(each.title for _, each in counted[1:])
        data.decisions.append(
            f"dataset: the text names {data.title} most often, and {others} as well. A study has "
            "one dataset: results on others are untestable here, or belong in another study."
        )
    return data


def _named(text: str) -> Iterator[tuple[int, Data]]:
    """Yield the known data that a text names, with how often."""
    for name in datasets.names():
        words = name.split("_")
        orders = {"[-_ ]?".join(order) for order in (words, words[::-1])}
        if n := len(re.findall(rf"(?<![^\W_])(?:{'|'.join(orders)})", text, re.IGNORECASE)):
            module = datasets.module(name)
            images = not module.FEATURES and module.TASK == "classification"
            classes = [*module.CLASSES]
            yield n, Data(name, module.TITLE, module.TASK, classes, images=images)
    for name, pattern in _BUNDLED.items():
        if n := len(re.findall(pattern, text, re.IGNORECASE)):
            of = BUNDLED[name]
            task = "classification" if of.classes else "regression"
            title = f"{of.title} of scikit-learn"
            yield (
                n,
                Data({"sklearn": name}, title, task, [*of.classes], images=name == "digits"),
            )


def _described(source: DraftSource) -> Data:
    """Describe data that are not known: a file that a person has to supply."""
    task = _task(source)
    classes = _classes_named(source) if task == "classification" else []
    entry: dict[str, Any] = {"csv": FILE, "target": "target", "task": task}
    if classes:
        entry["classes"] = classes
    data = Data(entry, "data to be described", task, classes, known=False)
    text = (
        f"dataset: the draft does not know the data. Put them into this folder as {FILE}, with "
        "the column to predict as target; or describe them, as docs/guide/add-your-report.md says."
    )
    if named := _OPENML.search(source.text):
        text += (
            f" The text names {shown(named[1])} of OpenML: openml: {{id: ..., version: ...}} with "
            "the sha256 of its file."
        )
    data.decisions.append(text)
    return data


def _task(source: DraftSource) -> str:
    readings = source.audit.readings
    measured = [result.metric for result in readings.results]
    of_labels = sum(name in vocabulary.OF_LABELS for name in measured)
    of_values = sum(name in vocabulary.OF_VALUES for name in measured)
    has_labels = bool(readings.reports or readings.matrices)
    return "regression" if of_values > of_labels and not has_labels else "classification"


def _classes_named(source: DraftSource) -> list[str]:
    """Return the classes that a report or a matrix names."""
    for report in source.audit.readings.reports:
        rows = [name for name in report.rows if name.lower() not in (*AVERAGES, "micro avg")]
        if len(rows) > 1:
            return rows
    for matrix in source.audit.readings.matrices:
        if len(matrix.labels) > 1:
            return [*matrix.labels]
    sizes = [len(matrix.rows) for matrix in source.audit.readings.matrices]
    return [*map(str, range(sizes[0]))] if sizes and sizes[0] > 1 else []


def _choose_classes(source: DraftSource, data: Data) -> None:
    """Choose the classes that all reports of a document name, if they are fewer than the data's."""
    if data.task == "regression" or not data.known:
        return
    if two := _outputs_named(source, data):
        _set_classes(data, two, "the text names these, and a layer has as many units")
        return
    reports = source.audit.readings.reports
    named = {name: data.class_of(name) for name in _classes_named(source) if not name.isdigit()}
    if reports and named and None not in named.values() and len(named) < len(data.classes):
        chosen = [each for each in named.values() if each]
        _set_classes(data, chosen, "a classification report names these")


def _set_classes(data: Data, chosen: list[str], why: str) -> None:
    data.classes = data.split["classes"] = chosen
    data.assumes["split.classes"] = f"The draft chose {len(chosen)} of the classes: {why}."
    data.decisions.append(f"split.classes: {len(chosen)} of the classes are chosen; {why}.")


def _outputs_named(source: DraftSource, data: Data) -> list[str]:
    """Return the classes of which the text gives results, if a network has as many outputs."""
    readings = source.audit.readings
    named = {data.class_of(r.subject) for r in readings.results if r.subject} - {None}
    units = {s.value for s in readings.settings if s.name == "units"}
    is_part = 2 <= len(named) < len(data.classes) and str(len(named)) in units
    return [name for name in data.classes if name in named] if is_part else []


def _prepare(source: DraftSource, data: Data) -> None:
    if data.dataset == "fashion_mnist" and not _are_raw(source):
        data.preprocess = {"divide_by": 255}
        if not _DIVIDED.search(source.text):
            data.assumes["preprocess.divide_by"] = f"{NOT_STATED} Scaling to [0, 1] is usual."
            data.decisions.append("preprocess: no scaling of the images is stated; it is assumed.")
    elif (scaler := _SCALERS.search(source.text)) and not data.images:
        data.preprocess = [f"sklearn.preprocessing.{scaler[1]}"]
        data.decisions.append(f"preprocess: {scaler[1]}, for all models. Was it for each of them?")
    else:
        data.assumes["preprocess"] = f"{NOT_STATED} The values are taken as they are."
        if data.images:
            data.decisions.append("preprocess: no scaling of the images is stated.")


def _are_raw(source: DraftSource) -> bool:
    """Whether the text says that pixels go up to 255, and nothing of a division."""
    ranges = source.audit.readings.ranges
    whole = any(said.of == "pixel" and said.high == "255" for said in ranges)
    return whole and not _DIVIDED.search(source.text)

"""The data of a study: which they are, how they are divided, and how they are prepared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from refashion import datasets
from refashion.audit.draft import literals, vocabulary
from refashion.audit.draft.source import Source
from refashion.audit.reading.code import Code
from refashion.audit.reading.readings import Size
from refashion.checks.consistency import number
from refashion.data.readers.bundled import BUNDLED
from refashion.errors import shown

FILE = "data.csv"
# Sizes of the test sets that datasets of refashion bring.
GIVEN_TEST = {"fashion_mnist": 10_000}
AVERAGES = {"accuracy": "accuracy", "macro avg": "macro avg", "weighted avg": "weighted avg"}
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
_SPLIT = re.compile(r"(?<!\w)train_test_split\s*\(")
_SCALERS = re.compile(r"\b(StandardScaler|MinMaxScaler|RobustScaler|MaxAbsScaler)\b")
NOT_STATED = "Not stated."


@dataclass
class Data:
    """The data of a study.

    Attributes
    ----------
    dataset
        What stands under `dataset`.
    title
        How a person would call them.
    task
        "classification" or "regression".
    classes
        Names of the classes, by label.
    known
        Whether they can be read as they stand, without a person.
    images
        Whether an example is an image without channels.
    split, preprocess
        What stands under these keys.
    assumes
        Why they have these values, by dotted name.
    decisions
        What a person has to decide about them, each a sentence.
    """

    dataset: Any
    title: str
    task: str
    classes: list[str]
    known: bool = True
    images: bool = False
    split: dict[str, Any] = field(default_factory=dict)
    preprocess: Any = None
    assumes: dict[str, str] = field(default_factory=dict)
    decisions: list[str] = field(default_factory=list)

    def class_of(self, name: str) -> str | None:
        """Return the class that a name in the text means, or None.

        Examples
        --------
        >>> data = Data("fashion_mnist", "", "classification", ["T-shirt/top", "Trouser", "Bag"])
        >>> data.class_of("trousers"), data.class_of("T-shirts"), data.class_of("2")
        ('Trouser', 'T-shirt/top', 'Bag')
        >>> data.class_of("top"), data.class_of("shirt")
        ('T-shirt/top', None)
        """
        if name in self.classes:
            return name
        if name.isdigit():
            return self.classes[int(name)] if int(name) < len(self.classes) else None
        plain = _plain(name)
        fitting = [each for each in self.classes if plain == _plain(each)]
        fitting = fitting or [
            each for each in self.classes if plain in [_plain(part) for part in each.split("/")]
        ]
        return fitting[0] if len(fitting) == 1 else None

    def row_of(self, name: str) -> str | None:
        """Return the row of a classification report that a name in the text means, or None."""
        return AVERAGES.get(name.lower().strip()) or self.class_of(name)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower()).removesuffix("s")


def find(source: Source) -> Data:
    """Find out what the data of a document are."""
    data = _dataset(source)
    _choose_classes(source, data)
    _divide(source, data)
    _prepare(source, data)
    return data


def _dataset(source: Source) -> Data:
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


def _described(source: Source) -> Data:
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


def _task(source: Source) -> str:
    readings = source.audit.readings
    measured = [result.metric for result in readings.results]
    of_labels = sum(name in vocabulary.OF_LABELS for name in measured)
    of_values = sum(name in vocabulary.OF_VALUES for name in measured)
    has_labels = bool(readings.reports or readings.matrices)
    return "regression" if of_values > of_labels and not has_labels else "classification"


def _classes_named(source: Source) -> list[str]:
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


def _choose_classes(source: Source, data: Data) -> None:
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


def _outputs_named(source: Source, data: Data) -> list[str]:
    """Return the classes of which the text gives results, if a network has as many outputs."""
    readings = source.audit.readings
    named = {data.class_of(r.subject) for r in readings.results if r.subject} - {None}
    units = {s.value for s in readings.settings if s.name == "units"}
    is_part = 2 <= len(named) < len(data.classes) and str(len(named)) in units
    return [name for name in data.classes if name in named] if is_part else []


def _divide(source: Source, data: Data) -> None:
    """State the test set and the validation set."""
    has_test = isinstance(data.dataset, str) and "test" in datasets.module(data.dataset).PARTS
    data.split["test"] = _stated_split(source, data)
    if data.split["test"] is None:
        data.split["test"] = _test(source, data, has_test)
    data.split["validation"] = _validation(source, data)


def _stated_split(source: Source, data: Data) -> dict[str, Any] | None:
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


def _test(source: Source, data: Data, has_test: bool) -> Any:
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


def _test_examples(source: Source) -> int | None:
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


def _validation(source: Source, data: Data) -> Any:
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


def _fitted(source: Source) -> Any:
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


def _is_validated(source: Source) -> bool:
    readings = source.audit.readings
    in_logs = any("val_" in name for log in readings.logs for e in log.epochs for name in e.values)
    return in_logs or any(result.split == "validation" for result in readings.results)


def _prepare(source: Source, data: Data) -> None:
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


def _are_raw(source: Source) -> bool:
    """Whether the text says that pixels go up to 255, and nothing of a division."""
    ranges = source.audit.readings.ranges
    whole = any(said.of == "pixel" and said.high == "255" for said in ranges)
    return whole and not _DIVIDED.search(source.text)

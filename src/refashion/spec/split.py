"""How a study divides its examples: the keys of `split` in study.yaml.

A test set and a validation set are described in the same ways. What depends on the data, such as a
class with too few examples, is only found when the data are divided; see `refashion.data.splits`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from refashion.errors import choices, shown
from refashion.quantities import MOST_ENTRIES, MOST_ROWS, Examples, RowNumber
from refashion.spec.fields import Heading, KnownClass, Strict
from refashion.spec.problems import Problem, Where

Share = Annotated[float, Field(gt=0, lt=1)]
RandomState = Annotated[int, Field(ge=0, lt=2**32)] | None
Column = Annotated[Heading, Field(description="a column of the dataset")]
RowFile = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(lambda f: _inside(f))]

STATE = "of scikit-learn; null: derived from the run's seed"
MOST_FOLDS = 1_000
SHUFFLE = "false: the last examples, in the dataset's order"


def _inside(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "\\" in path or not path.isprintable():
        raise ValueError("accepted: the path of a file in the study's folder")
    return path


class Fraction(Strict):
    """A fraction of the examples, drawn at random as scikit-learn's train_test_split does."""

    fraction: Share = Field(description="of the examples, or with group of the groups")
    random_state: RandomState = Field(None, description=STATE)
    stratify: bool = Field(False, description="keep the shares of the classes")
    shuffle: bool = Field(True, description=SHUFFLE)
    group: Column | None = Field(
        None, description="column whose groups are kept together, as by GroupShuffleSplit"
    )


class DrawnNumber(Strict):
    """A number of examples, drawn at random as scikit-learn's train_test_split does."""

    examples: Examples
    random_state: RandomState = Field(None, description=STATE)
    stratify: bool = Field(False, description="keep the shares of the classes")
    shuffle: bool = Field(True, description=SHUFFLE)


class First(Strict):
    """The first examples, in the order of the dataset."""

    first: Examples = Field(description="number of examples")


class Last(Strict):
    """The last examples, in the order of the dataset."""

    last: Examples = Field(description="number of examples")


class ByColumn(Strict):
    """The examples with a value in a column."""

    column: Column
    value: Heading


class Rows(Strict):
    """A fixed list of examples, numbered from 0 in the order of the dataset."""

    rows: Annotated[tuple[RowNumber, ...], Field(min_length=1, max_length=MOST_ROWS)] | RowFile = (
        Field(description="numbers of examples, or a file of the study with one on each line")
    )


_FORMS: dict[str, type[Strict]] = {
    "fraction": Fraction,
    "examples": DrawnNumber,
    "first": First,
    "last": Last,
    "column": ByColumn,
    "rows": Rows,
}


def _form(value: Any) -> str:
    """Return the tag of the form that a value has; a mapping of none of them means a fraction."""
    keys = type(value).model_fields if isinstance(value, Strict) else value
    known = [form for form in _FORMS if isinstance(keys, Mapping) and form in keys]
    return f"({known[0] if known else 'fraction'})"


Part = Annotated[
    Annotated[Fraction, Tag("(fraction)")]
    | Annotated[DrawnNumber, Tag("(examples)")]
    | Annotated[First, Tag("(first)")]
    | Annotated[Last, Tag("(last)")]
    | Annotated[ByColumn, Tag("(column)")]
    | Annotated[Rows, Tag("(rows)")],
    Discriminator(_form),
]
Classes = Annotated[tuple[KnownClass, ...], Field(min_length=2, max_length=MOST_ENTRIES)] | None


class Split(Strict):
    """The classes that are used, the test set, and the validation set."""

    classes: Classes = Field(
        None, description="names of classes, in the order of their new labels; null: all"
    )
    test: Literal["given"] | Part = Field(
        description="given: the dataset's own test set; or chosen from all examples"
    )
    validation: Part | Literal["test"] | None = Field(
        description="chosen from the training examples; test: the test set is also the validation "
        "set; null: none"
    )


class CrossValidation(Strict):
    """Cross-validation: each fold is the test set once, and the others train."""

    classes: Classes = Field(
        None, description="names of classes, in the order of their new labels; null: all"
    )
    folds: Annotated[int, Field(ge=2, le=MOST_FOLDS)] = Field(description="number of folds")
    repeats: Annotated[int, Field(ge=1, le=1000)] = Field(
        1, description="how often the examples are divided, as by RepeatedKFold"
    )
    stratify: bool = Field(False, description="keep the shares of the classes, as StratifiedKFold")
    shuffle: bool = Field(True, description="false: folds in the dataset's order")
    random_state: RandomState = Field(None, description=STATE)
    group: Column | None = Field(
        None, description="column whose groups are kept together, as by GroupKFold"
    )
    validation: Part | Literal["test"] | None = Field(
        None, description="chosen from the training examples of each fold; test: its test set"
    )

    @property
    def n(self) -> int:
        """Number of folds, of all repeats."""
        return self.folds * self.repeats


def _is_folds(value: Any) -> str:
    keys = type(value).model_fields if isinstance(value, Strict) else value
    return "(folds)" if isinstance(keys, Mapping) and "folds" in keys else "(split)"


AnySplit = Annotated[
    Annotated[Split, Tag("(split)")] | Annotated[CrossValidation, Tag("(folds)")],
    Discriminator(_is_folds),
]


def n_folds(split: Mapping[str, Any]) -> int:
    """Return the number of folds of a split as it is written, of all repeats; 0 without folds.

    A number that is faulty, and reported elsewhere, counts as the largest.
    """
    folds, repeats = split.get("folds"), split.get("repeats", 1)
    if folds is None:
        return 0
    is_known = all(isinstance(number, int) for number in (folds, repeats)) and folds > 1
    return folds * repeats if is_known else MOST_FOLDS


def has_same_examples(split: Split | CrossValidation, name: str) -> bool:
    """Return whether a split has the same examples whatever the seed of a run is.

    Of the test set of folds, it always has: over all folds, each example is tested.
    """
    validation = split.validation
    is_test = name == "test" or (name == "validation" and isinstance(validation, str))
    if isinstance(split, CrossValidation):
        is_given = is_test or has_fixed_folds(split)
    else:
        is_given = is_fixed(split.test)
    return is_given and (is_test or validation is None or is_fixed(validation))


def has_fixed_folds(folds: CrossValidation) -> bool:
    """Return whether the folds are the same whatever the seed of a run is."""
    return not folds.shuffle or folds.random_state is not None


def is_fixed(part: str | Strict) -> bool:
    """Return whether the seed of a run has no effect on which examples a part has."""
    if not isinstance(part, Fraction | DrawnNumber):
        return True
    return not part.shuffle or part.random_state is not None


def with_digests(split: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Add the SHA-256 of files of rows to a split, because a change of one changes the results.

    Parameters
    ----------
    split
        A validated split as JSON.
    folder
        Folder of the study.
    """
    found = dict(split)
    for key in ("test", "validation"):
        part = found.get(key)
        if isinstance(part, dict) and isinstance(part.get("rows"), str):
            content = (folder / part["rows"]).read_bytes()
            found[key] = {**part, "sha256": hashlib.sha256(content).hexdigest()}
    return found


def is_second_form(problem: Problem) -> bool:
    """Return whether a key is called unknown only because another one says already which."""
    where = problem.where
    is_form = len(where) == 3 and where[0] == "split" and where[2] in _FORMS
    is_test = where == ("split", "test")
    return (is_form or is_test) and problem.text.startswith("unknown")


def problems_of(split: Mapping[str, Any], dataset: Any, folder: Path) -> Iterator[Problem]:
    """Find parts of a split that do not match the dataset or each other.

    Parameters
    ----------
    split
        `split` of a study, as written.
    dataset
        Module of the dataset.
    folder
        Folder of the study.
    """
    if "folds" in split and "test" in split:
        text = f"{shown(split['test'])}; with folds, each is the test set once"
        yield Problem(("split", "test"), f"{text}; accepted: one of test and folds")
    elif split.get("test") == "given" and "test" not in dataset.PARTS:
        text = f"'given'; {dataset.TITLE} has no test set of its own; accepted: {_keys()}"
        yield Problem(("split", "test"), text)
    if "folds" in split:
        yield from _fold_problems(split, dataset)
    for key in ("test", "validation"):
        part = split.get(key)
        if isinstance(part, dict):
            where: Where = ("split", key)
            yield from _contradictions(where, part)
            yield from _mismatches(where, part, dataset)
            yield from _row_files(where, part, folder)


def _fold_problems(split: Mapping[str, Any], dataset: Any) -> Iterator[Problem]:
    where: Where = ("split",)
    if split.get("shuffle") is False:
        for key, alone in (("random_state", None), ("repeats", 1)):
            if split.get(key, alone) != alone:
                text = f"{shown(split[key])}; nothing is drawn with shuffle: false"
                yield Problem((*where, key), f"{text}; accepted: leave one of them out")
    yield from _mismatches(where, split, dataset)
    validation = split.get("validation")
    if isinstance(validation, dict) and "rows" in validation:
        text = "fixed rows would be in the test set of a fold; accepted: another validation set"
        yield Problem((*where, "validation", "rows"), text)


def _keys() -> str:
    return f"a mapping with one of the keys {', '.join(_FORMS)}"


def _contradictions(where: Where, part: Mapping[str, Any]) -> Iterator[Problem]:
    forms = [form for form in _FORMS if form in part]
    if len(forms) > 1:
        text = f"{shown(part[forms[1]])}; {forms[0]} says already which; accepted: one of them"
        yield Problem((*where, forms[1]), text)
    if part.get("shuffle") is False:
        for key in ("stratify", "group", "random_state"):
            if part.get(key) not in (None, False):
                text = f"{shown(part[key])}; nothing is drawn with shuffle: false"
                yield Problem((*where, key), f"{text}; accepted: leave one of them out")
    if part.get("stratify") is True and part.get("group") is not None:
        text = f"{shown(part['group'])}; scikit-learn has no draw by group that is stratified"
        yield Problem((*where, "group"), f"{text}; accepted: one of stratify and group")


def _mismatches(where: Where, part: Mapping[str, Any], dataset: Any) -> Iterator[Problem]:
    if part.get("stratify") is True and dataset.TASK == "regression":
        text = f"true; {dataset.TITLE} has no classes; accepted: false"
        yield Problem((*where, "stratify"), text)
    known = columns_of(dataset)
    for key in ("column", "group"):
        if known is not None and key in part and part[key] is not None and part[key] not in known:
            yield Problem((*where, key), f"{shown(part[key])}; {choices(part[key], known)}")


def columns_of(dataset: Any) -> list[str] | None:
    """Return the columns of a dataset by which examples can be chosen; None if not yet known."""
    levels = {f"{name}_{level}" for name, of in dataset.CATEGORIES.items() for level in of}
    numbers = (name for name in dataset.FEATURES if name not in levels)
    names = [*numbers, *dataset.CATEGORIES, *getattr(dataset, "COLUMNS", ())]
    # Those of a described dataset are known once it is prepared; before, the header may be.
    if not getattr(dataset, "is_prepared", True):
        return dataset.expected_columns
    return list(dict.fromkeys(names))


def _row_files(where: Where, part: Mapping[str, Any], folder: Path) -> Iterator[Problem]:
    rows = part.get("rows")
    # A path that leads outside is reported as such.
    if not isinstance(rows, str) or ".." in PurePosixPath(rows).parts:
        return
    if not (folder / rows).resolve().is_relative_to(folder.resolve()):
        text = f"{shown(rows)}; a link leads outside the study's folder; accepted: a file in it"
        yield Problem((*where, "rows"), text)
    elif not (folder / rows).is_file():
        near = [file.name for file in sorted(folder.glob("*")) if file.is_file()]
        yield Problem(
            (*where, "rows"), f"{shown(rows)}; no such file in {folder}; {choices(rows, near)}"
        )

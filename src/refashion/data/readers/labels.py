"""Labels of classes: their names, and their places among these names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from refashion.errors import DataError, did_you_mean, shown
from refashion.wording import counted

# With as many classes as this, each is hardly a class.
MOST_CLASSES = 1000
LONGEST_NAME = 200


class TargetLabels(NamedTuple):
    """The labels of one part of a dataset, with where each of them stands.

    Attributes
    ----------
    values
        Labels as text, shape (n,).
    file
        Name of the file.
    column
        Name of the column or array; empty if it has none.
    unit, numbers
        "line" or "row", and its number for each label.
    """

    values: list[str]
    file: str
    column: str
    unit: str
    numbers: Sequence[Any]

    def fault(self, wrong: np.ndarray, accepted: str) -> DataError:
        """Return the error for the first wrong label."""
        first, more = int(np.flatnonzero(wrong)[0]), int(wrong.sum()) - 1
        column = f", column {shown(self.column)}" if self.column else ""
        found = shown(self.values[first]) + (f" (and {more:,} more)" if more else "")
        return DataError(
            f"{self.file}: {self.unit} {self.numbers[first]}{column}: {found}; accepted: {accepted}"
        )

    def __str__(self) -> str:
        return f"{self.file}: column {shown(self.column)}" if self.column else self.file


def encode(
    parts: Mapping[str, TargetLabels], stated: Sequence[str] | None
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Replace labels by their places among the classes.

    Parameters
    ----------
    parts
        Labels of each part.
    stated
        Names of the classes in the order of their labels; None for those of the first part, sorted.

    Returns
    -------
    tuple
        Labels of each part, shape (n,), and the names of the classes.

    Raises
    ------
    DataError
        A label is not one of the classes, or there is only one class.
    """
    first = next(iter(parts.values()))
    classes = list(stated) if stated else in_order(set(first.values))
    _check_number(first, classes)
    check_names(classes, first)
    place = {name: label for label, name in enumerate(classes)}
    labels = {}
    for part, found in parts.items():
        labels[part] = np.array([place.get(value, -1) for value in found.values], dtype=np.int64)
        if (wrong := labels[part] < 0).any():
            hint = did_you_mean(found.values[int(np.flatnonzero(wrong)[0])], classes)
            names = ", ".join(map(shown, classes[:20])) + ", ..." * (len(classes) > 20)
            known = "one of the classes" if stated else "one of the classes of the training part"
            raise found.fault(wrong, f"{known}, {names}{hint}")
    return labels, classes


def _check_number(labels: TargetLabels, classes: Sequence[str]) -> None:
    n, n_rows = len(set(labels.values)), len(labels.values)
    if n < 2:
        only = f"only the class {shown(labels.values[0])}" if n else "no examples"
        raise DataError(f"{labels}: {only}; accepted: examples of at least two classes")
    if len(classes) > MOST_CLASSES or (n > 20 and n > n_rows / 2):
        text = f"{counted(n, 'different value')} in {counted(n_rows, 'example')}"
        raise DataError(f"{labels}: {text}; accepted: classes, or task: regression")


def check_names(names: Iterable[str], place: object) -> None:
    """Check that names from a file can be shown in the terminal and in a report.

    Raises
    ------
    DataError
        A name is invisible, or has control characters or too many characters.
    """
    for name in names:
        if not name.isprintable() or not name.strip() or len(name) > LONGEST_NAME:
            accepted = f"visible characters, at most {LONGEST_NAME}"
            raise DataError(f"{place}: the name {ascii(name)[:LONGEST_NAME]}; accepted: {accepted}")


def in_order(names: Iterable[str]) -> list[str]:
    """Sort names: numbers by value if all are numbers, and otherwise as text.

    Examples
    --------
    >>> in_order({"10", "9"}), in_order({"b", "10", "9"})
    (['9', '10'], ['10', '9', 'b'])
    """
    found = sorted(names)
    try:
        numbers = [float(name) for name in found]
    except ValueError:
        return found
    # "nan" has no place among numbers.
    return found if any(map(math.isnan, numbers)) else sorted(found, key=float)


def as_text(values: Any) -> list[str]:
    """Convert labels to text; whole numbers are written without ".0"."""
    values = np.asarray(values)
    if values.dtype.kind == "f" and np.isfinite(values).all() and (values % 1 == 0).all():
        values = values.astype(np.int64)
    return [str(value) for value in values.tolist()]

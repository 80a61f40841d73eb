"""Datasets: one module each, whose file name is the name of the dataset.

A study may have its own, in `datasets/` of its folder. A module defines

- where the files come from: `FILES`, `SOURCES`, `SUBFOLDERS` and, for text files, `TEXT_FILES`; see
  `refashion.data.fetching.fetcher.Dataset`;
- how to read them: `read`, which returns the arrays `<part>_x` and `<part>_y` for each of `PARTS`:
  "train" and "test", or "all" if there is no test set;
- the target: `TASK`, "classification" or "regression"; `TARGET` and its `UNIT` (empty for
  classes); `CLASSES`, by label (empty for a regression);
- the columns of a table: `FEATURES`, and in `CATEGORIES` the levels of each category, whose
  columns are named `<category>_<level>` (both are empty for images);
- optionally `COLUMNS`, names of columns that are no inputs, by which a study may choose or group
  examples; `read` returns their values as text, in the arrays `<part>_columns` of shape
  (n, columns);
- texts for the report: `TITLE`, `CITATION`, `LICENCE`.

A study may also describe its dataset. `refashion.spec.study` registers the description, and
`module` then returns an object with the same attributes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.dropins import Kind

KIND = Kind(
    "datasets",
    "dataset",
    defines=(
        *("FILES", "SOURCES", "SUBFOLDERS", "read", "PARTS", "TASK", "TARGET", "UNIT", "CLASSES"),
        *("FEATURES", "CATEGORIES", "TITLE", "CITATION", "LICENCE"),
    ),
)


# Of the class `refashion.data.described.Described`, which is not imported here because rules depend
# on what this module imports, and a change of how data are fetched changes no run.
_described: dict[str, Any] = {}


def names(study: Path | None = None) -> list[str]:
    """Return the names of all datasets, sorted: of the library, and of a study's folder.

    Examples
    --------
    >>> "fashion_mnist" in names()
    True
    """
    return KIND.names(study)


def describe(described: Any) -> None:
    """Register a dataset that a study describes, in place of an earlier one of the same name.

    Parameters
    ----------
    described
        The dataset, see `refashion.data.described.Described`.
    """
    _described[described.name] = described


def is_known(name: str, study: Path | None = None) -> bool:
    """Return whether there is a module or a description of this name."""
    return name in names(study) or name in _described


def file(name: str, study: Path | None = None) -> Path:
    """Return the file of a dataset's module; see `dropins.Kind.file`."""
    return KIND.file(name, study)


def module(
    name: str,
    study: Path | None = None,
    data: Path | None = None,
    texts: Mapping[str, str] | None = None,
) -> Any:
    """Return the module of a dataset, or what stands for it if a study describes it.

    Parameters
    ----------
    name
        One of `names(study)`, or the name of a dataset that a study describes.
    study
        Folder of a study, whose own modules come first; None for the library.
    data
        Folder of all datasets. A notebook, which has not read the studies, takes the facts of a
        described dataset from there.
    texts
        Texts about a described dataset by the name of the attribute, newer than those facts.

    Raises
    ------
    ValueError
        There is no such dataset.
    ConfigError
        The study's own module cannot be imported, or lacks something.
    """
    if name not in names(study):
        if name in _described:
            return _described[name]
        if data and (prepared := Layout(data=data).prepared(name)).exists():
            facts = artifacts.read_json(prepared).get("facts", {})
            named = {key.upper(): value for key, value in facts.items()}
            return SimpleNamespace(**named | dict(texts or {}))
    return KIND.module(name, study)


def of_notebooks(classes: Sequence[str] | None) -> Any:
    """Return what stands for a dataset where every run is a notebook that brings its own data.

    Parameters
    ----------
    classes
        Names of the classes that the notebooks predict; None for a regression, or if they record
        no predictions.
    """
    texts = {"TITLE": "data of their own", "TARGET": "target", "UNIT": "", "CITATION": ""}
    return SimpleNamespace(
        **texts,
        TASK="classification" if classes else "regression",
        CLASSES=tuple(classes or ()),
        LICENCE="",
        PARTS=(),
        FILES=(),
        FEATURES=(),
        CATEGORIES={},
    )


def classes(
    name: str,
    chosen: Sequence[str] | None,
    study: Path | None = None,
    data: Path | None = None,
) -> list[str]:
    """Return the names of the classes of a study, by label; empty for a regression.

    Parameters
    ----------
    name
        Name of the dataset.
    chosen
        `split.classes` of the study; None for all classes.
    study
        Folder of the study, or None.
    data
        See `module`.

    Examples
    --------
    >>> classes("fashion_mnist", ["Trouser", "Bag"])
    ['Trouser', 'Bag']
    >>> len(classes("fashion_mnist", None))
    10
    """
    return list(module(name, study, data).CLASSES if chosen is None else chosen)

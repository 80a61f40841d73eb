"""Files with results from outside: answers, training logs and metrics, in a known form."""

from __future__ import annotations

import csv
import math
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from refashion.data.single_values import as_number, read_json
from refashion.errors import DataError, choices, one_line, shown
from refashion.hosting import SYNONYMS
from refashion.metrics import METRICS
from refashion.regular_files import open_regular
from refashion.spec.outside import Kind, check_value

SPLITS = ("train", "validation", "test")
KINDS = ("true", "pred", "score")
SCORE = "score_"
# Larger files are refused: a program may leave anything.
MOST_BYTES = 2 * 1024**3
# Names of columns and arrays that mean the same.
MEANINGS = {"y_true": "true", "y_pred": "pred", "predicted": "pred", "prediction": "pred"}


def read_predictions(
    path: Path,
    classes: Sequence[str],
    columns: Mapping[Kind, str] | None = None,
    split: str = "test",
) -> dict[str, np.ndarray]:
    """Read answers from a CSV file or an archive of NumPy.

    Parameters
    ----------
    path
        The file: CSV with the columns `true` and `pred`, perhaps `split` and a column
        `score_<class>` for each class; or arrays `<split>_true`, `<split>_pred` and `<split>_score`
        in an archive, which may leave out the split.
    classes
        Names of the classes.
    columns
        Other names of columns or arrays, by `true` and `pred`.
    split
        Split of the answers for which the file states none.

    Raises
    ------
    DataError
        The file does not have this form.
    """
    if path.suffix == ".npz":
        found = _arrays(path, columns or {}, split)
    elif path.suffix == ".csv":
        found = _columns(path, classes, columns or {}, split)
    else:
        raise DataError(f"{path.name}: accepted: a file that ends in .csv or .npz")
    found = {name: _checked_array(path.name, name, array) for name, array in found.items()}
    for name in {name.partition("_")[0] for name in found}:
        if f"{name}_pred" not in found:
            raise DataError(f"{path.name}: no predictions of the {name} split; accepted: pred")
        sizes = {key: len(array) for key, array in found.items() if key.startswith(f"{name}_")}
        if len(set(sizes.values())) > 1:
            text = ", ".join(f"{size:,} ({key})" for key, size in sizes.items())
            raise DataError(f"{path.name}: different numbers of examples: {text}")
    return found


def _meanings(
    file: str,
    names: Sequence[str],
    columns: Mapping[Kind, str],
    usual: Mapping[str, str] = MEANINGS,
) -> dict[str, str]:
    """Return what columns or arrays mean, by name; `columns` counts more than a usual name."""
    for name in columns.values():
        if name not in names:
            raise DataError(f"{file}: no column or array {shown(name)}; {choices(name, names)}")
    stated: dict[str, str] = {name: kind for kind, name in columns.items()}
    found = {name: stated.get(name, usual.get(name, name)) for name in names}
    found = {name: kind for name, kind in found.items() if name in stated or kind not in columns}
    for kind in KINDS:
        same = [name for name in found if found[name] == kind]
        if len(same) > 1:
            text = f"{' and '.join(map(shown, same))} both mean {kind}"
            raise DataError(f"{file}: {text}; accepted: one of them")
    return found


def _arrays(path: Path, columns: Mapping[Kind, str], split: str) -> dict[str, np.ndarray]:
    try:
        with open_regular(path, MOST_BYTES) as file, zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MOST_BYTES:
            raise DataError(f"{path.name}: {size:,} bytes; accepted: at most {MOST_BYTES:,}")
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except DataError:
        raise
    except Exception as error:  # NumPy and zipfile raise errors of many kinds, also of memory
        text = one_line(str(error))
        if "pickle" in text:
            text = "an array of Python objects, which only pickle can read"
        raise DataError(f"{path.name}: {text}; accepted: arrays of numbers or text") from None
    found = {}
    usual = MEANINGS | {f"{split}_{kind}": kind for kind in KINDS}
    for name, kind in _meanings(path.name, [*arrays], columns, usual).items():
        of_split, _, rest = name.rpartition("_")
        if kind in KINDS:
            found[f"{split}_{kind}"] = arrays[name]
        elif of_split in SPLITS and rest in KINDS:
            found[name] = arrays[name]
        else:
            known = [f"{s}_{k}" for s in SPLITS for k in KINDS]
            raise DataError(f"{path.name}: array {shown(name)}; {choices(name, known)}")
    if not found:
        raise DataError(f"{path.name}: no arrays; accepted: test_true and test_pred")
    return found


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV file as text.

    Raises
    ------
    DataError
        It is no table with a header.
    """
    try:
        # A row that is too long would become an index, silently.
        with open_regular(path, MOST_BYTES) as file, warnings.catch_warnings():
            warnings.simplefilter("error")
            table = pd.read_csv(
                file,
                dtype=str,
                keep_default_na=False,
                index_col=False,
                skipinitialspace=True,
                encoding="utf-8-sig",
            )
            file.seek(0)
            first = file.readline().decode("utf-8-sig")
        header = next(csv.reader([first], skipinitialspace=True))
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read: {error.strerror}") from None
    except (ValueError, Warning, csv.Error) as error:  # those of pandas are of the first kind
        raise DataError(f"{path.name}: {one_line(str(error).strip())}") from None
    if len(set(header)) < len(header):
        raise DataError(f"{path.name}: a column occurs twice; accepted: each name once")
    if not len(table):
        raise DataError(f"{path.name}: no rows; accepted: at least one")
    return table


def _columns(
    path: Path, classes: Sequence[str], columns: Mapping[Kind, str], split: str
) -> dict[str, np.ndarray]:
    table = read_table(path)
    header = [*table.columns]
    meanings = _meanings(path.name, header, columns)
    table = table[[*meanings]].rename(columns=meanings)
    if "pred" not in table:
        there = choices("pred", header).removeprefix("accepted: ")
        text = f"no column pred; the file has {there}; accepted: columns true and pred"
        raise DataError(f"{path.name}: {text}")
    scores = [name for name in table.columns if name.startswith(SCORE)]
    wanted = [f"{SCORE}{name}" for name in classes]
    if scores and set(scores) != set(wanted):
        extra = [name for name in scores if name not in wanted]
        missing = [name for name in wanted if name not in scores]
        text = f"column {shown(extra[0])}" if extra else f"no column {shown(missing[0])}"
        accepted = f"accepted: all of {', '.join(wanted)}" if wanted else "accepted: none"
        raise DataError(f"{path.name}: {text}; {accepted}")
    splits = table["split"] if "split" in table else pd.Series(split, index=table.index)
    if odd := sorted(set(splits) - set(SPLITS)):
        row = int(np.flatnonzero(splits == odd[0])[0]) + 2
        text = f"split {shown(odd[0])}; {choices(odd[0], SPLITS)}"
        raise DataError(f"{path.name}: line {row}: {text}")
    found, names = {}, _names(table, classes)
    for name in dict.fromkeys(splits):
        rows = table[splits == name]
        for kind in ("true", "pred"):
            if kind in rows:
                found[f"{name}_{kind}"] = _answers(path.name, kind, rows[kind], names, classes)
        if scores:
            parts = [_numbers(path.name, column, rows[column]) for column in wanted]
            found[f"{name}_score"] = np.stack(parts, axis=1)
    return found


def _names(table: pd.DataFrame, classes: Sequence[str]) -> set[str]:
    """Return the names of classes that may occur; none if all answers are labels from 0.

    Classes may be called 1, 2 and 3. So a whole table has names, or labels: if one column does not
    happen to contain the label 0, it would pass for names.
    """
    texts = {text for kind in ("true", "pred") if kind in table for text in table[kind]}
    return set() if texts - set(classes) and all(map(_is_number, texts)) else set(classes)


def _is_number(text: str) -> bool:
    try:
        as_number(text, "")
    except DataError:
        return False
    return True


def _answers(
    file: str, kind: str, column: pd.Series, names: set[str], classes: Sequence[str]
) -> np.ndarray:
    """Return names of classes as they are, and numbers as numbers."""
    if names and set(column) <= names:
        return column.to_numpy(dtype=str)
    if classes:
        try:
            return np.array([as_number(text, "") for text in column])
        except DataError:
            texts = zip(column.index, column, strict=True)
            place, text = next(each for each in texts if each[1] not in classes)
            known = f"{choices(text, classes)}, or labels from 0"
            raise DataError(f"{file}: line {place + 2}: {kind}: {shown(text)}; {known}") from None
    return _numbers(file, kind, column)


def _numbers(file: str, name: str, column: pd.Series) -> np.ndarray:
    return np.array(
        [
            as_number(text or None, f"{file}: line {place + 2}: {name}")
            for place, text in zip(column.index, column, strict=True)
        ]
    )


def _checked_array(file: str, name: str, array: np.ndarray) -> np.ndarray:
    """Check the form of an array; answers in a single column become one of shape (n,)."""
    if not name.endswith("_score"):
        array = array.reshape(-1) if array.ndim == 2 and array.shape[1] == 1 else array
        if array.ndim != 1 or array.dtype.kind not in "biufUS" or not len(array):
            shape = f"{array.dtype} of shape {array.shape}"
            raise DataError(f"{file}: {name}: {shape}; accepted: an answer for each example")
    elif array.ndim != 2 or array.dtype.kind not in "iuf":
        shape = f"{array.dtype} of shape {array.shape}"
        raise DataError(f"{file}: {name}: {shape}; accepted: numbers of shape (n, classes)")
    if name.endswith("_true") and array.dtype.kind == "f" and np.isnan(array).any():
        row = int(np.flatnonzero(np.isnan(array))[0]) + 1
        raise DataError(f"{file}: {name}: value {row} is NaN; accepted: a true answer")
    return array


def read_history(path: Path) -> dict[str, list[float | None]]:
    """Read a training log from a CSV file with a row for each epoch.

    Raises
    ------
    DataError
        It is no table of numbers.
    """
    table = read_table(path)
    found: dict[str, list[float | None]] = {}
    for name in table.columns:
        prefix = "val_" if str(name).startswith("val_") else ""
        short = str(name).removeprefix(prefix)
        values = _numbers(path.name, str(name), table[name])
        found[f"{prefix}{SYNONYMS.get(short, short)}"] = [
            float(v) if math.isfinite(v) else None for v in values
        ]
    return found


def read_metrics(path: Path) -> dict[str, dict[str, float]]:
    """Read metrics from a JSON file: values by metric, or by split and metric.

    Raises
    ------
    DataError
        It holds something else.
    """
    content = read_json(path)
    if not isinstance(content, dict) or not content:
        raise DataError(f"{path.name}: accepted: an object with values by metric")
    is_nested = all(isinstance(value, dict) for value in content.values())
    found: dict[str, dict[str, float]] = {}
    for split, values in (content if is_nested else {"test": content}).items():
        if split not in SPLITS:
            raise DataError(f"{path.name}: {shown(split)}; {choices(split, SPLITS)}")
        for name, value in values.items():
            number = as_number(value, f"{path.name}: {split}: {name}")
            if name in METRICS:
                check_value(name, number, f"{path.name}: {split}")
            found.setdefault(split, {})[name] = number
    if not any(name in METRICS for values in found.values() for name in values):
        name = next((name for values in found.values() for name in values), "")
        raise DataError(f"{path.name}: no known metric; {choices(name, METRICS)}")
    return found

"""Results from outside, checked: answers, training logs and values in files of a known form."""

from __future__ import annotations

import csv
import math
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from refashion import artifacts, sources
from refashion.artifacts import Layout, RunFolder
from refashion.data.single_values import as_number, read_json
from refashion.errors import DataError, choices, one_line, shown
from refashion.hosting import SYNONYMS
from refashion.metrics import METRICS
from refashion.regular_files import open_regular
from refashion.runs.folds import load_folds
from refashion.runs.recorded import Recorded, adopt, converted
from refashion.spec.outside import Kind, ResultFiles, SeedResults, check_value

SPLITS = ("train", "validation", "test")
SCORE = "score_"
# Larger files are refused: a program may leave anything.
MOST_BYTES = 2 * 1024**3
# Names of columns and arrays that mean the same.
MEANINGS = {"y_true": "true", "y_pred": "pred", "predicted": "pred", "prediction": "pred"}
PREDICTIONS = ("predictions.csv", "predictions.npz")
LEFT = (*PREDICTIONS, "metrics.json", "history.csv")

Truth = Mapping[str, np.ndarray]


def take_left(
    folder: RunFolder, classes: Sequence[str], truth: Truth | None, printed: str
) -> dict[str, Any]:
    """Take in what a program left in the folder for its results.

    Parameters
    ----------
    folder
        Folder of the run.
    classes
        Names of the classes, by label; empty for a regression.
    truth
        True answers of the examples of each split, if the study has the data.
    printed
        What the program printed, which may be all that it was to do.

    Returns
    -------
    dict
        The measured fields of `run.json` that follow from it.

    Raises
    ------
    DataError
        It left nothing, or a file does not have the form that it should have.
    """
    if not folder.output.is_dir():
        raise DataError("the program removed the folder for its results, REFASHION_OUTPUT")
    names = sorted(path.name for path in folder.output.iterdir())
    known = [name for name in names if name in LEFT]
    files = {name: folder.output / name for name in known}
    for name, path in files.items():
        if path.is_symlink() or not path.is_file():
            raise DataError(f"{name}: not a file; accepted: a file, and no link")
    if not known:
        _check_nothing_left(folder, names, printed)
    given = [name for name in PREDICTIONS if name in known]
    if len(given) > 1:
        raise DataError(f"{' and '.join(given)}; accepted: one of them")
    arrays = read_predictions(files[given[0]], classes) if given else {}
    log = read_history(files["history.csv"]) if "history.csv" in files else None
    values = read_metrics(files["metrics.json"]) if "metrics.json" in files else {}
    record_files(folder, files)
    return _adopt(folder, classes, truth, Recorded(arrays, log, values))


def _adopt(
    folder: RunFolder, classes: Sequence[str], truth: Truth | None, given: Recorded
) -> dict[str, Any]:
    arrays = matched(converted(given.arrays, classes), truth)
    measured = adopt(folder, classes, given._replace(arrays=arrays))
    of_values = [value for values in given.metrics.values() for value in values.values()]
    is_finite = all(value is not None and math.isfinite(value) for value in of_values)
    return measured | {"diverged": measured["diverged"] or not is_finite}


def _check_nothing_left(folder: RunFolder, names: Sequence[str], printed: str) -> None:
    accepted = f"accepted: {', '.join(LEFT)}"
    if names:
        raise DataError(f"the program left {shown(names[0])}; {choices(names[0], LEFT)}")
    elsewhere = [name for name in LEFT if (folder.files / name).exists()]
    if elsewhere:
        text = "in its working folder, and not in the folder that REFASHION_OUTPUT names"
        raise DataError(f"the program left {elsewhere[0]} {text}")
    if not printed.strip():
        raise DataError(f"the program left no file and printed nothing; {accepted}")


def take_results(
    folder: RunFolder,
    classes: Sequence[str],
    truth: Truth | None,
    results: ResultFiles,
    found: SeedResults,
) -> dict[str, Any]:
    """Take in results that are there; parameters and errors as for `take_left`.

    Parameters
    ----------
    folder, classes, truth
        See `take_left`.
    results
        How the study describes the files.
    found
        Those of this seed.
    """
    record_files(folder, found.files)
    for name, digest in artifacts.read_json(folder.sources).items():
        stated = results.sha256.get(name, digest).lower()
        if stated != digest:
            raise DataError(f"{name}: sha256 {digest}; the study states {stated}")
    arrays: dict[str, np.ndarray] = {}
    if found.predictions:
        path = found.files[found.predictions]
        arrays = read_predictions(path, classes, results.columns, results.split)
    log = read_history(found.files[found.history]) if found.history else None
    values: dict[str, dict[str, float]] = {}
    for (split, metric), value in found.values.items():
        values.setdefault(split, {})[metric] = value
    return _adopt(folder, classes, truth, Recorded(arrays, log, values))


def record_files(folder: RunFolder, files: Mapping[str, Path]) -> None:
    """Write the SHA-256 of each file, by name."""
    digests = {name: sources.sha256(path) for name, path in sorted(files.items())}
    artifacts.write_json(folder.sources, digests)


def true_answers(
    layout: Layout, given: Mapping[str, Any], source: Any, study: Path
) -> dict[str, np.ndarray]:
    """Return the true answers of each split of a study with data, as a run with a seed has them.

    Parameters
    ----------
    layout
        Paths of the data.
    given
        The recipe of the run, see `Plan.recipe`.
    source
        The dataset.
    study
        Folder of the study.
    """
    arrays, split = layout.arrays(given["dataset"]), given["split"]
    folds = load_folds(arrays, split, None, given["seed"], None, source, study)
    return {name: part.y for name, part in folds[0].items()}


def matched(arrays: Mapping[str, np.ndarray], truth: Truth | None) -> dict[str, np.ndarray]:
    """Compare answers with the data of a study, and take the true ones from there if need be.

    Parameters
    ----------
    arrays
        Answers as labels or values, by split and kind.
    truth
        True answers of the examples of each split; None without data.

    Raises
    ------
    DataError
        The number of answers, or the true ones, are not those of the data.
    """
    found = dict(arrays)
    for split in sorted({name.partition("_")[0] for name in arrays}):
        n, known = len(arrays[f"{split}_pred"]), (truth or {}).get(split)
        true = arrays.get(f"{split}_true", known)
        if true is None:
            raise DataError("no column or array true; accepted: the true answers beside pred")
        found[f"{split}_true"] = true.astype(np.int64 if true.dtype.kind in "iu" else np.float64)
        if known is None:
            continue
        if len(known) != n:
            text = f"{n:,} predictions of the {split} split; accepted: {len(known):,}"
            raise DataError(f"{text}, the number of its examples")
        if not (is_same := np.isclose(true, known)).all():
            row = int(np.flatnonzero(~is_same)[0]) + 1
            text = f"true answer {row} of the {split} split is another than in the dataset"
            raise DataError(f"{text}; accepted: answers in the order of its examples")
    return found


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
    meanings = MEANINGS | {name: kind for kind, name in (columns or {}).items()}
    if path.suffix == ".npz":
        found = _arrays(path, meanings, split)
    elif path.suffix == ".csv":
        found = _columns(path, classes, meanings, split)
    else:
        raise DataError(f"{path.name}: accepted: a file that ends in .csv or .npz")
    for name, array in found.items():
        _check_array(path.name, name, array)
    for name in {name.partition("_")[0] for name in found}:
        if f"{name}_pred" not in found:
            raise DataError(f"{path.name}: no predictions of the {name} split; accepted: pred")
        sizes = {key: len(array) for key, array in found.items() if key.startswith(f"{name}_")}
        if len(set(sizes.values())) > 1:
            text = ", ".join(f"{size:,} ({key})" for key, size in sizes.items())
            raise DataError(f"{path.name}: different numbers of examples: {text}")
    return found


def _arrays(path: Path, meanings: Mapping[str, str], split: str) -> dict[str, np.ndarray]:
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
    for name, array in arrays.items():
        kind = meanings.get(name, name)
        of_split, _, rest = name.rpartition("_")
        if kind in ("true", "pred", "score"):
            found[f"{split}_{kind}"] = array
        elif of_split in SPLITS and rest in ("true", "pred", "score"):
            found[name] = array
        else:
            known = [f"{s}_{k}" for s in SPLITS for k in ("true", "pred", "score")]
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
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read: {error.strerror}") from None
    except (ValueError, Warning, csv.Error) as error:  # those of pandas are of the first kind
        raise DataError(f"{path.name}: {one_line(str(error).strip())}") from None
    header = next(csv.reader([first], skipinitialspace=True))
    if len(set(header)) < len(header):
        raise DataError(f"{path.name}: a column occurs twice; accepted: each name once")
    if not len(table):
        raise DataError(f"{path.name}: no rows; accepted: at least one")
    return table


def _columns(
    path: Path, classes: Sequence[str], meanings: Mapping[str, str], split: str
) -> dict[str, np.ndarray]:
    table = read_table(path)
    table.columns = [meanings.get(name, name) for name in table.columns]
    if "pred" not in table:
        known = [*table.columns]
        raise DataError(f"{path.name}: no column pred; accepted: true and pred, not {known}")
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
    found = {}
    for name in dict.fromkeys(splits):
        rows = table[splits == name]
        for kind in ("true", "pred"):
            if kind in rows:
                found[f"{name}_{kind}"] = _answers(path.name, kind, rows[kind], classes)
        if scores:
            parts = [_numbers(path.name, column, rows[column]) for column in wanted]
            found[f"{name}_score"] = np.stack(parts, axis=1)
    return found


def _answers(file: str, kind: str, column: pd.Series, classes: Sequence[str]) -> np.ndarray:
    """Return names of classes as they are, and numbers as numbers."""
    if classes and set(column) <= set(classes):
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


def _check_array(file: str, name: str, array: np.ndarray) -> None:
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

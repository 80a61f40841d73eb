"""Results from outside, compared with the study and brought into the form of every run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from refashion import artifacts, sources
from refashion.artifacts import Layout, RunFolder
from refashion.errors import DataError, choices, shown
from refashion.runs.folds import load_folds
from refashion.runs.outside_files import read_history, read_metrics, read_predictions
from refashion.runs.recorded import Recorded, adopt, converted
from refashion.spec.outside import ResultFiles
from refashion.spec.result_files import SeedResults

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

"""Computation of metrics from stored predictions. A new metric needs no new training."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from refashion import artifacts, metrics
from refashion.artifacts import RunFolder

# So many equal answers leave room for a difference in no more than 0.3 % of them (rule of three).
MANY_ANSWERS = 1000


def score_splits(
    task: str,
    predictions: Mapping[str, np.ndarray],
    asked: Sequence[str] = (),
    of_folds: pd.DataFrame | None = None,
) -> dict[str, dict[str, float]]:
    """Compute the metrics of every split of one run.

    Parameters
    ----------
    task
        "classification" or "regression".
    predictions
        Arrays of `predictions.npz`.
    asked
        Names of metrics besides the usual ones.
    of_folds
        What `score_folds` returned; None to compute it.

    Returns
    -------
    dict
        Values by split and metric; with folds, their means over folds.
    """
    whole = _scores(task, predictions, asked)
    if of_folds is None:
        of_folds = score_folds(task, predictions, asked)
    if of_folds.empty:
        return whole
    return {
        split: {name: _mean_of(of_folds, split, name) for name in values}
        for split, values in whole.items()
    }


def _mean_of(of_folds: pd.DataFrame, split: str, metric: str) -> float:
    chosen = (of_folds["split"] == split) & (of_folds["metric"] == metric)
    return float(np.mean(of_folds["value"].to_numpy()[chosen]))


def score_folds(
    task: str, predictions: Mapping[str, np.ndarray], asked: Sequence[str] = ()
) -> pd.DataFrame:
    """Compute the metrics of every fold of one run.

    Parameters
    ----------
    task, predictions, asked
        See `score_splits`.

    Returns
    -------
    pandas.DataFrame
        Columns fold (from 1), split, metric and value; empty without folds.
    """
    rows = [
        {"fold": fold, "split": split, "metric": name, "value": value}
        for fold in np.unique(predictions.get("test_fold", [])).astype(int)
        for split, values in _scores(task, _of_fold(predictions, fold), asked).items()
        for name, value in values.items()
    ]
    return pd.DataFrame(rows, columns=["fold", "split", "metric", "value"])


def _scores(
    task: str, predictions: Mapping[str, np.ndarray], asked: Sequence[str]
) -> dict[str, dict[str, float]]:
    splits = [name.removesuffix("_pred") for name in predictions if name.endswith("_pred")]
    return {
        split: metrics.score(
            task, *_pair(predictions, split), predictions.get(f"{split}_score"), asked
        )
        for split in splits
    }


def _of_fold(predictions: Mapping[str, np.ndarray], fold: int) -> dict[str, np.ndarray]:
    return {
        name: array[predictions[f"{name.rpartition('_')[0]}_fold"] == fold]
        for name, array in predictions.items()
    }


def mean_history(history: pd.DataFrame | None) -> pd.DataFrame | None:
    """Average a history over folds: for each epoch, over the folds that have reached it.

    Parameters
    ----------
    history
        One row for each epoch, and with folds for each fold; None without epochs.
    """
    if history is None or "fold" not in history:
        return history
    return history.drop(columns="fold").groupby("epoch", as_index=False).mean()


def classification_report(
    true: np.ndarray, predicted: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Compute precision, recall, F1 and support of each class, and their averages.

    Parameters
    ----------
    true, predicted
        Labels, shape (n,). If any prediction is missing (negative), all scores are NaN.
    classes
        Names of the classes, by label. A class that occurs in neither array has scores of 0 and
        does not enter the averages, see `refashion.metrics`.

    Returns
    -------
    pandas.DataFrame
        Columns class, precision, recall, f1_score and support, not rounded. The last rows are
        accuracy, macro avg and weighted avg.
    """
    n, total = len(classes), len(true)
    support = np.bincount(true, minlength=n)
    values = np.full((3, n + 3), np.nan)
    if total and (predicted >= 0).all():
        labels = metrics.Labels.of(true, predicted)
        values[:, :n] = 0
        values[:, labels.occurring] = labels.scores
        values[2, n] = labels.accuracy
        values[:, n + 1], values[:, n + 2] = labels.macro, labels.weighted
    return pd.DataFrame(
        {
            "class": [*classes, "accuracy", "macro avg", "weighted avg"],
            **dict(zip(["precision", "recall", "f1_score"], values, strict=True)),
            "support": [*support, total, total, total],
        }
    )


def confusion_table(
    true: np.ndarray, predicted: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Count the examples by true and predicted class; missing predictions are left out.

    Parameters
    ----------
    true, predicted
        Labels, shape (n,).
    classes
        Names of the classes, by label.

    Returns
    -------
    pandas.DataFrame
        Column true with the name of the true class, then one column for each predicted class.
    """
    n, answered = len(classes), predicted >= 0
    pairs = true[answered].astype(np.int64) * n + predicted[answered]
    counts = np.bincount(pairs, minlength=n * n).reshape(n, n)
    return pd.DataFrame(counts, columns=list(classes)).assign(true=list(classes))[
        ["true", *classes]
    ]


def error_summary(true: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """Describe the distribution of the errors of a regression, predicted minus true.

    Parameters
    ----------
    true, predicted
        Values, shape (n,). Predictions that are not finite are left out.

    Returns
    -------
    pandas.DataFrame
        Columns error and size (the absolute error); rows examples, mean, sd, minimum, the quartiles
        and maximum.
    """
    errors = pd.Series(predicted - true).where(np.isfinite(predicted)).dropna()
    summary = pd.DataFrame({"error": errors, "size": errors.abs()}).describe()
    names = ["examples", "mean", "sd", "minimum", "lower quartile", "median", "upper quartile"]
    return summary.set_axis([*names, "maximum"])


def report(true: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """Return the classification report, or the error summary of a regression."""
    if len(classes):
        return classification_report(true, predicted, classes)
    return error_summary(true, predicted)


def score_run(
    task: str,
    classes: Sequence[str],
    folder: RunFolder,
    confusion_matrix_train: bool,
    asked: Sequence[str] = (),
) -> dict[str, dict[str, float]]:
    """Compute the metrics of one run, and write its files.

    Parameters
    ----------
    task
        "classification" or "regression".
    classes
        Names of the classes, by label; empty for a regression, which has no classification report
        and no confusion matrix.
    folder
        Folder of the run.
    confusion_matrix_train
        Whether to write a confusion matrix of the training split too.
    asked
        Names of metrics besides the usual ones.

    Returns
    -------
    dict
        Values by split and metric; empty for a run that did not succeed.

    Raises
    ------
    KeyError, ValueError
        The predictions of the run are incomplete or invalid.
    """
    folder.clear_scores()
    if artifacts.read_json(folder.run_json)["status"] != "ok":
        return {}
    # An author's own notebook may record predictions, metrics, or nothing.
    predictions = artifacts.read_arrays(folder.predictions) if folder.predictions.exists() else {}
    of_folds = score_folds(task, predictions, asked)
    scores = _with_recorded(score_splits(task, predictions, asked, of_folds), folder)
    if len(classes) and "test_pred" in predictions:
        test = _pair(predictions, "test")
        artifacts.write_csv(folder.classification_report, classification_report(*test, classes))
        artifacts.write_csv(folder.confusion_matrix, confusion_table(*test, classes))
        if confusion_matrix_train and "train_pred" in predictions:
            counts = confusion_table(*_pair(predictions, "train"), classes)
            artifacts.write_csv(folder.confusion_matrix_train, counts)
    if not of_folds.empty:
        artifacts.write_csv(folder.fold_metrics, of_folds, artifacts.NAN)
    artifacts.write_json(folder.metrics, scores)
    return scores


def _with_recorded(
    scores: dict[str, dict[str, float]], folder: RunFolder
) -> dict[str, dict[str, float]]:
    """Add the metrics that a notebook recorded, unless they follow from its predictions."""
    if not folder.recorded_metrics.exists():
        return scores
    recorded = artifacts.read_json(folder.recorded_metrics)
    numbers = {
        split: {name: math.nan if value is None else value for name, value in values.items()}
        for split, values in recorded.items()
    }
    splits = dict.fromkeys([*scores, *numbers])
    return {split: numbers.get(split, {}) | scores.get(split, {}) for split in splits}


def _pair(predictions: Mapping[str, np.ndarray], split: str) -> tuple[np.ndarray, np.ndarray]:
    return predictions[f"{split}_true"], predictions[f"{split}_pred"]


def is_seed_ignored(folders: Sequence[RunFolder]) -> bool:
    """Return whether all seeds of a run have bitwise identical outputs on the test split.

    Parameters
    ----------
    folders
        Folders of the run, one for each seed. The result is False if the outputs are the same for
        all examples, as they are after divergence, because then seeds may agree.
    """
    if len(folders) < 2:
        return False
    first = _outputs(folders[0])
    return not (first == first[:1]).all() and do_agree(folders)


def do_agree(folders: Sequence[RunFolder]) -> bool:
    """Return whether several seeds of a run have bitwise identical outputs on the test split."""
    return all(np.array_equal(_outputs(folders[0]), _outputs(other)) for other in folders[1:])


def is_fixed(folders: Sequence[RunFolder]) -> bool:
    """Return whether the seeds of a run agree in so much that it is no chance.

    Parameters
    ----------
    folders
        Folders of the run, one for each seed. Most outputs have to differ from one example to the
        next, as probabilities and values do. Labels, and the probabilities of a tree, say little
        each, so that seeds have to agree in `MANY_ANSWERS`, counted over all seeds after the first.
    """
    if len(folders) < 2:
        return False
    first = _outputs(folders[0])
    return _is_telling(first, len(folders) - 1) and do_agree(folders)


def digest_of_outputs(folder: RunFolder) -> str | None:
    """Return a digest of the outputs on the test split, which other seeds have only if all do.

    It is None if the outputs say so little that two seeds may agree by chance, see `is_fixed`.
    """
    outputs = _outputs(folder)
    if not _is_telling(outputs):
        return None
    return hashlib.sha256(np.ascontiguousarray(outputs).tobytes()).hexdigest()


def _is_telling(outputs: np.ndarray, n_others: int = 1) -> bool:
    is_fine = len(np.unique(outputs, axis=0)) > len(outputs) / 2
    return is_fine or len(outputs) * n_others >= MANY_ANSWERS


def _outputs(folder: RunFolder) -> np.ndarray:
    """The finest outputs on the test split: probabilities, decisions, or else the predictions."""
    finest = ("test_score", "test_decision", "test_pred")
    with np.load(folder.predictions, allow_pickle=False) as arrays:
        return arrays[next(name for name in finest if name in arrays)]


def tidy(
    study: str,
    run: str,
    seed: int,
    scores: Mapping[str, Mapping[str, float]],
    folder: RunFolder | None = None,
) -> list[dict[str, object]]:
    """Convert the metrics of one run to rows of `metrics.csv`.

    Parameters
    ----------
    study, run, seed
        Names of the study and run, and the seed.
    scores
        Values by split and metric, see `score_splits`.
    folder
        Folder of the run, whose folds follow the means; None for a run without folds.
    """
    of_run = {"study": study, "run": run, "seed": seed}
    means = [
        {**of_run, "split": split, "metric": name, "value": value}
        for split, values in scores.items()
        for name, value in values.items()
    ]
    if folder is None or not folder.fold_metrics.exists():
        return means
    of_folds = artifacts.read_csv(folder.fold_metrics, "fold", "split", "metric")
    return means + [{**of_run, **row} for row in of_folds.to_dict("records")]

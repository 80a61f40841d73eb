"""From the stored predictions of runs to their scores. Nothing is trained for a new metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from refashion import artifacts, metrics
from refashion.artifacts import RunFolder


def score_splits(task: str, predictions: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Score every split of one run.

    Parameters
    ----------
    task
        "classification" or "regression".
    predictions
        The arrays of `predictions.npz`.

    Returns
    -------
    dict
        Split to metric to value.
    """
    splits = [name.removesuffix("_true") for name in predictions if name.endswith("_true")]
    return {
        split: metrics.score(task, *_pair(predictions, split), predictions.get(f"{split}_score"))
        for split in splits
    }


def classification_report(
    true: np.ndarray, predicted: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Precision, recall, F1 and support of each class and their averages, not rounded.

    Parameters
    ----------
    true, predicted
        Class numbers, shape (n,). Where a prediction is none (below 0), all scores are NaN.
    classes
        Names of the classes, by number. Those that occur in neither have scores of 0 and no part
        in the averages, see `metrics`.
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
    """Count examples by true class (rows) and predicted class (columns), where there is one."""
    n, answered = len(classes), predicted >= 0
    pairs = true[answered].astype(np.int64) * n + predicted[answered]
    counts = np.bincount(pairs, minlength=n * n).reshape(n, n)
    return pd.DataFrame(counts, columns=list(classes)).assign(true=list(classes))[
        ["true", *classes]
    ]


def error_summary(true: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """Distribution of the errors of a regression, predicted minus true, and of their size.

    Parameters
    ----------
    true, predicted
        Values, shape (n,). Predictions that are no number are left out.

    Returns
    -------
    pandas.DataFrame
        Columns error and size; rows examples, mean, sd, minimum, the quartiles and maximum.
    """
    errors = pd.Series(predicted - true).where(np.isfinite(predicted)).dropna()
    summary = pd.DataFrame({"error": errors, "size": errors.abs()}).describe()
    names = ["examples", "mean", "sd", "minimum", "lower quartile", "median", "upper quartile"]
    return summary.set_axis([*names, "maximum"])


def report(true: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """Classification report, or where there are no classes, the distribution of the errors."""
    if len(classes):
        return classification_report(true, predicted, classes)
    return error_summary(true, predicted)


def score_run(
    task: str, classes: Sequence[str], folder: RunFolder, confusion_matrix_train: bool
) -> dict[str, dict[str, float]]:
    """Score one run and write its files; give nothing for a run without result.

    Parameters
    ----------
    task
        "classification" or "regression".
    classes
        Names by number; empty for a regression, which gets no report and no confusion matrix.
    folder
        Of the run.
    confusion_matrix_train
        Whether to count confusions of the training split too.

    Raises
    ------
    KeyError, ValueError
        The predictions are not what a run leaves.
    """
    folder.clear_scores()
    if artifacts.read_json(folder.run_json)["status"] != "ok":
        return {}
    predictions = artifacts.read_arrays(folder.predictions)
    scores = score_splits(task, predictions)
    if len(classes):
        test = _pair(predictions, "test")
        artifacts.write_csv(folder.classification_report, classification_report(*test, classes))
        artifacts.write_csv(folder.confusion_matrix, confusion_table(*test, classes))
        if confusion_matrix_train:
            counts = confusion_table(*_pair(predictions, "train"), classes)
            artifacts.write_csv(folder.confusion_matrix_train, counts)
    artifacts.write_json(folder.metrics, scores)
    return scores


def _pair(predictions: Mapping[str, np.ndarray], split: str) -> tuple[np.ndarray, np.ndarray]:
    return predictions[f"{split}_true"], predictions[f"{split}_pred"]


def is_seed_ignored(folders: Sequence[RunFolder]) -> bool:
    """Whether every seed of a run gave the same test outputs, to the last bit.

    A model that answers the same to every example, as a diverged one does, is left out: there the
    seeds may well agree.
    """
    if len(folders) < 2:
        return False
    first = _outputs(folders[0])
    if (first == first[:1]).all():
        return False
    return all(np.array_equal(first, _outputs(folder)) for folder in folders[1:])


def _outputs(folder: RunFolder) -> np.ndarray:
    """Class probabilities of the test split, or the values of a regression."""
    with np.load(folder.predictions, allow_pickle=False) as arrays:
        return arrays["test_score" if "test_score" in arrays else "test_pred"]


def tidy(
    study: str, run: str, seed: int, scores: Mapping[str, Mapping[str, float]]
) -> list[dict[str, object]]:
    """Rows of `metrics.csv` for one run."""
    return [
        {"study": study, "run": run, "seed": seed, "split": split, "metric": name, "value": value}
        for split, values in scores.items()
        for name, value in values.items()
    ]

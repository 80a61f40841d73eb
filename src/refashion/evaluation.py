"""From the stored predictions of runs to their scores. Nothing is trained for a new metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from refashion import artifacts, metrics
from refashion.artifacts import RunFolder


def score_splits(task: str, predictions: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Score every split of one run.

    Parameters
    ----------
    task
        For example "classification".
    predictions
        The arrays of `predictions.npz`.

    Returns
    -------
    dict
        Split to metric to value.
    """
    splits = [name.removesuffix("_true") for name in predictions if name.endswith("_true")]
    return {
        split: metrics.score(
            task,
            predictions[f"{split}_true"],
            predictions[f"{split}_pred"],
            predictions.get(f"{split}_score"),
        )
        for split in splits
    }


def classification_report(
    true: np.ndarray, predicted: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Precision, recall, F1 and support of each class and their averages, not rounded.

    Parameters
    ----------
    true, predicted
        Class numbers, shape (n,).
    classes
        Names of the classes, by number.
    """
    labels = np.arange(len(classes))
    scores = precision_recall_fscore_support(true, predicted, labels=labels, zero_division=0)
    report = pd.DataFrame(
        dict(zip(["precision", "recall", "f1_score", "support"], scores, strict=True)),
        index=pd.Index(classes, name="class"),
    )
    total = len(true)
    values = report[["precision", "recall", "f1_score"]]
    report.loc["accuracy"] = [np.nan, np.nan, np.mean(true == predicted), total]
    report.loc["macro avg"] = [*values.mean(), total]
    report.loc["weighted avg"] = [*values.mul(scores[3], axis=0).sum() / total, total]
    return report.astype({"support": int}).reset_index()


def confusion_table(
    true: np.ndarray, predicted: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Count examples by true class (rows) and predicted class (columns)."""
    counts = confusion_matrix(true, predicted, labels=np.arange(len(classes)))
    return pd.DataFrame(counts, columns=list(classes)).assign(true=list(classes))[
        ["true", *classes]
    ]


def score_run(task: str, classes: Sequence[str], folder: RunFolder) -> dict[str, dict[str, float]]:
    """Score one run and write its files; give nothing for a run without result.

    Raises
    ------
    KeyError, ValueError
        The predictions are not what a run leaves.
    """
    folder.clear_scores()
    if artifacts.read_json(folder.run_json)["status"] != "ok":
        return {}
    predictions = artifacts.read_arrays(folder.predictions)
    test = predictions["test_true"], predictions["test_pred"]
    scores = score_splits(task, predictions)
    artifacts.write_csv(folder.classification_report, classification_report(*test, classes))
    artifacts.write_csv(folder.confusion_matrix, confusion_table(*test, classes))
    artifacts.write_json(folder.metrics, scores)
    return scores


def is_seed_ignored(folders: Sequence[RunFolder]) -> bool:
    """Whether every seed of a run gave the same probabilities, to the last bit.

    A model that answers the same to every example, as a diverged one does, is left out: there the
    seeds may well agree.
    """
    scores = []
    for folder in folders:
        with np.load(folder.predictions, allow_pickle=False) as arrays:
            scores.append(arrays["test_score"])
    is_constant = bool((scores[0] == scores[0][:1]).all())
    is_same = all(np.array_equal(scores[0], other) for other in scores[1:])
    return len(scores) > 1 and is_same and not is_constant


def tidy(
    study: str, run: str, seed: int, scores: Mapping[str, Mapping[str, float]]
) -> list[dict[str, object]]:
    """Rows of `metrics.csv` for one run."""
    return [
        {"study": study, "run": run, "seed": seed, "split": split, "metric": name, "value": value}
        for split, values in scores.items()
        for name, value in values.items()
    ]

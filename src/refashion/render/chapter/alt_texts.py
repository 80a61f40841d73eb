"""Descriptions of figures for readers who cannot see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from refashion.figures.training import further_curves
from refashion.runs import tables as run_tables

CURVE_NAMES = {"loss": "loss", "accuracy": "accuracy", "mae": "mean absolute error"}


def ends_of_curves(history: pd.DataFrame) -> str:
    """Describe the last epoch of curves: "CNN, epoch 14: loss 0.2, validation loss 0.3".

    Parameters
    ----------
    history
        Training log with the columns `run`, `seed`, `epoch`, `loss` and so on. The last epochs of
        several seeds are averaged.
    """
    return "; ".join(
        _last_epoch(str(run), rows) for run, rows in history.groupby("run", sort=False)
    )


def _last_epoch(run: str, rows: pd.DataFrame) -> str:
    last = rows.loc[rows.groupby("seed")["epoch"].idxmax()]
    columns = {
        f"{prefix}{name}": f"{'validation ' * bool(prefix)}{words}"
        for name, words in {**CURVE_NAMES, **further_curves(rows)}.items()
        for prefix in ("", "val_")
    }
    means = last[[name for name in columns if name in last]].mean()
    values = [
        f"{columns[str(name)]} {value:.4g}" for name, value in means.items() if np.isfinite(value)
    ]
    return f"{run}, epoch {last['epoch'].max()}: {', '.join(values) or 'no finite value'}"


def matrix(counts: pd.DataFrame) -> str:
    """Describe a confusion matrix by its number of correct answers and its largest error.

    Parameters
    ----------
    counts
        Confusion matrix as `plot_confusion_matrix` takes it.
    """
    named = counts.set_index("true")
    wrong = named.to_numpy(float, copy=True)
    right = f"{np.trace(wrong):,.0f} of {wrong.sum():,.0f} are correct"
    np.fill_diagonal(wrong, 0)
    if not wrong.any():
        return right
    true, predicted = map(int, np.unravel_index(wrong.argmax(), wrong.shape))
    pair = f"{named.index[true]} classified as {named.columns[predicted]}"
    return f"{right}; most frequent error: {pair}, {wrong[true, predicted]:,.0f} times"


def matrix_differences(counts: pd.DataFrame, reported: pd.DataFrame) -> str:
    """Describe the differences between two confusion matrices by the largest one.

    Parameters
    ----------
    counts, reported
        Confusion matrices of the same classes, as `plot_confusion_matrix` takes them.
    """
    ours, theirs = counts.set_index("true"), reported.set_index("true")
    away = (ours - theirs.loc[ours.index, ours.columns]).to_numpy(float)
    true, predicted = map(int, np.unravel_index(np.abs(away).argmax(), away.shape))
    pair = f"{ours.index[true]} classified as {ours.columns[predicted]}"
    return f"the largest difference is {away[true, predicted]:+,.0f}, {pair}"


def first_scores(metrics: pd.DataFrame, titles: Mapping[str, str], runs: Sequence[str]) -> str:
    """List the first metric of each run: "Accuracy: CNN 0.912, GRU 0.891".

    Parameters
    ----------
    metrics
        Metrics as `table_metrics` takes them.
    titles
        Titles of the runs, by name.
    runs
        Names of the runs to list, in order.
    """
    wide = run_tables.table_metrics(metrics)
    metric = wide.columns[0]
    first = wide[metric]
    return f"{metric}: {', '.join(f'{titles[run]} {first.loc[run]}' for run in runs)}"

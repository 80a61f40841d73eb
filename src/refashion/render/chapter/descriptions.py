"""What figures show, in words: for those who cannot see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from refashion.runs import tables as run_tables

CURVES = {"loss": "loss", "accuracy": "accuracy", "mae": "mean absolute error"}


def ends_of_curves(history: pd.DataFrame) -> str:
    """Say where curves end: "CNN, epoch 14: loss 0.2, validation loss 0.3".

    Parameters
    ----------
    history
        Columns run, seed, epoch, loss and so on; the ends of several seeds are averaged.
    """
    return "; ".join(_end(run, rows) for run, rows in history.groupby("run", sort=False))


def _end(run: str, rows: pd.DataFrame) -> str:
    last = rows.loc[rows.groupby("seed")["epoch"].idxmax()]
    columns = {
        f"{prefix}{name}": f"{'validation ' * bool(prefix)}{words}"
        for name, words in CURVES.items()
        for prefix in ("", "val_")
    }
    means = last[[name for name in columns if name in last]].mean()
    told = [f"{columns[name]} {value:.4g}" for name, value in means.items() if np.isfinite(value)]
    return f"{run}, epoch {last['epoch'].max()}: {', '.join(told) or 'no finite number'}"


def matrix(counts: pd.DataFrame) -> str:
    """Say how many answers are right, and what is most often taken for what.

    Parameters
    ----------
    counts
        As `figures.plot_confusion_matrix` draws them.
    """
    named = counts.set_index("true")
    wrong = named.to_numpy(float, copy=True)
    right = f"{np.trace(wrong):,.0f} of {wrong.sum():,.0f} are right"
    np.fill_diagonal(wrong, 0)
    if not wrong.any():
        return right
    true, predicted = np.unravel_index(wrong.argmax(), wrong.shape)
    pair = f"{named.index[true]} is taken for {named.columns[predicted]}"
    return f"{right}; most often {pair}, {wrong[true, predicted]:,.0f} times"


def first_scores(metrics: pd.DataFrame, titles: Mapping[str, str], runs: Sequence[str]) -> str:
    """Tell the first metric of each run: "Accuracy: CNN 0.912, GRU 0.891".

    Parameters
    ----------
    metrics
        As `tables.table_metrics` takes them.
    titles
        Of runs.
    runs
        In the order in which they are told.
    """
    wide = run_tables.table_metrics(metrics)
    metric = wide.columns[0]
    return f"{metric}: {', '.join(f'{titles[run]} {wide.loc[run, metric]}' for run in runs)}"

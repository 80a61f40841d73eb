"""A log of the epochs of a training, as a table and as printed lines."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazy_loader.load("pandas")

# Nobody reads more, and every line goes into the notebook.
MOST_LINES = 100


class EpochLog:
    """A log with a row for each epoch, of which at most about `MOST_LINES` are printed.

    Parameters
    ----------
    epochs
        Largest number of epochs.
    """

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.rows: list[dict[str, float]] = []
        self._printed = 0

    def begin(self) -> None:
        """Start timing an epoch."""
        self._started = time.perf_counter()

    def end(self, scores: Mapping[str, float], learning_rate: float) -> None:
        """Add a finished epoch, and print it if it is due.

        Parameters
        ----------
        scores
            `loss` and a metric, and both with the prefix `val_` if there are validation examples.
        learning_rate
            Learning rate of this epoch.
        """
        # The loss comes first, and training before validation.
        order = sorted(scores, key=lambda name: (name.startswith("val_"), "loss" not in name))
        ordered = {name: float(scores[name]) for name in order}
        number = len(self.rows) + 1
        row = {"epoch": number, **ordered, "learning_rate": learning_rate}
        self.rows.append({**row, "seconds": time.perf_counter() - self._started})
        every = math.ceil(self.epochs / MOST_LINES)
        if number == 1 or number % every == 0:
            self._print()

    def finish(self) -> pd.DataFrame:
        """Print the last epoch if it has not been printed, and return all epochs as a table."""
        if self._printed < len(self.rows):
            self._print()
        return pd.DataFrame(self.rows)

    def _print(self) -> None:
        row = self.rows[-1]
        scores = {k: v for k, v in row.items() if k not in ("epoch", "learning_rate", "seconds")}
        shown = "  ".join(f"{name} {value:.4f}" for name, value in scores.items())
        print(f"epoch {row['epoch']}/{self.epochs}  {shown}  {row['seconds']:.1f} s", flush=True)
        self._printed = len(self.rows)

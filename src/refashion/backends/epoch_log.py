"""The epochs of a training: kept as a table, and printed for whoever watches."""

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

# More nobody reads, and every line goes into the notebook.
MOST_LINES = 100


class EpochLog:
    """Keeps a row per epoch, and prints at most about `MOST_LINES` of them.

    Parameters
    ----------
    epochs
        The most there can be.
    """

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.rows: list[dict[str, float]] = []
        self._printed = 0

    def begin(self) -> None:
        """Start the clock of an epoch."""
        self._started = time.perf_counter()

    def end(self, scores: Mapping[str, float], learning_rate: float) -> None:
        """Keep an epoch, and print it if it is its turn.

        Parameters
        ----------
        scores
            `loss`, a metric, and both with `val_` where there are validation examples.
        learning_rate
            Of this epoch.
        """
        # A reader wants the loss first, and training before validation.
        order = sorted(scores, key=lambda name: (name.startswith("val_"), "loss" not in name))
        ordered = {name: float(scores[name]) for name in order}
        number = len(self.rows) + 1
        row = {"epoch": number, **ordered, "learning_rate": learning_rate}
        self.rows.append({**row, "seconds": time.perf_counter() - self._started})
        every = math.ceil(self.epochs / MOST_LINES)
        if number == 1 or number % every == 0:
            self._print()

    def finish(self) -> pd.DataFrame:
        """Print the last epoch if it was not its turn, and give all as a table."""
        if self._printed < len(self.rows):
            self._print()
        return pd.DataFrame(self.rows)

    def _print(self) -> None:
        row = self.rows[-1]
        scores = {k: v for k, v in row.items() if k not in ("epoch", "learning_rate", "seconds")}
        shown = "  ".join(f"{name} {value:.4f}" for name, value in scores.items())
        print(f"epoch {row['epoch']}/{self.epochs}  {shown}  {row['seconds']:.1f} s", flush=True)
        self._printed = len(self.rows)

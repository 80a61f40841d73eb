"""From the prepared arrays of a dataset to the training, validation and test examples of a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split

from refashion.seeding import derive


class Examples(NamedTuple):
    """Inputs of shape (n, ...) and targets of shape (n,)."""

    x: np.ndarray
    y: np.ndarray

    def take(self, rows: Any) -> Examples:
        return Examples(self.x[rows], self.y[rows])


def load_splits(
    arrays: Path,
    split: Mapping[str, Any],
    preprocess: Mapping[str, Any] | None,
    seed: int,
    examples: int | None,
) -> dict[str, Examples]:
    """Read, split and preprocess the examples of one run.

    Parameters
    ----------
    arrays
        Folder with `train_x.npy`, `train_y.npy`, `test_x.npy` and `test_y.npy`.
    split, preprocess
        As in a study.
    seed
        Seed of the run: all runs of one seed share a split, so they can be compared in pairs.
    examples
        Keep only so many of each split; None keeps all.

    Returns
    -------
    dict
        "train", "validation" (where the study has it) and "test", inputs as float32.
    """
    given = load_arrays(arrays)
    parts = {**_hold_out(given["train"], split["validation"], seed), "test": given["test"]}
    return {
        name: Examples(_scaled(part.x[:examples], preprocess), np.asarray(part.y[:examples]))
        for name, part in parts.items()
    }


def load_arrays(arrays: Path) -> dict[str, Examples]:
    """Map the prepared "train" and "test" examples of a dataset into memory."""
    return {
        part: Examples(*(np.load(arrays / f"{part}_{axis}.npy", mmap_mode="r") for axis in "xy"))
        for part in ("train", "test")
    }


def _hold_out(
    train: Examples, validation: Mapping[str, Any] | None, seed: int
) -> dict[str, Examples]:
    if validation is None:
        return {"train": train}
    rows = np.arange(len(train.y))
    if "first" in validation:
        held, kept = np.split(rows, [validation["first"]])
    else:
        kept, held = train_test_split(
            rows, test_size=validation["fraction"], random_state=derive(seed, "split")
        )
    return {"train": train.take(kept), "validation": train.take(held)}


def _scaled(x: np.ndarray, preprocess: Mapping[str, Any] | None) -> np.ndarray:
    values = x.astype(np.float32)
    return values / np.float32(preprocess["divide_by"]) if preprocess else values

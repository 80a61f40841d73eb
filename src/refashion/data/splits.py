"""Splitting and preprocessing of the prepared arrays of a dataset."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import lazy_loader
import numpy as np

from refashion.seeding import derive

if TYPE_CHECKING:
    import sklearn
else:
    sklearn = lazy_loader.load("sklearn")


class Examples(NamedTuple):
    """Inputs of shape (n, ...) and targets of shape (n,)."""

    x: np.ndarray
    y: np.ndarray

    def take(self, rows: Any) -> Examples:
        """Select examples by an index array."""
        return Examples(self.x[rows], self.y[rows])


def load_splits(
    arrays: Path,
    split: Mapping[str, Any],
    preprocess: Mapping[str, Any] | None,
    seed: int,
    examples: int | None,
    classes: Sequence[str],
) -> dict[str, Examples]:
    """Read, split and preprocess the examples of one run.

    Parameters
    ----------
    arrays
        Folder with the prepared arrays of a dataset.
    split, preprocess
        Sections of a study.
    seed
        Seed of the run. All runs with the same seed share a split, so they can be compared in
        pairs.
    examples
        Number of examples of each split to keep; None for all.
    classes
        Names of the dataset's classes, by label; empty for a regression.

    Returns
    -------
    dict
        Examples of "train", "validation" (if the study has it) and "test". Integer inputs are
        converted to float32, in which networks compute; other inputs keep their type. If the test
        split is also used for validation, both are the same object.
    """
    rest, test = _apart(_chosen(arrays, split, classes), split["test"], seed)
    chosen = {**_hold_out(rest, split["validation"], seed), "test": test}
    ready = {name: _prepared(part, preprocess, examples) for name, part in chosen.items()}
    return _in_order(ready, split["validation"])


def load_test_inputs(
    arrays: Path,
    split: Mapping[str, Any],
    seed: int,
    examples: int | None,
    classes: Sequence[str],
) -> np.ndarray:
    """Read only the inputs of the test split, without preprocessing; see `load_splits`."""
    _, test = _apart(_chosen(arrays, split, classes), split["test"], seed)
    return np.asarray(test.x[:examples])


def _chosen(arrays: Path, split: Mapping[str, Any], classes: Sequence[str]) -> dict[str, Examples]:
    return {
        name: choose_classes(part, split["classes"], classes)
        for name, part in load_arrays(arrays).items()
    }


def load_arrays(arrays: Path) -> dict[str, Examples]:
    """Map the prepared arrays of a dataset into memory.

    Parameters
    ----------
    arrays
        Folder with the arrays.

    Returns
    -------
    dict
        Examples of "train" and "test", or of "all".
    """
    return {
        part: Examples(*(_load(arrays / f"{part}_{axis}.npy") for axis in "xy"))
        for part in ("train", "test", "all")
        if (arrays / f"{part}_x.npy").exists()
    }


def _load(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r")
    except OSError as error:
        # The file system does not support mapping files into memory.
        if error.errno != errno.ENODEV:
            raise
        return np.load(path)


def choose_classes(part: Examples, chosen: Sequence[str] | None, known: Sequence[str]) -> Examples:
    """Keep the examples of some classes, and relabel them.

    Parameters
    ----------
    part
        Examples whose labels are indices into `known`.
    chosen
        Names of the classes to keep, in the order of their new labels; None for all classes.
    known
        Names of all classes, by label.
    """
    if chosen is None:
        return part
    places = [known.index(name) for name in chosen]
    labels = np.full(len(known), -1, dtype=np.int64)
    labels[places] = np.arange(len(places))
    kept = part.take(np.flatnonzero(np.isin(part.y, places)))
    return Examples(kept.x, labels[kept.y])


def _apart(
    parts: Mapping[str, Examples], test: str | Mapping[str, Any], seed: int
) -> tuple[Examples, Examples]:
    """Separate the training from the test examples, which are given or drawn from all examples."""
    if isinstance(test, str):
        return parts["train"], parts["test"]
    own = test["random_state"]
    return _drawn(_pooled(parts), test["fraction"], derive(seed, "test") if own is None else own)


def _pooled(parts: Mapping[str, Examples]) -> Examples:
    if len(parts) == 1:
        return next(iter(parts.values()))
    return Examples(*(np.concatenate(axis) for axis in zip(*parts.values(), strict=True)))


def _hold_out(
    train: Examples, validation: str | Mapping[str, Any] | None, seed: int
) -> dict[str, Examples]:
    if validation is None or isinstance(validation, str):
        return {"train": train}
    if "first" in validation:
        first, others = np.split(np.arange(len(train.y)), [validation["first"]])
        return {"train": train.take(others), "validation": train.take(first)}
    kept, held = _drawn(train, validation["fraction"], derive(seed, "split"))
    return {"train": kept, "validation": held}


def _drawn(part: Examples, fraction: float, random_state: int) -> tuple[Examples, Examples]:
    """Draw a fraction of the examples at random; return the rest and the fraction."""
    rows = np.arange(len(part.y))
    rest, drawn = sklearn.model_selection.train_test_split(
        rows, test_size=fraction, random_state=random_state
    )
    return part.take(rest), part.take(drawn)


def _prepared(
    part: Examples, preprocess: Mapping[str, Any] | None, examples: int | None
) -> Examples:
    return Examples(_scaled(part.x[:examples], preprocess), np.asarray(part.y[:examples]))


def _scaled(x: np.ndarray, preprocess: Mapping[str, Any] | None) -> np.ndarray:
    values = x.astype(np.float32) if np.issubdtype(x.dtype, np.integer) else np.asarray(x)
    return values / values.dtype.type(preprocess["divide_by"]) if preprocess else values


def _in_order(
    ready: dict[str, Examples], validation: str | Mapping[str, Any] | None
) -> dict[str, Examples]:
    shared = {"validation": ready["test"]} if isinstance(validation, str) else {}
    return {"train": ready["train"], **shared, **ready}

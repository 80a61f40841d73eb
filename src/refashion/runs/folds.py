"""The examples of a run: divided and preprocessed, ready to train on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from refashion.backends.preprocessing import Inputs, preprocess
from refashion.data import splits
from refashion.data.splits import Examples, Pool
from refashion.seeding import derive


class Folds:
    """The examples of one run, fold by fold; without folds, there is one.

    A fold is divided and preprocessed when it is asked for. The last one is kept.

    Parameters
    ----------
    pool
        All examples of the dataset.
    rows
        Rows of the examples of each split, for each fold.
    steps
        `preprocess` of the run.
    has_test_validation
        Whether the test split is also used for validation.
    seed
        Seed of the steps that draw at random.
    repeats
        Number of the repeat that each fold belongs to; None if the run has no folds.
    """

    def __init__(
        self,
        pool: Pool,
        rows: Sequence[Mapping[str, np.ndarray]],
        steps: Any,
        has_test_validation: bool,
        seed: int,
        repeats: Sequence[int] | None = None,
    ) -> None:
        self.has_folds = repeats is not None
        self.repeats = list(repeats or [0])
        self.pool = pool
        self.rows = rows
        self.steps = steps
        self.has_test_validation = has_test_validation
        self.seed = seed
        self._last: tuple[int, dict[str, Examples]] | None = None
        # Names of the columns of the last fold's inputs; None if they have none.
        self.columns: list[str] | None = None

    def __len__(self) -> int:
        """Return the number of folds."""
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Examples]]:
        """Yield the examples of each fold."""
        return (self[place] for place in range(len(self)))

    def __getitem__(self, place: int) -> dict[str, Examples]:
        """Return the examples of "train", "validation" (if the study has it) and "test"."""
        if self._last is None or self._last[0] != place:
            self._last = None  # so that two folds never take memory at once
            self._last = place, self._prepared(self.rows[place])
        return self._last[1]

    def rows_of(self, name: str) -> list[np.ndarray]:
        """Return the rows of the examples of a split, for each fold."""
        is_test = name == "validation" and self.has_test_validation
        return [rows["test" if is_test else name] for rows in self.rows]

    def order_of(self, name: str) -> np.ndarray:
        """Return how to bring the examples of all folds into the order of the dataset.

        Examples of one repeat stay together.
        """
        return np.lexsort((np.concatenate(self.rows_of(name)), self._of_each(self.repeats, name)))

    def numbers_of(self, name: str) -> np.ndarray:
        """Return the number of the fold of each example, from 1, in that order."""
        return self._of_each(range(1, len(self) + 1), name)[self.order_of(name)]

    def _of_each(self, values: Sequence[int], name: str) -> np.ndarray:
        return np.repeat(np.asarray(values), [len(rows) for rows in self.rows_of(name)])

    def _prepared(self, rows: Mapping[str, np.ndarray]) -> dict[str, Examples]:
        parts = {}
        for name, of_part in rows.items():
            x, y = self.pool.take(of_part)
            parts[name] = Inputs(x, np.asarray(y), of_part)
        inputs, self.columns = preprocess(parts, self.steps, self._features(), self.seed)
        ready = {name: Examples(inputs[name], part.y) for name, part in parts.items()}
        shared = {"validation": ready["test"]} if self.has_test_validation else {}
        return {"train": ready["train"], **shared, **ready}

    def _features(self) -> dict[str, list[str]]:
        source = self.pool.source
        return {
            **{name: [name] for name in source.FEATURES},
            **{
                name: [f"{name}_{level}" for level in levels]
                for name, levels in source.CATEGORIES.items()
            },
        }


def load_folds(
    arrays: Path,
    split: Mapping[str, Any],
    preprocess: Any,
    seed: int,
    examples: int | None,
    source: Any,
    study: Path | None = None,
) -> Folds:
    """Divide the examples of one run.

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
    source
        Module of the dataset.
    study
        Folder of the study.

    Raises
    ------
    ConfigError
        The data cannot be divided so.
    """
    pool = splits.load_pool(arrays, split["classes"], source)
    divided = splits.divide(pool, split, seed, study)
    repeats = np.repeat(np.arange(split["repeats"]), split["folds"]) if "folds" in split else None
    return Folds(
        pool,
        [{name: part[:examples] for name, part in rows.items()} for rows in divided],
        preprocess,
        split["validation"] == "test",
        derive(seed, "preprocess"),
        None if repeats is None else repeats.tolist(),
    )


def load_test_inputs(
    arrays: Path,
    split: Mapping[str, Any],
    seed: int,
    examples: int | None,
    source: Any,
    study: Path | None = None,
) -> np.ndarray:
    """Read only the inputs of the test split, without preprocessing; see `load_folds`.

    They are in the order of the predictions, see `cross_validation.fit_folds`.
    """
    folds = load_folds(arrays, split, None, seed, examples, source, study)
    rows = np.concatenate(folds.rows_of("test"))
    if folds.has_folds:
        rows = rows[folds.order_of("test")]
    return np.asarray(folds.pool.take(rows).x)

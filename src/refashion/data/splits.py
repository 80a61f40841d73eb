"""Which examples of a dataset train, validate and test a run."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import lazy_loader
import numpy as np

from refashion.data import columns
from refashion.errors import ConfigError, shown
from refashion.seeding import derive

if TYPE_CHECKING:
    import sklearn
else:
    sklearn = lazy_loader.load("sklearn")


class Examples(NamedTuple):
    """Inputs of shape (n, ...), which may be sparse, and targets of shape (n,)."""

    x: Any
    y: np.ndarray

    def take(self, rows: Any) -> Examples:
        """Select examples by an index array."""
        return Examples(self.x[rows], self.y[rows])


class Pool:
    """All examples of a dataset, those for training before those for the test.

    Parameters
    ----------
    parts
        Examples of "train" and "test", or of "all".
    texts
        Values of further columns of each part, see `refashion.data.columns`.
    source
        Module of the dataset.
    """

    def __init__(
        self, parts: Mapping[str, Examples], texts: Mapping[str, np.ndarray], source: Any
    ) -> None:
        self.parts = parts
        self.texts = texts
        self.source = source

    @property
    def n(self) -> int:
        """Number of examples."""
        return sum(len(part.y) for part in self.parts.values())

    @property
    def y(self) -> np.ndarray:
        """Targets, shape (n,)."""
        return np.concatenate([part.y for part in self.parts.values()])

    def rows_of(self, name: str) -> np.ndarray:
        """Return the rows of a part of the dataset."""
        before = 0
        for part, examples in self.parts.items():
            if part == name:
                return np.arange(before, before + len(examples.y))
            before += len(examples.y)
        raise KeyError(name)

    def take(self, rows: np.ndarray) -> Examples:
        """Select examples by their rows; those of one part are not copied with all others."""
        before = 0
        for part in self.parts.values():
            within = rows - before
            if len(rows) == 0 or (within.min() >= 0 and within.max() < len(part.y)):
                return part.take(within)
            before += len(part.y)
        whole = (np.concatenate(axis) for axis in zip(*self.parts.values(), strict=True))
        return Examples(*whole).take(rows)

    def column(self, name: str) -> np.ndarray:
        """Return the values of a column, shape (n,).

        Raises
        ------
        ConfigError
            The dataset has no such column.
        """
        found = [
            columns.values(self.source, examples.x, self.texts.get(part), name)
            for part, examples in self.parts.items()
        ]
        return columns.typed(np.concatenate(found))


def load_pool(arrays: Path, chosen: Sequence[str] | None, source: Any) -> Pool:
    """Map the prepared arrays of a dataset into memory, and keep the chosen classes.

    Parameters
    ----------
    arrays
        Folder with the prepared arrays.
    chosen
        Names of the classes to keep, in the order of their new labels; None for all.
    source
        Module of the dataset.
    """
    parts, texts = {}, {}
    for name, part in load_arrays(arrays).items():
        kept = chosen_rows(part.y, chosen, source.CLASSES)
        parts[name] = choose_classes(part, chosen, source.CLASSES)
        further = arrays / f"{name}_columns.npy"
        if further.exists():
            texts[name] = _load(further) if kept is None else _load(further)[kept]
    return Pool(parts, texts, source)


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
    rows = chosen_rows(part.y, chosen, known)
    if rows is None or chosen is None:
        return part
    labels = np.full(len(known), -1, dtype=np.int64)
    labels[[known.index(name) for name in chosen]] = np.arange(len(chosen))
    kept = part.take(rows)
    return Examples(kept.x, labels[kept.y])


def chosen_rows(
    y: np.ndarray, chosen: Sequence[str] | None, known: Sequence[str]
) -> np.ndarray | None:
    """Return the rows of the chosen classes; None for all."""
    if chosen is None:
        return None
    return np.flatnonzero(np.isin(y, [known.index(name) for name in chosen]))


def divide(
    pool: Pool, split: Mapping[str, Any], seed: int, study: Path | None
) -> list[dict[str, np.ndarray]]:
    """Divide the examples of a dataset.

    Parameters
    ----------
    pool
        All examples.
    split
        `split` of a study.
    seed
        Seed of the run. All runs with the same seed share a split, so they can be compared in
        pairs.
    study
        Folder of the study, which may hold lists of rows.

    Returns
    -------
    list of dict
        Rows of "train", "validation" (if the study has one of its own) and "test", for each fold.
        Without folds, there is one.

    Raises
    ------
    ConfigError
        The data cannot be divided so.
    """
    chooser = _Chooser(pool, study)
    validation = split["validation"]
    if validation is None or isinstance(validation, str):
        return [{"train": rest, "test": test} for rest, test in _tested(chooser, split, seed)]
    divided = []
    for rest, test in _tested(chooser, split, seed):
        train, held = chooser(rest, validation, derive(seed, "split"), "split.validation")
        divided.append({"train": train, "validation": held, "test": test})
    return divided


def _tested(
    chooser: _Chooser, split: Mapping[str, Any], seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the training and the test rows of each fold."""
    pool = chooser.pool
    if "folds" in split:
        return _folds(pool, split, seed)
    if isinstance(split["test"], str):
        return [(pool.rows_of("train"), pool.rows_of("test"))]
    return [chooser(np.arange(pool.n), split["test"], derive(seed, "test"), "split.test")]


def _folds(pool: Pool, split: Mapping[str, Any], seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Divide the examples into folds, as scikit-learn's classes for cross-validation do.

    Repeats go on with the random numbers of the first, as in RepeatedKFold.
    """
    state = derive(seed, "folds") if split["random_state"] is None else split["random_state"]
    numbers = np.random.RandomState(state) if split["shuffle"] else None
    groups = None if split["group"] is None else pool.column(split["group"])
    kinds = sklearn.model_selection
    kind = {
        (False, False): kinds.KFold,
        (True, False): kinds.StratifiedKFold,
        (False, True): kinds.GroupKFold,
        (True, True): kinds.StratifiedGroupKFold,
    }[split["stratify"], groups is not None]
    found: list[tuple[np.ndarray, np.ndarray]] = []
    try:
        for _ in range(split["repeats"]):
            folds = kind(split["folds"], shuffle=split["shuffle"], random_state=numbers)
            found += folds.split(np.zeros(pool.n), pool.y, groups)
    except ValueError as error:
        accepted = "accepted: folds that the data allow"
        raise ConfigError(f"split.folds: {split['folds']}; {error}; {accepted}") from None
    return found


class _Chooser:
    """Chooses some of the examples, as a study describes it."""

    def __init__(self, pool: Pool, study: Path | None) -> None:
        self.pool = pool
        self.study = study

    def __call__(
        self, rows: np.ndarray, how: Mapping[str, Any], own_state: int, key: str
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows that are left, and those that were chosen.

        Parameters
        ----------
        rows
            Rows to choose from.
        how
            A form of `refashion.spec.split`.
        own_state
            Random state if the study states none.
        key
            Place in `study.yaml`, for messages.
        """
        if "fraction" in how or "examples" in how:
            state = how["random_state"]
            try:
                rest, chosen = self._drawn(rows, how, own_state if state is None else state)
            except ValueError as error:
                raise ConfigError(
                    f"{key}: {error}; accepted: a split that the data allow"
                ) from None
            return rows[rest], rows[chosen]
        if "rows" in how:
            is_chosen = np.isin(rows, self._listed(rows, how["rows"], key))
        elif "column" in how:
            is_chosen = self._with_value(rows, how, key)
        else:
            is_chosen = self._at_an_end(rows, how, key)
        if is_chosen.all():
            raise ConfigError(f"{key}: all {len(rows):,} examples; accepted: some of them")
        return rows[~is_chosen], rows[is_chosen]

    def _drawn(
        self, rows: np.ndarray, how: Mapping[str, Any], random_state: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw as scikit-learn does; return the places that are left, and those that were drawn."""
        selection, places = sklearn.model_selection, np.arange(len(rows))
        size = how.get("fraction") or how["examples"]
        if how.get("group") is not None:
            draw = selection.GroupShuffleSplit(1, test_size=size, random_state=random_state)
            groups = self.pool.column(how["group"])[rows]
            return next(draw.split(places, groups=groups))
        return selection.train_test_split(
            places,
            test_size=size,
            shuffle=how["shuffle"],
            random_state=random_state if how["shuffle"] else None,
            stratify=self.pool.y[rows] if how["stratify"] else None,
        )

    def _listed(self, rows: np.ndarray, listed: Sequence[int] | str, key: str) -> np.ndarray:
        numbers = _read_rows(self.study, listed, key) if isinstance(listed, str) else listed
        wanted = np.asarray(numbers, dtype=np.int64)
        wrong = wanted[(wanted < 0) | (wanted >= self.pool.n)]
        if len(wrong):
            accepted = f"rows from 0 to {self.pool.n - 1:,}"
            raise ConfigError(f"{key}.rows: {wrong[0]:,}; accepted: {accepted}")
        elsewhere = wanted[~np.isin(wanted, rows)]
        if len(elsewhere):
            raise ConfigError(
                f"{key}.rows: {elsewhere[0]:,} is a test example; accepted: training examples"
            )
        return wanted

    def _with_value(self, rows: np.ndarray, how: Mapping[str, Any], key: str) -> np.ndarray:
        values = self.pool.column(how["column"])[rows]
        is_chosen = values.astype(str) == columns.as_text(how["value"], values)
        if not is_chosen.any():
            some = ", ".join(map(shown, np.unique(values)[:10].tolist()))
            raise ConfigError(f"{key}.value: {shown(how['value'])}; no such value; found: {some}")
        return is_chosen

    def _at_an_end(self, rows: np.ndarray, how: Mapping[str, Any], key: str) -> np.ndarray:
        name, n = next((end, how[end]) for end in ("first", "last") if end in how)
        if n >= len(rows):
            accepted = f"less than {len(rows):,}, the number of examples"
            raise ConfigError(f"{key}.{name}: {n:,}; accepted: {accepted}")
        places = np.arange(len(rows))
        # In the order of the rows, which for examples drawn at random is not that of the dataset.
        return places < n if name == "first" else places >= len(rows) - n


def _read_rows(study: Path | None, name: str, key: str) -> np.ndarray:
    path = Path(name) if study is None else study / name
    try:
        lines = path.read_text(encoding="utf-8").split()
        return np.array(lines, dtype=np.int64) if lines else np.array([], dtype=np.int64)
    except (OSError, ValueError, OverflowError) as error:
        accepted = "accepted: a text file with one row number on each line"
        raise ConfigError(f"{key}.rows: {path}: {error}; {accepted}") from None

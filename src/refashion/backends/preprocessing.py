"""Preprocessing: the steps of a study, fitted on the training examples or, as a leak, on all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import lazy_loader

from refashion.backends import estimators
from refashion.errors import RefashionError, choices, one_line, shown

if TYPE_CHECKING:
    import numpy as np
    import scipy
else:
    np = lazy_loader.load("numpy")
    scipy = lazy_loader.load("scipy")

# Steps of our own, beside the transformers of libraries.
DIVIDE_BY, DENSE = "divide_by", "dense"
# Where a step is fitted.
TRAIN, ALL = "train", "all"
# Largest matrix that is made dense.
MOST_BYTES = 8 * 1024**3


class PreprocessingError(RefashionError):
    """A step of the preprocessing failed, or gave what no model can use."""


@dataclass(frozen=True)
class Inputs:
    """The inputs of one part of the examples.

    Attributes
    ----------
    x
        Inputs, shape (n, ...); perhaps sparse.
    y
        Targets, shape (n,).
    rows
        Rows of the examples in the dataset, shape (n,).
    """

    x: Any
    y: np.ndarray
    rows: np.ndarray


def preprocess(
    parts: Mapping[str, Inputs],
    steps: Mapping[str, float] | Sequence[Mapping[str, Any]] | None,
    features: Mapping[str, Sequence[str]],
    seed: int,
    threads: int = 1,
) -> tuple[dict[str, Any], list[str] | None]:
    """Preprocess the inputs of all parts.

    Parameters
    ----------
    parts
        The parts by name; one is "train". Parts must not share examples.
    steps
        `preprocess` of a run: None, `{divide_by: ...}`, or a list of steps with `step`, `settings`,
        `columns` and `fit_on`, see `refashion.spec.preprocess`.
    features
        Names that columns may be given by, each with the names of its columns in the inputs, in
        their order.
    seed
        Seed of the steps that draw at random.
    threads
        Number of threads of a step.

    Returns
    -------
    tuple
        Inputs by name, and the names of their columns, None if they have none. Integers are
        converted to float32, in which networks compute; other inputs keep their type.

    Raises
    ------
    PreprocessingError
        A step failed, or left missing values where there were none.
    """
    columns = list(dict.fromkeys(column for columns in features.values() for column in columns))
    names = columns if _width(parts[TRAIN].x) == len(columns) else None
    if not isinstance(steps, Sequence):
        return {name: _scaled(part.x, steps) for name, part in parts.items()}, names
    state = _State(dict(parts), names)
    for place, step in enumerate(steps):
        named = f"preprocess[{place}]: {step['step']}"
        state = _Step(step, features, seed, threads, named)(state)
    return {name: _numbers(part.x) for name, part in state.parts.items()}, state.names


def _scaled(x: np.ndarray, divide: Mapping[str, float] | None) -> np.ndarray:
    values = _numbers(x)
    return values / values.dtype.type(divide[DIVIDE_BY]) if divide else values


def _numbers(x: Any) -> Any:
    if _is_sparse(x):
        return x
    return x.astype(np.float32) if np.issubdtype(x.dtype, np.integer) else np.asarray(x)


def _is_sparse(x: Any) -> bool:
    return not isinstance(x, np.ndarray) and scipy.sparse.issparse(x)


def _width(x: Any) -> int:
    return int(x.shape[1]) if len(x.shape) == 2 else 0


@dataclass(frozen=True)
class _State:
    """The parts between two steps, and the names of their columns; None if they have none."""

    parts: dict[str, Inputs]
    names: list[str] | None


@dataclass(frozen=True)
class _Step:
    """One step of the preprocessing."""

    step: Mapping[str, Any]
    features: Mapping[str, Sequence[str]]
    seed: int
    threads: int
    named: str

    def __call__(self, state: _State) -> _State:
        kind = self.step["step"]
        if kind == DIVIDE_BY:
            by = {DIVIDE_BY: self.step["settings"][DIVIDE_BY]}
            return self._on_columns(
                state, lambda parts: {k: _scaled(x, by) for k, x in parts.items()}
            )
        if kind == DENSE:
            parts = {k: replace(part, x=self._dense(part.x)) for k, part in state.parts.items()}
            return replace(state, parts=parts)
        targets = {name: part.y for name, part in state.parts.items()}
        rows = {name: part.rows for name, part in state.parts.items()}
        return self._on_columns(state, lambda inputs: self._fitted(inputs, targets, rows))

    def _on_columns(self, state: _State, transform: Any) -> _State:
        """Apply a function to the chosen columns, or to all; other columns pass."""
        chosen = self.step["columns"]
        inputs = {name: part.x for name, part in state.parts.items()}
        if chosen is None:
            done = transform(inputs)
            names = state.names if state.names and _width(done[TRAIN]) == len(state.names) else None
            return _State({k: replace(p, x=done[k]) for k, p in state.parts.items()}, names)
        places = self._places(chosen, state)
        others = [place for place in range(_width(inputs[TRAIN])) if place not in places]
        taken = {k: _columns(x, places) for k, x in inputs.items()}
        done = transform(
            {
                k: x[:, 0] if x.dtype.kind in "US" and len(places) == 1 else x
                for k, x in taken.items()
            }
        )
        if _width(done[TRAIN]) == len(places) and not _is_sparse(done[TRAIN]):
            joined = {k: _put(inputs[k], places, done[k]) for k in inputs}
            return _State({k: replace(p, x=joined[k]) for k, p in state.parts.items()}, state.names)
        # As scikit-learn's ColumnTransformer orders them: first what is new, then what passes.
        joined = {k: _beside(done[k], _columns(inputs[k], others)) for k in inputs}
        new = [f"{self.step['step']}_{n}" for n in range(_width(done[TRAIN]))]
        names = [*new, *(state.names[place] for place in others)] if state.names else None
        return _State({k: replace(p, x=joined[k]) for k, p in state.parts.items()}, names)

    def _places(self, chosen: Sequence[str], state: _State) -> list[int]:
        if state.names is None:
            raise PreprocessingError(
                f"{self.named}: columns: {shown(list(chosen))}; the inputs have no named columns "
                "here; accepted: leave columns out, or choose them in an earlier step"
            )
        found: list[int] = []
        for name in chosen:
            columns = self.features.get(name, [name])
            for column in columns:
                if column not in state.names:
                    known = [*dict.fromkeys([*self.features, *state.names])]
                    text = f"{self.named}: columns: {shown(name)}; {choices(name, known)}"
                    raise PreprocessingError(text)
                found.append(state.names.index(column))
        return list(dict.fromkeys(found))

    def _fitted(
        self, inputs: Mapping[str, Any], y: Mapping[str, np.ndarray], rows: Mapping[str, np.ndarray]
    ) -> dict[str, Any]:
        """Fit a transformer, and transform all parts with it."""
        shape = inputs[TRAIN].shape[1:]
        flat = {name: _flat(x) for name, x in inputs.items()}
        made = estimators.seeded(self.step["step"], self.step["settings"], self.seed, self.threads)
        try:
            fit = self._on_all if self.step["fit_on"] == ALL else self._on_train
            done = fit(made, flat, y, rows)
        except Exception as error:  # whatever the transformer raises
            said = one_line(f"{type(error).__name__}: {error}")
            raise PreprocessingError(f"{self.named}: {said}") from error
        for name, x in done.items():
            self._check(name, flat[name], x)
        return {name: _shaped(x, shape) for name, x in done.items()}

    def _on_train(
        self,
        made: Any,
        inputs: Mapping[str, Any],
        y: Mapping[str, np.ndarray],
        rows: Mapping[str, np.ndarray],
    ) -> dict[str, Any]:
        done = {TRAIN: made.fit_transform(inputs[TRAIN], y[TRAIN])}
        return {
            name: done[name] if name in done else made.transform(x) for name, x in inputs.items()
        }

    def _on_all(
        self,
        made: Any,
        inputs: Mapping[str, Any],
        y: Mapping[str, np.ndarray],
        rows: Mapping[str, np.ndarray],
    ) -> dict[str, Any]:
        """Fit on all examples in the order of the dataset, as a source does before it splits."""
        stacked = np.concatenate([*rows.values()])
        order = np.argsort(stacked, kind="stable")
        whole = _stacked([*inputs.values()])[order]
        done = made.fit_transform(whole, np.concatenate([y[name] for name in inputs])[order])
        back = np.argsort(order, kind="stable")
        ends = np.cumsum([len(rows[name]) for name in inputs])
        starts = [0, *ends[:-1]]
        return {
            name: done[back[start:end]]
            for name, start, end in zip(inputs, starts, ends, strict=True)
        }

    def _check(self, name: str, before: Any, after: Any) -> None:
        if not hasattr(after, "shape") or after.shape[0] != before.shape[0]:
            raise PreprocessingError(f"{self.named}: it gives no array with a row for each example")
        if after.shape[1:] == (0,):
            raise PreprocessingError(f"{self.named}: no column is left; accepted: other settings")
        values = after.data if _is_sparse(after) else after
        if values.dtype.kind not in "biufUS":
            raise PreprocessingError(
                f"{self.named}: it gives {values.dtype} instead of numbers; accepted: a "
                "transformer to numbers"
            )
        if values.dtype.kind == "f" and not np.isfinite(values).all() and _is_finite(before):
            raise PreprocessingError(
                f"{self.named}: it turns numbers of the {name} examples into NaN or infinity; "
                "accepted: a step that suits the data"
            )

    def _dense(self, x: Any) -> np.ndarray:
        return dense(x, f"{self.named}: ")


def dense(x: Any, before: str = "") -> np.ndarray:
    """Return a matrix as an array, if it is not too large for that.

    Parameters
    ----------
    x
        Array, or sparse matrix.
    before
        Beginning of the message.

    Raises
    ------
    PreprocessingError
        The array would need more than `MOST_BYTES`.
    """
    if not _is_sparse(x):
        return x
    if (size := x.shape[0] * x.shape[1] * x.dtype.itemsize) > MOST_BYTES:
        raise PreprocessingError(
            f"{before}{x.shape[0]:,} examples of {x.shape[1]:,} features need "
            f"{size / 1024**3:.1f} GiB as numbers that are not sparse; accepted: at most "
            f"{MOST_BYTES / 1024**3:.0f} GiB, so limit the features, such as by max_features"
        )
    return x.toarray()


def _is_finite(x: Any) -> bool:
    values = x.data if _is_sparse(x) else x
    return values.dtype.kind not in "f" or bool(np.isfinite(values).all())


def _flat(x: Any) -> Any:
    """Give a transformer what it expects: texts as they are, and a row of numbers an example."""
    is_whole = _is_sparse(x) or x.ndim == 2 or x.dtype.kind in "US"
    return x if is_whole else np.asarray(x).reshape(len(x), -1)


def _shaped(x: Any, shape: tuple[int, ...]) -> Any:
    """Give images their shape again, if no step has changed how many numbers they have."""
    if _is_sparse(x):
        return x.tocsr()
    x = np.asarray(x)
    return x.reshape(len(x), *shape) if len(shape) > 1 and x[0].size == np.prod(shape) else x


def _columns(x: Any, places: Sequence[int]) -> Any:
    return x[:, list(places)]


def _put(x: np.ndarray, places: Sequence[int], new: np.ndarray) -> np.ndarray:
    if x.dtype.kind in "US":
        return new
    changed = x.astype(np.result_type(x.dtype, new.dtype))
    changed[:, list(places)] = new
    return changed


def _beside(new: Any, others: Any) -> Any:
    if others.shape[1] == 0:
        return new
    if _is_sparse(new) or _is_sparse(others):
        return scipy.sparse.hstack([new, others]).tocsr()
    if others.dtype.kind in "US" and new.dtype.kind not in "US":
        raise PreprocessingError(
            "preprocess: some columns of text become numbers, and others do not; accepted: a step "
            "for all of them, or a dataset with fewer columns"
        )
    return np.concatenate([new, others], axis=1)


def _stacked(parts: Sequence[Any]) -> Any:
    if any(map(_is_sparse, parts)):
        return scipy.sparse.vstack(parts).tocsr()
    return np.concatenate(parts)

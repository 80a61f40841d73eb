"""Archives of NumPy arrays."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from refashion.data.readers import Content, by_part
from refashion.data.readers.labels import TargetLabels, as_text, encode
from refashion.errors import DataError, choices, one_line, shown

MOST_BYTES = 8 * 1024**3


def read(description: Mapping[str, Any], files: Mapping[str, Path]) -> Content:
    """Read a file in the format npz; see `refashion.data.readers.read`."""
    path = files[description["npz"]]
    inputs, targets = by_part(description["inputs"]), by_part(description["target"])
    arrays = _load(path, [*inputs.values(), *targets.values()])
    x = {part: _inputs(path, name, arrays[name]) for part, name in inputs.items()}
    y = {part: _targets(path, name, arrays[name]) for part, name in targets.items()}
    for part, name in inputs.items():
        if len(x[part]) != len(y[part]):
            text = f"{path.name}: {len(x[part]):,} examples in {shown(name)}"
            raise DataError(f"{text}, but {len(y[part]):,} in {shown(targets[part])}")
    return content(
        x, y, {part: f"{path.name}: {name}" for part, name in targets.items()}, description
    )


def content(
    x: Mapping[str, np.ndarray],
    y: Mapping[str, np.ndarray],
    places: Mapping[str, str],
    description: Mapping[str, Any],
) -> Content:
    """Return inputs and targets as arrays of a dataset.

    Parameters
    ----------
    x, y
        Inputs and targets of each part.
    places
        Where the targets of each part stand, for messages.
    description
        The description, with `task` and `classes`.
    """
    classes: list[str] = []
    targets = dict(y)
    for part, values in y.items():
        if not len(values):
            raise DataError(f"{places[part]}: no examples; accepted: at least one")
    if description["task"] == "regression":
        for part, values in y.items():
            if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
                raise DataError(f"{places[part]}: not finite numbers; accepted: for a regression")
            targets[part] = values.astype(float)
    else:
        labels = {
            part: TargetLabels(
                as_text(values), places[part], "", "example", range(1, len(values) + 1)
            )
            for part, values in y.items()
        }
        targets, classes = encode(labels, description["classes"])
    shapes = {part: values.shape[1:] for part, values in x.items()}
    if len(set(shapes.values())) > 1:
        text = ", ".join(f"{part} {shape}" for part, shape in shapes.items())
        raise DataError(f"examples of different shapes: {text}; accepted: one shape")
    arrays: dict[str, np.ndarray] = {}
    for part in x:
        arrays |= {f"{part}_x": x[part], f"{part}_y": targets[part]}
    width = next(iter(shapes.values()))
    is_table = len(width) == 1 and next(iter(x.values())).dtype.kind != "U"
    features = [f"feature {place + 1}" for place in range(width[0])] if is_table else []
    return Content(arrays, classes, features, {})


def _load(path: Path, names: list[str]) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MOST_BYTES:
            raise DataError(f"{path.name}: {size:,} bytes; accepted: at most {MOST_BYTES:,}")
        with np.load(path, allow_pickle=False) as archive:
            for name in names:
                if name not in archive.files:
                    known = choices(name, archive.files)
                    raise DataError(f"{path.name}: no array {shown(name)}; {known}")
            return {name: archive[name] for name in names}
    except DataError:
        raise
    except Exception as error:  # NumPy and zipfile raise errors of many kinds, also of memory
        text = one_line(str(error))
        if "pickle" in text:
            text = "an array of Python objects, which only pickle can read"
        raise DataError(f"{path.name}: {text}; accepted: arrays of numbers or text") from error


def _inputs(path: Path, name: str, array: np.ndarray) -> np.ndarray:
    if (
        array.ndim == 0
        or array.dtype.kind not in "biufU"
        or (array.ndim == 1 and array.dtype.kind != "U")
    ):
        shape = f"{array.dtype} of shape {array.shape}"
        raise DataError(
            f"{path.name}: {name}: {shape}; accepted: numbers of shape (n, ...), or text"
        )
    if array.dtype.kind == "f" and np.isinf(array).any():
        raise DataError(f"{path.name}: {name}: infinite values; accepted: finite numbers")
    return array.astype(np.uint8) if array.dtype.kind == "b" else array


def _targets(path: Path, name: str, array: np.ndarray) -> np.ndarray:
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or array.dtype.kind not in "biufU":
        shape = f"{array.dtype} of shape {array.shape}"
        raise DataError(
            f"{path.name}: {name}: {shape}; accepted: a label or number for each example"
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array))[0])
        text = f"{path.name}: {name}[{row}]: {array[row]}"
        raise DataError(f"{text}; accepted: a label or finite number for each example")
    return array

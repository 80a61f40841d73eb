"""Files in the format IDX, in which MNIST and its relatives are published."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader

from refashion.data.readers import Content, by_part
from refashion.errors import DataError

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy_loader.load("numpy")


def read(description: Mapping[str, Any], files: Mapping[str, Path]) -> Content:
    """Read files in the format idx; see `refashion.data.readers.read`."""
    from refashion.data.readers.npz import content

    named, labels = by_part(description["idx"]), by_part(description["labels"])
    try:
        x = {part: read_idx(files[name], _dimensions(files[name])) for part, name in named.items()}
        y = {part: read_idx(files[name], 1) for part, name in labels.items()}
    except ValueError as error:
        raise DataError(str(error)) from error
    for part, name in named.items():
        if len(x[part]) != len(y[part]):
            text = f"{name}: {len(x[part]):,} examples, but {len(y[part]):,} labels"
            raise DataError(f"{text} in {labels[part]}; accepted: one label for each")
    return content(x, y, labels, description)


def _dimensions(path: Path) -> int:
    """Number of dimensions as the header states it."""
    with path.open("rb") as file:
        start = file.read(4)
    n = start[3] if len(start) == 4 else 0
    if not 2 <= n <= 4:
        raise ValueError(f"{path.name}: not an IDX file of examples; accepted: 2 to 4 dimensions")
    return n


def read_idx(path: Path, n_dimensions: int) -> np.ndarray:
    """Read an IDX file of unsigned bytes, the format of MNIST.

    The file has a magic number (2048 for unsigned bytes, plus the number of dimensions), the
    dimensions, each a big-endian 32-bit integer, and then the values.

    Parameters
    ----------
    path
        The file.
    n_dimensions
        Expected number of dimensions.

    Returns
    -------
    numpy.ndarray
        Array of uint8, read-only.

    Raises
    ------
    ValueError
        The file does not have this format, or its length contradicts its dimensions.
    """
    content = path.read_bytes()
    header = struct.Struct(f">{1 + n_dimensions}I")
    if len(content) < header.size:
        raise ValueError(f"{path}: {len(content)} bytes; an IDX header alone has {header.size}")
    magic, *shape = header.unpack_from(content)
    if magic != 2048 + n_dimensions:
        raise ValueError(f"{path}: magic number {magic}; expected {2048 + n_dimensions}")
    if len(content) != header.size + math.prod(shape):
        expected = f"{header.size + math.prod(shape)} for its dimensions {tuple(shape)}"
        raise ValueError(f"{path}: {len(content)} bytes; expected {expected}")
    return np.frombuffer(content, np.uint8, offset=header.size).reshape(shape)

"""Storage of the arrays of a dataset, with checksums to detect damage."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader

from refashion import artifacts

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy_loader.load("numpy")


def save_arrays(arrays: Mapping[str, np.ndarray], folder: Path) -> dict[str, dict[str, Any]]:
    """Write arrays to files that can be mapped into memory.

    Parameters
    ----------
    arrays
        The arrays by name.
    folder
        Folder for the files.

    Returns
    -------
    dict
        Description of each array by name: `shape`, `dtype`, and the `sha256` of its file.
    """
    described = {}
    for name, array in arrays.items():
        path = _path(folder, name)
        with artifacts.atomic(path) as temporary:
            np.save(temporary, array, allow_pickle=False)
        described[name] = {
            "shape": list(array.shape),
            "dtype": str(array.dtype),
            "sha256": _sha256(path),
        }
    return described


def damaged_arrays(described: Mapping[str, Mapping[str, Any]], folder: Path) -> list[Path]:
    """List the files that are missing or differ from their description.

    Parameters
    ----------
    described
        Descriptions returned by `save_arrays`.
    folder
        Folder of the files.
    """
    # Descriptions written by an older version have no checksum.
    wanted = {_path(folder, name): facts.get("sha256") for name, facts in described.items()}
    return [path for path, digest in wanted.items() if digest and _sha256(path) != digest]


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.npy"


def _sha256(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""The working folder of an author's own notebook: a copy of the study's folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Larger files are linked instead of copied.
LARGEST_COPY = 50_000_000
MOST_FILES = 10_000
# What a notebook does not read: the description of the study, and what tools leave in a folder.
NOT_READ = ("study.yaml", "claims.yaml", "narrative.md")
IGNORED = ("__pycache__", "results", "data_cache")


def files_of(folder: Path) -> list[Path]:
    """Return the files of a study that its notebooks may read, sorted; at most `MOST_FILES`.

    Hidden files and folders, and the files that describe the study, are not among them.
    """
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(n for n in folders if not n.startswith(".") and n not in IGNORED)
        own = sorted(name for name in names if not name.startswith("."))
        is_top = Path(place) == folder
        found += [Path(place, name) for name in own if not (is_top and name in NOT_READ)]
        if len(found) > MOST_FILES:
            break
    return [path for path in found[:MOST_FILES] if path.is_file()]


@contextmanager
def working_copy(folder: Path, place: Path) -> Iterator[Path]:
    """Copy a study's files into a new folder; afterwards, keep there only what is new or changed.

    Parameters
    ----------
    folder
        Folder of the study, which stays as it is.
    place
        The new folder. It is removed afterwards if nothing was written there.
    """
    copies: dict[Path, tuple[int, int]] = {}
    place.mkdir(parents=True)
    for source in files_of(folder):
        target = place / source.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.stat().st_size > LARGEST_COPY:
            target.symlink_to(source.resolve())
        else:
            shutil.copyfile(source, target)
        copies[target] = _state(target)
    try:
        yield place
    finally:
        for target, state in copies.items():
            with suppress(OSError):
                if _state(target) == state:
                    target.unlink()
        _remove_empty(place)


def _state(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_mtime_ns, found.st_size


def _remove_empty(folder: Path) -> None:
    shutil.rmtree(folder / ".ipynb_checkpoints", ignore_errors=True)
    for place, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):  # it is not empty
            Path(place).rmdir()

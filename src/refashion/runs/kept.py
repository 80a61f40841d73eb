"""Finished runs of a job on a cluster, kept until the whole job has ended.

On a cluster, a group of runs is one job (`Plan.group`). If the job is killed, Snakemake takes none
of its runs as done, not even those that have finished, and removes their results. So a finished run
is kept elsewhere, and found again when the job, or the command, is started again. It is found by
everything that its numbers may depend on, so it cannot be out of date.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from refashion import artifacts, sources
from refashion.artifacts import RunFolder

PLACE_VARIABLE = "REFASHION_FINISHED"
"""Environment variable with the folder for finished runs; without it, none is kept."""


def all_places(home: Path) -> Path:
    """Return the folder, in the home folder of libraries, with everything that is kept."""
    return home / "finished"


def publish(home: Path, code: Iterable[Path], lock: Path) -> None:
    """Pass the folder for finished runs to the runs of this job.

    Parameters
    ----------
    home
        Home folder of libraries.
    code
        Folders with the code and the studies. If a file in them has changed, what was kept before
        is not found.
    lock
        The lock file of this environment.
    """
    files = sorted(path for folder in code for path in folder.rglob("*") if path.suffix != ".pyc")
    states = [(path, path.stat()) for path in files if path.is_file()]
    listed = [(str(path), state.st_size, state.st_mtime_ns) for path, state in states]
    os.environ[PLACE_VARIABLE] = str((all_places(home) / _digest([str(lock), listed])).absolute())


def folder_of(recipe: str, attempt: int, data: Path | None) -> Path | None:
    """Return the folder in which a run is kept; None if none is.

    Parameters
    ----------
    recipe
        Canonical JSON, see `Plan.recipe`.
    attempt
        Number of the attempt, from 1.
    data
        The description of its prepared data, with their checksums; None if it has none.
    """
    place = os.environ.get(PLACE_VARIABLE)
    if place is None:
        return None
    return Path(place, _digest([recipe, attempt, data and sources.sha256(data)]))


def _digest(value: object) -> str:
    return hashlib.sha256(artifacts.canonical_json(value).encode()).hexdigest()


def keep(folder: RunFolder, kept: Path) -> None:
    """Keep the files of a finished run. They take no room where a file can have two names.

    Parameters
    ----------
    folder
        The run.
    kept
        Where to keep it.
    """
    temporary = kept.with_suffix(f".{os.getpid()}")
    logs = shutil.ignore_patterns(folder.log.name, folder.failures.name)
    shutil.copytree(folder.path, temporary, symlinks=True, copy_function=_link, ignore=logs)
    shutil.rmtree(kept, ignore_errors=True)
    temporary.rename(kept)


def restore(folder: RunFolder, kept: Path) -> bool:
    """Bring a finished run back, and return whether there was one.

    Parameters
    ----------
    folder
        The run. Its folder has no other files than logs.
    kept
        Where it was kept.
    """
    if not kept.is_dir():
        return False
    shutil.copytree(kept, folder.path, symlinks=True, copy_function=_link, dirs_exist_ok=True)
    for path in (folder.run_json, folder.notebook):
        os.utime(path)  # Snakemake expects results that are newer than what they depend on
    return True


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)

"""Checks of the folders that the workflow writes to: new, empty, or marked as made by refashion."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile

from refashion import artifacts, sources
from refashion.errors import ConfigError

MARK = ".refashion"
"""Name of the file that marks a folder as made by refashion."""

MARK_TEXT = "refashion created this folder. It replaces and removes files in it.\n"

# Folders of the system, with their subfolders, except those for temporary files.
SYSTEM = (
    *map(Path, ("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/run")),
    *map(Path, ("/sbin", "/sys", "/usr", "/var")),
)
TEMPORARY = (Path("/var/tmp"), Path("/dev/shm"), Path("/run/user"))

# Folders of the project with its code. Others, such as results and data, may be written to.
PROJECT_FOLDERS = (
    *(".ci", ".git", ".github", ".snakemake", ".venv", "benchmarks", "docs", "envs", "notebooks"),
    *("profiles", "report", "src", "studies", "tests"),
)

# Folders of refashion that may exist in the results folder before it is created and marked.
INSIDE = frozenset({"comparison"})


def check(key: str, folder: Path) -> None:
    """Check that the workflow may write to a folder.

    Parameters
    ----------
    key
        Key in `config.yaml`, for the message.
    folder
        The folder. It need not exist.

    Raises
    ------
    ConfigError
        The folder is part of the system or the project, contains other files, or is not writable.
    """
    place = folder.absolute().resolve()
    if reason := _not_for_writing(place) or _not_ours(place):
        accepted = f"is new, empty, or was made by refashion (it contains {MARK})"
    elif reason := _not_writable(place):
        accepted = "you may write to, such as one in another folder: snakemake --directory FOLDER"
    if reason:
        raise ConfigError(
            f"config.yaml: {key}: {str(folder)!r}; {reason}; accepted: a folder that {accepted}"
        )


def check_apart(folders: Mapping[str, Path]) -> None:
    """Check that folders are different and that none contains another.

    Parameters
    ----------
    folders
        Each folder by its key in `config.yaml`.

    Raises
    ------
    ConfigError
        A folder is the same as another, or is inside it.
    """
    places = {key: folder.absolute().resolve() for key, folder in folders.items()}
    for key, place in places.items():
        for other, around in places.items():
            if key != other and place.is_relative_to(around):
                raise ConfigError(
                    f"config.yaml: {key}: {str(folders[key])!r}; it is in the folder of {other}, "
                    f"{str(folders[other])!r}; accepted: separate folders"
                )


def mark(folder: Path) -> None:
    """Create a folder, and mark it as made by refashion."""
    if not (folder / MARK).is_file():
        artifacts.write_text(folder / MARK, MARK_TEXT)


def _not_for_writing(place: Path) -> str | None:
    project = sources.PROJECT
    if any(place.is_relative_to(project / name) for name in PROJECT_FOLDERS):
        return "a folder of the project itself"
    if project.is_relative_to(place):
        return "it contains the project"
    is_system = any(place.is_relative_to(folder) for folder in SYSTEM)
    if is_system and not any(place.is_relative_to(folder) for folder in TEMPORARY):
        return "a folder of the system"
    return None


def _not_ours(place: Path) -> str | None:
    try:
        foreign = next(_foreign(place), None) if place.is_dir() else None
    except OSError:
        return None  # `_not_writable` finds missing permissions
    return foreign and f"it contains files that refashion did not make, such as {foreign!r}"


def _foreign(place: Path) -> Iterator[str]:
    """Names of files that refashion did not make; marked folders and `INSIDE` are its own."""
    if not (place / MARK).is_file():
        for path in sorted(place.iterdir()):
            if path.name not in INSIDE and not (path / MARK).is_file():
                yield path.name


def _not_writable(place: Path) -> str | None:
    # os.path.exists is False behind a folder without permission, where Path.exists raises.
    nearest = next(path for path in (place, *place.parents) if os.path.exists(path))  # noqa: PTH110
    try:
        with TemporaryFile(dir=nearest):
            return None
    except OSError as error:
        return f"it is not writable ({error.strerror}: {nearest})"

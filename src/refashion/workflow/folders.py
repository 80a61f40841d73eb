"""The folders that the workflow writes to and removes from: new, empty, or marked as its own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile

from refashion import artifacts, sources
from refashion.errors import ConfigError

MARK = ".refashion"
"""File in a folder that the workflow has made."""

MARK_TEXT = "refashion made this folder, and replaces and removes files in it.\n"

# Of the system, at any depth; folders for temporary files in them are for everybody.
SYSTEM = (
    *map(Path, ("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/run")),
    *map(Path, ("/sbin", "/sys", "/usr", "/var")),
)
TEMPORARY = (Path("/var/tmp"), Path("/dev/shm"), Path("/run/user"))

# Of the project. Others, such as results and data, are not its code.
PROJECT = (
    *(".ci", ".git", ".github", ".snakemake", ".venv", "benchmarks", "docs", "envs", "notebooks"),
    *("profiles", "report", "src", "studies", "tests"),
)

# Folders of ours that may be inside a folder of results before it is made.
INSIDE = frozenset({"comparison"})


def check(key: str, folder: Path) -> None:
    """Refuse a folder that is not for the workflow to write to.

    Parameters
    ----------
    key
        Of `config.yaml`, for the message.
    folder
        It need not be there.

    Raises
    ------
    ConfigError
        Says what stands against it, and what would be accepted.
    """
    place = folder.absolute().resolve()
    if reason := _not_for_writing(place) or _not_ours(place):
        accepted = f"is new, empty, or was made by refashion (it holds {MARK})"
    elif reason := _not_writable(place):
        accepted = "you may write to, such as one in another folder: snakemake --directory FOLDER"
    if reason:
        raise ConfigError(
            f"config.yaml: {key}: {str(folder)!r}; {reason}; accepted: a folder that {accepted}"
        )


def check_apart(folders: Mapping[str, Path]) -> None:
    """Refuse folders of which one is, or lies in, another.

    Raises
    ------
    ConfigError
        Names both.
    """
    places = {key: folder.absolute().resolve() for key, folder in folders.items()}
    for key, place in places.items():
        for other, around in places.items():
            if key != other and place.is_relative_to(around):
                raise ConfigError(
                    f"config.yaml: {key}: {str(folders[key])!r}; it lies in the folder of {other}, "
                    f"{str(folders[other])!r}; accepted: folders apart from each other"
                )


def mark(folder: Path) -> None:
    """Make a folder, and mark it as one of ours."""
    if not (folder / MARK).is_file():
        artifacts.write_text(folder / MARK, MARK_TEXT)


def _not_for_writing(place: Path) -> str | None:
    project = sources.PROJECT
    if any(place.is_relative_to(project / name) for name in PROJECT):
        return "a folder of the project itself"
    if project.is_relative_to(place):
        return "the project lies in it"
    is_system = any(place.is_relative_to(folder) for folder in SYSTEM)
    if is_system and not any(place.is_relative_to(folder) for folder in TEMPORARY):
        return "a folder of the system"
    return None


def _not_ours(place: Path) -> str | None:
    try:
        foreign = next(_foreign(place), None) if place.is_dir() else None
    except OSError:
        return None  # that it is closed to us is found next
    return foreign and f"it holds files that refashion has not made, such as {foreign!r}"


def _foreign(place: Path) -> Iterator[str]:
    """Names in a folder that are not ours; a folder of results may hold others, all marked."""
    if not (place / MARK).is_file():
        for path in sorted(place.iterdir()):
            if path.name not in INSIDE and not (path / MARK).is_file():
                yield path.name


def _not_writable(place: Path) -> str | None:
    # What lies behind a closed folder does not exist for us.
    nearest = next(path for path in (place, *place.parents) if os.path.exists(path))  # noqa: PTH110
    try:
        with TemporaryFile(dir=nearest):
            return None
    except OSError as error:
        return f"cannot be written ({error.strerror}: {nearest})"

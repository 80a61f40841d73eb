"""The profile that a command names, which Snakemake looks for in several folders."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from refashion.errors import ConfigError, choices, shown
from refashion.sources import in_project

FOLDER = "profiles"


def check(arguments: Sequence[str], folder: Path) -> None:
    """Check that a workflow profile exists. Snakemake would ignore it, and run everything here.

    Parameters
    ----------
    arguments
        Command line of Snakemake, without its name.
    folder
        Folder in which the command was called; `--directory` is another one.

    Raises
    ------
    ConfigError
        There is none of this name.
    """
    parser = ArgumentParser(add_help=False)
    parser.add_argument("--workflow-profile", type=Path)
    name = parser.parse_known_args(arguments)[0].workflow_profile
    if name is None or str(name) == "none":
        return
    places = (folder, folder / FOLDER, in_project(FOLDER))
    if not any((place / name).exists() for place in places):
        accepted = sorted(str(found) for found in in_project(FOLDER).iterdir() if found.is_dir())
        raise ConfigError(
            f"--workflow-profile {shown(str(name))}; no such folder; "
            f"{choices(name, [*accepted, 'none'])}"
        )

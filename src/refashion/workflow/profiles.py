"""The profile that a command names, which Snakemake looks for in several folders."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from refashion.errors import ConfigError, choices, shown
from refashion.sources import in_project

FOLDER = "profiles"


def check(arguments: Sequence[str]) -> None:
    """Check that a workflow profile exists. Snakemake would ignore it, and run everything here.

    With `--directory`, nothing is checked: Snakemake has looked for the profile in the folder in
    which the command was called, and that is not known any more.

    Parameters
    ----------
    arguments
        Command line of Snakemake, without its name.

    Raises
    ------
    ConfigError
        There is none of this name.
    """
    parser = ArgumentParser(add_help=False)
    parser.add_argument("--workflow-profile")
    parser.add_argument("--directory", "-d")
    given, _ = parser.parse_known_args(arguments)
    name = given.workflow_profile
    if name in (None, "none") or given.directory:
        return
    places = (Path(), Path(FOLDER), in_project(FOLDER))
    if not any((place / name).exists() for place in places):
        accepted = sorted(found.name for found in in_project(FOLDER).iterdir() if found.is_dir())
        raise ConfigError(
            f"--workflow-profile {shown(name)}; no such profile; "
            f"{choices(Path(name).name, [*accepted, 'none'])}"
        )

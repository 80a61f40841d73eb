"""Creation of a new study: a folder of commented files that run without changes."""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from refashion.errors import ConfigError, shown
from refashion.spec.config import RESERVED
from refashion.spec.fields import NAME, why_invalid
from refashion.spec.problems import NAME_RULE

TEMPLATES = Path(__file__).parent / "templates"
FILES = ("study.yaml", "narrative.md")

NEXT = """\
Created studies/{name}/ with a study.yaml and a narrative.md that run as they are.
Describe your report in them, then:
  . .venv/bin/activate
  snakemake -n --config studies={name}          # checks the files, in seconds
  snakemake --cores 2 --config studies={name}   # runs the study and writes results/report"""


def new_study(name: str) -> None:
    """Create a study in studies/, and print the next steps.

    Raises
    ------
    ConfigError
        See `create`.
    """
    create(name)
    print(NEXT.format(name=name))


def _write_example(folder: Path) -> None:
    for file in FILES:
        shutil.copyfile(TEMPLATES / file, folder / file)


def create(name: str, root: Path = Path(), write: Callable[[Path], None] = _write_example) -> Path:
    """Create the folder of a study, with all files or not at all.

    Parameters
    ----------
    name
        Name of the study and its folder.
    root
        Folder of the project.
    write
        Writes the files into a folder; those of an example if it is left out.

    Returns
    -------
    pathlib.Path
        The folder of the study.

    Raises
    ------
    ConfigError
        The name is invalid, reserved or taken, or `studies/` is not writable.
    """
    studies = root / "studies"
    folder = studies / name
    try:
        _check(name, studies)
        with TemporaryDirectory(dir=studies, prefix=".") as temporary:
            whole = Path(temporary, name)
            whole.mkdir()
            write(whole)
            whole.rename(folder)
    except OSError as error:
        raise ConfigError(
            f"NAME: {shown(name)}; {folder} is not writable ({error.strerror}); "
            "accepted: a folder studies/ that you may write to"
        ) from None
    return folder


def _check(name: str, studies: Path) -> None:
    if not name:
        raise ConfigError(f"NAME: missing; accepted: {NAME_RULE}, such as NAME=my_report")
    if not re.fullmatch(NAME, name):
        raise ConfigError(f"NAME: {shown(name)}; accepted: {NAME_RULE}{_similar(name)}")
    if why := why_invalid(name):
        raise ConfigError(f"NAME: {shown(name)}; {why}; accepted: another, such as my_report")
    if name in RESERVED:
        raise ConfigError(f"NAME: {shown(name)}; reserved; accepted: any but {', '.join(RESERVED)}")
    if not studies.is_dir():
        raise ConfigError(f"{studies}: no such folder; run this in the project folder")
    folder = studies / name
    if os.path.lexists(folder):  # also a broken link
        raise ConfigError(f"NAME: {shown(name)}; {folder} exists; accepted: a new name")


def _similar(name: str) -> str:
    """Suggest the name in lower snake case and without accents, if that is valid."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    similar = re.sub(r"[^a-z0-9]+", "_", letters.lower()).strip("_")
    is_valid = re.fullmatch(NAME, similar) and not why_invalid(similar) and similar not in RESERVED
    return f"; did you mean '{similar}'?" if is_valid else ""

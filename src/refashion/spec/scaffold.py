"""A study to begin with: a folder of commented files that run as they stand."""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory

from refashion.errors import ConfigError, shown
from refashion.spec.config import RESERVED
from refashion.spec.fields import NAME, why_no_name
from refashion.spec.problems import NAME_RULE

TEMPLATES = Path(__file__).parent / "templates"
FILES = ("study.yaml", "narrative.md")

NEXT = """\
Made studies/{name}/: study.yaml and narrative.md run as they stand. Put your report in, then:
  . .venv/bin/activate
  snakemake -n --config studies={name}          # finds mistakes, in seconds
  snakemake --cores 2 --config studies={name}   # runs it, writes results/report"""


def new_study(name: str) -> None:
    """Begin a study: a folder in studies/ with files that run as they stand."""
    create(name)
    print(NEXT.format(name=name))


def create(name: str, root: Path = Path()) -> Path:
    """Make the folder of a study, with both files or not at all.

    Parameters
    ----------
    name
        Of the study and its folder.
    root
        Folder of the project.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    ConfigError
        The name is not valid, reserved or taken, or the folder cannot be written.
    """
    studies = root / "studies"
    folder = studies / name
    try:
        _check(name, studies)
        with TemporaryDirectory(dir=studies, prefix=".") as temporary:
            whole = Path(temporary, name)
            whole.mkdir()
            for file in FILES:
                shutil.copyfile(TEMPLATES / file, whole / file)
            whole.rename(folder)
    except OSError as error:
        raise ConfigError(
            f"NAME: {shown(name)}; {folder} cannot be written ({error.strerror}); "
            "accepted: a folder studies/ that you may write to"
        ) from None
    return folder


def _check(name: str, studies: Path) -> None:
    if not name:
        raise ConfigError(f"NAME: missing; accepted: {NAME_RULE}; such as NAME=my_report")
    if not re.fullmatch(NAME, name):
        raise ConfigError(f"NAME: {shown(name)}; accepted: {NAME_RULE}{_similar(name)}")
    if why := why_no_name(name):
        raise ConfigError(f"NAME: {shown(name)}; {why}; accepted: another, such as my_report")
    if name in RESERVED:
        raise ConfigError(f"NAME: {shown(name)}; reserved; accepted: any but {', '.join(RESERVED)}")
    if not studies.is_dir():
        raise ConfigError(f"{studies}: no such folder; start in the project's folder")
    folder = studies / name
    if os.path.lexists(folder):  # A link to nothing is something.
        raise ConfigError(f"NAME: {shown(name)}; {folder} exists; accepted: a name of its own")


def _similar(name: str) -> str:
    """Offer the name in lower snake case and without accents, where that makes a valid one."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    similar = re.sub(r"[^a-z0-9]+", "_", letters.lower()).strip("_")
    is_valid = re.fullmatch(NAME, similar) and not why_no_name(similar) and similar not in RESERVED
    return f"; did you mean '{similar}'?" if is_valid else ""

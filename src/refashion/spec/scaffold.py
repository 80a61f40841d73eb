"""Creation of a new study: a folder of commented files that run without changes."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from refashion import sources
from refashion.errors import ConfigError, shown
from refashion.spec.config import RESERVED
from refashion.spec.fields import NAME, why_invalid
from refashion.spec.problems import NAME_RULE

TEMPLATES = Path(__file__).parent / "templates"
FILES = ("study.yaml", "narrative.md")

STUDIES = Path("studies")
# What editors check study.yaml with; the template names it as seen from studies/.
SCHEMA = "../study.schema.json"

NEXT = """\
Created {folder}/ with a study.yaml and a narrative.md that run as they are.
Describe your report in them, then, in the folder of refashion:
  . .venv/bin/activate
  snakemake -n --config {options}          # checks the files, in seconds
  snakemake --cores 2 --config {options}   # runs the study and writes results/report"""


def new_study(name: str, place: Path | None) -> None:
    """Create a study, and print the next steps.

    Parameters
    ----------
    name
        Name of the study and its folder.
    place
        Folder that holds studies; None for `studies/`.

    Raises
    ------
    ConfigError
        See `create`.
    """
    folder = create(name, STUDIES if place is None else place.expanduser())
    print(NEXT.format(folder=folder, options=options(folder)))


def options(folder: Path) -> str:
    """Return what `snakemake --config` needs to run one study, quoted for a shell.

    Parameters
    ----------
    folder
        Folder of the study.
    """
    chosen = f"studies={folder.name}"
    if folder.parent.resolve() == STUDIES.resolve():
        return chosen
    return f"{shlex.quote(f'study_dirs={folder.parent.absolute()}')} {chosen}"


def _write_example(folder: Path) -> None:
    for file in FILES:
        shutil.copyfile(TEMPLATES / file, folder / file)


def create(
    name: str, place: Path = STUDIES, write: Callable[[Path], None] = _write_example
) -> Path:
    """Create the folder of a study, with all files or not at all.

    Parameters
    ----------
    name
        Name of the study and its folder.
    place
        Folder that holds studies. It is created, unless it is the default.
    write
        Writes the files into a folder; those of an example if it is left out.

    Returns
    -------
    pathlib.Path
        The folder of the study.

    Raises
    ------
    ConfigError
        The name is invalid, reserved or taken, or the folder is not writable.
    """
    folder = place / name
    try:
        _check(name, place)
        place.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=place, prefix=".") as temporary:
            whole = Path(temporary, name)
            whole.mkdir()
            write(whole)
            _name_schema(whole / "study.yaml", place)
            whole.rename(folder)
    except OSError as error:
        raise ConfigError(
            f"NAME: {shown(name)}; {folder} is not writable ({error.strerror}); "
            f"accepted: a folder {place}/ that you may write to"
        ) from None
    return folder


def _name_schema(file: Path, place: Path) -> None:
    """Name the schema as seen from a folder that does not hold it."""
    schema = sources.PROJECT / STUDIES / Path(SCHEMA).name
    if place.resolve() != STUDIES.resolve() and schema.is_file():
        seen = os.path.relpath(schema, place.resolve() / "study")
        file.write_text(file.read_text("utf-8").replace(SCHEMA, seen), encoding="utf-8")


def _check(name: str, place: Path) -> None:
    if not name:
        raise ConfigError(f"NAME: missing; accepted: {NAME_RULE}, such as NAME=my_report")
    if not re.fullmatch(NAME, name):
        raise ConfigError(f"NAME: {shown(name)}; accepted: {NAME_RULE}{_similar(name)}")
    if why := why_invalid(name):
        raise ConfigError(f"NAME: {shown(name)}; {why}; accepted: another, such as my_report")
    if name in RESERVED:
        raise ConfigError(f"NAME: {shown(name)}; reserved; accepted: any but {', '.join(RESERVED)}")
    if place == STUDIES and not place.is_dir():
        accepted = "run this in the project folder, or name one with --in FOLDER"
        raise ConfigError(f"{place}: no such folder; {accepted}")
    folder = place / name
    if os.path.lexists(folder):  # also a broken link
        raise ConfigError(f"NAME: {shown(name)}; {folder} exists; accepted: a new name")


def _similar(name: str) -> str:
    """Suggest the name in lower snake case and without accents, if that is valid."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    similar = re.sub(r"[^a-z0-9]+", "_", letters.lower()).strip("_")
    is_valid = re.fullmatch(NAME, similar) and not why_invalid(similar) and similar not in RESERVED
    return f"; did you mean '{similar}'?" if is_valid else ""

"""Coverage of a source by its study: what `refashion audit STUDY` adds to an audit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from refashion.audit import wording
from refashion.audit.audit import Audit
from refashion.audit.record import record
from refashion.audit.terminal import wrapped
from refashion.documents.quotes import Passages
from refashion.errors import ConfigError
from refashion.shortening import shortened
from refashion.spec import config
from refashion.spec.coverage import Coverage, coverage_of
from refashion.spec.study import Study

LONGEST_QUOTE = 80


class StudySource(NamedTuple):
    """A study, and the document of its source."""

    study: Study
    document: Path


def study_folder(path: Path, root: Path = Path()) -> Path | None:
    """Return the folder of a study.

    Parameters
    ----------
    path
        Its folder, or its name if `config.yaml` finds it.
    root
        Folder of the project, with `config.yaml`.

    Returns
    -------
    Path or None
        None if the path is of a document or of another folder.
    """
    if (path / "study.yaml").is_file():
        return path
    if path.exists() or not (root / "config.yaml").is_file():
        return None
    return config.find_studies(root).get(str(path))


def source_of(folder: Path, document: Path | None, root: Path = Path()) -> StudySource:
    """Load a study with the document of its source.

    Parameters
    ----------
    folder
        Folder of the study.
    document
        The document; None for the one that the study names.
    root
        Folder of the project.

    Raises
    ------
    ConfigError
        The study is invalid, or names no document and none is given.
    """
    study, data_dirs = config.load_study_alone(folder, root)
    found = document or study.document(data_dirs)
    if found is None:
        accepted = "accepted: the report as a document, there or with --source FILE"
        raise ConfigError(f"{folder / 'study.yaml'}: source.file: missing; {accepted}")
    return StudySource(study, found)


def coverage(audit: Audit, study: Study) -> Coverage:
    """Find out which numbers of an audited document a study states."""
    return coverage_of(study, record(audit)["numbers"], Passages.of(audit.document))


def lines(audit: Audit, name: str, found: Coverage) -> Iterator[str]:
    """Yield what the terminal shows of a coverage: what is passed over, and then the share.

    Parameters
    ----------
    audit
        The audit of the document.
    name
        Name of the study.
    found
        What the study covers.
    """
    headings = {
        "Numbers that no claim states and no untestable statement names": found.missing,
        "Settings and sizes that the study does not state": found.unstated,
    }
    for heading, numbers in headings.items():
        if numbers:
            yield from ("", f"{heading} ({len(numbers):,})")
        for _, group in groupby(numbers, key=_place):
            yield from _group(audit, [*group])
    yield from ("", f"{name}: {found.words}.")


def _place(number: Mapping[str, Any]) -> tuple[Any, ...]:
    return number["kind"], *number["lines"], number["quote"]


def _group(audit: Audit, numbers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the numbers of one table, log or sentence, under its place and its quote."""
    first = numbers[0]
    place = wording.place(audit.document, audit.document.lines[first["line"] - 1])
    quote = shortened(" ".join(first["quote"].split()), LONGEST_QUOTE).replace("\n", " ")
    yield ""
    yield from wrapped(f"{place}: “{quote}”", "  ")
    yield from wrapped("; ".join(map(_named, numbers)), "      ")


def _named(number: Mapping[str, Any]) -> str:
    names = [number["row"], number["metric"].replace("_", " ")]
    if number["kind"] == "matrix":
        names = [f"{number['row']} as {number['column']}"]
    return f"{', '.join(filter(None, names))}: {number['value']}"

"""`refashion audit`: one document, or a folder of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from refashion import artifacts
from refashion.audit import covering, terminal
from refashion.audit.audit import Audit, audit
from refashion.audit.covering import StudySource
from refashion.audit.page import page
from refashion.audit.record import record
from refashion.audit.stack import Row, write_table
from refashion.documents import SUFFIXES, DocumentError
from refashion.errors import RefashionError
from refashion.ledger.entry import Verdict
from refashion.render.text.time_limit import time_limit
from refashion.spec.coverage import Coverage

READ, CONTRADICTIONS, UNREADABLE = 0, 1, 2
# A document of a hundred pages takes a few seconds.
SECONDS = 120


def command(
    paths: Sequence[Path], out: Path | None, strict: bool, source: Path | None = None
) -> int:
    """Audit documents, and print and write what was found.

    Parameters
    ----------
    paths
        One document; or a folder, whose documents are audited one by one; or several documents; or
        the name or the folder of a study, whose source is audited.
    out
        Folder for `audit.html` and `audit.json`; None for the current one. Several documents get a
        folder each within it.
    strict
        Whether contradictions are a failure.
    source
        The document of a study's source; None for the one that the study names.

    Returns
    -------
    int
        0 if all were read; 1 with `strict` if there are contradictions; 2 if one cannot be read.

    Raises
    ------
    RefashionError
        A folder holds no document, a study is invalid, or nothing can be written to `out`.
    """
    folder = out or Path()
    if len(paths) == 1 and (study := covering.study_folder(paths[0])):
        found = covering.source_of(study, source)
        return _one(found.document, folder, strict, found)
    if source:
        accepted = "accepted: --source with the name or the folder of one study"
        raise RefashionError(f"{', '.join(map(str, paths))}: no study; {accepted}")
    if len(paths) == 1 and not paths[0].is_dir():
        return _one(paths[0], folder, strict)
    return _many([*_documents(paths)], folder, strict)


def _one(path: Path, folder: Path, strict: bool, of: StudySource | None = None) -> int:
    _refuse_other(path, folder)
    try:
        done = _audit(path)
    except DocumentError as error:
        print(error, file=sys.stderr)
        return UNREADABLE
    covered = covering.coverage(done, of.study) if of else None
    _write(done, folder, covered)
    print(*terminal.lines(done), sep="\n")
    print(f"\nWritten: {folder / 'audit.html'}, {folder / 'audit.json'}")
    if of and covered:
        print(*covering.lines(done, of.study.name, covered), sep="\n")
    return _status(done, strict)


def _audit(path: Path) -> Audit:
    with time_limit(SECONDS):
        return audit(path)


def _status(done: Audit, strict: bool) -> int:
    return CONTRADICTIONS if strict and done.with_verdict(Verdict.INCONSISTENT) else READ


def _refuse_other(path: Path, folder: Path) -> None:
    """Refuse to replace the audit of another document."""
    try:
        name = artifacts.read_json(folder / "audit.json")["document"]["name"]
    except (OSError, RefashionError, KeyError, TypeError):
        return
    if name != path.name:
        raise RefashionError(
            f"{folder / 'audit.json'}: the audit of {name}, which is kept; "
            f"accepted: --out with another folder"
        )


def _write(done: Audit, folder: Path, covered: Coverage | None = None) -> None:
    more = {"coverage": covered.as_record()} if covered else {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        artifacts.write_text(folder / "audit.html", page(done))
        artifacts.write_json(folder / "audit.json", record(done) | more)
    except OSError as error:
        raise RefashionError(f"{folder}: cannot be written to ({error.strerror})") from None


def _documents(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the documents of folders, and the documents themselves."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in SUFFIXES)
        if not found:
            raise RefashionError(
                f"{path}: no document; accepted: files named {', '.join(SUFFIXES)}"
            )
        yield from found


def _many(paths: Sequence[Path], folder: Path, strict: bool) -> int:
    rows, status = [], READ
    for path, name in zip(paths, _names(paths), strict=True):
        try:
            done = _audit(path)
        except DocumentError as error:
            rows.append(Row(path, name, str(error)))
            print(error, file=sys.stderr)
            status = UNREADABLE
            continue
        _write(done, folder / name)
        rows.append(Row(path, name, done))
        print(next(terminal.lines(done)), terminal.counts(done), sep="\n  ")
        status = max(status, _status(done, strict))
    write_table(rows, folder)
    print(f"\nWritten: {folder / 'audits.html'}, {folder / 'audits.csv'}")
    return status


def _names(paths: Sequence[Path]) -> list[str]:
    """Name a folder for each document: its name without its suffix, made unique."""
    names: list[str] = []
    for path in paths:
        name, number = path.stem, 2
        while name in names:
            name, number = f"{path.stem}-{number}", number + 1
        names.append(name)
    return names

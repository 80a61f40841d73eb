"""The report that a study re-creates, and the document of it that is at hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from refashion.documents import SUFFIXES
from refashion.errors import shown
from refashion.spec.deposit import Doi, Person
from refashion.spec.fields import Strict, Text, Title
from refashion.spec.outside import FileName
from refashion.spec.problems import Problem
from refashion.spec.result_files import folders_text, is_there


class OriginalReport(Strict):
    """The report that a study re-creates."""

    citation: Text
    note: Text = Field(description="one line about the source")
    title: Title | None = Field(None, description="title of the report, for citations of it")
    authors: tuple[Person, ...] = Field(
        (), description="who wrote it, the corresponding author first: name, and orcid"
    )
    doi: Doi | None = Field(None, description="DOI of the report, such as 10.1000/182")
    file: FileName | None = Field(
        None,
        description="the report as a document (pdf, docx, html, ipynb, md, tex, txt), below the "
        "folder of the study or data_dirs: its own numbers are audited",
    )
    show: bool = Field(
        False,
        description="whether the pages of a PDF file stand beside the claims; only where its "
        "licence allows copies",
    )


def find_document(name: str, folders: Sequence[Path]) -> Path | None:
    """Find the document of a study.

    Parameters
    ----------
    name
        Its `source.file`.
    folders
        That of the study, whose files may be no links to places outside, and then `data_dirs`.

    Returns
    -------
    Path or None
        None if there is no such file.
    """
    return next((f / name for f in folders if is_there(f / name, f, folders[0])), None)


def problems_of(source: Any, folders: Sequence[Path]) -> Iterator[Problem]:
    """Find a document that is not there, or that does not fit the other keys of a source.

    Parameters
    ----------
    source
        Content of the file under `source`.
    folders
        See `find_document`.
    """
    if not isinstance(source, dict):
        return
    name, where = source.get("file"), ("source", "file")
    if isinstance(name, str) and not find_document(name, folders):
        accepted = f"accepted: a document ({', '.join(SUFFIXES)})"
        text = f"{shown(name)}; no such file in {folders_text(folders)}; {accepted}"
        yield Problem(where, text)
    if name is None and source.get("show") is True:
        text = "true; there is no file to show; accepted: false, or true with source.file"
        yield Problem(("source", "show"), text)

"""Rows of files of values that are separated by a character, checked without pandas."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

from refashion.errors import DataError, one_line, shown

LONGEST_LINE = 10_000_000
MOST_COLUMNS = 10_000
SEPARATORS = {"csv": ",", "tsv": "\t"}
WHITESPACE = "whitespace"


class Structure(NamedTuple):
    """The names of the columns of a file, and the number of the line of each row."""

    columns: list[str]
    lines: array[int]


def structure(path: Path, description: Mapping[str, Any]) -> Structure:
    """Check that all rows of a file have as many cells as its header, with different names.

    pandas would fill up short rows, and rename a second column of the same name.

    Raises
    ------
    DataError
        They do not, or the file is empty, or not text in the stated encoding.
    """
    columns: list[str] | None = description["names"]
    lines: array[int] = array("L")
    for line, row in rows_of(path, description):
        if columns is None:
            columns = _header(path, line, row)
        elif len(row) != len(columns):
            text = f"{path.name}: line {line}: {len(row):,} cells; accepted: {len(columns):,}"
            why = "names has" if description["names"] else "the header has"
            raise DataError(f"{text}, as many as {why}")
        else:
            lines.append(line)
    if columns is None or not lines:
        content = "no rows below the header" if columns else "empty"
        raise DataError(f"{path.name}: {content}; accepted: a table")
    return Structure(list(columns), lines)


def rows_of(path: Path, description: Mapping[str, Any]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a file, without blank ones, each with the number of its last line.

    Raises
    ------
    DataError
        The file cannot be parsed.
    """
    separator = separator_of(description)
    with path.open(encoding=encoding_of(description), newline="") as file:
        reader = csv.reader(
            _lines(path, file, separator),
            delimiter=" " if separator == WHITESPACE else separator.strip(" ") or " ",
            skipinitialspace=separator == WHITESPACE or separator.endswith(" "),
            quoting=csv.QUOTE_MINIMAL if description["quotes"] else csv.QUOTE_NONE,
            strict=True,
        )
        try:
            for row in reader:
                if len(row) > 1 or "".join(row).strip():
                    yield reader.line_num, row
        except UnicodeDecodeError as error:
            raise _not_decoded(path, description["encoding"], error) from error
        except csv.Error as error:
            text = f"{path.name}: line {reader.line_num}: {one_line(str(error))}"
            accepted = "cells of at most 131,072 characters, quoted as a whole, or quotes: false"
            raise DataError(f"{text}; accepted: {accepted}") from error


def separator_of(description: Mapping[str, Any]) -> str:
    """Return the stated separator, or that of the format."""
    return description["separator"] or SEPARATORS[description["format"]]


def encoding_of(description: Mapping[str, Any]) -> str:
    """Return the encoding, which for UTF-8 skips a mark at the beginning of the file."""
    encoding = description["encoding"]
    return "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding


def _lines(path: Path, lines: Any, separator: str) -> Iterator[str]:
    """Yield the lines of a file; a file without line ends must not fill the memory."""
    number = 0
    while line := lines.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            text = f"{path.name}: line {number}: {LONGEST_LINE:,} characters or more"
            raise DataError(f"{text}; accepted: a table with shorter lines")
        if "\0" in line:
            text = f"{path.name}: line {number}: a character with the code 0"
            raise DataError(f"{text}; accepted: a text file, in the encoding that is stated")
        if separator == WHITESPACE:
            line = " ".join(line.split()) + "\n"
        yield line


def _header(path: Path, line: int, row: Sequence[str]) -> list[str]:
    """Check the names of the columns; one without a name gets the name that pandas gives it."""
    if len(row) > MOST_COLUMNS:
        text = f"{path.name}: line {line}: {len(row):,} columns"
        raise DataError(f"{text}; accepted: at most {MOST_COLUMNS:,}")
    names = [name or f"Unnamed: {place}" for place, name in enumerate(row)]
    for place, name in enumerate(names):
        if name in names[:place]:
            text = f"{path.name}: line {line}: two columns are named {shown(name)}"
            raise DataError(f"{text}; accepted: a different name for each column")
    return names


def _not_decoded(path: Path, encoding: str, error: UnicodeDecodeError) -> DataError:
    """Name the first line that cannot be decoded; the decoder only knows its own buffer."""
    with path.open("rb") as file:
        lines = takewhile(lambda line: _is_text(line, encoding), file)
        number = 1 + sum(1 for _ in lines)
    byte = error.object[error.start]
    text = f"{path.name}: line {number}: not text in {encoding} (byte 0x{byte:02x})"
    return DataError(f"{text}; accepted: its encoding, such as encoding: latin-1 or cp1252")


def _is_text(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True

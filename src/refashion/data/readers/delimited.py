"""Files of values that are separated by a comma, a tab or another character."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from refashion.data.readers import Content, by_part
from refashion.data.readers.rows import WHITESPACE, encoding_of, separator_of, structure
from refashion.data.readers.tables import NUMBER, Table, arrays_of
from refashion.errors import DataError, one_line


def read(description: Mapping[str, Any], files: Mapping[str, Path]) -> Content:
    """Read files in the format csv or tsv; see `refashion.data.readers.read`."""
    named = by_part(description[description["format"]])
    parts = {part: _table(files[name], description) for part, name in named.items()}
    return arrays_of(parts, description)


def _table(path: Path, description: Mapping[str, Any]) -> Table:
    found = structure(path, description)
    as_text = [name for name, kind in description["types"].items() if kind != NUMBER]
    if description["task"] == "classification":
        as_text.append(description["target"])
    missing: dict[str, Any] = {}
    if description["missing_values"] is not None:
        values = ["", *description["missing_values"]]
        missing = {"keep_default_na": False, "na_values": values}
    separator = separator_of(description)
    try:
        frame = pd.read_csv(
            path,
            sep=r"\s+" if separator == WHITESPACE else separator.strip(" ") or " ",
            skipinitialspace=separator.endswith(" "),
            header=None if description["names"] else 0,
            names=found.columns,
            dtype={name: str for name in as_text if name in found.columns},
            index_col=False,
            decimal=description["decimal"],
            encoding=encoding_of(description),
            quoting=csv.QUOTE_MINIMAL if description["quotes"] else csv.QUOTE_NONE,
            compression=None,
            low_memory=False,
            **missing,
        )
    except (ValueError, OverflowError) as error:  # pandas' own errors of parsing are ValueErrors
        raise DataError(f"{path.name}: {one_line(str(error))}") from error
    if len(frame) != len(found.lines):
        rows = f"{len(frame):,} or {len(found.lines):,} rows, depending on how quotes are read"
        raise DataError(f"{path.name}: {rows}; accepted: quotes: false, or cells quoted as a whole")
    return Table(path.name, frame.set_axis(list(found.lines), axis="index"), "line")

"""What can be seen of a described table at a glance, before it is fetched and prepared.

A plan looks at the header of a file that is there, and at the labels in a small one, so that a
misspelt name is told in seconds. Faults of the data are found later, when they are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from refashion.data.readers import by_part
from refashion.data.readers.rows import rows_of
from refashion.errors import DataError

# The labels of a larger file (in bytes), and so many that they are no classes, are not looked at.
SMALL = 1_000_000
MOST_LABELS = 1000


def headers(described: Any) -> dict[str, list[str]]:
    """Return the names of the columns in each file, by its name; none of a file that is not there.

    Parameters
    ----------
    described
        The dataset, see `refashion.data.described.Described`.
    """
    names = described.description.get("names")
    found = {}
    for path in _files(described):
        try:
            header = names or next((row for _, row in rows_of(path, described.description)), None)
        except (DataError, OSError):  # its reader tells this
            continue
        if header:
            found[path.name] = list(header)
    return found


def classes(described: Any) -> list[str]:
    """Return the labels in the training part of a small file, sorted; empty if unknown.

    Parameters
    ----------
    described
        The dataset. If it leaves out rows with missing values, its classes are unknown.
    """
    path = next(_files(described), None)
    is_whole = described.TASK == "classification" and described.description.get("missing") != "drop"
    if path is None or not is_whole or path.stat().st_size > SMALL:
        return []
    try:
        found = set(targets(path, described.description))
    except (DataError, OSError):
        return []
    return sorted(found) if len(found) <= MOST_LABELS else []


def targets(path: Path, description: Mapping[str, Any], n_rows: int | None = None) -> list[str]:
    """Return the values of the target in the first rows of a file, without empty ones.

    Raises
    ------
    DataError
        The file cannot be parsed, or has no such column.
    """
    rows = (row for _, row in islice(rows_of(path, description), n_rows))
    columns = list(description["names"] or next(rows, []))
    if description["target"] not in columns:
        raise DataError(f"{path.name}: no column {description['target']!r}")
    place = columns.index(description["target"])
    return [row[place] for row in rows if len(row) > place and row[place].strip()]


def _files(described: Any) -> Iterator[Path]:
    """Yield the plain files of a table that are there, in the order of the parts."""
    form = described.description["format"]
    for name in by_part(described.description[form]).values() if form in ("csv", "tsv") else ():
        path = described.local(name)
        if path and path.is_file() and path.suffix != ".gz":
            yield path

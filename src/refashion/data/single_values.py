"""Single numbers in JSON and CSV files: a value of each seed, found by a pointer or in a column.

Only the standard library reads them, because a workflow looks for the seeds when it is planned.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from refashion.errors import DataError, choices, one_line, shown
from refashion.regular_files import open_regular

MOST_BYTES = 100_000_000
SEED = "{seed}"
"""Stands for the number of a seed in names of files and in pointers."""

Values = dict[int, float]


def seed_pattern(text: str) -> re.Pattern[str]:
    """Return a pattern that matches a text with a number, the group `seed`, in place of `SEED`."""
    before, _, after = text.partition(SEED)
    return re.compile(f"{re.escape(before)}(?P<seed>[0-9]{{1,9}}){re.escape(after)}")


def read_text(path: Path) -> str:
    """Read a file of text.

    Raises
    ------
    DataError
        It cannot be read, is too large, or is not UTF-8.
    """
    try:
        with open_regular(path, MOST_BYTES) as file:
            return file.read().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path.name}: not UTF-8; accepted: a file saved as UTF-8") from None


def read_json(path: Path) -> Any:
    """Read a file of JSON, in which NaN and Infinity may occur.

    Raises
    ------
    DataError
        It cannot be read, or is no JSON.
    """
    try:
        return json.loads(read_text(path))
    except DataError:
        raise
    except (ValueError, RecursionError) as error:
        text = one_line(str(error) or "nested too deep")
        raise DataError(f"{path.name}: not valid JSON: {text}") from None


def from_json(path: Path, pointer: str) -> Values:
    """Find the values of seeds in a file of JSON.

    Parameters
    ----------
    path
        The file.
    pointer
        JSON pointer (RFC 6901), such as `/test/accuracy`. It leads to a number, to a list with one
        for each seed from 0, or to an object whose keys are seeds. A part of it may contain
        `{seed}`.

    Raises
    ------
    DataError
        It leads nowhere, or not to numbers.
    """
    place = f"{path.name}: {pointer}"
    found: Values = {}
    for seed, value in _at(read_json(path), pointer.split("/")[1:], path.name, ""):
        for number, each in _each(value) if seed is None else [(seed, value)]:
            if number in found:
                raise DataError(f"{place}: seed {number} occurs twice; accepted: once")
            found[number] = as_number(each, place)
    if not found:
        raise DataError(f"{place}: no value; accepted: a pointer to at least one")
    return found


def _at(value: Any, parts: Sequence[str], file: str, way: str) -> Iterator[tuple[int | None, Any]]:
    """Follow a pointer; give what it leads to, with the seed if the pointer contains it."""
    if not parts:
        yield None, value
        return
    part = parts[0].replace("~1", "/").replace("~0", "~")
    inside = dict(_items(value))
    if SEED in part:
        pattern = seed_pattern(part)
        for key, each in inside.items():
            if match := pattern.fullmatch(key):
                yield from ((int(match["seed"]), v) for _, v in _at(each, parts[1:], file, key))
        return
    if part not in inside:
        what = choices(part, inside) if inside else "accepted: an object or a list there"
        raise DataError(f"{file}: nothing at {shown(f'{way}/{parts[0]}')}; {what}")
    yield from _at(inside[part], parts[1:], file, f"{way}/{parts[0]}")


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from ((str(place), each) for place, each in enumerate(value))


def _each(value: Any) -> list[tuple[int, Any]]:
    """Give the values of all seeds that a pointer without a seed leads to."""
    if isinstance(value, list):
        return list(enumerate(value))
    if isinstance(value, dict) and value and all(re.fullmatch("[0-9]{1,9}", k) for k in value):
        return [(int(key), each) for key, each in value.items()]
    return [(0, value)]


def as_number(value: Any, place: str) -> float:
    """Convert a value of a file to a number; null is NaN, the result of a run that has diverged.

    Raises
    ------
    DataError
        It is no number.
    """
    try:
        if isinstance(value, bool | list | dict):
            raise TypeError
        return float("nan" if value is None else value)
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"{place}: {shown(value)}; accepted: a number") from None


def from_table(
    path: Path,
    column: str,
    where: Mapping[str, str] | None = None,
    row: int | None = None,
    seed: str | None = None,
) -> Values:
    """Find the values of seeds in a CSV file with a header.

    Parameters
    ----------
    path
        The file.
    column
        The column with the values.
    where
        What other columns have to say in the rows that count.
    row
        The only row that counts, from 1, of those that `where` leaves; None for all of them.
    seed
        The column that names the seed of each row; None if they are seeds 0, 1, ... in order.

    Raises
    ------
    DataError
        A column or row does not exist, a seed occurs twice, or a value is no number.
    """
    header, rows = _table(path)
    for name in (column, *(where or {}), *([seed] if seed else [])):
        if name not in header:
            raise DataError(f"{path.name}: no column {shown(name)}; {choices(name, header)}")
    wanted = [(header.index(name), text) for name, text in (where or {}).items()]
    places = [
        (line, dict(zip(header, cells, strict=True)))
        for line, cells in rows
        if all(cells[place] == text for place, text in wanted)
    ]
    if row is not None:
        places = places[row - 1 : row]
    if not places:
        raise DataError(f"{path.name}: no such row; accepted: `where` and `row` that leave a row")
    found: Values = {}
    for place, (line, cells) in enumerate(places):
        number = place if seed is None else _seed(cells[seed], f"{path.name}: line {line}: {seed}")
        if number in found:
            raise DataError(f"{path.name}: line {line}: seed {number} occurs twice")
        found[number] = as_number(cells[column] or None, f"{path.name}: line {line}: {column}")
    return found


def _table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    reader = csv.reader(io.StringIO(read_text(path), newline=""))
    try:
        rows = [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        raise DataError(f"{path.name}: line {reader.line_num}: {error}") from None
    if not rows:
        raise DataError(f"{path.name}: empty; accepted: a table with a header")
    (_, header), *others = rows
    if len(set(header)) < len(header):
        raise DataError(f"{path.name}: a column occurs twice; accepted: each name once")
    for line, cells in others:
        if len(cells) != len(header):
            text = f"{len(cells)} values; accepted: {len(header)}, as in the header"
            raise DataError(f"{path.name}: line {line}: {text}")
    return header, others


def _seed(text: str, place: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise DataError(f"{place}: {shown(text)}; accepted: the number of a seed")
    return int(text)

"""Tables: their columns become numbers, one-hot encoded categories, or texts.

Columns of text are categories. Numbers come first, then one column for each level of each category,
named `<category>_<level>`, as `pandas.get_dummies` does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from refashion.data.readers import Content
from refashion.data.readers.labels import TargetLabels, as_text, check_names, encode, in_order
from refashion.errors import DataError, choices, shown

# A column of text with more levels, or mostly with different ones, is hardly a category.
MOST_LEVELS = 100
MOST_STATED_LEVELS = 10_000
# Texts are stored with a fixed width of four bytes for each character.
MOST_TEXT_BYTES = 1024**3

NUMBER, CATEGORY, TEXT = "number", "category", "text"


class Table(NamedTuple):
    """A part of a dataset as it stands in a file.

    Attributes
    ----------
    file
        Name of the file.
    frame
        Columns of numbers or text; the index holds the number of each line or row.
    unit
        What the index counts: "line" or "row".
    """

    file: str
    frame: pd.DataFrame
    unit: str

    def fault(self, column: str, wrong: pd.Series | np.ndarray, accepted: str) -> DataError:
        """Return the error for the first wrong cell of a column."""
        rows = np.flatnonzero(np.asarray(wrong))
        value = self.frame[column].iloc[rows[0]]
        found = "missing" if pd.isna(value) else shown(value)
        more = f" (and in {len(rows) - 1:,} more rows)" if len(rows) > 1 else ""
        return DataError(
            f"{self.file}: {self.unit} {self.frame.index[rows[0]]}, column {shown(column)}: "
            f"{found}{more}; accepted: {accepted}"
        )


def arrays_of(parts: Mapping[str, Table], description: Mapping[str, Any]) -> Content:
    """Convert tables to arrays.

    Parameters
    ----------
    parts
        The table of each part.
    description
        The description, with `target`, `task`, `columns`, `leave_out`, `types`, `missing` and
        `classes`.

    Raises
    ------
    DataError
        A table does not fit the description.
    """
    target, chosen = description["target"], _chosen(parts, description)
    whole = {part: _without_missing(table, chosen, description) for part, table in parts.items()}
    dropped = sum(len(parts[part].frame) - len(table.frame) for part, table in whole.items())
    y, classes = _targets(whole, description)
    kinds = {name: _kind(whole, name, description["types"].get(name)) for name in chosen}
    features: list[str] = []
    categories: dict[str, list[str]] = {}
    if TEXT in kinds.values():
        x = _texts(whole, kinds)
    else:
        x, features, categories = _numbers_and_levels(whole, kinds)
    arrays: dict[str, np.ndarray] = {}
    for part in parts:
        arrays |= {f"{part}_x": x[part], f"{part}_y": y[part]}
        if left_out := list(description["leave_out"]):
            further = whole[part].frame[left_out].astype(object).fillna("").astype(str)
            arrays[f"{part}_columns"] = further.to_numpy(dtype=np.str_)
    if target in features:
        raise DataError(
            f"a level of a category gives a column the name of the target, {shown(target)}"
        )
    return Content(arrays, classes, features, categories, dropped)


def _chosen(parts: Mapping[str, Table], description: Mapping[str, Any]) -> list[str]:
    """Check that all columns that the description names exist; return those to use as inputs."""
    target, left_out = description["target"], description["leave_out"]
    named = [target, *(description["columns"] or ()), *left_out, *description["types"]]
    for table in parts.values():
        _require(table, named)
        if not len(table.frame):
            raise DataError(f"{table.file}: no rows; accepted: at least one below the header")
    first = next(iter(parts.values())).frame.columns
    chosen = description["columns"] or [c for c in first if c != target and c not in left_out]
    for table in parts.values():
        _require(table, chosen)
    if not chosen:
        raise DataError(f"no columns beside the target {shown(target)}; accepted: at least one")
    return list(chosen)


def _require(table: Table, names: Sequence[str]) -> None:
    present = list(map(str, table.frame.columns))
    for name in names:
        if name not in present:
            raise DataError(f"{table.file}: no column {shown(name)}; {choices(name, present)}")


def _without_missing(table: Table, chosen: Sequence[str], description: Mapping[str, Any]) -> Table:
    target, treatment = description["target"], description["missing"]
    is_missing = table.frame[[*chosen, target]].isna()
    for name in is_missing.columns[is_missing.all()]:
        text = f"{table.file}: column {shown(name)}: all values are missing"
        raise DataError(f"{text}; accepted: a column with values, or its name under leave_out")
    if treatment == "drop":
        kept = table.frame[~is_missing.any(axis=1)]
        if kept.empty:
            text = f"{table.file}: every row has a missing value, so missing: drop leaves none"
            raise DataError(f"{text}; accepted: columns without missing values, or missing: keep")
        return table._replace(frame=kept)
    for name in is_missing.columns[is_missing.any()]:
        if name == target:
            accepted = "a value in every row, or missing: drop to leave such rows out"
        elif treatment == "keep":
            continue
        else:
            accepted = "missing: drop (leave such rows out) or keep (as NaN), or leave_out"
        raise table.fault(name, is_missing[name], accepted)
    return table


def _targets(
    parts: Mapping[str, Table], description: Mapping[str, Any]
) -> tuple[dict[str, np.ndarray], list[str]]:
    target = description["target"]
    if description["task"] == "regression":
        return {part: _finite(table, target) for part, table in parts.items()}, []
    labels = {
        part: TargetLabels(
            as_text(table.frame[target]), table.file, target, table.unit, table.frame.index.tolist()
        )
        for part, table in parts.items()
    }
    return encode(labels, description["classes"])


def _kind(parts: Mapping[str, Table], name: str, stated: str | None) -> str:
    """Return what a column holds: as stated, or numbers if all its cells are, or a category."""
    if stated == TEXT:
        return TEXT
    columns = {part: table.frame[name] for part, table in parts.items()}
    if stated == NUMBER or (
        stated is None and all(_is_numeric(column) for column in columns.values())
    ):
        return NUMBER
    cells = pd.concat([column.dropna() for column in columns.values()]).value_counts()
    levels, n_cells = len(cells), int(cells.sum())
    accepted = f"types: {{{name}: category}}, number or text, or the name under leave_out"
    if stated is None:
        numbers = pd.to_numeric(cells.index.to_series(), errors="coerce").notna()
        if cells[numbers.to_numpy()].sum() > n_cells / 2:
            table, wrong = next(
                (table, _not_numbers(columns[part]))
                for part, table in parts.items()
                if _not_numbers(columns[part]).any()
            )
            raise table.fault(name, wrong, f"a number, as in most rows; or state {accepted}")
        if levels > MOST_LEVELS or (levels > 20 and levels > n_cells / 2):
            file = next(iter(parts.values())).file
            text = f"{file}: column {shown(name)}: {levels:,} different texts in {n_cells:,} rows"
            hint = _decimal_hint(cells.index.to_series())
            raise DataError(f"{text}; accepted: {accepted}{hint}")
    elif levels > MOST_STATED_LEVELS:
        file = next(iter(parts.values())).file
        text = f"{file}: column {shown(name)}: {levels:,} levels of a category"
        raise DataError(f"{text}; accepted: at most {MOST_STATED_LEVELS:,}")
    return CATEGORY


def _is_numeric(column: pd.Series) -> bool:
    return not _not_numbers(column).any()


def _not_numbers(column: pd.Series) -> pd.Series:
    """Whether each cell has a value that is not a number."""
    if pd.api.types.is_numeric_dtype(column):
        return pd.Series(False, index=column.index)
    different = column.dropna().drop_duplicates()
    wrong = different[pd.to_numeric(different, errors="coerce").isna()]
    return column.isin(wrong)


def _decimal_hint(texts: pd.Series) -> str:
    """Ask for the decimal comma if that is all that keeps texts from being numbers."""
    has_commas = texts.astype(str).str.fullmatch(r"[-+]?\d+,\d+").all()
    return '; or state `decimal: ","`, if these are decimal commas' if has_commas else ""


def _finite(table: Table, name: str) -> np.ndarray:
    """Convert a column to float64; only missing cells are NaN."""
    column = table.frame[name]
    if (wrong := _not_numbers(column)).any():
        raise table.fault(name, wrong, f"a number{_decimal_hint(column[wrong])}")
    values = pd.to_numeric(column).to_numpy(dtype=float, na_value=np.nan)
    if (wrong := np.isinf(values)).any():
        raise table.fault(name, wrong, "a finite number")
    return values


def _numbers_and_levels(
    parts: Mapping[str, Table], kinds: Mapping[str, str]
) -> tuple[dict[str, np.ndarray], list[str], dict[str, list[str]]]:
    numbers = [name for name, kind in kinds.items() if kind == NUMBER]
    categories = {
        name: in_order(
            {str(v) for t in parts.values() for v in t.frame[name].dropna().unique().tolist()}
        )
        for name, kind in kinds.items()
        if kind == CATEGORY
    }
    features = [*numbers, *(f"{c}_{level}" for c, levels in categories.items() for level in levels)]
    check_names(features, next(iter(parts.values())).file)
    if len(set(features)) < len(features):
        twice = next(name for place, name in enumerate(features) if name in features[:place])
        raise DataError(
            f"two columns would be named {shown(twice)}, one of them after a level of a category; "
            "accepted: columns and levels with different names"
        )
    x = {
        part: np.column_stack(
            [
                *(_finite(table, name) for name in numbers),
                *(_one_hot(table.frame[name], levels) for name, levels in categories.items()),
            ]
        )
        for part, table in parts.items()
    }
    return x, features, categories


def _one_hot(column: pd.Series, levels: Sequence[str]) -> np.ndarray:
    """One-hot encode a column; a missing cell belongs to no level."""
    codes, found = pd.factorize(column)
    places = pd.Index(levels).get_indexer(pd.Index([str(value) for value in found]))
    # The code of a missing cell is -1, which is the last row here.
    return np.vstack([np.eye(len(levels))[places], np.zeros(len(levels))])[codes]


def _texts(parts: Mapping[str, Table], kinds: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Return texts of shape (n,), or (n, columns) if there are several columns of text."""
    for name, kind in kinds.items():
        if kind != TEXT:
            text = next(n for n, k in kinds.items() if k == TEXT)
            raise DataError(
                f"column {shown(name)} does not hold text, but {shown(text)} does; accepted: "
                "only columns of text, or only numbers and categories; choose them under columns"
            )
    whole = {part: table.frame[list(kinds)].fillna("").astype(str) for part, table in parts.items()}
    for part, texts in whole.items():
        longest = int(texts.apply(lambda column: column.str.len().max()).max())
        if (size := 4 * longest * texts.size) > MOST_TEXT_BYTES:
            text = f"{parts[part].file}: texts of up to {longest:,} characters need {size:,} bytes"
            raise DataError(
                f"{text}; accepted: at most {MOST_TEXT_BYTES:,}, so shorten the longest"
            )
    arrays = {part: texts.to_numpy(dtype=np.str_) for part, texts in whole.items()}
    return {part: x[:, 0] if len(kinds) == 1 else x for part, x in arrays.items()}

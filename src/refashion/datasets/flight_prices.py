"""Indian flight prices: 300,153 offers of economy and business flights between six cities."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import lazy_loader

from refashion.data.fetching import Address

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
else:
    np = lazy_loader.load("numpy")
    pd = lazy_loader.load("pandas")

TITLE = "Indian flight prices"
TASK = "regression"
TARGET = "price"
UNIT = "Indian rupees"
CLASSES: list[str] = []
PARTS = ("all",)

NUMBERS = ["duration", "days_left"]
_CITIES = ["Bangalore", "Chennai", "Delhi", "Hyderabad", "Kolkata", "Mumbai"]
_TIMES = ["Afternoon", "Early_Morning", "Evening", "Late_Night", "Morning", "Night"]
CATEGORIES = {
    "airline": ["AirAsia", "Air_India", "GO_FIRST", "Indigo", "SpiceJet", "Vistara"],
    "source_city": _CITIES,
    "departure_time": _TIMES,
    "stops": ["one", "two_or_more", "zero"],
    "arrival_time": _TIMES,
    "destination_city": _CITIES,
    "class": ["Business", "Economy"],
}
# One column for each number and each level, in the order of pandas.get_dummies.
FEATURES = [
    *NUMBERS,
    *(f"{name}_{level}" for name, levels in CATEGORIES.items() for level in levels),
]

CITATION = (
    "Shubham Bathwal (2022). Flight Price Prediction. Kaggle, "
    "shubhambathwal/flight-price-prediction."
)
LICENCE = "CC0 1.0 (public domain), as stated on Kaggle"

FILE = "Clean_Dataset.csv"
FILES = {FILE: "c27377aa4451d4427794523f3292dd2c2dc312f29c6d880aef4df1dcf1aaf7a3"}

# Copies differ in their line endings.
TEXT_FILES = (FILE,)

SUBFOLDERS = ("flight_prices", "flight-prices", "flight-price-prediction")

SOURCES = (
    Address(
        "https://www.kaggle.com/api/v1/datasets/download/shubhambathwal/flight-price-prediction"
    ),
    Address(
        "https://raw.githubusercontent.com/aaubs/ds-master/"
        "30d6d5d6b58c9bb1625ce9dcdf2dcb882939a3ab/data/M1_assignment/Flight_Price_Prediction/{file}"
    ),
)

N_ROWS = 300_153

# The first line of a wrong file may be very long.
_LONGEST_HEADER = 10_000

# The first column has no name and numbers the rows.
_COLUMNS = [
    *("", "airline", "flight", "source_city", "departure_time", "stops", "arrival_time"),
    *("destination_city", "class", "duration", "days_left", "price"),
]


def read(raw: Path) -> dict[str, np.ndarray]:
    """Read the table.

    Parameters
    ----------
    raw
        Folder with the decompressed `FILES`.

    Returns
    -------
    dict[str, numpy.ndarray]
        `all_x` (300153, 37) with the columns `FEATURES`, and `all_y` (300153,), prices in rupees.
        Both are float64, with rows in the order of the file. The flight number is left out.

    Raises
    ------
    ValueError
        The file is not that table. The message names the file, the column and the row.
    """
    path = raw / FILE
    table = _load(path)
    if len(table) != N_ROWS:
        raise ValueError(f"{path}: {len(table):,} rows; expected {N_ROWS:,}")
    numbers = [_numbers(path, table, name)[:, None] for name in NUMBERS]
    levels = [_one_hot(path, table, name) for name in CATEGORIES]
    return {"all_x": np.hstack([*numbers, *levels]), "all_y": _numbers(path, table, TARGET)}


def _load(path: Path) -> pd.DataFrame:
    """Read all cells as text, without guessing types; a missing cell is empty."""
    _check_columns(path)
    try:
        # The file has no quotes, and an unmatched quotation mark would merge rows.
        table = pd.read_csv(
            path, dtype=str, keep_default_na=False, skip_blank_lines=False, quoting=csv.QUOTE_NONE
        )
    except ValueError as error:  # pandas' own errors of parsing are ValueErrors too
        raise ValueError(f"{path}: {error}") from error
    return table.set_axis(_COLUMNS, axis="columns").fillna("")


def _check_columns(path: Path) -> None:
    with path.open(encoding="utf-8", errors="replace") as file:
        header = file.readline(_LONGEST_HEADER).rstrip("\r\n").split(",")
    if header == _COLUMNS:
        return
    missing = ", ".join(repr(name) for name in _COLUMNS if name not in header)
    unknown = ", ".join(repr(name) for name in header if name not in _COLUMNS)
    faults = [f"no column {missing}"] * bool(missing)
    faults += [f"unknown column {unknown:.100}"] * bool(unknown)
    problem = "; ".join(faults) or "columns in another order"
    raise ValueError(f"{path}: {problem}; expected {', '.join(map(repr, _COLUMNS))}")


def _numbers(path: Path, table: pd.DataFrame, name: str) -> np.ndarray:
    """Convert a column to float64, and check that all numbers are finite and not negative."""
    values = pd.to_numeric(table[name], errors="coerce").to_numpy(float)
    _check(path, table[name], np.isfinite(values) & (values >= 0), "a number >= 0")
    return values


def _one_hot(path: Path, table: pd.DataFrame, name: str) -> np.ndarray:
    """One-hot encode a column: one float64 column for each level."""
    levels = CATEGORIES[name]
    places = pd.Index(levels).get_indexer(pd.Index(table[name]))
    _check(path, table[name], places >= 0, f"one of {', '.join(levels)}")
    return np.eye(len(levels))[places]


def _check(path: Path, column: pd.Series, good: np.ndarray, accepted: str) -> None:
    bad = np.flatnonzero(~good)
    if not len(bad):
        return
    value = column.iloc[bad[0]]
    said = f"{value!r:.60}" if value else "missing"
    more = f" (and in {len(bad) - 1:,} more rows)" if len(bad) > 1 else ""
    # The header is the first line of the file.
    where = f"line {bad[0] + 2}, column {column.name!r}"
    raise ValueError(f"{path}: {where}: {said}; expected {accepted}{more}")

"""The table of flight prices: what is wrong with a file is told by its column and its row."""

import hashlib
import os
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from refashion.data import fetching
from refashion.datasets import flight_prices
from refashion.runs.folds import load_folds
from refashion.spec.split import Split

HEADER = (
    ",airline,flight,source_city,departure_time,stops,arrival_time,destination_city,class,"
    "duration,days_left,price"
)
ROWS = [
    "0,SpiceJet,SG-8709,Delhi,Evening,zero,Night,Mumbai,Economy,2.17,1,5953",
    "1,Vistara,UK-822,Chennai,Morning,one,Evening,Hyderabad,Business,10.08,49,81585",
    "2,Air_India,AI-1,Kolkata,Late_Night,two_or_more,Night,Bangalore,Economy,49.83,2,123071",
]


@pytest.fixture(autouse=True)
def _three_rows(monkeypatch):
    monkeypatch.setattr(flight_prices, "N_ROWS", len(ROWS))


@pytest.fixture
def raw(tmp_path):
    """Give a way to write the file, and its folder."""

    def write(*lines, end="\n"):
        path = tmp_path / flight_prices.FILE
        path.write_bytes("".join(f"{line}{end}" for line in lines).encode())
        return tmp_path

    return write


def refused(raw, *lines):
    folder = raw(*lines)
    with pytest.raises(ValueError) as caught:
        flight_prices.read(folder)
    told = str(caught.value)
    assert told.startswith(f"{folder / flight_prices.FILE}: ")
    return told.split(": ", 1)[1]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_columns_are_those_of_get_dummies(raw, end):
    folder = raw(HEADER, *ROWS, end=end)
    arrays = flight_prices.read(folder)
    assert {a.dtype for a in arrays.values()} == {np.dtype(float)}
    assert arrays["all_x"].shape == (3, 37) and arrays["all_y"].tolist() == [5953, 81585, 123071]

    table = pd.read_csv(folder / flight_prices.FILE)
    for name, levels in flight_prices.CATEGORIES.items():
        table[name] = pd.Categorical(table[name], levels)
    dummies = pd.get_dummies(table.drop(columns=["Unnamed: 0", "flight", "price"]), dtype=float)
    assert list(dummies.columns) == flight_prices.FEATURES
    assert np.array_equal(dummies.to_numpy(), arrays["all_x"])


def test_categories_stay_recoverable(raw):
    x = flight_prices.read(raw(HEADER, *ROWS))["all_x"]
    named = pd.DataFrame(x, columns=flight_prices.FEATURES)
    assert named["airline_Vistara"].tolist() == [0, 1, 0]
    assert named["class_Business"].tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("81585", "", "line 3, column 'price': missing; expected a number >= 0"),
        ("81585", "cheap", "line 3, column 'price': 'cheap'; expected a number >= 0"),
        ("81585", "nan", "line 3, column 'price': 'nan'; expected a number >= 0"),
        ("81585", "inf", "line 3, column 'price': 'inf'; expected a number >= 0"),
        ("81585", "-1", "line 3, column 'price': '-1'; expected a number >= 0"),
        (",81585", "", "line 3, column 'price': missing; expected a number >= 0"),
        ("10.08", "10:08", "line 3, column 'duration': '10:08'; expected a number >= 0"),
        ("Vistara", "", "line 3, column 'airline': missing; expected one of AirAsia, Air_India"),
        ("Vistara", "vistara", "line 3, column 'airline': 'vistara'; expected one of AirAsia"),
        ("Vistara", '"Vistara', "line 3, column 'airline': '\"Vistara'; expected one of"),
        ("Business", "First", "line 3, column 'class': 'First'; expected one of Business, Economy"),
    ],
)
def test_a_bad_cell_is_named(raw, old, new, message):
    assert refused(raw, HEADER, *[row.replace(old, new) for row in ROWS]).startswith(message)


def test_more_bad_rows_are_counted(raw):
    told = refused(raw, HEADER, *[row.replace("Night", "Midnight") for row in ROWS])
    assert told.startswith("line 4, column 'departure_time': 'Late_Midnight'")
    told = refused(raw, HEADER, *[row[:-1] + "x" for row in ROWS])
    assert told.endswith("(and in 2 more rows)")


def test_a_row_that_is_too_long_is_named(raw):
    assert "line 3" in refused(raw, HEADER, ROWS[0], f"{ROWS[1]},more", ROWS[2])


@pytest.mark.parametrize("rows", [ROWS[:2], [*ROWS, ROWS[0]], []])
def test_rows_are_counted(raw, rows):
    assert refused(raw, HEADER, *rows) == f"{len(rows)} rows; expected 3"


def test_an_empty_line_is_a_bad_row(raw):
    assert "line 3, column" in refused(raw, HEADER, ROWS[0], "", ROWS[1])


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace(",price", ""), "no column 'price'; expected '', 'airline',"),
        (HEADER.replace("class", "klass"), "no column 'class'; unknown column 'klass'; expected"),
        (HEADER.replace(",duration,days_left", ",days_left,duration"), "columns in another order"),
        ("x" * 100_000, "no column '', 'airline',"),
        ("", "no column 'airline',"),
    ],
)
def test_other_columns_are_refused(raw, header, message):
    assert refused(raw, header, *ROWS).startswith(message)


def test_what_is_no_text_is_refused(tmp_path):
    (tmp_path / flight_prices.FILE).write_bytes(bytes(range(256)) * 50)
    with pytest.raises(ValueError, match=r"Clean_Dataset\.csv: no column"):
        flight_prices.read(tmp_path)


def test_bytes_that_are_no_text_are_refused(raw, tmp_path):
    raw(HEADER, *ROWS)
    path = tmp_path / flight_prices.FILE
    path.write_bytes(path.read_bytes().replace(b"Vistara", b"Vist\xff\xfera"))
    with pytest.raises(ValueError, match=r"Clean_Dataset\.csv: .*decode"):
        flight_prices.read(tmp_path)


# ---- fetching


def dataset_of(content):
    return SimpleNamespace(
        FILES={flight_prices.FILE: hashlib.sha256(content).hexdigest()},
        TEXT_FILES=flight_prices.TEXT_FILES,
        SUBFOLDERS=flight_prices.SUBFOLDERS,
        SOURCES=(),
        read=flight_prices.read,
    )


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("is_zip", [True, False])
def test_the_file_is_accepted_with_either_line_ends(tmp_path, end, is_zip):
    lines = [HEADER, *ROWS]
    wanted = "".join(f"{line}\n" for line in lines).encode()
    there = "".join(f"{line}{end}" for line in lines).encode()
    mine = tmp_path / "mine" / "flight-prices"
    mine.mkdir(parents=True)
    if is_zip:
        with zipfile.ZipFile(mine / "archive.zip", "w") as archive:
            archive.writestr(flight_prices.FILE, there)
    else:
        (mine / flight_prices.FILE).write_bytes(there)
    fetched = fetching.fetch(dataset_of(wanted), tmp_path / "raw", [tmp_path / "mine"])
    assert (fetched.status, fetched.reason) == ("available", None)
    assert (tmp_path / "raw" / flight_prices.FILE).read_bytes() == wanted


def test_a_wrong_file_is_refused(tmp_path):
    (tmp_path / flight_prices.FILE).write_text("\n".join([HEADER, *ROWS]))
    fetched = fetching.fetch(dataset_of(b"another"), tmp_path / "raw", [tmp_path])
    assert fetched.status == "unavailable"
    assert "wrong content" in fetched.reason


# ---- the real file


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Fetch the real file from the folders of the user alone."""
    folders = [Path(f) for f in os.environ.get("REFASHION_DATA", "").split(os.pathsep) if f]
    here = SimpleNamespace(
        FILES=flight_prices.FILES,
        TEXT_FILES=flight_prices.TEXT_FILES,
        SUBFOLDERS=flight_prices.SUBFOLDERS,
        SOURCES=(),
        read=lambda raw: None,
    )
    raw = tmp_path_factory.mktemp("raw")
    if fetching.fetch(here, raw, folders).status != "available":
        pytest.skip(f"no folder of REFASHION_DATA has {flight_prices.FILE}")
    return raw


def test_the_real_table_and_the_numbers_of_its_source(real, monkeypatch, tmp_path):
    monkeypatch.setattr(flight_prices, "N_ROWS", 300_153)
    arrays = flight_prices.read(real)
    assert arrays["all_x"].shape == (300_153, 37)
    one_hot = arrays["all_x"][:, 2:]
    assert (one_hot.sum(axis=1) == len(flight_prices.CATEGORIES)).all()
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    split = Split(test={"fraction": 0.2, "random_state": 42}, validation=None)
    folds = load_folds(tmp_path, split.model_dump(mode="json"), None, 0, None, flight_prices)
    splits = folds[0]
    # The mean of the training prices is the source's dummy model; its error is printed there.
    errors = splits["test"].y - splits["train"].y.mean()
    assert (errors**2).mean() == pytest.approx(515482303.16783273, rel=1e-12)

"""A stated split is the one that scikit-learn draws, example by example."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_iris, load_wine
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from refashion.data.columns import as_text
from refashion.errors import ConfigError
from refashion.runs.folds import load_folds
from refashion.spec.split import Split, columns_of, is_fixed, problems_of, with_digests

IRIS = load_iris()
N = len(IRIS.target)
PATIENTS = np.random.default_rng(0).integers(0, 30, N)
SOURCE = SimpleNamespace(
    TASK="classification",
    CLASSES=list(IRIS.target_names),
    FEATURES=list(IRIS.feature_names),
    CATEGORIES={},
    COLUMNS=["patient", "part"],
)


@pytest.fixture
def arrays(tmp_path):
    np.save(tmp_path / "all_x.npy", IRIS.data)
    np.save(tmp_path / "all_y.npy", IRIS.target)
    part = np.where(np.arange(N) % 4 == 0, "test", "train")
    further = np.stack([PATIENTS.astype(str), part], axis=1)
    np.save(tmp_path / "all_columns.npy", further)
    return tmp_path


def whole(split):
    return Split.model_validate_json(json.dumps(split)).model_dump(mode="json")


def rows_of(arrays, test, validation=None, seed=0, study=None):
    split = whole({"test": test, "validation": validation})
    (rows,) = load_folds(arrays, split, None, seed, None, SOURCE, study).rows
    return {name: part.tolist() for name, part in rows.items()}


@pytest.mark.parametrize(
    ("stated", "theirs"),
    [
        ({"fraction": 0.3, "random_state": 42}, {"test_size": 0.3, "random_state": 42}),
        (
            {"fraction": 0.25, "random_state": 1, "stratify": True},
            {"test_size": 0.25, "random_state": 1, "stratify": IRIS.target},
        ),
        ({"examples": 30, "random_state": 7}, {"test_size": 30, "random_state": 7}),
        (
            {"examples": 31, "random_state": 7, "stratify": True},
            {"test_size": 31, "random_state": 7, "stratify": IRIS.target},
        ),
        ({"fraction": 0.2, "shuffle": False}, {"test_size": 0.2, "shuffle": False}),
        ({"last": 30}, {"test_size": 30, "shuffle": False}),
    ],
)
def test_a_stated_split_is_that_of_train_test_split(arrays, stated, theirs):
    train, test = train_test_split(np.arange(N), **theirs)
    for seed in (0, 1):
        rows = rows_of(arrays, stated, seed=seed)
        assert rows["train"] == train.tolist() and rows["test"] == test.tolist()


def test_validation_is_drawn_from_the_training_examples_as_a_second_call_does(arrays):
    drawn = {"fraction": 0.2, "random_state": 42, "stratify": True}
    rows = rows_of(arrays, drawn, {"fraction": 0.25, "random_state": 5, "stratify": True})
    train, test = train_test_split(
        np.arange(N), test_size=0.2, random_state=42, stratify=IRIS.target
    )
    train, validation = train_test_split(
        train, test_size=0.25, random_state=5, stratify=IRIS.target[train]
    )
    expected = {"train": train, "validation": validation, "test": test}
    assert rows == {name: part.tolist() for name, part in expected.items()}


def test_groups_are_kept_together_as_scikit_learn_does(arrays):
    rows = rows_of(arrays, {"fraction": 0.2, "random_state": 3, "group": "patient"})
    draw = GroupShuffleSplit(1, test_size=0.2, random_state=3)
    train, test = next(draw.split(np.arange(N), groups=PATIENTS))
    assert rows == {"train": train.tolist(), "test": test.tolist()}
    assert not set(PATIENTS[rows["train"]]) & set(PATIENTS[rows["test"]])


def test_examples_are_chosen_by_a_column_from_an_end_or_from_a_list(arrays):
    by_column = rows_of(arrays, {"column": "part", "value": "test"})
    assert by_column["test"] == list(range(0, N, 4))
    ends = rows_of(arrays, {"first": 20}, {"last": 10})
    assert ends["test"] == list(range(20)) and ends["validation"] == list(range(N - 10, N))
    listed = rows_of(arrays, {"rows": [3, 1, 149]}, {"rows": [0, 2]})
    assert listed["test"] == [1, 3, 149] and listed["validation"] == [0, 2]


def test_a_list_may_stand_in_a_file_whose_content_is_part_of_the_recipe(arrays, tmp_path):
    file = tmp_path / "test_rows.txt"
    file.write_text("5\n7\n9\n")
    rows = rows_of(arrays, {"rows": "test_rows.txt"}, study=tmp_path)
    assert rows["test"] == [5, 7, 9]
    split = whole({"test": {"rows": "test_rows.txt"}, "validation": None})
    before = with_digests(split, tmp_path)
    file.write_text("5\n7\n8\n")
    assert before != with_digests(split, tmp_path)


def test_a_file_of_rows_is_in_the_study(arrays, tmp_path):
    study, outside = tmp_path / "study", tmp_path / "secret.txt"
    study.mkdir()
    outside.write_text("1\n")
    (study / "link.txt").symlink_to(outside)
    split = {"test": {"rows": "link.txt"}, "validation": None}
    (problem,) = problems_of(split, SOURCE, study)
    assert problem.text.startswith("'link.txt'; a link leads outside the study's folder")
    (study / "rows.txt").write_text("9" * 30)
    with pytest.raises(ConfigError, match=r"rows\.txt: .*accepted: a text file with one row"):
        rows_of(arrays, {"rows": "rows.txt"}, study=study)


def test_a_value_that_no_number_of_a_column_has_chooses_nothing():
    years = np.array([1, 2])
    assert as_text("1.5", years) == "1.5"
    assert as_text("1.0", years) == as_text("1", years) == "1"
    assert as_text("1", np.array([1.0])) == "1.0"
    assert as_text("1e99", years) == "1e99"


@pytest.mark.parametrize(
    ("test", "validation", "message"),
    [
        ({"last": N}, None, r"split\.test\.last: 150; accepted: less than 150"),
        ({"rows": [150]}, None, r"split\.test\.rows: 150; accepted: rows from 0 to 149"),
        ({"rows": [3]}, {"rows": [3]}, r"split\.validation\.rows: 3 is a test example"),
        ({"column": "part", "value": "tset"}, None, "'tset'; no such value; found: 'test'"),
        ({"column": "parts", "value": "test"}, None, "did you mean 'part'"),
        ({"examples": 2, "random_state": 0, "stratify": True}, None, "split.test: .*accepted"),
    ],
)
def test_what_the_data_do_not_allow_is_one_message(arrays, test, validation, message):
    with pytest.raises(ConfigError, match=message) as caught:
        rows_of(arrays, test, validation)
    assert "\n" not in str(caught.value)


def test_a_split_is_fixed_if_no_seed_changes_it():
    fixed = [
        {"fraction": 0.2, "random_state": 0},
        {"fraction": 0.2, "shuffle": False},
        {"first": 3},
        {"rows": (1,)},
    ]
    for part in fixed:
        assert is_fixed(
            Split.model_validate_json(json.dumps({"test": part, "validation": None})).test
        )
    assert not is_fixed(Split(test={"examples": 3}, validation=None).test)
    assert is_fixed("given")


def test_columns_that_are_no_inputs_can_be_named():
    assert columns_of(SOURCE) == [*IRIS.feature_names, "patient", "part"]
    wine = load_wine()
    levels = SimpleNamespace(
        TASK="regression",
        CLASSES=[],
        FEATURES=[*wine.feature_names, "colour_red", "colour_white"],
        CATEGORIES={"colour": ["red", "white"]},
    )
    assert columns_of(levels) == [*wine.feature_names, "colour"]

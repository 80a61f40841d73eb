"""Splits: disjoint, complete, and drawn from the seed of the run."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from refashion.data.splits import Examples, choose_classes, load_arrays
from refashion.runs.folds import load_folds
from refashion.spec.split import Split

NAMES = [f"class {label}" for label in range(10)]
SOURCE = SimpleNamespace(CLASSES=NAMES, FEATURES=[], CATEGORIES={})


@pytest.fixture
def arrays(tmp_path):
    numbers = np.arange(100, dtype=np.uint8)
    for part in ("train", "test"):
        np.save(tmp_path / f"{part}_x.npy", np.repeat(numbers[:, None], 4, axis=1))
        np.save(tmp_path / f"{part}_y.npy", numbers % 10)
    return tmp_path


def rows(part):
    return part.x[:, 0].astype(int).tolist()


def load(arrays, validation, *, preprocess=None, seed=0, examples=None, test="given", classes=None):
    split = {"classes": classes, "test": test, "validation": validation}
    return load_folds(arrays, whole(split), preprocess, seed, examples, SOURCE)[0]


def whole(split):
    """Return a split with all its keys, as the workflow passes it on."""
    return Split.model_validate_json(json.dumps(split)).model_dump(mode="json")


def test_a_fraction_is_held_out_at_random(arrays):
    splits = load(arrays, {"fraction": 0.2})
    train, validation = rows(splits["train"]), rows(splits["validation"])
    assert (len(train), len(validation)) == (80, 20)
    assert sorted(train + validation) == list(range(100))
    assert validation != sorted(validation)
    assert rows(splits["test"]) == list(range(100))


def test_labels_stay_with_their_examples(arrays):
    for part in load(arrays, {"fraction": 0.2}).values():
        assert (part.x[:, 0] % 10 == part.y).all()


def test_the_split_depends_on_the_seed_alone(arrays):
    first, again, other = (
        rows(load(arrays, {"fraction": 0.2}, seed=s)["train"]) for s in (0, 0, 1)
    )
    assert first == again != other


def test_the_first_examples_are_held_out(arrays):
    splits = load(arrays, {"first": 30})
    assert rows(splits["validation"]) == list(range(30))
    assert rows(splits["train"]) == list(range(30, 100))


def test_no_validation(arrays):
    assert set(load(arrays, None)) == {"train", "test"}


def test_values_are_scaled_to_single_precision(arrays):
    raw = load(arrays, None)["test"].x
    scaled = load(arrays, None, preprocess={"divide_by": 255})["test"].x
    assert raw.dtype == scaled.dtype == np.float32
    assert raw.max() == 99
    assert scaled.max() == np.float32(99) / np.float32(255)


def test_a_limit_keeps_the_first_of_each_split(arrays):
    splits = load(arrays, {"fraction": 0.2}, examples=7)
    assert {len(part.y) for part in splits.values()} == {7}


def test_the_test_split_may_serve_for_validation(arrays):
    splits = load(arrays, "test", examples=30)
    assert list(splits) == ["train", "validation", "test"]
    assert splits["validation"] is splits["test"]
    assert len(splits["test"].y) == 30 and len(splits["train"].y) == 30


def test_a_test_split_may_be_drawn_from_all_examples(arrays):
    test = {"fraction": 0.15, "random_state": None}
    splits = load(arrays, {"fraction": 0.2}, test=test)
    sizes = {name: len(part.y) for name, part in splits.items()}
    assert sizes == {"train": 136, "validation": 34, "test": 30}
    # Every number stands once in each of the dataset's two parts.
    found = [row for part in splits.values() for row in rows(part)]
    assert sorted(found) == sorted([*range(100)] * 2)
    again, other = (load(arrays, None, test=test, seed=s) for s in (0, 1))
    assert rows(again["test"]) == rows(splits["test"]) != rows(other["test"])


def test_a_random_state_of_its_own_is_scikit_learns(arrays):
    test = {"fraction": 0.2, "random_state": 42}
    drawn = [rows(load(arrays, None, test=test, seed=seed)["test"]) for seed in (0, 1)]
    numbers = np.concatenate([np.arange(100), np.arange(100)])
    assert (
        drawn[0]
        == drawn[1]
        == train_test_split(numbers, test_size=0.2, random_state=42)[1].tolist()
    )


def test_some_classes_are_labelled_anew(arrays):
    splits = load(arrays, {"first": 5}, classes=["class 7", "class 2"])
    assert rows(splits["validation"]) == [2, 7, 12, 17, 22]
    assert splits["validation"].y.tolist() == [1, 0, 1, 0, 1]
    assert len(splits["train"].y) == 15 and set(splits["test"].y.tolist()) == {0, 1}


def test_all_classes_change_nothing(arrays):
    part = load_arrays(arrays)["train"]
    assert choose_classes(part, None, NAMES) is part
    whole = choose_classes(part, NAMES, NAMES)
    assert np.array_equal(whole.y, part.y) and np.array_equal(whole.x, part.x)


def test_one_table_keeps_its_numbers(tmp_path):
    x, y = np.arange(60.0).reshape(20, 3) / 7, np.arange(20.0) / 3
    np.save(tmp_path / "all_x.npy", x)
    np.save(tmp_path / "all_y.npy", y)
    assert list(load_arrays(tmp_path)) == ["all"]
    test = {"fraction": 0.2, "random_state": 42}
    split = {"classes": None, "test": test, "validation": None}
    source = SimpleNamespace(CLASSES=[], FEATURES=list("abc"), CATEGORIES={})
    splits = load_folds(tmp_path, whole(split), None, 0, None, source)[0]
    kept, drawn = train_test_split(np.arange(20), test_size=0.2, random_state=42)
    for name, places in (("train", kept), ("test", drawn)):
        assert isinstance(splits[name], Examples)
        assert np.array_equal(splits[name].x, x[places]) and np.array_equal(
            splits[name].y, y[places]
        )

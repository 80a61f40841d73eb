"""Splits: disjoint, complete, and drawn from the seed of the run."""

import numpy as np
import pytest

from refashion.splits import load_splits


@pytest.fixture
def arrays(tmp_path):
    numbers = np.arange(100, dtype=np.uint8)
    for part in ("train", "test"):
        np.save(tmp_path / f"{part}_x.npy", np.repeat(numbers[:, None], 4, axis=1))
        np.save(tmp_path / f"{part}_y.npy", numbers % 10)
    return tmp_path


def rows(part):
    return part.x[:, 0].astype(int).tolist()


def load(arrays, validation, *, preprocess=None, seed=0, examples=None):
    split = {"test": "given", "validation": validation}
    return load_splits(arrays, split, preprocess, seed, examples)


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

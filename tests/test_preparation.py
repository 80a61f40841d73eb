"""Prepared arrays that are damaged later are noticed, and made again."""

import logging
import os

import numpy as np
import pytest

from refashion import artifacts, preparation, stages
from refashion.artifacts import Layout
from refashion.datasets import fashion_mnist
from refashion.errors import RefashionError

ARRAYS = {"train_x": np.arange(6.0).reshape(2, 3), "train_y": np.array([0, 1], np.uint8)}


@pytest.fixture
def layout(tmp_path, monkeypatch):
    layout = Layout(tmp_path / "results", tmp_path / "data")
    described = preparation.save_arrays(ARRAYS, layout.arrays("fashion_mnist"))
    prepared = {"status": "available", "reason": None, "arrays": described}
    artifacts.write_json(layout.prepared("fashion_mnist"), prepared)
    monkeypatch.setattr(fashion_mnist, "read", lambda raw: ARRAYS)
    return layout


def spoil(path):
    """Change a byte, and keep the time."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[-1] ^= 255
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_arrays_are_described(layout):
    described = artifacts.read_json(layout.prepared("fashion_mnist"))["arrays"]
    assert (described["train_x"]["shape"], described["train_x"]["dtype"]) == ([2, 3], "float64")
    assert preparation.damaged_arrays(described, layout.arrays("fashion_mnist")) == []


@pytest.mark.parametrize("damage", [spoil, os.remove])
def test_damaged_arrays_are_made_again(layout, damage, monkeypatch, caplog):
    path = layout.arrays("fashion_mnist") / "train_x.npy"
    kept = path.read_bytes()
    damage(path)
    fetched = type("Fetched", (), {"status": "available", "reason": None})
    monkeypatch.setattr("refashion.fetching.fetch", lambda *_: fetched)
    with caplog.at_level(logging.WARNING):
        stages._mend(layout, "fashion_mnist")
    assert str(path) in caplog.text
    assert path.read_bytes() == kept


def test_arrays_that_cannot_be_made_again_are_refused(layout, monkeypatch):
    path = layout.arrays("fashion_mnist") / "train_x.npy"
    spoil(path)
    fetched = type("Fetched", (), {"status": "unavailable", "reason": "no network"})
    monkeypatch.setattr("refashion.fetching.fetch", lambda *_: fetched)
    with pytest.raises(RefashionError, match=r"train_x\.npy: damaged.*no network.*remove"):
        stages._mend(layout, "fashion_mnist")

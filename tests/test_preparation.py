"""Prepared arrays that are damaged later are noticed, and made again."""

import hashlib
import logging
import os
from types import SimpleNamespace

import numpy as np
import pytest

from refashion import artifacts, stages
from refashion.artifacts import Layout
from refashion.data import arrays
from refashion.data.fetching import LocalFolder
from refashion.datasets import fashion_mnist
from refashion.errors import RefashionError
from refashion.stages.datasets import repair_arrays
from refashion.workflow.plan import Plan

CONFIG = SimpleNamespace(data_dirs=[])
ARRAYS = {"train_x": np.arange(6.0).reshape(2, 3), "train_y": np.array([0, 1], np.uint8)}


@pytest.fixture
def layout(tmp_path, monkeypatch):
    layout = Layout(tmp_path / "results", tmp_path / "data")
    described = arrays.save_arrays(ARRAYS, layout.arrays("fashion_mnist"))
    prepared = {"status": "available", "reason": None, "arrays": described}
    artifacts.write_json(layout.prepared("fashion_mnist"), prepared)
    monkeypatch.setattr(fashion_mnist, "read", lambda raw: ARRAYS)
    monkeypatch.setattr(fashion_mnist, "FILES", {"images": hashlib.sha256(b"right").hexdigest()})
    artifacts.write_text(layout.raw("fashion_mnist") / "images", "right")
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
    assert arrays.damaged_arrays(described, layout.arrays("fashion_mnist")) == []


@pytest.mark.parametrize("damage", [spoil, os.remove])
def test_damaged_arrays_are_made_again(layout, damage, monkeypatch, caplog):
    path = layout.arrays("fashion_mnist") / "train_x.npy"
    kept = path.read_bytes()
    damage(path)
    with caplog.at_level(logging.WARNING):
        repair_arrays(fashion_mnist, layout, "fashion_mnist")
    assert str(path) in caplog.text
    assert path.read_bytes() == kept


def test_arrays_that_cannot_be_made_again_are_refused(layout, monkeypatch):
    path = layout.arrays("fashion_mnist") / "train_x.npy"
    spoil(path)
    monkeypatch.setattr(fashion_mnist, "read", lambda raw: ARRAYS | {"train_x": np.zeros(6)})
    with pytest.raises(RefashionError, match=r"train_x\.npy: damaged.*has changed; remove"):
        repair_arrays(fashion_mnist, layout, "fashion_mnist")


@pytest.mark.parametrize("damage", [spoil, os.remove])
def test_damaged_files_are_fetched_again_or_refused(layout, damage, monkeypatch, tmp_path):
    plan = SimpleNamespace(
        layout=layout,
        config=CONFIG,
        source=lambda dataset: fashion_mnist,
        is_described=lambda dataset: False,
    )
    monkeypatch.setattr(Plan, "of_job", lambda: plan)
    monkeypatch.setattr(fashion_mnist, "SOURCES", [LocalFolder(tmp_path / "source", "test")])
    artifacts.write_json(layout.fetch("fashion_mnist"), {"status": "available", "reason": None})
    path = layout.raw("fashion_mnist") / "images"
    damage(path)
    with pytest.raises(RefashionError, match=r"raw: damaged after it was fetched\. Could not find"):
        stages.prepare("fashion_mnist")
    artifacts.write_text(tmp_path / "source" / "images", "right")
    stages.prepare("fashion_mnist")
    assert path.read_text() == "right"

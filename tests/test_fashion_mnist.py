from __future__ import annotations

import multiprocessing
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from refashion import datasets
from refashion.data.fetching import DebianPackage, Fetched, fetch
from refashion.datasets import fashion_mnist

NOBODY = 65534
SHAPES = {
    "train-images-idx3-ubyte": (60_000, 28, 28),
    "train-labels-idx1-ubyte": (60_000,),
    "t10k-images-idx3-ubyte": (10_000, 28, 28),
    "t10k-labels-idx1-ubyte": (10_000,),
}


def write_idx(path: Path, *shape: int, magic: int | None = None, extra: bytes = b"") -> Path:
    header = struct.pack(f">{1 + len(shape)}I", magic or 2048 + len(shape), *shape)
    path.write_bytes(header + (np.arange(np.prod(shape)) % 10).astype(np.uint8).tobytes() + extra)
    return path


def test_datasets_are_listed_and_imported_by_name() -> None:
    assert "fashion_mnist" in datasets.names()
    assert datasets.module("fashion_mnist") is fashion_mnist


def test_a_wrong_name_gets_the_nearest_one() -> None:
    with pytest.raises(ValueError, match=r"'fashion_mnits'; .*did you mean 'fashion_mnist'"):
        datasets.module("fashion_mnits")
    with pytest.raises(ValueError, match="accepted: fashion_mnist"):
        datasets.module("../evil")


def test_import_is_light() -> None:
    code = (
        "import sys; from refashion import datasets; datasets.module('fashion_mnist');"
        "heavy = {'tensorflow', 'keras', 'pandas._libs', 'numpy.linalg', 'urllib3', 'asyncio'};"
        "print(*heavy & {*sys.modules})"
    )
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert printed.stdout.split() == []


def test_facts_of_the_dataset() -> None:
    assert fashion_mnist.TASK == "classification"
    assert len(fashion_mnist.CLASSES) == len(set(fashion_mnist.CLASSES)) == 10
    assert set(fashion_mnist.FILES) == set(SHAPES)
    assert all(len(sha256) == 64 for sha256 in fashion_mnist.FILES.values())


def test_all_four_files_are_read(tmp_path: Path) -> None:
    for name, shape in SHAPES.items():
        write_idx(tmp_path / name, *shape)
    arrays = fashion_mnist.read(tmp_path)
    assert list(arrays) == ["train_x", "train_y", "test_x", "test_y"]
    assert [array.shape for array in arrays.values()] == list(SHAPES.values())
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.uint8)}
    np.testing.assert_array_equal(arrays["test_y"][:12], [*range(10), 0, 1])
    assert arrays["train_x"][0, 1, 0] == 28 % 10


def test_another_shape_is_refused(tmp_path: Path) -> None:
    path = write_idx(tmp_path / "train-images-idx3-ubyte", 5, 28, 28)
    with pytest.raises(ValueError, match=r"train-images.*shape \(5, 28, 28\); expected \(60000,"):
        fashion_mnist.read(path.parent)


@pytest.mark.parametrize(
    ("shape", "settings", "n_dimensions", "message"),
    [
        ((2, 3, 3), {"magic": 2052}, 3, "magic number 2052; expected 2051"),
        ((2, 3, 3), {}, 1, "magic number 2051; expected 2049"),
        ((5,), {"extra": b"x"}, 1, r"14 bytes; expected 13 for its dimensions \(5,\)"),
        ((5,), {}, 3, "13 bytes; an IDX header alone has 16"),
    ],
)
def test_what_is_no_idx_file_is_refused(
    tmp_path: Path, shape: tuple, settings: dict, n_dimensions: int, message: str
) -> None:
    path = write_idx(tmp_path / "images", *shape, **settings)
    with pytest.raises(ValueError, match=f"{path}: {message}"):
        fashion_mnist.read_idx(path, n_dimensions)


# ---- the real files

FROM_DEBIAN = SimpleNamespace(
    FILES=fashion_mnist.FILES,
    SUBFOLDERS=fashion_mnist.SUBFOLDERS,
    SOURCES=[s for s in fashion_mnist.SOURCES if isinstance(s, DebianPackage)],
    read=fashion_mnist.read,
)
needs_apt = pytest.mark.skipif(not shutil.which("apt-get"), reason="a machine without apt")


def check_real(raw: Path, fetched: Fetched) -> None:
    assert fetched.reason is None
    assert fetched.files == fashion_mnist.FILES
    assert fetched.source == "Debian package dataset-fashion-mnist"
    arrays = fashion_mnist.read(raw)
    assert np.bincount(arrays["train_y"]).tolist() == [6000] * 10
    assert np.bincount(arrays["test_y"]).tolist() == [1000] * 10
    # The first training example is an ankle boot; the mean grey is widely quoted as 0.2860.
    assert fashion_mnist.CLASSES[arrays["train_y"][0]] == "Ankle boot"
    assert arrays["train_x"].mean() / 255 == pytest.approx(0.2860, abs=5e-5)


def state_of_apt() -> list[tuple[str, int]]:
    folders = (Path("/var/lib/apt"), Path("/var/cache/apt"), Path("/var/lib/dpkg"))
    paths = (path for folder in folders for path in folder.rglob("*"))
    return sorted((str(path), path.stat().st_mtime_ns) for path in paths)


@needs_apt
@pytest.mark.network
def test_debian_has_the_files_and_the_system_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REFASHION_DATA", raising=False)
    before = state_of_apt()
    check_real(tmp_path, fetch(FROM_DEBIAN, tmp_path, []))
    assert state_of_apt() == before


@needs_apt
@pytest.mark.network
@pytest.mark.skipif(os.geteuid() != 0, reason="the test above has run as an ordinary user")
def test_debian_has_the_files_for_an_ordinary_user_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REFASHION_DATA", raising=False)
    with tempfile.TemporaryDirectory() as base:  # pytest's own folders are closed to other users
        os.chown(base, NOBODY, NOBODY)
        # Forked, for the interpreter itself may lie where an ordinary user cannot read.
        child = multiprocessing.get_context("fork").Process(target=fetch_as_nobody, args=[base])
        child.start()
        child.join()
        assert child.exitcode == 0
        assert Path(base, "raw/t10k-labels-idx1-ubyte").stat().st_uid == NOBODY


def fetch_as_nobody(base: str) -> None:
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    check_real(Path(base, "raw"), fetch(FROM_DEBIAN, Path(base, "raw"), []))

"""Fashion-MNIST: 70,000 grayscale images of clothes, 28 x 28 pixels, in ten classes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from refashion.data.fetching import Address, DebianPackage, LocalFolder
from refashion.data.readers.idx import read_idx

if TYPE_CHECKING:
    import numpy as np

TITLE = "Fashion-MNIST"
TASK = "classification"
TARGET = "class"
UNIT = ""
CLASSES = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
]
PARTS = ("train", "test")
FEATURES: list[str] = []
CATEGORIES: dict[str, list[str]] = {}
CITATION = (
    "Han Xiao, Kashif Rasul and Roland Vollgraf (2017). Fashion-MNIST: a Novel Image Dataset for "
    "Benchmarking Machine Learning Algorithms. arXiv:1708.07747."
)
LICENCE = "MIT"

FILES = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}

# Names of the folder in refashion, in Debian and Keras, and in torchvision.
SUBFOLDERS = ("fashion_mnist", "fashion-mnist", "FashionMNIST/raw")

SOURCES = (
    LocalFolder("/usr/share/datasets"),
    LocalFolder("~/.keras/datasets"),
    # The publishers link to the same bucket, but with http.
    Address("https://fashion-mnist.s3.eu-central-1.amazonaws.com/{file}.gz"),
    Address("https://storage.googleapis.com/tensorflow/tf-keras-datasets/{file}.gz"),
    DebianPackage("dataset-fashion-mnist", "usr/share/datasets/fashion-mnist"),
)

_ARRAYS = {
    "train_x": ("train-images-idx3-ubyte", (60_000, 28, 28)),
    "train_y": ("train-labels-idx1-ubyte", (60_000,)),
    "test_x": ("t10k-images-idx3-ubyte", (10_000, 28, 28)),
    "test_y": ("t10k-labels-idx1-ubyte", (10_000,)),
}


def read(raw: Path) -> dict[str, np.ndarray]:
    """Read the images and labels.

    Parameters
    ----------
    raw
        Folder with the decompressed `FILES`.

    Returns
    -------
    dict[str, numpy.ndarray]
        `train_x` (60000, 28, 28), `train_y` (60000,), `test_x` (10000, 28, 28) and `test_y`
        (10000,), uint8, read-only. Pixels are 0 (white) to 255 (black); labels are indices into
        `CLASSES`.

    Raises
    ------
    ValueError
        A file is not an IDX file of its shape.
    """
    arrays = {}
    for key, (file, shape) in _ARRAYS.items():
        arrays[key] = read_idx(raw / file, len(shape))
        if arrays[key].shape != shape:
            raise ValueError(f"{raw / file}: shape {arrays[key].shape}; expected {shape}")
    return arrays

"""Datasets that scikit-learn contains."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import lazy_loader

from refashion.data.readers import Content

if TYPE_CHECKING:
    import numpy as np
    import sklearn
else:
    np = lazy_loader.load("numpy")
    sklearn = lazy_loader.load("sklearn")


class Bundled(NamedTuple):
    """What is known about a dataset before it is read.

    Attributes
    ----------
    title
        Its usual name.
    target, unit
        Name and unit of the target.
    classes
        Names of the classes, by label; empty for a regression.
    """

    title: str
    target: str
    unit: str
    classes: tuple[str, ...]


BUNDLED = {
    "breast_cancer": Bundled(
        "Breast cancer Wisconsin (diagnostic)", "diagnosis", "", ("malignant", "benign")
    ),
    "diabetes": Bundled("Diabetes", "disease progression", "", ()),
    "digits": Bundled("Handwritten digits", "digit", "", tuple("0123456789")),
    "iris": Bundled("Iris", "species", "", ("setosa", "versicolor", "virginica")),
    "wine": Bundled("Wine recognition", "cultivar", "", ("class_0", "class_1", "class_2")),
}
"""The datasets by the name of their loader in `sklearn.datasets`, without `load_`."""


def read(description: Mapping[str, Any], files: Mapping[str, Path]) -> Content:
    """Read a dataset of scikit-learn; see `refashion.data.readers.read`. There are no files.

    The digits are images of 8 x 8 pixels; the others are tables.
    """
    name = description["sklearn"]
    found = getattr(sklearn.datasets, f"load_{name}")()
    classes = list(BUNDLED[name].classes)
    if name == "digits":
        return Content({"all_x": found.images, "all_y": found.target}, classes, [], {})
    y = found.target if classes else found.target.astype(float)
    features = [str(feature) for feature in found.feature_names]
    return Content({"all_x": np.asarray(found.data), "all_y": y}, classes, features, {})

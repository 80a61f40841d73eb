"""The data of a study, and the names of its classes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

AVERAGES = {"accuracy": "accuracy", "macro avg": "macro avg", "weighted avg": "weighted avg"}
NOT_STATED = "Not stated."


@dataclass
class Data:
    """The data of a study.

    Attributes
    ----------
    dataset
        What stands under `dataset`.
    title
        How a person would call them.
    task
        "classification" or "regression".
    classes
        Names of the classes, by label.
    known
        Whether they can be read as they stand, without a person.
    images
        Whether an example is an image without channels.
    split, preprocess
        What stands under these keys.
    assumes
        Why they have these values, by dotted name.
    decisions
        What a person has to decide about them, each a sentence.
    """

    dataset: Any
    title: str
    task: str
    classes: list[str]
    known: bool = True
    images: bool = False
    split: dict[str, Any] = field(default_factory=dict)
    preprocess: Any = None
    assumes: dict[str, str] = field(default_factory=dict)
    decisions: list[str] = field(default_factory=list)

    def class_of(self, name: str) -> str | None:
        """Return the class that a name in the text means, or None.

        Examples
        --------
        >>> data = Data("fashion_mnist", "", "classification", ["T-shirt/top", "Trouser", "Bag"])
        >>> data.class_of("trousers"), data.class_of("T-shirts"), data.class_of("2")
        ('Trouser', 'T-shirt/top', 'Bag')
        >>> data.class_of("top"), data.class_of("shirt")
        ('T-shirt/top', None)
        """
        if name in self.classes:
            return name
        if name.isdigit():
            return self.classes[int(name)] if int(name) < len(self.classes) else None
        plain = _plain(name)
        fitting = [each for each in self.classes if plain == _plain(each)]
        fitting = fitting or [
            each for each in self.classes if plain in [_plain(part) for part in each.split("/")]
        ]
        return fitting[0] if len(fitting) == 1 else None

    def row_of(self, name: str) -> str | None:
        """Return the row of a classification report that a name in the text means, or None."""
        return AVERAGES.get(name.lower().strip()) or self.class_of(name)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower()).removesuffix("s")

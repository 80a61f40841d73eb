"""Checks of encoded labels."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from refashion.checks.consistency.finding import Finding
from refashion.checks.consistency.number import Positive, PrintedCount, count, listed

Vector = Annotated[
    str,
    Field(
        pattern=r"^[\s\[\](),.0-9]*[0-9][\s\[\](),.0-9]*$",
        description='numbers in quotes, such as "[0 0 1 0]"',
    ),
]


def one_hot(*, vector: Vector, label: PrintedCount, classes: Positive) -> Finding:
    """Check that a one-hot vector has one entry for each class, all 0 except a 1 for the label.

    Parameters
    ----------
    vector
        Numbers as printed, with spaces, commas and brackets.
    label
        Label of the class, from 0.
    classes
        Number of classes.
    """
    numbers = [float(entry) for entry in re.findall(r"\d+\.?\d*|\.\d+", vector)]
    place, length = count(label), count(classes)
    # The stated length may be huge, so no array of that size is made.
    is_one_hot = all(number == (at == place) for at, number in enumerate(numbers))
    is_right = is_one_hot and len(numbers) == length
    found = [f"{number:g} at place {at}" for at, number in enumerate(numbers) if number]
    text = f"{len(numbers)} entries with {listed(found) if found else 'no 1'}, counted from 0"
    end = "as it should be" if is_right else f"not {length:,} with 1 at place {place:,}"
    is_label = place < length
    note = "" if is_label else f" {length:,} classes have no label {place:,}."
    return Finding(is_label and is_right, f"{text}; {end}.{note}")

"""What is measured: tidy rows, each with the row that it is to be seen against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measured value.

    Attributes
    ----------
    part
        Module that measured it.
    name, measure
        Of what, and what of it.
    value, unit
        The value.
    reference
        Measure of the same name that this one is compared with, or None.
    ratio
        Value over the reference's value, or None. Only ratios can be compared between machines.
    """

    part: str
    name: str
    measure: str
    value: float
    unit: str
    reference: str | None = None
    ratio: float | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.part, self.name, self.measure


@dataclass(frozen=True)
class Skipped:
    """What could not be measured here, and why."""

    part: str
    name: str
    why: str


def compared(
    part: str, name: str, unit: str, values: Mapping[str, float], reference: str
) -> list[Row]:
    """Give a row per measure, with its ratio to one of them.

    Parameters
    ----------
    part, name, unit
        Of all rows.
    values
        Value by measure.
    reference
        One of the measures.
    """
    base = values[reference]
    return [
        Row(part, name, measure, value, unit)
        if measure == reference
        else Row(part, name, measure, value, unit, reference, value / base if base else None)
        for measure, value in values.items()
    ]

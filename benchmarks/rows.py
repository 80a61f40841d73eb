"""Measured values as tidy rows, each with its baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measured value.

    Attributes
    ----------
    part
        Name of the module that measured it.
    name, measure
        The thing that was measured, and the measure.
    value, unit
        The value and its unit.
    reference
        Measure of the same name that is the baseline, or None.
    ratio
        Value divided by that of the baseline, or None. Only ratios can be compared between
        machines.
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
        """Part, name and measure, which identify the row."""
        return self.part, self.name, self.measure


@dataclass(frozen=True)
class Skipped:
    """A measurement that is not possible here or that failed, and the reason.

    Attributes
    ----------
    part, name, measure
        As in `Row`; the measure is empty if all of that name are meant.
    why
        The reason.
    """

    part: str
    name: str
    why: str
    measure: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Part, name and measure, as in `Row`."""
        return self.part, self.name, self.measure


def compared(
    part: str, name: str, unit: str, values: Mapping[str, float], reference: str
) -> list[Row]:
    """Make a row for each measure, with its ratio to the baseline.

    Parameters
    ----------
    part, name, unit
        Fields of all rows.
    values
        Value of each measure.
    reference
        The measure that is the baseline. If it has no value, there are no ratios.
    """
    base = values.get(reference)
    return [
        Row(part, name, measure, value, unit)
        if measure == reference or base is None
        else Row(part, name, measure, value, unit, reference, value / base if base else None)
        for measure, value in values.items()
    ]

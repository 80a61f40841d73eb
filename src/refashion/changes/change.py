"""One thing that changed between two folders of results, and how to find it among plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd

from refashion import artifacts
from refashion.ledger.entry import Verdict

CHANGED, ONLY_A, ONLY_B = "changed", "only_a", "only_b"


@dataclass(frozen=True)
class Change:
    """One thing that is not the same in B as in A; a row of `changes.csv`.

    Attributes
    ----------
    kind
        "verdict", "cell" (one number of a claim that is a table), "claim" (its reported number or
        its tolerance), "metric", "setting", "run", "data", "package" or "environment".
    study, run, split
        What it belongs to; empty where it belongs to none.
    name
        Of the claim, the metric, the setting, the package and so on.
    part
        Of a claim: the number of its table, "reported" or "tolerance"; empty for all of it. A row
        of `changes.csv` names it after the claim.
    a, b
        Values, those of metrics being means over seeds; settings as JSON. Empty or None where only
        the other folder has it.
    change
        "flipped" of a verdict; of a metric "rounding", "within_noise", "beyond_noise",
        "unknown_noise" or "not_a_number", see `chance.Difference`; of the others "changed".
        What only one of the folders has is "only_a" or "only_b", of whatever kind.
    difference, relative
        B minus A, and its size as a share of the larger value, "inf" where one side is no number.
        Of a verdict, `relative` says how far it moved: about 1 to its opposite, 0.5 to or from
        "inconclusive".
    lower, upper
        Interval of the difference, of 95%.
    seeds_a, seeds_b
        How many seeds a metric was compared over.
    note
        The reasons of both verdicts; how seeds were compared; what an error says.
    """

    kind: str
    name: str
    a: Any
    b: Any
    change: str = CHANGED
    study: str = ""
    run: str = ""
    split: str = ""
    part: str = ""
    difference: float | None = None
    relative: float | None = None
    lower: float | None = None
    upper: float | None = None
    seeds_a: int | None = None
    seeds_b: int | None = None
    note: str = ""

    @property
    def owner(self) -> str:
        """Study and run, as their folder is named."""
        return f"{self.study}/{self.run}" if self.run else self.study

    def within(self, name: str) -> Change:
        """Give the change as one of a part of something larger."""
        return replace(self, name=name, part=self.name)


COLUMNS = (
    *("kind", "study", "run", "split", "name", "a", "b", "change"),
    *("difference", "relative", "lower", "upper", "seeds_a", "seeds_b", "note"),
)


def table_changes(changes: Iterable[Change]) -> pd.DataFrame:
    """Give changes as a table with the columns `COLUMNS`, as `changes.csv` has them."""
    return pd.DataFrame(map(_row, changes), columns=list(COLUMNS), dtype=object)


def _row(change: Change) -> dict[str, Any]:
    name = f"{change.name}: {change.part}" if change.part else change.name
    sides = {side: _in_file(getattr(change, side)) for side in ("a", "b")}
    return {**asdict(change), **sides, "name": name}


def _in_file(value: Any) -> Any:
    value = value.value if isinstance(value, Verdict) else value
    return "" if value is None else value


def by_size(changes: Iterable[Change]) -> list[Change]:
    """Sort by size; claims come before their cells."""
    return sorted(changes, key=lambda change: (change.kind == "cell", -(change.relative or 0.0)))


def compare_values(a: Mapping[str, Any], b: Mapping[str, Any], **more: str) -> Iterator[Change]:
    """Compare two flat mappings, whose values are written as JSON unless they are text."""
    for name in dict.fromkeys((*a, *b)):
        if name not in a or name not in b or a[name] != b[name]:
            change = CHANGED if name in a and name in b else ONLY_A if name in a else ONLY_B
            left, right = (_written(side, name) for side in (a, b))
            yield Change(name=str(name), a=left, b=right, change=change, **more)


def _written(values: Mapping[str, Any], name: str) -> str:
    if name not in values:
        return ""
    value = values[name]
    return value if isinstance(value, str) else artifacts.canonical_json(artifacts.finite(value))

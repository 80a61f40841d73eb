"""A single difference between two results folders, and the comparison of plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from refashion import artifacts
from refashion.ledger.entry import Verdict

CHANGED, ONLY_A, ONLY_B = "changed", "only_a", "only_b"


@dataclass(frozen=True)
class Change:
    """A single difference between two results folders, A and B; a row of `changes.csv`.

    Attributes
    ----------
    kind
        "verdict", "cell" (one number of a table), "claim" (the reported number or the tolerance),
        "metric", "setting", "run", "data", "package" or "environment".
    name
        Name of the claim, metric, setting, package and so on.
    a, b
        Values in A and B: means over seeds for metrics, JSON for settings. Empty or None if only
        the other folder has a value.
    change
        For verdicts "flipped"; for metrics "rounding", "within_noise", "beyond_noise",
        "unknown_noise" or "not_a_number", see `chance.Difference`; otherwise "changed". "only_a"
        or "only_b" if only one folder has a value.
    study, run, split
        Study, run and split of the value; empty if not applicable.
    part
        Part of a claim: the name of a number of its table, "reported" or "tolerance". Empty for
        the whole claim. `changes.csv` appends it to the name.
    difference
        B minus A.
    relative
        For metrics, the absolute difference divided by the larger absolute value, infinite if a
        run diverged. For verdicts, the distance that the verdict moved: about 1 to the opposite
        verdict, and 0.5 to or from "inconclusive".
    lower, upper
        95% confidence interval of the difference.
    seeds_a, seeds_b
        Number of compared seeds.
    note
        Reasons of both verdicts, the way in which seeds were compared, or an error message.
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
        """Study and run in the form "study/run", or the study alone."""
        return f"{self.study}/{self.run}" if self.run else self.study


CHANGE_COLUMNS = (
    *("kind", "study", "run", "split", "name", "a", "b", "change"),
    *("difference", "relative", "lower", "upper", "seeds_a", "seeds_b", "note"),
)


def table_changes(changes: Iterable[Change]) -> pd.DataFrame:
    """Return changes as the table `changes.csv`, with the columns `CHANGE_COLUMNS`."""
    return pd.DataFrame(map(_row, changes), columns=list(CHANGE_COLUMNS), dtype=object)


def _row(change: Change) -> dict[str, Any]:
    name = f"{change.name}: {change.part}" if change.part else change.name
    sides = {side: _cell_value(getattr(change, side)) for side in ("a", "b")}
    return {**asdict(change), **sides, "name": name}


def _cell_value(value: Any) -> Any:
    value = value.value if isinstance(value, Verdict) else value
    return "" if value is None else value


def by_size(changes: Iterable[Change]) -> list[Change]:
    """Sort changes by relative size, the largest first, and claims before cells of tables."""
    return sorted(changes, key=lambda change: (change.kind == "cell", -(change.relative or 0.0)))


def compare_values(
    a: Mapping[str, Any], b: Mapping[str, Any], *, kind: str, study: str = "", run: str = ""
) -> Iterator[Change]:
    """Compare two flat mappings, and yield a change for each value that differs.

    Parameters
    ----------
    a, b
        Values by name. Values other than text are converted to JSON.
    kind, study, run
        Kind, study and run of each change, see `Change`.
    """
    for name in dict.fromkeys((*a, *b)):
        if name not in a or name not in b or a[name] != b[name]:
            change = CHANGED if name in a and name in b else ONLY_A if name in a else ONLY_B
            left, right = (_as_text(side, name) for side in (a, b))
            yield Change(kind, str(name), left, right, change, study, run)


def _as_text(values: Mapping[str, Any], name: str) -> str:
    if name not in values:
        return ""
    value = values[name]
    return value if isinstance(value, str) else artifacts.canonical_json(artifacts.finite(value))

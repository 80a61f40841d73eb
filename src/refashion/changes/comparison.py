"""The comparison of two results folders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from refashion.changes import chance
from refashion.changes.change import ONLY_A, ONLY_B, Change, by_size
from refashion.changes.claims import FLIPPED, compare_claims, compare_verdicts
from refashion.changes.environment import compare_environment
from refashion.changes.folder import ResultsFolder, Run
from refashion.changes.metrics import compare_metrics
from refashion.changes.runs import compare_runs, compare_settings
from refashion.wording import counted


@dataclass(frozen=True)
class Comparison:
    """Two results folders and the differences between them.

    Attributes
    ----------
    a, b
        The folders.
    changes
        The differences by kind; those of verdicts and metrics sorted by size, largest first.
    metrics
        Number of metrics by split and kind of change, including identical ones.
    """

    a: ResultsFolder
    b: ResultsFolder
    changes: tuple[Change, ...]
    metrics: Mapping[tuple[str, str], int]

    def of(self, kind: str, *changes: str) -> list[Change]:
        """Return the differences of one kind, such as "metric", all or only with some changes."""
        found = [change for change in self.changes if change.kind == kind]
        return [change for change in found if not changes or change.change in changes]

    @property
    def runs(self) -> list[Run]:
        """Runs in both folders."""
        return sorted(self.a.runs & self.b.runs)

    @property
    def runs_with_other_settings(self) -> list[Run]:
        """Runs in both folders whose settings, or those of their study, differ."""
        changed = {(change.study, change.run) for change in self.of("setting")}
        return [run for run in self.runs if changed & {run, (run[0], "")}]

    @property
    def claims(self) -> list[tuple[str, str]]:
        """Claims in both folders, as study and id."""
        return sorted(self.a.claims.keys() & self.b.claims.keys())

    def count_metrics(self, *changes: str) -> int:
        """Return the number of metrics with some changes, over all splits."""
        return sum(n for (_, change), n in self.metrics.items() if change in changes)


def compare(a: ResultsFolder, b: ResultsFolder) -> Comparison:
    """Return all differences between two results folders, A and B."""
    metrics, counts = compare_metrics(a, b)
    changes = [
        *by_size(compare_verdicts(a, b)),
        *compare_claims(a, b),
        *by_size(metrics),
        *compare_settings(a, b),
        *compare_runs(a, b),
        *compare_environment(a, b),
    ]
    return Comparison(a, b, tuple(changes), counts)


def summary(found: Comparison) -> list[str]:
    """Summarise a comparison in three lines for the terminal."""
    only = [len(found.of("run", change)) for change in (ONLY_A, ONLY_B)]
    beyond = found.count_metrics(chance.BEYOND, chance.NOT_A_NUMBER)
    within = found.count_metrics(chance.WITHIN, chance.ROUNDING)
    unknown = found.count_metrics(chance.UNDECIDED)
    undecided = f", {unknown:,} undecided with one seed" if unknown else ""
    others = [change for kind in ("package", "environment", "data") for change in found.of(kind)]
    flips = len(found.of("verdict", FLIPPED))
    return [
        f"Runs: {len(found.runs)} in both folders, {only[0]} only in A, {only[1]} only in B; "
        f"{len(found.runs_with_other_settings)} with different settings",
        f"Metrics: {found.count_metrics(chance.IDENTICAL):,} identical, {within:,} within "
        f"seed-to-seed variation, {beyond:,} beyond it{undecided}",
        f"Verdicts: {flips:,} of {len(found.claims):,} flipped; "
        f"{counted(len(others), 'difference')} in versions, machine, data and code",
    ]

"""All that changed between two folders of results."""

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


@dataclass(frozen=True)
class Comparison:
    """Two folders and what changed between them.

    Attributes
    ----------
    a, b
        The folders.
    changes
        By kind, the largest first.
    metrics
        How many metrics came out how, by split and kind of change, identical ones included.
    """

    a: ResultsFolder
    b: ResultsFolder
    changes: tuple[Change, ...]
    metrics: Mapping[tuple[str, str], int]

    def of(self, kind: str, *changes: str) -> list[Change]:
        """Changes of one kind, all or those of some sorts."""
        found = [change for change in self.changes if change.kind == kind]
        return [change for change in found if not changes or change.change in changes]

    @property
    def runs(self) -> list[Run]:
        """Runs that both have."""
        return sorted(self.a.runs & self.b.runs)

    @property
    def runs_with_other_settings(self) -> list[Run]:
        """Runs that both have, with other settings of their own or of their study."""
        changed = {(change.study, change.run) for change in self.of("setting")}
        return [run for run in self.runs if changed & {run, (run[0], "")}]

    @property
    def claims(self) -> list[tuple[str, str]]:
        """Claims that both have."""
        return sorted(self.a.claims.keys() & self.b.claims.keys())

    def count_metrics(self, *changes: str) -> int:
        """Count the metrics that came out so, over all splits."""
        return sum(n for (_, change), n in self.metrics.items() if change in changes)


def compare(a: ResultsFolder, b: ResultsFolder) -> Comparison:
    """Find all that changed between two folders of results."""
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
    """Say in three lines what changed: runs and settings, metrics, verdicts and the rest."""
    only = [len(found.of("run", change)) for change in (ONLY_A, ONLY_B)]
    beyond = found.count_metrics(chance.BEYOND, chance.NOT_A_NUMBER)
    within = found.count_metrics(chance.WITHIN, chance.ROUNDING)
    unknown = found.count_metrics(chance.UNKNOWN)
    told = f", {unknown:,} that one seed cannot tell" if unknown else ""
    around = [change for kind in ("package", "environment", "data") for change in found.of(kind)]
    flips = len(found.of("verdict", FLIPPED))
    return [
        f"Runs: {len(found.runs)} in both, {only[0]} only in A, {only[1]} only in B; "
        f"settings differ in {len(found.runs_with_other_settings)}",
        f"Metrics: {found.count_metrics(chance.IDENTICAL):,} identical, {within:,} within the luck "
        f"of the seed, {beyond:,} beyond{told}",
        f"Verdicts: {flips:,} of {len(found.claims):,} flipped; "
        f"versions, machine, data and code: {len(around)} changes",
    ]

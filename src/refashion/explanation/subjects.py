"""What is explained: a number, one number of a table, or a statement, with any runs in place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import scipy.special

from refashion.explanation.shares import Aim, Signed
from refashion.judgement import course, judge, numbers, rankings
from refashion.judgement.scatter import RunValues
from refashion.ledger.entry import Cell, Entry, Verdict
from refashion.reported import Reported
from refashion.runs.results import StudyResults
from refashion.spec.claims import (
    Claim,
    ConsistencyClaim,
    CostClaim,
    CurveClaim,
    ExtremeClaim,
    NumberClaim,
    OrderingClaim,
    TableClaim,
    TextClaim,
    ValueClaim,
    runs_of,
)

AGAINST = (Verdict.NOT_REPRODUCED, Verdict.FAILS)


@dataclass(frozen=True)
class Subject:
    """A claim with a single result, or one number of a table.

    Attributes
    ----------
    claim
        The claim.
    row, column
        Of the number of a table; empty for other claims.
    """

    claim: Any
    row: str = ""
    column: str = ""

    @property
    def name(self) -> str:
        """Name of the number of a table as the ledger has it, or of the claim."""
        return f"{self.row}, {self.column}" if self.row else str(self.claim.id)

    @property
    def runs(self) -> tuple[str, ...]:
        """Names of its runs, starting with the one that it is about."""
        is_cell = isinstance(self.claim, TableClaim)
        return (self.claim.run_of(self.row),) if is_cell else runs_of(self.claim)

    @property
    def reported(self) -> str | None:
        """The number as printed; None for a statement."""
        if isinstance(self.claim, TableClaim):
            cells = {(row, column): text for row, column, text in self.claim.cells()}
            return cells[self.row, self.column]
        return self.claim.reported if isinstance(self.claim, NumberClaim) else None

    @property
    def tolerance(self) -> float | None:
        """Largest difference that counts as equal; None for a statement."""
        if isinstance(self.claim, TableClaim):
            return self.claim.tolerance_of(self.column)
        return self.claim.tolerance if isinstance(self.claim, NumberClaim) else None

    @property
    def is_bound(self) -> bool:
        """Whether it is as true beyond what it states: of a statement, or of "over 90 %"."""
        return self.reported is None or Reported.parse(self.reported).bound in ("over", "under")

    def with_runs(self, replaced: Mapping[str, str]) -> Subject:
        """Return the same with other runs.

        Parameters
        ----------
        replaced
            Names of the other runs, by the names of those that they replace.
        """
        claim = self.claim
        if isinstance(claim, TableClaim) and claim.run is None:
            row = replaced.get(self.row, self.row)
            rows = {row: claim.rows[self.row]}
            return Subject(claim.model_copy(update={"rows": rows}), row, self.column)
        named = ("run", "than", "slower_than", "against", "minus")
        given = {key: getattr(claim, key) for key in named if getattr(claim, key, None)}
        changed = {
            key: tuple(replaced.get(run, run) for run in value)
            if isinstance(value, tuple)
            else replaced.get(value, value)
            for key, value in given.items()
        }
        return Subject(claim.model_copy(update=changed), self.row, self.column)

    def measure(self, results: StudyResults, prior: float) -> Signed | None:
        """Return what its runs give, as a sum; None without finite results.

        Of a statement it is the margin, which is positive if the statement is true. Of several
        rivals, the closest counts.

        Parameters
        ----------
        results
            Results of the study, in which every run has finished with a seed.
        prior
            Deviation between seeds that is assumed for a single one, in units of accuracy.
        """
        claim = self.claim
        match claim:
            case OrderingClaim():
                return _against_closest(rankings.values_of_ordering(claim, results, prior))
            case CostClaim():
                return _against_closest(course.logarithms_of_times(claim, results))
            case ExtremeClaim():
                return _alone(self.runs, rankings.margin_of_extreme(claim, results, prior))
            case CurveClaim():
                return _alone(self.runs, course.margin_of_curve(claim, results, prior))
            case ValueClaim(minus=str(other)):
                sides = claim.run, other
                each = [
                    numbers.values_of(
                        claim.model_copy(update={"run": run, "minus": None}), results, prior
                    )
                    for run in sides
                ]
                signs = zip(sides, (1, -1), each, strict=True)
                signed = {run: (sign, values) for run, sign, values in signs if values}
                return signed if len(signed) == len(each) else None
        try:
            cell = (self.row, self.column)
            return _alone(self.runs, numbers.values_of(claim, results, prior, cell))
        except LookupError:  # the estimator with the change has no such attribute
            return None

    def aim(self, ours: Signed) -> Aim:
        """Return what has to be reached: the reported number, or for a statement no margin.

        Parameters
        ----------
        ours
            What the runs of the claim give. The runs of the source scatter alike.
        """
        if self.reported is None:
            return Aim(0.0)
        printed, claim = Reported.parse(self.reported), self.claim
        known = printed.half_unit**2 / 3 + sum(values.of_examples for _, values in ours.values())
        best_of = getattr(claim, "best_of", 1)
        if best_of == 1:
            return Aim(printed.value, known, claim.mean_of)
        # The best of several draws lies above one of them; its median tells by how much.
        sd = math.hypot(*(values.scatter.sd for _, values in ours.values()))
        above = float(scipy.special.ndtri(0.5 ** (1 / best_of))) * sd
        sign = 1 if numbers.greater_is_better(claim.metric) else -1
        return Aim(printed.value - sign * above, known, 1)

    def verdict(self, results: StudyResults, prior: float) -> Verdict | None:
        """Judge a statement; None for a number. Parameters as for `measure`."""
        return judge(self.claim, results, prior).verdict if self.reported is None else None


def _alone(runs: tuple[str, ...], values: RunValues | None) -> Signed | None:
    return None if values is None else {" ".join(runs): (1, values)}


def _against_closest(values: Mapping[str, RunValues] | None) -> Signed | None:
    """Compare the first run with the best of the others."""
    if values is None:
        return None
    run, *rivals = values
    closest = max(rivals, key=lambda rival: values[rival].mean)
    return {run: (1, values[run]), closest: (-1, values[closest])}


def subjects_of(entry: Entry[Any]) -> list[Subject]:
    """Return all that there is to explain of an entry: of a table, the largest gaps first."""
    if not isinstance(entry.claim, TableClaim):
        return [] if why_not(entry) else [Subject(entry.claim)]
    cells = [cell for cell in entry.judgement.cells if not why_not(entry, cell)]
    gaps = {cell: Reported.parse(cell.reported).value - (cell.reproduced or 0.0) for cell in cells}
    cells.sort(key=lambda cell: -abs(gaps[cell]) / entry.claim.tolerance_of(cell.column))
    return [Subject(entry.claim, cell.row, cell.column) for cell in cells]


def why_not(entry: Entry[Any], cell: Cell | None = None) -> str | None:
    """Say why a claim, or one number of a table, cannot be explained; None if it can."""
    claim, judged = entry.claim, cell or entry.judgement
    if why := _why_no_gap(claim):
        return why
    if judged.verdict not in AGAINST:
        verdict = judged.verdict.words
        return f"it is {verdict}, and only what is not reproduced or fails has a gap to close"
    if judged.reproduced is None:
        return "one of the two numbers is not finite"
    if isinstance(claim, CurveClaim) and entry.judgement.lower is None:
        return "a seed has this property or lacks it, without a margin that a change could close"
    return None


def _why_no_gap(claim: Claim) -> str | None:
    match claim:
        case ConsistencyClaim():
            return "it is about the source's own numbers, which no run changes"
        case TextClaim():
            return "a text is the same or it is not, without a gap between"
        case CostClaim(reported=str()):
            return "a stated time is of another machine, and is not judged"
    return None

"""Families of numbers: a table is judged as a whole, not by its worst cell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from refashion.judgement.interval import CONFIDENCE, Gap, against
from refashion.judgement.scatter import Scatter
from refashion.ledger.entry import Verdict


@dataclass(frozen=True)
class Family:
    """The gaps of the cells of a table, and how they lie apart together.

    Attributes
    ----------
    gaps
        One for each cell.
    scatter
        Deviation between seeds of the mean absolute difference, each difference in units of its
        tolerance.
    """

    gaps: Sequence[Gap]
    scatter: Scatter

    @property
    def mean_difference(self) -> float:
        """Mean absolute difference of the cells, in units of their tolerances."""
        return float(
            np.mean([abs(against(g.difference, g.bound)) / g.tolerance for g in self.gaps])
        )

    @property
    def bound(self) -> float:
        """Upper bound of `mean_difference`, of 97.5 %.

        Rounding, steps of one example and other test examples enter as if they moved all cells
        together, the worst case.
        """
        steps = [gap.step**2 / 12 * (1 / gap.draws + 1 / gap.scatter.k) for gap in self.gaps]
        known = [
            math.sqrt(gap.known_variance + of_steps) / gap.tolerance
            for gap, of_steps in zip(self.gaps, steps, strict=True)
        ]
        whole = Gap(
            self.mean_difference,
            self.scatter,
            float(np.mean(known)) ** 2,
            tolerance=1.0,
            draws=self.gaps[0].draws,
        )
        return whole.interval[1]

    @property
    def verdict(self) -> Verdict:
        """Not reproduced if a cell is so after Holm's correction; reproduced within the bound."""
        smallest = min(gap.p_value for gap in self.gaps)
        if smallest <= (1 - CONFIDENCE) / len(self.gaps):  # Holm's first step decides
            return Verdict.NOT_REPRODUCED
        verdicts = {gap.verdict for gap in self.gaps}
        if Verdict.NOT_REPRODUCED not in verdicts and (
            verdicts == {Verdict.REPRODUCED} or self.bound <= 1
        ):
            return Verdict.REPRODUCED
        return Verdict.INCONCLUSIVE

    def with_seeds(self, k: float) -> Family:
        """Give the family as it would be with k seeds of the same means and deviations."""
        gaps = [gap.with_seeds(k) for gap in self.gaps]
        return Family(gaps, self.scatter.with_seeds(k))


def family(gaps: Sequence[Gap], differences: np.ndarray, assumed: float) -> Family:
    """Gather the cells of a table.

    Parameters
    ----------
    gaps
        One for each cell, at least one.
    differences
        Differences of each seed in units of the tolerances, shape (seeds, cells); NaN for a cell
        that a seed does not have.
    assumed
        Standard deviation of their mean absolute value that is assumed for one seed.
    """
    deterministic = not any(gap.scatter.is_random for gap in gaps)
    columns = [against(column, gap.bound) for column, gap in zip(differences.T, gaps, strict=True)]
    differences = np.stack(columns, axis=1)
    has_cells = ~np.isnan(differences).all(axis=1)
    means = np.nanmean(np.abs(differences[has_cells]), axis=1)
    return Family(gaps, Scatter.of(list(means), assumed, deterministic))

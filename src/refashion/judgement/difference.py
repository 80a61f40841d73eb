"""The difference rule: whether one thing lies above another, by seeds and shared test examples.

It judges two runs, two classes of a run, the margin of a curve, or the logarithms of two times.
Two sources of chance are added, each with its own quantile (Howe 1974; Graybill and Wang 1980):
the seeds, whose deviation is estimated from few, and the test examples, of which there are many.
Nothing is bootstrapped over seeds: with so few, a bootstrap makes the deviation too small
(Hesterberg 2015).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import lazy_loader

from refashion.judgement.scatter import Scatter, cautious_freedom
from refashion.judgement.settling import leaning
from refashion.ledger.entry import Judgement, Verdict

scipy = lazy_loader.load("scipy")

ERROR_RATE = 0.05


@dataclass(frozen=True)
class Margin:
    """By how much one thing lies above another, and how well that is known.

    Attributes
    ----------
    value
        The difference D, positive if the statement is true.
    scatters
        Deviations between the seeds of both sides; a single one if each seed gives a difference.
    of_examples
        Variance of D over the test examples, v/n; zero if it does not depend on any.
    """

    value: float
    scatters: tuple[Scatter, ...]
    of_examples: float = 0.0

    @property
    def of_seeds(self) -> float:
        """Variance of D between seeds: the sum of s²/k over both sides."""
        return sum(scatter.sd**2 / scatter.k for scatter in self.scatters)

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the variance between seeds."""
        return cautious_freedom([(s.sd**2 / s.k, s) for s in self.scatters])

    def half_width(self, error_rate: float = ERROR_RATE) -> float:
        """Distance from D within which the true difference lies, on one side, but for `error_rate`.

        Its square is t(1 − rate, ν)²·Σs²/k + z(1 − rate)²·v/n.
        """
        t = scipy.special.ndtri(1 - error_rate)
        seeds = (
            t if math.isinf(self.freedom) else scipy.special.stdtrit(self.freedom, 1 - error_rate)
        )
        return math.sqrt(float(seeds**2 * self.of_seeds + t**2 * self.of_examples))

    def with_seeds(self, k: float) -> Margin:
        """Give the margin as it would be with k seeds of the same means and deviations.

        A side that has more seeds keeps them.
        """
        return replace(self, scatters=tuple(s.with_seeds(max(k, s.k)) for s in self.scatters))


def judge_margins(margins: Sequence[Margin]) -> Judgement:
    """Judge a statement on one thing against one or several rivals.

    It holds if it holds against each rival (Berger 1982), and fails if it fails against one, at an
    error rate that is divided by their number (Bonferroni).

    Parameters
    ----------
    margins
        One for each rival, at least one, all finite.

    Returns
    -------
    Judgement
        Without a reason. `reproduced` is the margin against the rival that is nearest to making the
        statement fail, `lower` and `upper` are its interval.
    """
    nearest = min(margins, key=lambda margin: margin.value)
    half = nearest.half_width()
    seeds = min(int(scatter.k) for margin in margins for scatter in margin.scatters)
    judged = Judgement(
        verdict_of(margins),
        reproduced=nearest.value,
        seeds=seeds,
        lower=nearest.value - half,
        upper=nearest.value + half,
        preliminary=any(s.is_assumed for margin in margins for s in margin.scatters),
    )
    return leaning(judged, lambda k: verdict_of([margin.with_seeds(k) for margin in margins]))


def verdict_of(margins: Sequence[Margin]) -> Verdict:
    """Give the verdict on a statement with one margin for each rival, see `judge_margins`."""
    if all(margin.value - margin.half_width() > 0 for margin in margins):
        return Verdict.HOLDS
    error_rate = ERROR_RATE / len(margins)
    if any(margin.value + margin.half_width(error_rate) < 0 for margin in margins):
        return Verdict.FAILS
    return Verdict.INCONCLUSIVE

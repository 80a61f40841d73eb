"""How far the seeds of a run lie apart, measured or assumed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

# Share of the assumed deviation that seeds usually have.
EXPECTED = 0.5
# Log losses deviate more between seeds than accuracies do: of our runs, twice as much on average.
OF_LOG_LOSS = 2.0
# So do scores from -1 to 1, in which a step of an accuracy counts up to twice.
LIKE_LOG_LOSS = ("log_loss", "matthews_corrcoef", "cohen_kappa_score")


@dataclass(frozen=True)
class Scatter:
    """Deviation between the seeds of a run.

    Attributes
    ----------
    sd
        Standard deviation between seeds, in the unit of the values.
    k
        Number of seeds; infinite for the limit of very many.
    freedom
        Degrees of freedom of `sd`: k − 1 if it was measured, 1 if it is assumed, and infinite for a
        model without randomness.
    is_random
        Whether seeds differ at all.
    is_assumed
        Whether one seed left nothing to measure, so that `sd` is the prior of the configuration.
    """

    sd: float
    k: float
    freedom: float
    is_random: bool = True
    is_assumed: bool = False

    @classmethod
    def of(
        cls,
        values: Sequence[float],
        prior: float,
        deterministic: bool = False,
        resolution: float = 0.0,
    ) -> Scatter:
        """Measure the deviation of some values, one a seed, or assume it for a single one.

        Parameters
        ----------
        values
            A value of each seed, at least one.
        prior
            Standard deviation that is assumed for a single seed, in the unit of the values. It
            counts as if it were known from two seeds, which is little (one degree of freedom).
        deterministic
            Whether the model has no randomness.
        resolution
            Smallest step by which a value can change, such as 1/n for an accuracy of n examples.
            Seeds that agree then do not show that nothing varies, so the variance of rounding to
            such steps, a twelfth of their square, is added (Sheppard 1898). It is as little known
            as the deviation itself: two seeds often agree by chance.
        """
        k, of_steps = len(values), resolution / math.sqrt(12)
        if deterministic:
            return cls(0.0, k, math.inf, is_random=False)
        if k == 1:
            return cls(math.hypot(prior, of_steps), 1, 1, is_assumed=True)
        return cls(math.hypot(np.std(values, ddof=1), of_steps), k, k - 1)

    def with_seeds(self, k: float) -> Scatter:
        """Give the same deviation as it would be known from k seeds, k being at least 2.

        An assumed deviation is cautious; what more seeds would measure is expected to be half of
        it.
        """
        freedom = k - 1 if self.is_random else math.inf
        sd = EXPECTED * self.sd if self.is_assumed else self.sd
        return replace(self, sd=sd, k=k, freedom=freedom, is_assumed=False)


class RunValues(NamedTuple):
    """What a run gives for a number, or for its part of a comparison.

    Attributes
    ----------
    values
        A value of each seed, at least one, all finite.
    scatter
        Their deviation between seeds.
    of_examples
        Variance over test examples that nothing else shares.
    gains
        How much each test example adds to the mean of the values, shape (n,), where all runs share
        the examples and a comparison counts them; otherwise None.
    """

    values: Sequence[float]
    scatter: Scatter
    of_examples: float = 0.0
    gains: np.ndarray | None = None

    @property
    def mean(self) -> float:
        """Mean over seeds."""
        return float(np.mean(self.values))

    @property
    def variance(self) -> float:
        """Variance of the mean between seeds."""
        return self.scatter.sd**2 / self.scatter.k


def degrees_of_freedom(terms: Sequence[tuple[float, float]], total: float) -> float:
    """Degrees of freedom of a variance that is a sum, by Welch (1947) and Satterthwaite (1946).

    Parameters
    ----------
    terms
        The estimated variances in the sum, each with its degrees of freedom.
    total
        The whole sum; what is in it besides `terms` is taken as known.
    """
    estimated = sum(variance**2 / freedom for variance, freedom in terms)
    return total**2 / estimated if estimated > 0 else math.inf


def cautious_freedom(terms: Sequence[tuple[float, Scatter]]) -> float:
    """Degrees of freedom of a sum of variances between seeds.

    There is one if a deviation is assumed: weighed by its variance, an assumption that is too small
    would count for little, and the measured side for all. There is one as well for two seeds
    against many, where the approximation by Satterthwaite promises too much.

    Parameters
    ----------
    terms
        Each variance with the deviation that it comes from.
    """
    if any(scatter.is_assumed for _, scatter in terms):
        return 1
    ks = [scatter.k for _, scatter in terms if scatter.sd > 0]
    if ks and min(ks) == 2 and max(ks) > 3:
        return 1
    known = [(variance, scatter.freedom) for variance, scatter in terms]
    return degrees_of_freedom(known, sum(variance for variance, _ in known))

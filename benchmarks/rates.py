"""Rates of wrong answers, and what they are simulated with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from refashion.spec.strict_yaml import load

PROJECT = Path(__file__).parents[1]
PROMISE = 0.05
PRIOR = float(load(PROJECT / "config.yaml")["seed_sd_prior"])

Noise = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
NOISES: dict[str, Noise] = {
    "normal": lambda rng, size: rng.normal(size=size),
    "heavy-tailed": lambda rng, size: rng.standard_t(3, size) / np.sqrt(3),
}


class Rate(NamedTuple):
    """Number of cases, and of those in which an answer is wrong.

    Attributes
    ----------
    wrong, cases
        Numbers of cases.
    units
        Number of independent units behind the cases; draws of the same seeds are not independent.
    promise
        Largest share of wrong answers that is promised.
    """

    wrong: int
    cases: int
    units: int
    promise: float = PROMISE

    @property
    def share(self) -> float:
        """Share of wrong answers."""
        return self.wrong / self.cases if self.cases else 0.0

    @property
    def is_kept(self) -> bool:
        """Whether the promise is kept, within two standard errors."""
        error = np.sqrt(self.promise * (1 - self.promise) / max(1, self.units))
        return bool(self.share <= self.promise + 2 * error)


Rates = dict[tuple[str, int], Rate]
Shares = dict[tuple[str, int], float]
"""Shares of cases for which nothing is promised. Keys of both: what is asked, and a number."""

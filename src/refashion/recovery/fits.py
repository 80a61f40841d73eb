"""How well the trials of some settings fit the printed numbers.

A model without randomness is compared digit by digit. Otherwise the numbers of the source are one
more draw of the same procedure, so their probability is that of the interval rule's prediction
(`refashion.judgement.interval`), and a log of ten epochs says more than one accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from refashion.judgement.interval import DIGITS_OF_A_DOUBLE, Gap, against, gap
from refashion.judgement.numbers import Measured
from refashion.recovery.trials import Trial
from refashion.reported import Reported
from refashion.spec.claims import Claim, TableClaim

# Numbers of a source are refused if they are less probable than this, over all of them.
SIGNIFICANCE = 0.05
# Of a sum in double precision so many digits are the same with every processor and library.
DIGITS_OF_A_SUM = 11


class Target(NamedTuple):
    """A printed number that has to fit.

    Attributes
    ----------
    claim, name
        Id of the claim, and the cell of a table or the id again.
    text, reported
        The number as printed, and what it says.
    draws
        Number of runs that it is the mean of.
    epoch
        The epoch that it is of, if it stands in a log.
    """

    claim: str
    name: str
    text: str
    reported: Reported
    draws: int
    epoch: int | None

    @property
    def resolution(self) -> float:
        """How far a number may lie away that has the printed digits.

        A number that is printed to the last digit of a double has more of them than processors
        agree on.
        """
        size = abs(self.reported.value)
        digits = self.reported.digits + math.floor(math.log10(size)) + 1 if size else 0
        noise = size * 10.0**-DIGITS_OF_A_SUM if digits >= DIGITS_OF_A_DOUBLE else 0.0
        return max(self.reported.half_unit, noise)


def targets_of(claims: Sequence[Claim], run: str) -> list[Target]:
    """List the printed numbers of some claims, in the order in which they are measured."""
    found = []
    for claim in claims:
        if isinstance(claim, TableClaim):
            found += [
                Target(
                    claim.id,
                    f"{row}, {column}",
                    text,
                    Reported.parse(text),
                    claim.mean_of,
                    int(row) if claim.table == "history" else None,
                )
                for row, column, text in claim.cells()
                if claim.run_of(row) == run
            ]
        else:
            text = str(getattr(claim, "reported", ""))
            draws = int(getattr(claim, "mean_of", 1))
            found.append(Target(claim.id, claim.id, text, Reported.parse(text), draws, None))
    return found


@dataclass(frozen=True)
class Fit:
    """How well some settings fit.

    Attributes
    ----------
    settings
        Values of the settings that are searched.
    seeds
        Number of seeds.
    epochs
        Number of epochs, if it is less than the run has; else None.
    means
        Each printed number as these settings give it: the mean over seeds.
    log_probabilities
        Logarithm of the probability density of each printed number.
    distance
        Largest distance from a printed number, in units of what its digits leave open: at most 1 if
        all have the printed digits.
    signed
        Ours minus the printed one, of the number with the most digits, in the unit of `distance`.
    p_value
        Probability of numbers that fit no better, if the settings are those of the source.
    is_fixed
        Whether no seed changes the numbers.
    error
        Why there are no numbers, or None.
    """

    settings: Mapping[str, Any]
    seeds: int
    epochs: int | None
    means: tuple[float, ...] = ()
    log_probabilities: tuple[float, ...] = ()
    distance: float = math.inf
    signed: float = math.nan
    p_value: float = 0.0
    is_fixed: bool = False
    error: str | None = None

    @property
    def fits(self) -> bool:
        """Whether these settings give the printed numbers."""
        return self.distance <= 1 if self.is_fixed else self.p_value >= SIGNIFICANCE

    @property
    def log_probability(self) -> float:
        """Logarithm of the probability of all numbers, as if they were independent."""
        return sum(self.log_probabilities) if self.log_probabilities else -math.inf


def fit_of(trials: Sequence[Trial], targets: Sequence[Target], prior: float, is_fixed: bool) -> Fit:
    """Compare the trials of some settings with the printed numbers.

    Parameters
    ----------
    trials
        One for each seed, all with the same settings and epochs.
    targets
        The printed numbers. Those of epochs that the trials do not have are left out.
    prior
        `seed_sd_prior` of the configuration.
    is_fixed
        Whether no seed changes the numbers.
    """
    first, n = trials[0], len(trials)
    if error := next((trial.error for trial in trials if trial.error), None):
        return Fit(first.settings, n, first.epochs, is_fixed=is_fixed, error=error)
    chosen = [
        (target, [trial.numbers[place] for trial in trials])
        for place, target in enumerate(targets)
        if first.epochs is None or (target.epoch is not None and target.epoch <= first.epochs)
    ]
    means = tuple(float(np.mean([number.value for number in of])) for _, of in chosen)
    if not chosen or not np.isfinite(means).all():
        why = "a number is missing or not finite"
        return Fit(first.settings, n, first.epochs, means, is_fixed=is_fixed, error=why)
    gaps = [_gap(target, numbers, prior, is_fixed) for target, numbers in chosen]
    away = [abs(float(against(g.difference, g.bound))) for g in gaps]
    distances = [d / target.resolution for d, (target, _) in zip(away, chosen, strict=True)]
    p_values = [_p_value(g, d) for g, d in zip(gaps, away, strict=True)]
    return Fit(
        first.settings,
        n,
        first.epochs,
        means,
        tuple(_log_density(g, d) for g, d in zip(gaps, away, strict=True)),
        max(distances),
        _signed(means, [target for target, _ in chosen]),
        min(1.0, len(p_values) * min(p_values)),  # Bonferroni: cautious, as epochs are alike
        is_fixed,
    )


def _signed(means: Sequence[float], targets: Sequence[Target]) -> float:
    says_most = max(
        range(len(targets)), key=lambda place: targets[place].reported.significant_digits
    )
    target = targets[says_most]
    return (means[says_most] - target.reported.value) / target.resolution


def _gap(target: Target, numbers: Sequence[Measured], prior: float, is_fixed: bool) -> Gap:
    first = numbers[0]
    return gap(
        target.reported,
        [number.value for number in numbers],
        tolerance=target.resolution,
        seed_sd_prior=prior * first.unit,
        deterministic=is_fixed,
        binomial=first.of_examples,
        resolution=first.step,
        draws=target.draws,
    )


def _log_density(found: Gap, away: float) -> float:
    """Logarithm of the density of a prediction at the reported number."""
    scale = max(math.sqrt(found.variance), found.tolerance / math.sqrt(3))
    return float(stats.t.logpdf(away / scale, found.freedom)) - math.log(scale)


def _p_value(found: Gap, away: float) -> float:
    scale = max(math.sqrt(found.variance), found.tolerance / math.sqrt(3))
    return 2 * float(stats.t.sf(away / scale, found.freedom))


def share_of_independent(groups: Sequence[Sequence[Trial]], places: Sequence[int]) -> float:
    """Return how many independent numbers there are for each printed one, from 0 to 1.

    The numbers of a log rise and fall together: if one epoch is better than usual, so is the next.
    The number of independent ones is n² / Σ r², with the correlations r between the deviations of
    seeds from their mean, over all settings (as the participation ratio of their eigenvalues).

    Parameters
    ----------
    groups
        Trials of several seeds with the same settings, for each settings.
    places
        The numbers that are compared.
    """
    deviations = []
    for trials in groups:
        values = np.array([[t.numbers[place].value for place in places] for t in trials])
        if len(values) > 1 and np.isfinite(values).all():
            deviations.append(values - values.mean(axis=0))
    n = len(places)
    if n < 2 or not deviations:
        return 1 / max(n, 1)
    whole = np.concatenate(deviations)
    size = np.sqrt((whole**2).sum(axis=0))
    scaled = whole / np.where(size > 0, size, 1.0)
    correlations = scaled.T @ scaled + np.diag((size == 0).astype(float))
    return float(n / (correlations**2).sum())

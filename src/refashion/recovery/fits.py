"""How well the trials of some settings fit the printed numbers.

A model without randomness is compared digit by digit. Otherwise the numbers of the source are one
more draw of the same procedure, so their probability is that of a prediction from our seeds, as in
the interval rule (`refashion.judgement.interval`). A log of ten epochs says more than one accuracy.

The numbers of a log rise and fall together from seed to seed: one that begins higher stays higher.
What tells settings apart is rather how steeply it falls. So a log is compared by its level, its
slope and so on: the coefficients of its discrete cosine transform, which are nearly independent
for such series (Ahmed, Natarajan and Rao 1974).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from scipy import fft, special, stats

from refashion.judgement.interval import DIGITS_OF_A_DOUBLE, LAST_PLACES, Gap, against, gap
from refashion.judgement.numbers import Measured
from refashion.metrics import is_at_most_one
from refashion.recovery.trials import Trial
from refashion.reported import Reported
from refashion.spec.claims import Claim, TableClaim

# Numbers of a source are refused if they are less probable than this, over all of them.
SIGNIFICANCE = 0.05
# Of a sum in double precision so many digits are the same with every processor and library.
DIGITS_OF_A_SUM = 11
# Deviation between seeds that seem to agree, as a share of what printed digits leave open.
FINEST = 0.1
# What digits leave open, as a share of the deviation, below which a density says the same.
NARROW = 1e-4
# Logarithm of a probability that is too small for a double.
LEAST = -1e4
# Degrees of freedom from which on correlations between numbers say anything.
FEWEST_FREEDOM = 3


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
    epoch, column
        The epoch that it is of and its column, if it stands in a log.
    size
        Size of the numbers that it is calculated from, at least: R² is a difference from 1.
    """

    claim: str
    name: str
    text: str
    reported: Reported
    draws: int
    epoch: int | None = None
    column: str | None = None
    size: float = 0.0

    @property
    def resolution(self) -> float:
        """How far a number may lie away that has the printed digits.

        A number that is printed to the last digit of a double has more of them than processors
        agree on. One that lies in the middle between two printed ones, such as 195 of 200 right
        answers, may have been rounded to either.
        """
        size = abs(self.reported.value)
        digits = self.reported.digits + math.floor(math.log10(size)) + 1 if size else 0
        is_full = digits >= DIGITS_OF_A_DOUBLE
        noise = max(size, self.size) * 10.0**-DIGITS_OF_A_SUM if is_full else 0.0
        middle = LAST_PLACES * float(np.spacing(max(size, self.size)))
        return max(self.reported.half_unit + middle, noise)


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
                    column if claim.table == "history" else None,
                    float(is_at_most_one(column)),
                )
                for row, column, text in claim.cells()
                if claim.run_of(row) == run
            ]
        else:
            text = str(getattr(claim, "reported", ""))
            draws = int(getattr(claim, "mean_of", 1))
            size = float(is_at_most_one(str(getattr(claim, "metric", ""))))
            found.append(Target(claim.id, claim.id, text, Reported.parse(text), draws, size=size))
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
        Logarithm of the probability of each printed number.
    distance
        Largest distance from a printed number, in units of what its digits leave open: at most 1 if
        all have the printed digits.
    signed
        Ours minus the printed one of each number, in the unit of `distance`; those with the most
        digits first.
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
    signed: tuple[float, ...] = ()
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
    distances = [
        abs(float(against(target.reported.value - mean, target.reported.bound))) / target.resolution
        for mean, (target, _) in zip(means, chosen, strict=True)
    ]
    gaps = _gaps(chosen, prior, is_fixed)
    away = [abs(float(against(g.difference, g.bound))) for g in gaps]
    p_values = [_p_value(g, d) for g, d in zip(gaps, away, strict=True)]
    return Fit(
        first.settings,
        n,
        first.epochs,
        means,
        tuple(_log_probability(g, d) for g, d in zip(gaps, away, strict=True)),
        max(distances),
        _signed(means, [target for target, _ in chosen]),
        min(1.0, len(p_values) * min(p_values)),  # Bonferroni: cautious, as epochs are alike
        is_fixed,
    )


def _signed(means: Sequence[float], targets: Sequence[Target]) -> tuple[float, ...]:
    pairs = sorted(
        zip(means, targets, strict=True), key=lambda pair: -pair[1].reported.significant_digits
    )
    return tuple((mean - target.reported.value) / target.resolution for mean, target in pairs)


def _gaps(
    chosen: Sequence[tuple[Target, Sequence[Measured]]], prior: float, is_fixed: bool
) -> list[Gap]:
    """Compare the printed numbers with those of all seeds; those of a log as `rotation` says."""
    targets = [target for target, _ in chosen]
    turned = rotation(targets)
    common = np.abs(turned.sum(axis=1))  # 1 for a single number, the root of n for a level
    values = turned @ np.array([[number.value for number in of] for _, of in chosen])
    reported = turned @ np.array([target.reported.value for target in targets])
    open_by_digits = np.sqrt(turned**2 @ np.array([target.resolution for target in targets]) ** 2)
    units, of_examples, steps = (
        np.abs(turned) @ np.array([getattr(of[0], name) for _, of in chosen])
        for name in ("unit", "of_examples", "step")
    )
    return [
        gap(
            replace(target.reported, value=float(reported[n]), half_unit=0.0),
            values[n].tolist(),
            tolerance=float(open_by_digits[n]),
            seed_sd_prior=prior * float(units[n]),
            deterministic=is_fixed,
            binomial=float(of_examples[n] * max(common[n], 1.0)),
            resolution=float(steps[n]),
            draws=target.draws,
        )
        for n, target in enumerate(targets)
    ]


def rotation(targets: Sequence[Target]) -> np.ndarray:
    """Return the matrix that turns printed numbers into nearly independent ones, shape (n, n).

    Each column of a log becomes its level, its slope and so on; other numbers stay as they are.
    """
    columns: dict[tuple[str, str], list[int]] = {}
    for place, target in enumerate(targets):
        if target.column is not None and target.reported.bound is None:
            columns.setdefault((target.claim, target.column), []).append(place)
    turned = np.eye(len(targets))
    for places in columns.values():
        turned[np.ix_(places, places)] = fft.dct(np.eye(len(places)), axis=0, norm="ortho")
    return turned


def _log_probability(found: Gap, away: float) -> float:
    """Logarithm of the probability that another draw of ours is printed as the source prints it.

    That it lies within the printed digits, by Student's t around the mean of our seeds. Their
    degrees of freedom count, whatever the digits leave open besides: of many numbers, some have
    seeds that agree by luck, and would seem to exclude all others.
    """
    scale, freedom = _scale(found)
    half = found.tolerance / scale
    if half < NARROW:  # the density hardly changes within the digits
        return float(stats.t.logpdf(away / scale, freedom)) + math.log(2 * half)
    near, far = (_log_tail(away / scale + side * half, freedom) for side in (-1, 1))
    return near + math.log1p(-math.exp(far - near)) if math.isfinite(near) else LEAST


def _log_tail(x: float, freedom: float) -> float:
    """Logarithm of the probability that Student's t lies above x."""
    if math.isinf(freedom):
        return float(special.log_ndtr(-x))
    probability = float(special.stdtr(freedom, -x))
    return math.log(probability) if probability else -math.inf


def _p_value(found: Gap, away: float) -> float:
    scale, freedom = _scale(found)
    return 2 * float(special.stdtr(freedom, -max(away - found.tolerance, 0.0) / scale))


def _scale(found: Gap) -> tuple[float, float]:
    """Return the deviation of another draw from our mean, and its degrees of freedom."""
    freedom = found.freedom if found.known_variance else found.scatter.freedom
    return max(math.sqrt(found.variance), FINEST * found.tolerance), freedom


def share_of_independent(groups: Sequence[Sequence[Trial]], targets: Sequence[Target]) -> float:
    """Return how many independent numbers there are for each printed one, from 0 to 1.

    Numbers of one run rise and fall together, such as its accuracy and its F1 score. The number of
    independent ones is n² / Σ r², with the correlations r between the deviations of seeds from
    their mean, over all settings (the participation ratio of their eigenvalues).

    Parameters
    ----------
    groups
        Trials of several seeds with the same settings, for each settings.
    targets
        The printed numbers.
    """
    deviations, turned = [], rotation(targets)
    for trials in groups:
        values = np.array([[number.value for number in t.numbers] for t in trials]) @ turned.T
        if len(values) > 1 and np.isfinite(values).all():
            deviations.append(values - values.mean(axis=0))
    n, freedom = len(targets), sum(len(values) - 1 for values in deviations)
    if freedom < FEWEST_FREEDOM:  # as if all were one
        return 1 / n
    whole = np.concatenate(deviations)
    size = np.sqrt((whole**2).sum(axis=0))
    scaled = whole / np.where(size > 0, size, 1.0)
    squares = (scaled.T @ scaled) ** 2
    # Independent numbers have such squares by chance.
    squares = np.maximum(squares - 1 / freedom, 0) / (1 - 1 / freedom)
    np.fill_diagonal(squares, 1.0)
    return float(n / squares.sum())

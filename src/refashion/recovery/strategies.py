"""Which settings a search tries, and in which order.

A strategy asks for trials until it is done or the budget ends. It depends on nothing but the
results of earlier trials, so that a search is the same whenever it is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import optimize
from scipy.stats import qmc

from refashion.recovery.fits import Fit
from refashion.spec.recover import Range, Search, cost, rounds

# Places at which a range is tried before it is narrowed: five in each of five decades.
GRID = 26
FEWEST_PLACES = 5
# A number is told apart from its neighbours if one that is so much larger or smaller does not fit.
APART = 0.01
MOST_DIGITS = 15
# A setting gives no printed digits if the number would be so many times further away than these
# allow. The steepness is rough, so that many are.
FAR = 100
# Share of the trials that a search in several dimensions begins with.
SAMPLED = 0.3
# Of a log, so many of the epochs tell which settings are worth all of them.
SHORT = 3

Settings = dict[str, Any]
Try = Callable[[Mapping[str, Any], int, int | None], Fit]
"""Executes settings with some seeds, for some epochs or all, and compares them."""


def narrow(search: Search, combination: Settings, attempt: Try, most: int) -> None:
    """Look for numbers in ranges that give the printed digits, without randomness.

    With one range, it is tried at places that are evenly spaced. Wherever a printed number lies
    between the results of two neighbours, the setting between them that gives it is found by
    Brent's method. With several ranges, a sample that fills the space evenly (Halton 1960) is
    followed by the simplex of Nelder and Mead (1965).

    Parameters
    ----------
    search
        The search.
    combination
        Values of the settings with listed values.
    attempt
        Executes settings.
    most
        Number of trials for this combination.
    """
    ranges = search.ranges_of(combination)
    if not ranges:
        attempt(combination, 1, None)
    elif len(ranges) == 1:
        ((name, one),) = ranges.items()
        _OneRange(name, one, combination, attempt).search(most)
    else:
        _minimise(ranges, combination, attempt, most)


class _OneRange:
    """A search for the places of one range at which a model gives the printed numbers."""

    def __init__(self, name: str, one: Range, combination: Settings, attempt: Try) -> None:
        self.name, self.one, self.combination, self.attempt = name, one, combination, attempt

    def search(self, most: int) -> None:
        n = max(FEWEST_PLACES, min(GRID, most // 3))
        if self.one.scale == "integer":
            n_numbers = int(self.one.high - self.one.low) + 1
            n = n_numbers if n_numbers <= most else n
        numbers = dict.fromkeys(self.one.at(place) for place in np.linspace(0, 1, n))
        places = [self.one.place_of(number) for number in numbers]
        values = [self.gap(place) for place in places]
        brackets = list(_crossings(places, values)) or self._around_extreme(places, values)
        for low, high in brackets:
            if (root := self._root(low, high)) is not None:
                self._settle(self.one.at(root), self._steepness(low, high))
        for place in places:
            if self.fit(self.one.at(place)).fits:
                self._settle(self.one.at(place), math.inf)

    def _root(self, low: float, high: float) -> float | None:
        exact = {"xtol": 1e-15, "rtol": 1e-14, "maxiter": 50, "disp": False}
        try:
            return float(optimize.brentq(self.gap, low, high, **exact))
        except ValueError:  # the number is not finite between them
            return None

    def fit(self, value: float) -> Fit:
        return self.attempt({**self.combination, self.name: value}, 1, None)

    def gap(self, place: float) -> float:
        """Return how far the number that says most lies above the printed one; 0 if it is equal."""
        signed = self.fit(self.one.at(place)).signed
        return 0.0 if abs(signed) <= 1 else signed

    def _around_extreme(
        self, places: Sequence[float], values: Sequence[float]
    ) -> list[tuple[float, float]]:
        """Look between the places around the closest one for two where the number is crossed."""
        at = int(np.argmin(np.abs(values)))
        around = places[max(at - 1, 0)], places[min(at + 1, len(places) - 1)]
        sign = math.copysign(1, values[at])
        if not math.isfinite(values[at]) or self.one.scale == "integer":
            return []
        found = optimize.minimize_scalar(
            lambda place: sign * self.gap(place),
            bounds=around,
            method="bounded",
            options={"xatol": 1e-4, "maxiter": 25},
        )
        tried = sorted((*around, float(found.x)))
        return list(_crossings(tried, [self.gap(place) for place in tried]))

    def _steepness(self, low: float, high: float) -> float:
        """Return about how fast the number changes between two places, by a unit of the setting."""
        return abs(self.gap(high) - self.gap(low)) / abs(self.one.at(high) - self.one.at(low))

    def _settle(self, value: float, steepness: float) -> None:
        """Try the shortest decimals beside a number, as people write them, and its neighbours.

        Decimals that are clearly too far away are passed over.
        """
        if self.one.scale != "integer":
            nearby = [float(f"{value:.{digits}g}") for digits in range(1, MOST_DIGITS + 1)]
            for short in nearby:
                is_inside = self.one.low <= short <= self.one.high
                is_far = math.isfinite(steepness) and abs(short - value) * steepness > FAR
                if is_inside and not is_far and self.fit(short).fits:
                    value = short
                    break
        if not self.fit(value).fits:
            return
        step = 1.0 if self.one.scale == "integer" else 2 * APART * abs(value)
        for other in (value - step, value + step):
            if self.one.low <= other <= self.one.high:
                self.fit(round(other) if self.one.scale == "integer" else other)


def _crossings(places: Sequence[float], values: Sequence[float]) -> Iterator[tuple[float, float]]:
    for place in range(len(places) - 1):
        low, high = values[place : place + 2]
        if math.isfinite(low) and math.isfinite(high) and low * high < 0:
            yield places[place], places[place + 1]


def _minimise(ranges: Mapping[str, Range], combination: Settings, attempt: Try, most: int) -> None:
    def settings_at(places: Sequence[float]) -> Settings:
        at = zip(ranges.items(), places, strict=True)
        return {**combination, **{name: one.at(float(place)) for (name, one), place in at}}

    def misfit(places: Sequence[float]) -> float:
        return math.log(max(attempt(settings_at(places), 1, None).distance, 1e-3))

    sample = _sample(len(ranges), max(2, int(SAMPLED * most)))
    best = min(sample, key=misfit)
    optimize.minimize(
        misfit,
        best,
        method="Nelder-Mead",
        bounds=[(0.0, 1.0)] * len(ranges),
        options={"maxfev": most, "xatol": 1e-12, "fatol": 1e-9},
    )


def _sample(n_ranges: int, n: int) -> list[list[float]]:
    """Return places that fill a cube evenly; of one dimension, they are evenly spaced."""
    if n_ranges == 1:
        return [[float(place)] for place in np.linspace(0, 1, n)]
    return qmc.Halton(n_ranges, scramble=False).random(n).tolist()


def sampled(search: Search, n_trials: int) -> list[Settings]:
    """List the settings that a search with randomness begins with.

    Every combination of listed values, and of ranges as many numbers as the trials allow.
    """
    combinations = search.combinations()
    alone = [each for each in combinations if not search.ranges_of(each)]
    others = [each for each in combinations if search.ranges_of(each)]
    n = 1
    while others and cost(len(alone) + (n + 1) * len(others), search.seeds) <= n_trials:
        n += 1
    found = list(alone)
    for combination in others:
        ranges = search.ranges_of(combination)
        for places in _sample(len(ranges), n):
            at = zip(ranges.items(), places, strict=True)
            found.append({**combination, **{name: one.at(place) for (name, one), place in at}})
    unique = {repr(settings): settings for settings in found}
    return list(unique.values())


def halve(
    points: Sequence[Settings], n_seeds: int, n_trials: int, attempt: Try, epochs: int | None
) -> None:
    """Try settings with one seed, keep the better half, and try these with more, and so on.

    This is successive halving (Jamieson and Talwalkar 2016) over seeds. If the source prints a log,
    a third of its epochs decides about the first half.

    Parameters
    ----------
    points
        The settings.
    n_seeds
        Number of seeds of those that are left at the end.
    n_trials
        Number of trials.
    attempt
        Executes settings.
    epochs
        Number of epochs of the run, if its first epochs can be compared with a printed log; else
        None.
    """
    kept = list(points)
    half = max(2, -(-len(kept) // 2))
    short = (epochs or 0) // SHORT
    if short and len(kept) > 2 and len(kept) + cost(half, n_seeds) <= n_trials:
        kept = _best(kept, half, lambda point: attempt(point, 1, short))
    fits = [attempt(point, 1, None) for point in kept]
    for n, _, seeds in rounds(len(kept), n_seeds):
        order = sorted(range(len(kept)), key=lambda place: -fits[place].log_probability)
        kept = [kept[place] for place in order[:n]]
        fits = [attempt(point, seeds, None) for point in kept]


def _best(points: Sequence[Settings], n: int, fit: Callable[[Settings], Fit]) -> list[Settings]:
    return sorted(points, key=lambda point: -fit(point).log_probability)[:n]

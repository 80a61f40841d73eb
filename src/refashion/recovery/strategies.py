"""Which settings a search tries, and in which order.

A strategy asks for trials until it is done or the budget ends. It depends on nothing but the
results of earlier trials, so that a search is the same whenever it is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from scipy import optimize
from scipy.stats import qmc

from refashion.recovery.fits import Fit
from refashion.recovery.trials import ExhaustedError
from refashion.spec.recover import TRIALS, Range, Search, cost, rounds

# Places at which a range is tried before it is narrowed: five in each of five decades.
GRID = 26
FEWEST_PLACES = 5
# A number is told apart from its neighbours if one that is so much larger or smaller does not fit.
APART = 0.01
MOST_DIGITS = 15
# Digits of the neighbours of a number.
SHORT_DIGITS = 3
# A setting gives no printed digits if the number would be so many times further away than these
# allow. The steepness is rough, so that many are.
FAR = 100
# Brent's method looks for a place to the last digit of a double.
EXACT = {"xtol": 1e-15, "rtol": 1e-14, "maxiter": 50, "disp": False}
# Numbers by which a range is searched one after the other, until all of them agree at a place.
MOST_NUMBERS = 3
# Of the trials in several dimensions, the share that the search begins with, and the share that is
# left for other settings that give the same numbers.
SAMPLED, LEFT = 0.3, 0.1
# Digits of several numbers that are shortened together.
MOST_SHORT = 6
# Of a log, so many of the epochs tell which settings are worth all of them.
SHORT = 3

Settings = dict[str, Any]
Try = Callable[[Mapping[str, Any], int, int | None], Fit]
"""Executes settings with some seeds, for some epochs or all, and compares them."""


def narrow(search: Search, combination: Settings, attempt: Try, most: int) -> None:
    """Look for numbers in ranges that give the printed digits, without randomness.

    With one range, it is tried at places that are evenly spaced. Wherever a printed number lies
    between the results of two neighbours, the setting between them that gives it is found by
    Brent's method. If the other numbers do not agree there, the next number is searched for. With
    several ranges, a sample that fills the space evenly (Halton 1960) is followed by the simplex of
    Nelder and Mead (1965). One number does not fix several settings: so when all numbers agree, one
    setting is changed a little, and the others are searched again.

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
        for number in self._telling(places):
            if self._search_by(number, places):
                break
        for place in places:
            if self.fit(self.one.at(place)).fits:
                self._settle(self.one.at(place), math.inf)

    def _telling(self, places: Sequence[float]) -> list[int]:
        """Order the printed numbers: first those that differ between the most places.

        An accuracy has more digits than a loss, but it is the same at many places, so that it says
        less of where the setting lies.
        """
        signed = [self.fit(self.one.at(place)).signed for place in places]
        n_values = [len(set(of)) for of in zip(*filter(None, signed), strict=True)]
        ordered = sorted(range(len(n_values)), key=lambda number: -n_values[number])
        return ordered[:MOST_NUMBERS]

    def _search_by(self, number: int, places: Sequence[float]) -> bool:
        """Look for the places at which a number is the printed one; return whether others are."""
        gap = partial(self.gap, number)
        values = [gap(place) for place in places]
        fits = False
        for low, high in list(_crossings(places, values)) or self._around_extreme(gap, places):
            try:
                root = float(optimize.brentq(gap, low, high, **EXACT))
            except ValueError:  # the number is not finite between them
                continue
            width = abs(self.one.at(high) - self.one.at(low))
            fits |= self._settle(self.one.at(root), abs(gap(high) - gap(low)) / width)
        return fits

    def fit(self, value: float) -> Fit:
        return self.attempt({**self.combination, self.name: value}, 1, None)

    def gap(self, number: int, place: float) -> float:
        """Return how far a number lies above the printed one; 0 if it is equal."""
        signed = self.fit(self.one.at(place)).signed
        if not signed:
            return math.nan
        return 0.0 if abs(signed[number]) <= 1 else signed[number]

    def _around_extreme(
        self, gap: Callable[[float], float], places: Sequence[float]
    ) -> list[tuple[float, float]]:
        """Look between the places around the closest one for two where the number is crossed."""
        values = np.array([gap(place) for place in places])
        if self.one.scale == "integer" or np.isnan(values).all() or 0 in values:
            return []
        at = int(np.nanargmin(np.abs(values)))
        around = places[max(at - 1, 0)], places[min(at + 1, len(places) - 1)]
        sign = math.copysign(1, values[at])
        found = optimize.minimize_scalar(
            lambda place: sign * gap(place),
            bounds=around,
            method="bounded",
            options={"xatol": 1e-4, "maxiter": 25},
        )
        tried = sorted((*around, float(found.x)))
        return list(_crossings(tried, [gap(place) for place in tried]))

    def _settle(self, value: float, steepness: float) -> bool:
        """Try the shortest decimals beside a number, as people write them, and its neighbours.

        Decimals that are clearly too far away are passed over: the steepness is by how much a
        number changes by a unit of the setting. Return whether a number gives all printed digits.
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
            return False
        for other in _neighbours(value, self.one):
            self.fit(other)
        return True


def _neighbours(value: float, one: Range) -> list[float]:
    """Return the numbers below and above one that are told apart from it, within a range.

    They are short, so that nobody takes them for numbers that nobody writes.
    """
    beside: list[float]
    if one.scale == "integer":
        beside = [round(value) - 1, round(value) + 1]
    else:  # every number is told apart from 0; take one that is small in this range
        step = 2 * APART * (abs(value) or (one.high - one.low) / GRID)
        beside = [float(f"{other:.{SHORT_DIGITS}g}") for other in (value - step, value + step)]
    return [other for other in beside if one.low <= other <= one.high]


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

    def stop_at_fit(places: Sequence[float]) -> None:
        if attempt(settings_at(places), 1, None).fits:
            raise StopIteration

    sample = _sample(len(ranges), max(2, int(SAMPLED * most)))
    n_steps = max(1, int((1 - SAMPLED - LEFT) * most))
    found = optimize.minimize(
        misfit,
        min(sample, key=misfit),
        method="Nelder-Mead",
        bounds=[(0.0, 1.0)] * len(ranges),
        callback=stop_at_fit,
        options={"maxfev": n_steps, "xatol": 1e-12, "fatol": 1e-9},
    )
    best = settings_at(found.x)
    if attempt(best, 1, None).fits:
        _try_others(ranges, _shortened(ranges, best, attempt), attempt)
    elif found.nfev >= n_steps:  # more trials would come nearer
        raise ExhaustedError(TRIALS)


def _shortened(ranges: Mapping[str, Range], best: Settings, attempt: Try) -> Settings:
    """Write several numbers with as few digits as give the printed numbers."""
    for digits in range(1, MOST_SHORT + 1):
        short = {name: _rounded(best[name], digits, one) for name, one in ranges.items()}
        if attempt({**best, **short}, 1, None).fits:
            return {**best, **short}
    return best


def _rounded(value: float, digits: int, one: Range) -> float:
    if one.scale == "integer":
        return value
    return min(max(float(f"{value:.{digits}g}"), one.low), one.high)


def _try_others(ranges: Mapping[str, Range], best: Settings, attempt: Try) -> None:
    """Look for other settings that give the same numbers, near the best."""
    beside = {name: _neighbours(best[name], one) for name, one in ranges.items()}
    for name, values in beside.items():
        for value in values:
            attempt({**best, name: value}, 1, None)
    first, *others = ranges
    for value in beside[first]:
        for name in others:
            fixed = {**best, first: value}
            _OneRange(name, ranges[name], fixed, attempt).search(0)


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

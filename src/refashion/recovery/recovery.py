"""The result of a search: which settings give the printed numbers, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import Any

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.recovery.fits import Fit, Target
from refashion.recovery.strategies import APART
from refashion.spec.recover import Range, Search

# Numbers that are so many times less probable with other settings tell these apart, at least.
ODDS = 20
# Between equal settings, the logarithm of how many times less probable the numbers are lies below
# this times the root of numbers by seeds, in 95 of 100 cases: for 2 to 5 seeds and 1 to 40
# independent normal numbers. `make calibrate` measures the answers that follow.
BY_CHANCE = 4.1
# People write short numbers. One that takes so many digits more gives the printed numbers by
# chance: of a thousand short ones, less than one would do so as well.
MORE_DIGITS = 3
# Nobody writes a setting with more digits.
MOST_WRITTEN = 5


class Conclusion(Enum):
    """What a search has found. Its value is its name in the files."""

    FOUND = "found"
    SEVERAL = "several"
    NONE = "none"

    @property
    def sentence(self) -> str:
        """The answer in a sentence."""
        return {
            Conclusion.FOUND: "These settings give the printed numbers.",
            Conclusion.SEVERAL: "Several do, they cannot be told apart.",
            Conclusion.NONE: "None that was tried does.",
        }[self]


@dataclass(frozen=True)
class Tried:
    """Settings that were tried.

    Attributes
    ----------
    settings
        Values of the settings that are searched.
    misfit
        How badly they fit, 0 or more. Without randomness: the largest distance from a printed
        number, in units of what its digits leave open, so that 1 or less has the printed digits.
        Otherwise: the natural logarithm of how many times less probable the printed numbers are
        than with the best settings. None for settings without numbers.
    fits
        Whether they give the printed numbers. With randomness, settings that are told apart from
        the best do not, even if their own few seeds would not exclude the numbers.
    is_apart
        Whether they can be told apart from the best.
    seeds, epochs
        How many seeds were tried, and how many epochs if not all.
    means
        Each printed number as these settings give it.
    error
        Why there are no numbers, or None.
    """

    settings: Mapping[str, Any]
    misfit: float | None
    fits: bool
    is_apart: bool
    seeds: int
    epochs: int | None
    means: tuple[float, ...]
    error: str | None

    @classmethod
    def of(cls, fit: Fit, misfit: float, apart: float) -> Tried:
        """Make the entry of a fit.

        Parameters
        ----------
        fit
            The fit.
        misfit
            Its misfit.
        apart
            Misfit from which on settings are told apart from the best.
        """
        known = max(misfit, 0.0) if math.isfinite(misfit) else None
        is_apart = known is None or known >= apart
        facts = fit.seeds, fit.epochs, fit.means, fit.error
        return cls(fit.settings, known, fit.fits, is_apart, *facts)


@dataclass(frozen=True)
class Recovery:
    """The result of a search.

    Attributes
    ----------
    search
        The search.
    answer
        What it has found.
    targets
        The printed numbers.
    tried
        All settings, the best first.
    second
        The best settings that are not the same as these in all but rounding; None without any.
    set_aside
        Settings that give the printed numbers as well, but with decimals so long that nobody writes
        them.
    is_fixed
        Whether no seed changes the numbers, so that they were compared digit by digit.
    apart
        Misfit from which on settings with all seeds are told apart from the best.
    stopped
        The part of the budget that ended too early: "trials", "minutes" or None.
    trials, seconds
        Number of executions, and how long they took.
    question
        What stands for all that was asked, see `Config.digest_of_search`.
    """

    search: Search
    answer: Conclusion
    targets: Sequence[Target]
    tried: Sequence[Tried]
    second: Tried | None
    set_aside: Sequence[Tried]
    is_fixed: bool
    apart: float
    stopped: str | None
    trials: int
    seconds: float
    question: str = ""

    @classmethod
    def of(
        cls,
        search: Search,
        targets: Sequence[Target],
        tried: Sequence[Tried],
        *,
        is_fixed: bool,
        **facts: Any,
    ) -> Recovery:
        """Order the settings that were tried, and answer."""
        ordered = sorted(tried, key=lambda one: _rank(one, search, is_fixed))
        places = _apart(ordered, search)
        aside = [one for one in places[1:] if is_fixed and _is_longer(one, ordered[0], search)]
        others = [one for one in places[1:] if one not in aside]
        second = next((one for one in others if one.misfit is not None), None)
        answer = _answer(ordered, others, is_fixed)
        if not is_fixed:
            does_any = answer is not Conclusion.NONE
            ordered = [replace(one, fits=does_any and not one.is_apart) for one in ordered]
            second = second and replace(second, fits=does_any and not second.is_apart)
        return cls(search, answer, targets, ordered, second, aside, is_fixed, **facts)

    @property
    def best(self) -> Tried | None:
        """The best settings; None if nothing was tried."""
        return self.tried[0] if self.tried else None

    @property
    def is_written(self) -> bool:
        """Whether the best settings have no decimals so long that nobody writes them.

        With randomness, decimals of a range are those of an even sample.
        """
        return not self.is_fixed or self.best is None or _is_written(self.best, self.search)

    @property
    def measure(self) -> str:
        """What a misfit is: "digits" or "probability"."""
        return "digits" if self.is_fixed else "probability"

    def as_json(self) -> dict[str, Any]:
        """Return the content of the file of the result."""
        best, second = self.best, self.second
        return {
            "status": "ok",
            "error": None,
            "verdict": self.answer.value,
            "sentence": self.answer.sentence,
            "run": self.search.run,
            "claims": list(self.search.claims),
            "measure": self.measure,
            "apart": self.apart,
            "best": best and {**asdict(best), "numbers": self._numbers(best)},
            "is_written": self.is_written,
            "second": second and asdict(second),
            "behind": _behind(best, second),
            "set_aside": [asdict(one) for one in self.set_aside],
            "tried": [asdict(one) for one in self.tried],
            "stopped": self.stopped,
            "trials": self.trials,
            "seconds": self.seconds,
            "stated": self.search.question(),
            "question": self.question,
        }

    def _numbers(self, one: Tried) -> list[dict[str, Any]]:
        chosen = [t for t in self.targets if one.epochs is None or (t.epoch or 0) <= one.epochs]
        return [
            {"claim": target.claim, "name": target.name, "reported": target.text, "found": mean}
            for target, mean in zip(chosen, one.means, strict=False)
        ]


def _rank(one: Tried, search: Search, is_fixed: bool) -> tuple[float, ...]:
    misfit = math.inf if one.misfit is None else one.misfit
    digits = _digits(one, search)
    if is_fixed and one.fits:  # all have the printed digits; what is left is noise of sums
        return 0.0, digits, misfit
    return 1.0 if is_fixed else 0.0, misfit, digits


def _digits(one: Tried, search: Search) -> int:
    """Number of significant digits of the decimals that the search chose, all together."""
    return sum(_digits_of_each(one, search))


def _digits_of_each(one: Tried, search: Search) -> list[int]:
    numbers = [one.settings[name] for name in search.ranges if name in one.settings]
    decimals = [Decimal(repr(value)) for value in numbers if isinstance(value, float)]
    return [len(decimal.normalize().as_tuple().digits) for decimal in decimals]


def _is_written(one: Tried, search: Search) -> bool:
    """Whether all decimals that the search chose are short enough for a person to write."""
    return max(_digits_of_each(one, search), default=0) <= MOST_WRITTEN


def _is_longer(one: Tried, best: Tried, search: Search) -> bool:
    """Whether settings fit only by a decimal that is much longer than that of the best.

    That says nothing of several decimals: of those that give the same numbers, each may be short.
    """
    is_long = _digits(one, search) >= _digits(best, search) + MORE_DIGITS
    is_single = len(_digits_of_each(best, search)) <= 1
    return one.fits and is_long and is_single and _is_written(best, search)


def least_apart(n_numbers: float, n_seeds: int) -> float:
    """Return the misfit from which on settings with randomness are told apart.

    Parameters
    ----------
    n_numbers
        Number of independent printed numbers.
    n_seeds
        Number of seeds of both settings.
    """
    return max(math.log(ODDS), BY_CHANCE * math.sqrt(n_numbers / n_seeds))


def _apart(ordered: Sequence[Tried], search: Search) -> list[Tried]:
    """Keep the first of all settings that are the same in all but rounding."""
    found: list[Tried] = []
    for one in ordered:
        if not any(_is_same(one, other, search) for other in found):
            found.append(one)
    return found


def _answer(ordered: Sequence[Tried], others: Sequence[Tried], is_fixed: bool) -> Conclusion:
    if not ordered or not ordered[0].fits:
        return Conclusion.NONE
    has_rival = any(one.fits if is_fixed else not one.is_apart for one in others)
    return Conclusion.SEVERAL if has_rival else Conclusion.FOUND


def _is_same(one: Tried, other: Tried, search: Search) -> bool:
    """Whether two settings differ by less than a search tells apart."""
    if one.settings.keys() != other.settings.keys():
        return False
    return all(
        _is_close(value, other.settings[name])
        if isinstance(search.settings[name], Range) and isinstance(value, float)
        else value == other.settings[name]
        for name, value in one.settings.items()
    )


def _is_close(one: float, other: float) -> bool:
    return abs(one - other) <= APART * max(abs(one), abs(other))


def write(found: Recovery, layout: Layout, study: str, name: str) -> None:
    """Write the result of a search for the report, and for runs that take its values."""
    artifacts.write_json(layout.recovery(study, name), found.as_json())


def _behind(best: Tried | None, second: Tried | None) -> float | None:
    if best is None or second is None or best.misfit is None or second.misfit is None:
        return None
    return second.misfit - best.misfit

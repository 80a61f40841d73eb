"""Searches for open settings: how often an answer is wrong, and how often it is right.

Settings are planted among others, and a source prints numbers that they give. Only the model is
simulated: the search, its trials and its answer are those of a study.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from benchmarks.rates import NOISES, PRIOR, Rate, Rates, Shares
from refashion.artifacts import canonical_json
from refashion.judgement.numbers import Measured
from refashion.recovery.executing import MEMORY
from refashion.recovery.fits import Target
from refashion.recovery.recovery import Conclusion, Recovery
from refashion.recovery.search import TRUSTED_SEEDS, Finder
from refashion.recovery.strategies import APART
from refashion.recovery.trials import Measure, Trials
from refashion.reported import Reported
from refashion.spec.recover import Search

SEEDS = (2, 3, 5)
TRIALS = 100
NOT_PLANTED, LONG = "found, but not the planted", "found, but nobody writes so many digits"
FOUND, SEVERAL, NONE = (conclusion.value for conclusion in Conclusion)

# How far the numbers of each listed setting lie from those of the source, in deviations between
# seeds: 0 for settings that were planted.
EQUAL = (0, 0, 100)
NEAR = (0, 1, 2)
UNIQUE = {10: (0, 10, -10), 30: (0, 30, -30)}
NOTHING = {10: (10, -10, 20), 30: (30, -30, 60)}

LOG = 10  # epochs
NUMBERS = {"one number": 1, "a log of ten epochs": LOG}


class Condition(NamedTuple):
    """What the numbers of a source are like: their noise, deviation and printed decimals."""

    noise: str
    sd: float
    decimals: int


USUAL = Condition("normal", PRIOR, 4)
CONDITIONS = (
    Condition("normal", 0.002, 4),
    Condition("heavy-tailed", 0.02, 4),
    Condition("normal", 0.005, 2),
)


class _Planted(Finder):
    """A search of a simulated model, of which it is known whether seeds change anything."""

    def __init__(self, search: Search, trials: Trials, targets: Sequence[Target], is_fixed: bool):
        run = SimpleNamespace(settings={"epochs": LOG})
        claims = [SimpleNamespace(id=name, reported="0") for name in search.claims]
        super().__init__(SimpleNamespace(claims=claims, runs={"a_run": run}), search, trials, PRIOR)
        self.targets, self.is_fixed = list(targets), is_fixed

    def _is_fixed(self, settings: Mapping[str, Any]) -> bool:
        return self.is_fixed


def searched(
    setting: Any, printed: Sequence[str], measure: Measure, seeds: int, is_fixed: bool
) -> Recovery:
    """Search the values of a single setting.

    Parameters
    ----------
    setting
        Its values: a list, or a range.
    printed
        The number of a source, or those of the epochs of its log.
    measure
        The model: a function of settings, seed and epochs.
    seeds
        Number of seeds.
    is_fixed
        Whether no seed changes the numbers.
    """
    budget = {"minutes": 1, "trials": TRIALS, "seeds": seeds}
    stated = {"run": "a_run", "claims": ["c"], "settings": {"x": setting}, **budget}
    search = Search.model_validate_json(canonical_json(stated))
    targets = [
        Target("c", str(n), text, Reported.parse(text), 1, *((n, "loss") if printed[1:] else ()))
        for n, text in enumerate(printed, 1)
    ]
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        trials = Trials(Path(folder, "trials.jsonl"), "", measure, TRIALS, np.inf)
        finder = _Planted(search, trials, targets, is_fixed)
        return finder.result(finder.run())


# --- Models with randomness ----------------------------------------------------------------------


def answer_among(
    rng: np.random.Generator, away: Sequence[int], n: int, k: int, condition: Condition
) -> str:
    """Search among listed settings; return the answer.

    Parameters
    ----------
    rng
        Source of randomness.
    away
        How far each setting lies from the source, in deviations; in a random order.
    n
        Number of printed numbers; several are a log.
    k
        Number of seeds.
    condition
        What the numbers are like.
    """
    mixed = rng.permutation(away)
    course = 0.3 + 0.5 * np.exp(-np.arange(n) / 4)
    theirs = course + condition.sd * _deviations(rng, condition.noise, (1, n))[0]
    noise = _deviations(rng, condition.noise, (len(away) * k, n)).reshape(-1, k, n)
    # More seeds are asked for before none is said; other cases are to stay as they are.
    [more] = rng.spawn(1)
    seeds_left = _deviations(more, condition.noise, (len(away) * TRUSTED_SEEDS, n))
    noise = np.concatenate([noise, seeds_left.reshape(-1, TRUSTED_SEEDS, n)], axis=1)
    ours = course + condition.sd * (mixed[:, None, None] + noise)

    def measure(settings: Mapping[str, Any], seed: int, epochs: int | None) -> Any:
        numbers = ours[settings["x"], seed]
        return [Measured(float(number), 1.0, 0.0, 0.0) for number in numbers], None

    printed = [f"{number:.{condition.decimals}f}" for number in theirs]
    found = searched(list(range(len(away))), printed, measure, k, is_fixed=False)
    if found.answer is Conclusion.FOUND and found.best and mixed[found.best.settings["x"]]:
        return NOT_PLANTED
    return found.answer.value


def _deviations(rng: np.random.Generator, noise: str, size: tuple[int, int]) -> np.ndarray:
    """Draw deviations of seeds; half of the variance of a log is common to all epochs."""
    draw, (n, n_numbers) = NOISES[noise], size
    if n_numbers == 1:
        return draw(rng, size)
    return (draw(rng, (n, 1)) + draw(rng, size)) / np.sqrt(2)


def counted(
    away: Sequence[int], n: int, k: int, condition: Condition, cases: int, seed: int = 5
) -> Counter[str]:
    """Count the answers of many searches. Parameters as for `answer_among`."""
    rng = np.random.default_rng(seed)
    return Counter(answer_among(rng, away, n, k, condition) for _ in range(cases))


def wrong(cases: int) -> Rates:
    """Measure rates of wrong answers; each is that of the worst condition."""
    rates: Rates = {}
    for (numbers, n), k in product(NUMBERS.items(), SEEDS):
        equal, near = (
            [counted(away, n, k, condition, cases) for condition in CONDITIONS]
            for away in (EQUAL, NEAR)
        )
        for answer, counts, wrong_ones in (
            ("one of two equal settings is *found*", equal, (FOUND,)),
            ("a setting beside the planted one is *found*", near, (NOT_PLANTED,)),
            ("*none*, but one is planted", [*equal, *near], (NONE,)),
        ):
            most = max(sum(count[one] for one in wrong_ones) for count in counts)
            rates[f"{numbers}: {answer}", k] = Rate(most, cases, cases)
    return rates


def right(cases: int) -> Shares:
    """Measure how often the answer is the right one, under usual conditions."""
    questions = {
        **{f"settings {far} apart: *found*": (away, FOUND) for far, away in UNIQUE.items()},
        **{f"nothing within {far}: *none*": (away, NONE) for far, away in NOTHING.items()},
    }
    return {
        (f"{numbers}: {question}", k): counted(away, n, k, USUAL, cases)[answer] / cases
        for (numbers, n), (question, (away, answer)), k in product(
            NUMBERS.items(), questions.items(), SEEDS
        )
    }


# --- Models without randomness -------------------------------------------------------------------

DIGITS = (4, 6, 8, 10)
PENALTIES = {"low": 0.001, "high": 100, "scale": "log"}


def error_of_ridge(rng: np.random.Generator, n: int = 10) -> Any:
    """Draw a ridge regression; return its expected error on new examples by penalty.

    The variance falls with the penalty and the squared bias rises, so that two penalties give the
    same error (Hoerl and Kennard 1970).
    """
    spectrum, weights = 10.0 ** rng.uniform(-3, 2, n), rng.normal(size=n)
    noise = 10.0 ** rng.uniform(-2, 1)

    def error(penalty: float) -> float:
        bias = penalty * weights / (spectrum + penalty)
        variance = noise * spectrum / (spectrum + penalty) ** 2
        return float(1 + spectrum @ bias**2 + spectrum @ variance)

    return error


def answer_in_range(rng: np.random.Generator, digits: int, is_planted: bool) -> str:
    """Search a range for a penalty; return the answer.

    Parameters
    ----------
    rng
        Source of randomness.
    digits
        Number of significant digits with which the source prints its error.
    is_planted
        Whether a penalty of two digits is planted, and not one that nobody writes.
    """
    error = error_of_ridge(rng)
    penalty = 10.0 ** rng.uniform(-2.5, 1.5)
    if is_planted:
        penalty = float(f"{penalty:.2g}")

    def measure(settings: Mapping[str, Any], seed: int, epochs: int | None) -> Any:
        return [Measured(error(settings["x"]), 1.0, 0.0, 0.0)], None

    printed = f"{error(penalty):#.{digits}g}"
    found = searched(PENALTIES, [printed], measure, 1, is_fixed=True)
    if found.answer is not Conclusion.FOUND or not found.best:
        return found.answer.value
    if not is_planted:
        return FOUND if found.is_written else LONG
    is_right = abs(found.best.settings["x"] / penalty - 1) <= APART
    return FOUND if is_right else NOT_PLANTED


def without_randomness(cases: int, seed: int = 6) -> Shares:
    """Measure rates of answers without randomness, by number of printed digits."""
    shares: Shares = {}
    for digits in DIGITS:
        rng = np.random.default_rng(seed)
        planted, other = (
            Counter(answer_in_range(rng, digits, is_planted) for _ in range(cases))
            for is_planted in (True, False)
        )
        for answer, n in {
            "the planted penalty is *found*": planted[FOUND],
            "another penalty is *found*": planted[NOT_PLANTED],
            "*several*": planted[SEVERAL],
            "*none*": planted[NONE],
            "none is planted, and a short one is *found*": other[FOUND],
        }.items():
            shares[answer, digits] = n / cases
    return shares

"""Intervals of the share of a gap that a change closes: how often they do not hold it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from benchmarks.rates import NOISES, PRIOR, Rate, Rates, Shares
from refashion.explanation.shares import Aim, Share, share_closed
from refashion.judgement.scatter import RunValues, Scatter
from refashion.reported import Reported

SEEDS = (1, 2, 3, 5, 10)
SHARES = (0.0, 0.6, 1.6)
# Deviations between the seeds of a run, and of the run with the change.
DEVIATIONS = ((0.005, 0.005), (0.005, 0.02), (0.02, 0.005))
# Size of a gap, in deviations.
GAP = 8
EXAMPLES = 50
# Shares of intervals that may not hold: on average over the combinations, and in each of them.
AVERAGE, WORST = 0.05, 0.12


def of_number(
    rng: np.random.Generator, share: float, k: tuple[int, int], sds: tuple[float, float], noise: str
) -> Share:
    """Draw a reported number, our seeds and those with a change; return the share.

    Parameters
    ----------
    rng
        Source of randomness.
    share
        True share that the change closes.
    k
        Number of our seeds, and of those with the change.
    sds
        Deviation between our seeds, and between those with the change.
    noise
        Name of the distribution.
    """
    gap, draw = GAP * sds[0], NOISES[noise]
    theirs, *ours = 0.8 + sds[0] * draw(rng, (k[0] + 1,))
    changed = 0.8 + share * gap + sds[1] * draw(rng, (k[1],))
    printed = Reported.parse(f"{theirs + gap:.4f}")
    sides = ({"ours": (1, _values(ours))}, {"changed": (1, _values(changed))})
    return _known(share_closed(Aim(printed.value, printed.half_unit**2 / 3, 1), *sides))


def of_statement(
    rng: np.random.Generator, share: float, k: tuple[int, int], sds: tuple[float, float], noise: str
) -> Share:
    """Draw a margin that is lacking between two runs, one of which a change moves.

    Test examples are as noisy as seeds. Parameters as for `of_number`.
    """
    gap, draw = GAP * sds[0], NOISES[noise]
    shared = 5 * sds[0] * rng.normal(size=EXAMPLES)  # parts no two of the runs

    def run(mean: float, n: int, sd: float) -> RunValues:
        gains = mean + shared + 5 * sds[0] * rng.normal(size=EXAMPLES)
        return _values(gains.mean() + sd * draw(rng, (n,)), gains)

    ours, rival = run(0.8, k[0], sds[0]), run(0.8 + gap, k[0], sds[0])
    changed = run(0.8 + share * gap, k[1], sds[1])
    before = {"ours": (1, ours), "rival": (-1, rival)}
    after = {"changed": (1, changed), "rival": (-1, rival)}
    return _known(share_closed(Aim(0.0), before, after))


def _known(share: Share | None) -> Share:
    assert share is not None, "there is a gap"
    return share


def _values(values: Sequence[float] | np.ndarray, gains: np.ndarray | None = None) -> RunValues:
    seeds = [float(value) for value in values]
    return RunValues(seeds, Scatter.of(seeds, PRIOR), gains=gains)


KINDS = {"number": of_number, "statement": of_statement}


def combinations(k: int) -> Iterator[tuple[tuple[int, int], tuple[float, float]]]:
    """Give numbers of seeds and deviations of both runs, of which ours has k seeds."""
    return product([(k, other) for other in SEEDS], DEVIATIONS)


def missed(cases: int, noise: str, seed: int = 7) -> tuple[Rates, Rates]:
    """Measure how often an interval does not hold the share: on average, and at the worst."""
    rng = np.random.default_rng(seed)
    average: Rates = {}
    worst: Rates = {}
    for (kind, draw), share, k in product(KINDS.items(), SHARES, SEEDS):
        found = [
            sum(not holds(draw(rng, share, ks, sds, noise), share) for _ in range(cases))
            for ks, sds in combinations(k)
        ]
        key = f"{kind}, {100 * share:.0f} %", k
        average[key] = Rate(sum(found), cases * len(found), cases * len(found), AVERAGE)
        worst[key] = Rate(max(found), cases, cases, WORST)
    return average, worst


def holds(found: Share, share: float) -> bool:
    """Whether an interval holds a share; one without ends holds all."""
    if found.lower is None or found.upper is None:
        return True
    return found.lower <= share <= found.upper


def decided(cases: int, seed: int = 8) -> Shares:
    """Measure how often there is an interval, and how often it lies above zero."""
    rng = np.random.default_rng(seed)
    shares: Shares = {}
    for k in SEEDS:
        closing, idle = (
            [of_number(rng, share, (k, k), DEVIATIONS[0], "normal") for _ in range(cases)]
            for share in (0.6, 0.0)
        )
        for case, answers in {
            "there is an interval": [one.lower is not None for one in closing],
            "a change that closes 60 % is named": [one.is_clear for one in closing],
            "a change that closes nothing is named": [one.is_clear for one in idle],
        }.items():
            shares[case, k] = sum(answers) / cases
    return shares

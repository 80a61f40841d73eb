"""Error rates of verdicts: how often a true claim is called false, by number of seeds.

`make calibrate` measures them in simulations and on real seeds, and writes the tables of
`docs/calibration.md`. For real seeds, what one seed gives is taken as a report, and k others as its
re-creation. The page has the rates of searches and of shares of gaps as well.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
from rich.console import Console
from sklearn.metrics import precision_recall_fscore_support

from benchmarks import planted_settings, planted_shares, real_seeds
from benchmarks.rates import NOISES, PRIOR, PROJECT, Noise, Rate, Rates, Shares
from benchmarks.real_seeds import RealRun
from refashion.artifacts import write_text
from refashion.checks import curves
from refashion.judgement.course import TIME_SD
from refashion.judgement.difference import Margin, verdict_of
from refashion.judgement.families import family
from refashion.judgement.gains import class_gains, variance_of_mean
from refashion.judgement.interval import gap
from refashion.judgement.scatter import Scatter
from refashion.judgement.share import judge_share
from refashion.ledger.entry import Verdict
from refashion.reported import Reported
from refashion.wording import counted

PAGE = PROJECT / "docs" / "calibration.md"
SEEDS = (1, 2, 3, 5, 10)
DEVIATIONS = (0.0, 0.002, 0.005, 0.01, 0.02)
AGAINST = (Verdict.NOT_REPRODUCED, Verdict.FAILS)


# --- Simulations ---------------------------------------------------------------------------------


def _scatter(values: np.ndarray, prior: float = PRIOR) -> Scatter:
    return Scatter.of(list(values), prior)


def simulated_value(rng: np.random.Generator, k: int, sd: float, noise: Noise) -> Verdict:
    """Judge a number that is one more draw."""
    theirs, *ours = 0.9 + sd * noise(rng, (k + 1,))
    rule = {"tolerance": 0.005, "seed_sd_prior": PRIOR}
    return gap(Reported.parse(f"{theirs:.4f}"), ours, **rule).verdict


def simulated_edge(rng: np.random.Generator, k: int, sd: float, noise: Noise) -> Verdict:
    """Judge a number whose true difference is the tolerance; "reproduced" is wrong."""
    theirs, *ours = 0.9 + sd * noise(rng, (k + 1,))
    rule = {"tolerance": 0.01, "seed_sd_prior": PRIOR}
    verdict = gap(Reported.parse(f"{theirs + 0.01:.4f}"), ours, **rule).verdict
    return Verdict.NOT_REPRODUCED if verdict is Verdict.REPRODUCED else Verdict.INCONCLUSIVE


def simulated_table(rng: np.random.Generator, k: int, sd: float, noise: Noise) -> Verdict:
    """Judge forty numbers, half of whose deviation is common to all."""
    shared, own = noise(rng, (k + 1, 1)), noise(rng, (k + 1, 40))
    theirs, *rest = 0.9 + sd * (shared + own) / np.sqrt(2)
    ours = np.array(rest)
    rule = {"tolerance": 0.005, "seed_sd_prior": PRIOR}
    gaps = [
        gap(Reported.parse(f"{a:.4f}"), list(values), **rule)
        for a, values in zip(theirs, ours.T, strict=True)
    ]
    return family(gaps, (theirs - ours) / 0.005, PRIOR / 0.005).verdict


def simulated_ordering(rng: np.random.Generator, k: int, sd: float, noise: Noise) -> Verdict:
    """Judge two equal runs."""
    one, other = 0.9 + sd * noise(rng, (2, k))
    return verdict_of([Margin(one.mean() - other.mean(), (_scatter(one), _scatter(other)))])


def simulated_extreme(rng: np.random.Generator, k: int, sd: float, noise: Noise) -> Verdict:
    """Judge one of ten equal classes."""
    first, *others = 0.9 + sd * noise(rng, (10, k))
    differences = [first - other for other in others]
    return verdict_of([Margin(d.mean(), (_scatter(d, PRIOR * np.sqrt(2)),)) for d in differences])


def simulated_curve(rng: np.random.Generator, k: int, sd: float, noise: Noise) -> Verdict:
    """Judge a property whose margin is zero."""
    margins = sd * noise(rng, (k,))
    return verdict_of([Margin(margins.mean(), (_scatter(margins),))])


def simulated_share(rng: np.random.Generator, k: int, sd: float, noise: Noise) -> Verdict:
    """Judge a property that half of all seeds have."""
    return judge_share(int((noise(rng, (k,)) > 0).sum()), k).verdict


def simulated_cost(rng: np.random.Generator, k: int, sd: float, noise: Noise) -> Verdict:
    """Judge two runs that take equally long; times scatter five times as far as accuracies."""
    one, other = 5 * sd * noise(rng, (2, k))
    sides = (_scatter(one, TIME_SD), _scatter(other, TIME_SD))
    return verdict_of([Margin(one.mean() - other.mean(), sides)])


KINDS = {
    "value": simulated_value,
    "value at the tolerance": simulated_edge,
    "table": simulated_table,
    "ordering": simulated_ordering,
    "extreme": simulated_extreme,
    "curve": simulated_curve,
    "curve, by shares": simulated_share,
    "cost": simulated_cost,
}


def simulated(cases: int, noise: str, seed: int = 1) -> Rates:
    """Measure error rates in simulations; of each kind and k, that of the worst deviation."""
    rng = np.random.default_rng(seed)
    rates: Rates = {}
    for kind, judge in KINDS.items():
        for k in SEEDS:
            found = []
            for sd in DEVIATIONS:
                n = cases // (10 if kind == "table" else 1)
                verdicts = [judge(rng, k, sd, NOISES[noise]) for _ in range(n)]
                wrong = sum(verdict in AGAINST for verdict in verdicts)
                found.append(Rate(wrong, n, n))
            rates[kind, k] = max(found, key=lambda rate: rate.share)
    return rates


def power(cases: int, sd: float = 0.002, tolerance: float = 0.01, seed: int = 2) -> Shares:
    """Measure how often a number that is the true mean is reproduced, by number of seeds."""
    rng = np.random.default_rng(seed)
    rule = {"tolerance": tolerance, "seed_sd_prior": PRIOR}
    return {
        ("value", k): sum(
            gap(Reported.parse("0.9000"), list(rng.normal(0.9, sd, k)), **rule).verdict
            is Verdict.REPRODUCED
            for _ in range(cases)
        )
        / cases
        for k in SEEDS
    }


# --- Real seeds ----------------------------------------------------------------------------------


class _Tally:
    """Counts wrong verdicts by kind and number of seeds."""

    def __init__(self) -> None:
        self.wrong: dict[tuple[str, int], int] = defaultdict(int)
        self.cases: dict[tuple[str, int], int] = defaultdict(int)
        self.units: dict[tuple[str, int], int] = defaultdict(int)

    def add(self, kind: str, k: int, verdicts: Sequence[Verdict]) -> None:
        """Add the verdicts of several draws of k seeds on one claim."""
        self.wrong[kind, k] += sum(verdict in AGAINST for verdict in verdicts)
        self.cases[kind, k] += len(verdicts)
        self.units[kind, k] += 1

    def rates(self) -> Rates:
        """Give the rates."""
        return {key: Rate(self.wrong[key], n, self.units[key]) for key, n in self.cases.items()}


def on_real_seeds(runs: Sequence[RealRun], draws: int, seed: int = 3) -> Rates:
    """Measure error rates on real seeds: one seed as the report, k others as its re-creation.

    A statement is taken as true if it is so on the average of all seeds.

    Parameters
    ----------
    runs
        Runs with many seeds each.
    draws
        Number of draws of k seeds for each claim.
    """
    rng, tally = np.random.default_rng(seed), _Tally()
    for run in runs:
        n_seeds = len(run.predicted)
        for source in range(n_seeds):
            others = [other for other in range(n_seeds) if other != source]
            for k in SEEDS:
                if k > len(others):
                    continue
                chosen = [rng.choice(others, k, replace=False) for _ in range(draws)]
                _values(run, source, k, chosen, tally)
                _classes(run, source, k, chosen, tally)
                _curves(run, source, k, chosen, tally)
    for one, other in combinations(runs, 2):
        if one.study == other.study:
            _orderings(one, other, draws, rng, tally)
    return tally.rates()


def _values(run: RealRun, source: int, k: int, chosen: Sequence[np.ndarray], tally: _Tally) -> None:
    printed = Reported.parse(f"{run.accuracies[source]:.4f}")
    rule = {"tolerance": 0.005, "seed_sd_prior": PRIOR}
    tally.add(
        "value", k, [gap(printed, list(run.accuracies[seeds]), **rule).verdict for seeds in chosen]
    )


def _classes(
    run: RealRun, source: int, k: int, chosen: Sequence[np.ndarray], tally: _Tally
) -> None:
    scores = _class_scores(run)  # (seeds, scores, classes)
    theirs = np.round(scores[source], 2)
    unit = PRIOR * np.sqrt(run.true.shape[1] / np.bincount(run.true[0]))
    rule = {"tolerance": 0.03}
    verdicts = []
    for seeds in chosen[:3]:
        gaps = [
            gap(
                Reported.parse(f"{theirs[score, label]:.2f}"),
                list(scores[seeds, score, label]),
                seed_sd_prior=float(unit[label]),
                **rule,
            )
            for score in range(3)
            for label in range(scores.shape[2])
        ]
        differences = ((theirs - scores[seeds]) / 0.03).reshape(len(seeds), -1)
        verdicts.append(family(gaps, differences, float(unit.mean()) / 0.03).verdict)
    tally.add("table", k, verdicts)
    recalls = scores[:, 1]
    worst = int(recalls[source].argmin())
    if worst != int(recalls.mean(axis=0).argmin()):
        return  # luck of this seed: not a true claim
    tally.add("extreme", k, [_extreme(run, worst, seeds, unit) for seeds in chosen[:3]])


def _class_scores(run: RealRun) -> np.ndarray:
    return np.stack(
        [
            precision_recall_fscore_support(*pair, zero_division=0)[:3]
            for pair in zip(run.true, run.predicted, strict=True)
        ]
    )


def _extreme(run: RealRun, worst: int, seeds: np.ndarray, unit: np.ndarray) -> Verdict:
    labels = range(int(run.true.max()) + 1)
    gains = {
        label: -np.stack(
            [class_gains(run.true[s], run.predicted[s], "recall", label) for s in seeds], axis=1
        )
        for label in labels
    }
    margins = []
    for rival in labels:
        if rival == worst:
            continue
        differences = gains[worst] - gains[rival]
        by_seed = differences.mean(axis=0)
        scatter = Scatter.of(list(by_seed), float(unit[worst]) * np.sqrt(2))
        margins.append(
            Margin(float(by_seed.mean()), (scatter,), variance_of_mean(differences, run.is_shared))
        )
    return verdict_of(margins)


PROPERTIES = {
    "no_overfitting": {"column": "loss", "within": 0.02},
    "close_together": {"column": "loss", "within": 0.1},
    "in_line": {"column": "accuracy", "within": 0.03},
    "part_at_end": {"column": "loss", "by": 0.02},
    "not_linear": {"column": "loss"},
}


def _curves(run: RealRun, source: int, k: int, chosen: Sequence[np.ndarray], tally: _Tally) -> None:
    if not run.histories:
        return
    for name, settings in PROPERTIES.items():
        measure = curves.function(name)
        margins = np.array([measure(history, **settings) for history in run.histories])
        if not np.isfinite(margins).all() or margins[source] <= 0 or margins.mean() <= 0:
            continue
        verdicts = [
            verdict_of([Margin(float(margins[s].mean()), (Scatter.of(list(margins[s]), PRIOR),))])
            for s in chosen
        ]
        tally.add("curve", k, verdicts)


def _orderings(
    one: RealRun, other: RealRun, draws: int, rng: np.random.Generator, tally: _Tally
) -> None:
    if one.accuracies.mean() < other.accuracies.mean():
        one, other = other, one
    slow, fast = sorted((one, other), key=lambda run: -np.log(run.fit_seconds).mean())
    n = min(len(one.predicted), len(other.predicted))
    for k in (k for k in SEEDS if k < n):
        orderings, costs = [], []
        for _ in range(3 * draws):
            a, b = rng.choice(n, k, replace=False), rng.choice(n, k, replace=False)
            orderings.append(_ordering(one, other, a, b))
            times = np.log(slow.fit_seconds[a]), np.log(fast.fit_seconds[b])
            sides = tuple(Scatter.of(list(side), TIME_SD) for side in times)
            costs.append(verdict_of([Margin(float(times[0].mean() - times[1].mean()), sides)]))
        tally.add("ordering", k, orderings)
        tally.add("cost", k, costs)


def _ordering(one: RealRun, other: RealRun, a: np.ndarray, b: np.ndarray) -> Verdict:
    sides = ((one, a), (other, b))
    right = [(run.predicted[seeds] == run.true[seeds]).T.astype(float) for run, seeds in sides]
    scatters = tuple(Scatter.of(list(side.mean(axis=0)), PRIOR) for side in right)
    if one.is_shared and other.is_shared:
        gains = right[0].mean(axis=1) - right[1].mean(axis=1)
        of_examples = variance_of_mean(gains[:, None], is_shared=True)
    else:
        of_examples = sum(variance_of_mean(side, is_shared=False) for side in right)
    value = float(right[0].mean() - right[1].mean())
    return verdict_of([Margin(value, scatters, of_examples)])


# --- The page ------------------------------------------------------------------------------------


def lines(
    rates: Mapping[tuple[str, int], Rate | float],
    title: str = "kind of claim",
    unit: str = "seed",
    worst: Rates | None = None,
) -> Iterator[str]:
    """Give the lines of a table in Markdown: a row a kind, a column a number of seeds.

    Parameters
    ----------
    rates
        Rates, or shares for which nothing is promised, which are shown without decimals.
    title
        Heading of the first column.
    unit
        What the others count.
    worst
        Rates that are shown in parentheses.
    """
    columns = sorted({n for _, n in rates})
    yield f"| {title} | {' | '.join(counted(n, unit) for n in columns)} |"
    yield f"|---|{'---:|' * len(columns)}"
    for kind in dict.fromkeys(kind for kind, _ in rates):
        cells = [_cell(rates.get((kind, n)), (worst or {}).get((kind, n))) for n in columns]
        yield f"| {kind} | {' | '.join(cells)} |"


def _cell(rate: Rate | float | None, worst: Rate | None) -> str:
    if rate is None:
        return "–"
    if isinstance(rate, float):
        return f"{100 * rate:.0f} %"
    return f"{100 * rate.share:.1f} %" + (f" ({100 * worst.share:.1f} %)" if worst else "")


def page(tables: Mapping[str, Sequence[str]]) -> str:
    """Put tables into the page, each between its markers."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in tables.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        head, _, rest = text.partition(begin)
        _, _, tail = rest.partition(end)
        text = "\n".join([f"{head}{begin}\n", *table, f"\n{end}{tail}"])
    return text


def main() -> int:
    """Measure all rates, write the page, and return 1 if a promise is broken."""
    measured = {f"simulated {noise}": simulated(2000, noise) for noise in NOISES}
    measured["real"] = on_real_seeds(real_seeds.load(), draws=20)
    tables = {name: list(lines(rates)) for name, rates in measured.items()}
    tables["power"] = list(lines(power(2000)))
    measured |= _of_searches(tables) | _of_shares(tables)
    write_text(PAGE, page(tables))
    console = Console()
    broken = 0
    for name, table in tables.items():
        console.print(f"\n{name}", *table, sep="\n", markup=False, soft_wrap=True)
    for name, rates in measured.items():
        for (kind, k), rate in rates.items():
            if not rate.is_kept:
                broken += 1
                console.print(f"Broken: {name}, {kind}, {k}: {rate}", markup=False)
    return int(broken > 0)


def _of_searches(tables: dict[str, list[str]]) -> dict[str, Rates]:
    """Measure the answers of searches; add their tables, and return what is promised."""
    wrong, right = planted_settings.wrong(400), planted_settings.right(200)
    tables["searches, wrong"] = list(lines(wrong, "wrong answer"))
    tables["searches, right"] = list(lines(right, "right answer"))
    digits = planted_settings.without_randomness(100)
    tables["searches, digits"] = list(lines(digits, "answer", "digit"))
    return {"searches, wrong": wrong}


def _of_shares(tables: dict[str, list[str]]) -> dict[str, Rates]:
    """Measure the intervals of shares; add their tables, and return what is promised."""
    promised: dict[str, Rates] = {}
    for noise in NOISES:
        average, worst = planted_shares.missed(400, noise)
        name = f"shares {noise}"
        tables[name] = list(lines(average, "gap, and share that closes", worst=worst))
        promised |= {name: average, f"{name}, at the worst": worst}
    tables["shares, power"] = list(lines(planted_shares.decided(1000), "case"))
    return promised


if __name__ == "__main__":
    sys.exit(main())

"""Error rates stay within their promise, on real seeds and in simulations of the worst cases."""

import numpy as np
import pytest

from benchmarks import calibration, planted_settings, planted_shares, rates, real_seeds
from refashion.judgement.difference import Margin, verdict_of
from refashion.judgement.scatter import Scatter
from refashion.ledger.entry import Verdict


def test_error_rates_on_real_seeds():
    runs = real_seeds.load()
    assert len(runs) >= 12
    assert all(len(run.predicted) >= 20 for run in runs)
    # The cheap runs, of a few classes and of ten.
    chosen = [run for run in runs if run.name.split("/")[1] in ("base", "numpy_mlp", "dense")]
    found = calibration.on_real_seeds(chosen, draws=3)
    kinds = {kind for kind, _ in found}
    assert kinds == {"value", "table", "extreme", "curve", "ordering", "cost"}
    assert [key for key, rate in found.items() if not rate.is_kept] == []


# Of so many cells at the limit of the promise itself, a few lie beyond two standard errors.
STANDARD_ERRORS = 3.3


def is_kept(wrong, cases):
    error = np.sqrt(rates.PROMISE * (1 - rates.PROMISE) / cases)
    return wrong / cases <= rates.PROMISE + STANDARD_ERRORS * error


@pytest.mark.parametrize("kind", calibration.KINDS)
@pytest.mark.parametrize("noise", rates.NOISES)
@pytest.mark.parametrize("k", calibration.SEEDS)
def test_error_rates_in_simulations(kind, noise, k):
    rng, cases = np.random.default_rng(4), 60 if kind == "table" else 400
    judge, draw = calibration.KINDS[kind], rates.NOISES[noise]
    verdicts = [judge(rng, k, 0.02, draw) for _ in range(cases)]
    assert is_kept(sum(verdict in calibration.AGAINST for verdict in verdicts), cases)


@pytest.mark.parametrize("k", [(1, 2), (1, 5), (1, 10), (2, 5), (2, 10), (3, 10)])
@pytest.mark.parametrize("sd", [(0.02, 0.02), (0.02, 0.005), (0.005, 0.02)])
def test_error_rates_of_runs_with_different_numbers_of_seeds(k, sd):
    rng, cases, wrong = np.random.default_rng(8), 600, 0
    for _ in range(cases):
        sides = [0.9 + s * rng.normal(size=n) for n, s in zip(k, sd, strict=True)]
        scatters = tuple(Scatter.of(list(side), rates.PRIOR) for side in sides)
        found = verdict_of([Margin(float(sides[0].mean() - sides[1].mean()), scatters)])
        wrong += found is Verdict.FAILS
    assert is_kept(wrong, cases)


def test_a_broken_promise_is_seen():
    rng, cases = np.random.default_rng(6), 200
    tiny = 1e-6  # as if one seed said nearly everything
    verdicts = []
    for _ in range(cases):
        one, other = rng.normal(0.9, 0.02, 2)
        sides = Scatter.of([one], tiny), Scatter.of([other], tiny)
        verdicts.append(verdict_of([Margin(one - other, sides)]))
    wrong = verdicts.count(Verdict.FAILS)
    assert not rates.Rate(wrong, cases, cases).is_kept


def answers(away, n, k, cases):
    return planted_settings.counted(away, n, k, planted_settings.USUAL, cases)


def test_searches_among_planted_settings_are_rarely_wrong_and_often_right():
    equal = answers(planted_settings.EQUAL, n=1, k=3, cases=60)
    assert is_kept(equal["found"], 60) and is_kept(equal["none"], 60)
    assert answers(planted_settings.UNIQUE[30], n=1, k=3, cases=20)["found"] >= 16
    assert answers(planted_settings.NOTHING[30], n=1, k=3, cases=20)["none"] >= 16
    # Settings that a third of the epochs does not tell apart get all of them.
    assert answers(planted_settings.UNIQUE[30], n=10, k=5, cases=12)["found"] >= 6


def test_a_planted_penalty_is_found_by_its_digits():
    rng = np.random.default_rng(9)
    found = [planted_settings.answer_in_range(rng, 10, is_planted=True) for _ in range(8)]
    assert found == ["found"] * 8


@pytest.mark.parametrize("noise", rates.NOISES)
def test_intervals_of_shares_hold_them(noise):
    average, worst = planted_shares.missed(2, noise)
    assert is_kept(*(sum(of) for of in list(zip(*average.values(), strict=True))[:2]))
    table = list(calibration.lines(average, "share", worst=worst))
    assert table[0] == "| share | 1 seed | 2 seeds | 3 seeds | 5 seeds | 10 seeds |"
    assert table[2].startswith("| number, 0 % | ") and len(table) == 8

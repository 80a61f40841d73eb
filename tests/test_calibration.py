"""Error rates stay within their promise, on real seeds and in simulations of the worst cases."""

import numpy as np
import pytest

from benchmarks import calibration, real_seeds
from refashion.judgement.difference import Margin, verdict_of
from refashion.judgement.scatter import Scatter
from refashion.ledger.entry import Verdict


def test_error_rates_on_real_seeds():
    runs = real_seeds.load()
    assert len(runs) >= 12
    assert all(len(run.predicted) >= 20 for run in runs)
    # The cheap runs, of a few classes and of ten.
    chosen = [run for run in runs if run.name.split("/")[1] in ("base", "numpy_mlp", "dense")]
    rates = calibration.on_real_seeds(chosen, draws=3)
    kinds = {kind for kind, _ in rates}
    assert kinds == {"value", "table", "extreme", "curve", "ordering", "cost"}
    assert [key for key, rate in rates.items() if not rate.is_kept] == []


# Of so many cells at the limit of the promise itself, a few lie beyond two standard errors.
STANDARD_ERRORS = 3.3


def is_kept(wrong, cases):
    error = np.sqrt(calibration.PROMISE * (1 - calibration.PROMISE) / cases)
    return wrong / cases <= calibration.PROMISE + STANDARD_ERRORS * error


@pytest.mark.parametrize("kind", calibration.KINDS)
@pytest.mark.parametrize("noise", calibration.NOISES)
@pytest.mark.parametrize("k", calibration.SEEDS)
def test_error_rates_in_simulations(kind, noise, k):
    rng, cases = np.random.default_rng(4), 60 if kind == "table" else 400
    judge, draw = calibration.KINDS[kind], calibration.NOISES[noise]
    verdicts = [judge(rng, k, 0.02, draw) for _ in range(cases)]
    assert is_kept(sum(verdict in calibration.AGAINST for verdict in verdicts), cases)


@pytest.mark.parametrize("k", [(1, 2), (1, 5), (1, 10), (2, 5), (2, 10), (3, 10)])
@pytest.mark.parametrize("sd", [(0.02, 0.02), (0.02, 0.005), (0.005, 0.02)])
def test_error_rates_of_runs_with_different_numbers_of_seeds(k, sd):
    rng, cases, wrong = np.random.default_rng(8), 600, 0
    for _ in range(cases):
        sides = [0.9 + s * rng.normal(size=n) for n, s in zip(k, sd, strict=True)]
        scatters = tuple(Scatter.of(list(side), calibration.PRIOR) for side in sides)
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
    assert not calibration.Rate(wrong, cases, cases).is_kept

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


@pytest.mark.parametrize("kind", ["value", "ordering", "extreme", "curve", "cost"])
@pytest.mark.parametrize("noise", calibration.NOISES)
def test_error_rates_in_simulations(kind, noise):
    rng, cases = np.random.default_rng(4), 300
    judge, draw = calibration.KINDS[kind], calibration.NOISES[noise]
    verdicts = [judge(rng, k, 0.02, draw) for k in calibration.SEEDS for _ in range(cases)]
    wrong = sum(verdict in calibration.AGAINST for verdict in verdicts)
    assert calibration.Rate(wrong, len(verdicts), len(verdicts)).is_kept


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

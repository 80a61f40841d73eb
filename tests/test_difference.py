"""The difference rule, the share rule and families of numbers, against cases worked by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from refashion.judgement.difference import Margin, judge_margins, verdict_of
from refashion.judgement.families import family
from refashion.judgement.gains import class_gains, pair_gains, variance_of_mean
from refashion.judgement.interval import gap
from refashion.judgement.scatter import Scatter
from refashion.judgement.share import judge_share
from refashion.ledger.entry import Verdict
from refashion.reported import Reported

PRIOR = 0.006


def margin(one, other, of_examples=0.0, prior=PRIOR):
    scatters = Scatter.of(list(one), prior), Scatter.of(list(other), prior)
    return Margin(float(np.mean(one) - np.mean(other)), scatters, of_examples)


def test_half_width_worked_by_hand():
    # s_A² / 3 = 1e-6 / 3, s_B² / 2 = 8e-6 / 2, by Welch and Satterthwaite ν = 1.1657.
    found = margin([0.919, 0.920, 0.921], [0.898, 0.902], of_examples=1e-5)
    of_seeds = 1e-6 / 3 + 8e-6 / 2
    freedom = of_seeds**2 / ((1e-6 / 3) ** 2 / 2 + (8e-6 / 2) ** 2 / 1)
    assert found.freedom == pytest.approx(freedom)
    t, z = stats.t.ppf(0.95, freedom), stats.norm.ppf(0.95)
    assert found.half_width() == pytest.approx(math.sqrt(t**2 * of_seeds + z**2 * 1e-5))


def test_seeds_that_agree_by_chance_in_coarse_steps_settle_little():
    rng = np.random.default_rng(0)
    for step in (0.5, 1, 2):
        failed = 0
        for _ in range(1000):
            shift = rng.uniform(-0.5, 0.5) * step  # so that the mean of all margins is zero
            seeds = np.round((rng.normal(0, 1, 2) - shift) / step) * step + shift
            scatter = Scatter.of(list(seeds), PRIOR, resolution=step)
            failed += verdict_of([Margin(float(seeds.mean()), (scatter,))]) is Verdict.FAILS
        assert failed <= 50 + 2 * math.sqrt(50)


def test_assumed_deviations_have_one_degree_of_freedom_together():
    found = margin([0.92], [0.90])
    assert found.freedom == 1
    assert found.half_width() == pytest.approx(stats.t.ppf(0.95, 1) * PRIOR * math.sqrt(2))


def test_models_without_randomness_leave_the_examples():
    fixed = Scatter.of([0.9], PRIOR, deterministic=True)
    found = Margin(0.01, (fixed, fixed), of_examples=1e-6)
    assert found.half_width() == pytest.approx(stats.norm.ppf(0.95) * 1e-3)
    judged = judge_margins([found])
    assert (judged.verdict, judged.preliminary) == (Verdict.HOLDS, False)


def test_against_several_it_holds_against_each_and_fails_against_one():
    better, worse, equal = (
        margin(np.array([0.02, 0.021, 0.022]) + shift, [0.0, 0.001, 0.002])
        for shift in (0, -0.04, -0.02)
    )
    assert judge_margins([better, better]).verdict is Verdict.HOLDS
    assert judge_margins([better, equal]).verdict is Verdict.INCONCLUSIVE
    assert judge_margins([better, worse]).verdict is Verdict.FAILS
    assert judge_margins([better, worse]).reproduced == pytest.approx(-0.02)


@pytest.mark.parametrize("k", [1, 2, 3, 5, 10])
@pytest.mark.parametrize("sd", [0, 0.002, 0.02])
@pytest.mark.parametrize("rivals", [1, 9])
def test_equals_are_rarely_parted(k, sd, rivals):
    n, rng = 800, np.random.default_rng(5)
    draws = rng.normal(0.9, sd, (n, 1 + rivals, k))
    found = [verdict_of([margin(first, other) for other in others]) for first, *others in draws]
    limit = 0.05 * n + 2 * math.sqrt(0.05 * 0.95 * n)
    assert found.count(Verdict.HOLDS) <= limit
    assert found.count(Verdict.FAILS) <= limit


def test_an_open_ordering_says_what_would_settle_it():
    judged = judge_margins([margin([0.905, 0.915], [0.895, 0.905])])
    assert (judged.verdict, judged.leaning) == (Verdict.INCONCLUSIVE, Verdict.HOLDS)
    assert 2 < judged.settled_by <= 10
    within_examples = judge_margins([margin([0.901, 0.902], [0.9, 0.901], of_examples=1e-4)])
    assert (within_examples.leaning, within_examples.settled_by) == (None, None)


@pytest.mark.parametrize(
    ("positive", "k", "verdict"),
    [
        (1, 1, "inconclusive"),
        (3, 3, "inconclusive"),
        (4, 4, "inconclusive"),
        (5, 5, "holds"),
        (0, 5, "fails"),
        (7, 8, "holds"),
        (6, 8, "inconclusive"),
        (50, 100, "inconclusive"),
    ],
)
def test_shares(positive, k, verdict):
    judged = judge_share(positive, k)
    assert judged.verdict.value == verdict
    # Clopper and Pearson, from SciPy.
    test = stats.binomtest(positive, k)
    bounds = test.proportion_ci(0.90, method="exact")
    assert (bounds.low > 0.5, bounds.high < 0.5) == (verdict == "holds", verdict == "fails")


def test_an_open_share_leans_to_the_majority():
    assert judge_share(3, 3).leaning is Verdict.HOLDS
    assert judge_share(3, 3).settled_by == 5
    assert judge_share(1, 2).leaning is None


def table(differences, k=3, sd=0.005, tolerance=0.03, seed=3):
    rng = np.random.default_rng(seed)
    ours = 0.9 + rng.normal(0, sd, (k, len(differences)))
    theirs = 0.9 + np.array(differences) + rng.normal(0, sd, len(differences))
    gaps = [
        gap(
            Reported.parse(f"{a:.3f}"),
            list(values),
            tolerance=tolerance,
            seed_sd_prior=PRIOR,
        )
        for a, values in zip(theirs, ours.T, strict=True)
    ]
    return family(gaps, (theirs - ours) / tolerance, assumed=PRIOR / tolerance)


@pytest.mark.parametrize("seed", range(20))
def test_forty_true_cells_are_reproduced(seed):
    assert table([0.0] * 40, seed=seed).verdict is Verdict.REPRODUCED


def test_one_false_cell_of_forty_is_found():
    found = table([0.0] * 39 + [0.25], k=5)
    assert found.verdict is Verdict.NOT_REPRODUCED


def test_cells_that_are_all_a_tolerance_away_are_not_reproduced():
    shares = [table([0.03] * 40, seed=seed).verdict for seed in range(40)]
    assert shares.count(Verdict.REPRODUCED) <= 2


def test_gains_are_the_scores_and_their_variance_is_that_of_a_bootstrap():
    rng = np.random.default_rng(0)
    true = rng.integers(3, size=2000)
    predicted = np.where(rng.random(2000) < 0.8, true, rng.integers(3, size=2000))
    from sklearn.metrics import f1_score, precision_score, recall_score

    scores = {"precision": precision_score, "recall": recall_score, "f1_score": f1_score}
    for metric, score in scores.items():
        gains = class_gains(true, predicted, metric, 1)
        expected = score(true, predicted, labels=[1], average=None)[0]
        assert gains.mean() == pytest.approx(expected)
        draws = rng.integers(2000, size=(300, 2000))
        drawn = [score(true[d], predicted[d], labels=[1], average=None)[0] for d in draws]
        variance = variance_of_mean(gains[:, None], is_shared=True)
        assert math.sqrt(variance) == pytest.approx(np.std(drawn), rel=0.2)
    errors = ((true == 0) & (predicted == 2)) | ((true == 2) & (predicted == 0))
    assert pair_gains(true, predicted, (0, 2)).mean() == pytest.approx(errors.sum())


def test_missing_answers_have_no_gain():
    true, predicted = np.array([0, 1]), np.array([0, -1])
    assert np.isnan(class_gains(true, predicted, "recall", 0)).all()
    assert np.isnan(pair_gains(true, predicted, (0, 1))).all()

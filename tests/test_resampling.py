"""The bootstrap, against what is known of it."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import f1_score, precision_score, recall_score

from refashion.judgement import resampling

RNG = np.random.default_rng(1)


def gains(accuracy, n=4000, k=3):
    return (RNG.random((n, k)) < accuracy).astype(float)


def share_better(*of_runs, seed_sd=None):
    return (resampling.mean_differences(of_runs, seed_sd) > 0).all(axis=1).mean()


def test_a_clear_difference_and_none():
    assert share_better(gains(0.9), gains(0.8)) == 1
    assert share_better(gains(0.8), gains(0.9)) == 0
    same = gains(0.9)
    assert (resampling.mean_differences([same, same], None) == 0).all()


def test_the_best_of_several_is_better_than_each():
    assert share_better(gains(0.9), gains(0.8), gains(0.7)) == 1
    assert share_better(gains(0.9), gains(0.8), gains(0.95)) == 0


def test_share_is_that_of_the_normal_distribution():
    # One seed: only the examples are drawn, and the mean difference is nearly normal.
    better, worse = gains(0.905, n=2000, k=1), gains(0.9, n=2000, k=1)
    differences = (better - worse)[:, 0]
    z = differences.mean() / (differences.std() / np.sqrt(2000))
    assert share_better(better, worse) == pytest.approx(stats.norm.cdf(z), abs=0.04)


def test_an_assumed_deviation_of_seeds_widens():
    better, worse = gains(0.9, k=1), gains(0.88, k=1)
    narrow, wide = (resampling.mean_differences([better, worse], sd).std() for sd in (None, 0.02))
    assert wide == pytest.approx(np.hypot(narrow, 0.02 * np.sqrt(2)), rel=0.1)


def test_seeds_count_and_not_only_examples():
    # Each seed is certain, but they disagree: two of three are better.
    better = np.tile([1.0, 1.0, 0.0], (1000, 1))
    worse = np.full((1000, 3), 0.5)
    share = share_better(better, worse)
    # Of three drawn, at least two good ones: P = 8/27 + 3 * 4/27 = 20/27.
    assert share == pytest.approx(20 / 27, abs=0.04)


def test_a_run_that_diverged_is_worse_than_any_and_level_with_its_like():
    lost = np.full((4000, 3), np.nan)
    assert share_better(gains(0.1), lost) == 1
    assert share_better(lost, gains(0.1)) == 0
    assert (resampling.mean_differences([lost, lost], None) == 0).all()


def test_sizes_of_regression_lose_nothing():
    errors = RNG.normal(5e8, 1e6, (4000, 1))
    assert share_better(errors + 10, errors) == 1


@pytest.mark.parametrize(
    ("metric", "function"),
    [("precision", precision_score), ("recall", recall_score), ("f1_score", f1_score)],
)
def test_class_scores_are_those_of_scikit_learn(metric, function):
    true = RNG.integers(4, size=3000)
    predicted = np.where(RNG.random(3000) < 0.7, true, RNG.integers(4, size=3000))
    drawn = resampling.drawn_class_scores(true[:, None], predicted[:, None], 4)[metric]
    expected = function(true, predicted, average=None)
    assert drawn.shape == (resampling.N_DRAWS, 4)
    assert drawn.mean(axis=0) == pytest.approx(expected, abs=0.005)
    assert (drawn.std(axis=0) > 0.005).all()


def test_support_and_classes_that_are_never_predicted():
    true, predicted = np.array([[0], [1], [1]]), np.array([[0], [0], [0]])
    drawn = resampling.drawn_class_scores(true, predicted, 2)
    assert (drawn["support"].sum(axis=1) == 3).all()
    assert (drawn["precision"][:, 1] == 0).all()


def test_confusions_count_both_ways():
    true, predicted = np.array([0, 1, 0, 2, 2, 1]), np.array([1, 0, 1, 2, 0, 1])
    drawn = resampling.drawn_confusions(true[:, None], predicted[:, None], 3)
    # Pairs (0, 1), (0, 2), (1, 2): three, one and no confusions of six examples.
    assert drawn.mean(axis=0) == pytest.approx([3, 1, 0], abs=0.15)


def test_the_same_each_time():
    runs = gains(0.9), gains(0.89)
    first, second = (resampling.mean_differences(runs, 0.003) for _ in range(2))
    assert np.array_equal(first, second)

"""The interval rule, against cases worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from refashion.judgement.families import family
from refashion.judgement.interval import binomial_variance, gap, judge_value
from refashion.ledger.entry import Verdict
from refashion.reported import Reported

RULE = {"tolerance": 0.01, "seed_sd_prior": 0.003}


def judge(reported, values, **more):
    return judge_value(Reported.parse(reported), values, **(RULE | more))


@pytest.mark.parametrize(
    ("text", "value", "half_unit"),
    [
        ("0.897", 0.897, 0.0005),
        (".243", 0.243, 0.0005),
        ("0.8943809270858765", 0.8943809270858765, 5e-17),
        ("96.85%", 0.9685, 0.00005),
        ("11", 11.0, 0.5),
        ("-5.7e-08", -5.7e-08, 5e-10),
    ],
)
def test_printed_precision(text, value, half_unit):
    reported = Reported.parse(text)
    assert reported.value == value
    assert reported.half_unit == pytest.approx(half_unit, rel=1e-12)


@pytest.mark.parametrize("text", ["", "inf", "0,9,1"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="not a number"):
        Reported.parse(text)


def test_interval_worked_by_hand():
    # m = 0.898, s = 0.001, k = 3: V = 1e-6 * 4/3 + 0.0005**2 / 3 = 1.41667e-6, its root 0.00119024.
    # nu = (1.41667e-6)**2 / ((1.33333e-6)**2 / 2) = 2.25781; t(0.975, nu) from the tables.
    judged = judge("0.897", [0.897, 0.898, 0.899])
    t = stats.t.ppf(0.975, 2.2578125)
    assert judged.reproduced == pytest.approx(0.898)
    assert judged.sd == pytest.approx(0.001)
    assert judged.lower == pytest.approx(-0.001 - t * 0.00119024, rel=1e-4)
    assert judged.upper == pytest.approx(-0.001 + t * 0.00119024, rel=1e-4)
    assert judged.verdict is Verdict.REPRODUCED
    assert (judged.direction, judged.preliminary) == (None, False)


@pytest.mark.parametrize(
    ("reported", "values", "verdict", "direction"),
    [
        ("0.897", [0.897, 0.8975, 0.8965], Verdict.REPRODUCED, None),
        ("0.897", [0.950, 0.951, 0.949], Verdict.NOT_REPRODUCED, "higher"),
        ("0.897", [0.850, 0.851, 0.849], Verdict.NOT_REPRODUCED, "lower"),
        ("0.897", [0.880, 0.910, 0.890], Verdict.INCONCLUSIVE, None),
        ("0.897", [0.897], Verdict.INCONCLUSIVE, None),
        ("0.897", [0.930], Verdict.INCONCLUSIVE, None),
        ("0.897", [0.997], Verdict.NOT_REPRODUCED, "higher"),
    ],
)
def test_conditions(reported, values, verdict, direction):
    judged = judge(reported, values)
    assert (judged.verdict, judged.direction) == (verdict, direction)
    assert judged.seeds == len(values)


def test_one_seed_takes_the_prior_with_one_degree_of_freedom():
    judged = judge("0.897", [0.900])
    variance = 0.003**2 * 2 + 0.0005**2 / 3
    freedom = variance**2 / (0.003**2 * 2) ** 2
    assert judged.preliminary
    assert judged.sd == 0.003
    margin = stats.t.ppf(0.975, freedom) * math.sqrt(variance)
    assert judged.upper - judged.lower == pytest.approx(2 * margin)


def test_a_mean_of_five_is_judged_as_one():
    values = [0.90, 0.91, 0.92]
    found = gap(Reported.parse("0.91"), values, draws=5, **RULE)
    assert found.variance == pytest.approx(0.01**2 * (1 / 5 + 1 / 3) + 0.005**2 / 3)
    one = gap(Reported.parse("0.91"), values, **RULE)
    assert one.half_width > found.half_width


def test_no_deviation_between_seeds_leaves_the_rounding():
    judged = judge("0.897", [0.9, 0.9, 0.9])
    assert judged.upper - judged.lower == pytest.approx(2 * 1.959964 * 0.0005 / math.sqrt(3))


def test_exact_needs_a_deterministic_model():
    assert judge("0.9113", [0.91130486], deterministic=True).verdict == Verdict.EXACT
    assert judge("0.9113", [0.91130486]).verdict != Verdict.EXACT
    assert judge("0.9113", [0.95], deterministic=True).verdict == Verdict.NOT_REPRODUCED


@pytest.mark.parametrize("digits", range(1, 15))
def test_exact_at_every_printed_precision(digits):
    value = 45720769.75632421
    number = f"{value:.{digits - 1}e}"
    assert judge(number, [value], deterministic=True).verdict == Verdict.EXACT
    # One unit in the last printed place away.
    unit = 10.0 ** (7 - (digits - 1))
    other = judge(number, [value + 1.01 * unit], deterministic=True, tolerance=1e-9).verdict
    assert other != Verdict.EXACT


@pytest.mark.parametrize("printed", ["515482303.16783273", "0.8943809270858765", "4.25"])
def test_a_double_printed_in_full_is_exact_up_to_its_last_places(printed):
    near = far = float(printed)
    for _ in range(4):
        near = math.nextafter(near, 0)
    for _ in range(40):
        far = math.nextafter(far, 0)
    in_full = len(printed) > 10
    assert judge(printed, [near], deterministic=True).verdict is Verdict.EXACT
    verdict = judge(printed, [far], deterministic=True, tolerance=1e-9).verdict
    assert (verdict is not Verdict.EXACT) == in_full


def test_a_source_that_prints_nan():
    assert judge("nan", [math.nan] * 5).verdict is Verdict.REPRODUCED
    assert judge("NaN", [0.9] * 5).verdict is Verdict.NOT_REPRODUCED
    few = judge("nan", [math.nan, math.nan])
    assert (few.verdict, few.leaning) == (Verdict.INCONCLUSIVE, Verdict.REPRODUCED)
    assert judge("nan", [0.9, math.nan]).leaning is None
    assert judge("nan", [0.9]).preliminary


def simulated(difference, k, sd=0.002, theirs_sd=0.002, tolerance=0.01, n=2000):
    """Share of each verdict where sources and seeds scatter around two true values."""
    rng = np.random.default_rng(7)
    theirs = np.round(rng.normal(0.9 + difference, theirs_sd, n), 4)
    ours = rng.normal(0.9, sd, (n, k))
    rule = RULE | {"tolerance": tolerance}
    verdicts = [
        gap(Reported.parse(f"{a:.4f}"), list(values), **rule).verdict
        for a, values in zip(theirs, ours, strict=True)
    ]
    return {verdict: verdicts.count(verdict) / n for verdict in Verdict}


@pytest.mark.parametrize("k", [1, 2, 3, 5])
@pytest.mark.parametrize("side", [-1, 1])
def test_at_the_boundary_few_errors(k, side):
    shares = simulated(side * 0.01, k)
    assert shares[Verdict.REPRODUCED] < 0.05
    assert shares[Verdict.NOT_REPRODUCED] < 0.05


@pytest.mark.parametrize(("k", "power"), [(3, 0.5), (5, 0.8)])
def test_power_where_all_is_equal(k, power):
    shares = simulated(0, k, theirs_sd=0)
    assert shares[Verdict.REPRODUCED] > power
    assert shares[Verdict.NOT_REPRODUCED] == 0


@pytest.mark.parametrize("k", [1, 2, 3, 5, 10])
@pytest.mark.parametrize("sd", [0, 0.002, 0.02])
def test_what_chance_brings_is_what_is_announced(k, sd):
    n, rng = 1000, np.random.default_rng(11)
    found = [
        gap(Reported.parse(f"{a:.4f}"), list(values), tolerance=0.002, seed_sd_prior=0.006)
        for a, values in zip(rng.normal(0.9, sd, n), rng.normal(0.9, sd, (n, k)), strict=True)
    ]
    wrong = sum(each.verdict is Verdict.NOT_REPRODUCED for each in found)
    announced = sum(each.by_chance for each in found)
    if k > 1:
        assert wrong == pytest.approx(announced, abs=4 * math.sqrt(announced) + 1)
    assert wrong <= 0.05 * n + 2 * math.sqrt(0.05 * 0.95 * n)


@pytest.mark.parametrize(
    ("reported", "values", "leaning", "is_settled"),
    [
        ("0.900", [0.899, 0.901], "reproduced", True),
        ("0.90", [0.898, 0.902], "reproduced", True),
        ("0.920", [0.898, 0.902], "not_reproduced", True),
        ("0.909", [0.898, 0.902], None, False),
    ],
)
def test_an_open_number_says_what_would_settle_it(reported, values, leaning, is_settled):
    judged = judge(reported, values)
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert (judged.leaning and judged.leaning.value) == leaning
    assert (judged.settled_by is not None) == is_settled
    if judged.settled_by:
        found = gap(Reported.parse(reported), values, **RULE)
        assert found.with_seeds(judged.settled_by).verdict is judged.leaning
        assert found.with_seeds(judged.settled_by - 1).verdict is Verdict.INCONCLUSIVE


def test_diverged_run_is_inconclusive():
    assert judge("0.897", [math.nan]).verdict == Verdict.INCONCLUSIVE
    assert judge("0.897", [0.9, math.nan]).reproduced is None


def test_binomial_variance_widens_the_interval():
    assert binomial_variance(0.0, 100, 100) == binomial_variance(1.0, 100, 100) == 0
    spread = binomial_variance(0.9, 10_000, 10_500)
    assert spread == pytest.approx(0.09 * (1 / 10_000 + 1 / 10_500))
    values = [0.897, 0.898, 0.899]
    wide = gap(Reported.parse("0.897"), values, binomial=spread, **RULE)
    assert wide.half_width > gap(Reported.parse("0.897"), values, **RULE).half_width


@given(st.lists(st.floats(0.5, 1), min_size=2, max_size=8), st.randoms())
def test_the_order_of_seeds_does_not_matter(values, random):
    shuffled = random.sample(values, len(values))
    one, other = judge("0.897", values), judge("0.897", shuffled)
    assert one.verdict == other.verdict
    assert np.allclose([one.lower, one.upper], [other.lower, other.upper])


@given(
    st.lists(st.floats(0.5, 1), min_size=1, max_size=8),
    st.floats(1e-4, 0.1),
    st.floats(1, 10),
)
def test_a_wider_tolerance_never_turns_reproduced_into_not(values, tolerance, factor):
    narrow = judge("0.897", values, tolerance=tolerance).verdict
    wide = judge("0.897", values, tolerance=tolerance * factor).verdict
    assert (narrow, wide) != (Verdict.REPRODUCED, Verdict.NOT_REPRODUCED)


@pytest.mark.parametrize(
    ("stated", "values", "verdict"),
    [
        ("over 0.90", [0.95, 0.951, 0.949], "reproduced"),
        ("over 0.90", [0.85, 0.851, 0.849], "not_reproduced"),
        ("over 0.90", [0.89, 0.90, 0.88], "inconclusive"),
        ("below 0.2", [0.05, 0.051, 0.049], "reproduced"),
        ("below 0.2", [0.3, 0.301, 0.299], "not_reproduced"),
        ("about 0.90", [0.95, 0.951, 0.949], "not_reproduced"),
    ],
)
def test_a_bound_is_contradicted_from_one_side(stated, values, verdict):
    assert judge(stated, values).verdict is Verdict(verdict)


@pytest.mark.parametrize(
    ("stated", "verdict"),
    [(">0.900", "reproduced"), ("<0.900", "not_reproduced"), ("<0.995", "reproduced")],
)
def test_a_bound_in_a_table_is_contradicted_from_one_side(stated, verdict):
    reported, ours = Reported.parse(stated), np.array([0.989, 0.99, 0.991])
    found = gap(reported, list(ours), **RULE)
    differences = (reported.value - ours) / found.tolerance
    assert family([found], differences[:, None], assumed=0.3).verdict.value == verdict


def test_a_bound_is_never_exact():
    assert judge("over 0.90", [0.90], deterministic=True).verdict is Verdict.REPRODUCED


@pytest.mark.parametrize("greater", [True, False])
def test_the_best_of_several_runs_is_rarely_called_false_and_is_no_typical_run(greater):
    rng, n, sd = np.random.default_rng(0), 2000, 0.01
    sign = 1 if greater else -1
    wrong = missed = 0
    for _ in range(n):
        best = sign * rng.normal(0, sd, 5).max()
        ours = list(rng.normal(0, sd, 5))
        terms = {"tolerance": 0.002, "seed_sd_prior": 0.006, "greater_is_better": greater}
        number = Reported.parse(f"{best:.4f}")
        wrong += gap(number, ours, best_of=5, **terms).verdict is Verdict.NOT_REPRODUCED
        # A number that lies as far on the other side is no best of five.
        other = Reported.parse(f"{-2.5 * sign * sd:.4f}")
        missed += gap(other, ours, best_of=5, **terms).verdict is not Verdict.NOT_REPRODUCED
    assert wrong / n <= 0.05 + 2 * (0.05 * 0.95 / n) ** 0.5
    assert missed / n < 0.5


@pytest.mark.parametrize(("seeds", "examples"), [(1, 0.0), (2, 0.0), (3, 0.0), (3, 0.0032)])
def test_the_best_of_ten_runs_is_rarely_called_false_with_few_seeds_or_other_examples(
    seeds, examples
):
    """What parts the best from our mean besides its own draw is not the best of ten."""
    rng, n, sd, wrong = np.random.default_rng(0), 2000, 0.006, 0
    for _ in range(n):
        best = rng.normal(0.8, sd, 10).max() + rng.normal(0, math.sqrt(examples))
        ours = list(rng.normal(0.8, sd, seeds))
        terms = {"tolerance": 0.0005, "seed_sd_prior": sd, "binomial": examples}
        found = gap(Reported.parse(f"{best:.4f}"), ours, best_of=10, **terms)
        wrong += found.verdict is Verdict.NOT_REPRODUCED
    assert wrong / n <= 0.05 + 2 * (0.05 * 0.95 / n) ** 0.5


def test_the_best_of_one_run_is_that_run():
    one, best = (judge("0.897", [0.9, 0.902, 0.897], best_of=n) for n in (1, 1 + 1e-9))
    assert (best.lower, best.upper) == pytest.approx((one.lower, one.upper), rel=1e-6)


def test_steps_of_one_example_count_against_a_number_only():
    steps = {"resolution": 1 / 15, "tolerance": 0.02, "seed_sd_prior": 0.006}
    agreeing = judge_value(Reported.parse("1.00"), [1.0] * 5, **steps)
    assert agreeing.verdict is Verdict.REPRODUCED
    assert agreeing.upper < 0.01
    one_step_away = judge_value(Reported.parse("0.93"), [1.0] * 2, **steps)
    assert one_step_away.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("seeds", [1, 2, 3, 5, 10])
def test_few_test_examples_settle_little_though_seeds_agree(seeds):
    """Of thirty test examples, three are answered at random; two seeds often agree."""
    rng, n, wrong = np.random.default_rng(0), 2000, 0
    for _ in range(n):
        theirs, *ours = (24 + rng.binomial(3, 0.3, seeds + 1)) / 30
        terms = RULE | {"seed_sd_prior": 0.006, "resolution": 1 / 30}
        found = gap(Reported.parse(f"{theirs:.4f}"), ours, **terms)
        wrong += found.verdict is Verdict.NOT_REPRODUCED
    assert wrong / n <= 0.05


def test_the_deviation_that_is_shown_is_that_of_the_seeds():
    judged = judge("0.9100", [0.9, 0.9], resolution=0.01)
    assert judged.sd == 0
    assert judged.upper > 0.03

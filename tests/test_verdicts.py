"""The interval rule, against cases worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from refashion.judgement.verdicts import (
    binomial_variance,
    interval_half_width,
    judge_share,
    judge_value,
    summarise,
)
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


@pytest.mark.parametrize("text", ["", "about 0.9", "inf", "0,9,1"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="no number"):
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
        ("0.897", [0.897], Verdict.REPRODUCED, None),
        ("0.897", [0.930], Verdict.NOT_REPRODUCED, "higher"),
    ],
)
def test_conditions(reported, values, verdict, direction):
    judged = judge(reported, values)
    assert (judged.verdict, judged.direction) == (verdict, direction)
    assert judged.seeds == len(values)


def test_one_seed_takes_the_prior_and_is_preliminary():
    judged = judge("0.897", [0.900])
    margin = stats.norm.ppf(0.975) * math.sqrt(0.003**2 * 2 + 0.0005**2 / 3)
    assert judged.preliminary
    assert judged.sd == 0.003
    assert judged.upper - judged.lower == pytest.approx(2 * margin)


def test_no_deviation_between_seeds_leaves_the_rounding():
    judged = judge("0.897", [0.9, 0.9, 0.9])
    assert judged.upper - judged.lower == pytest.approx(2 * 1.959964 * 0.0005 / math.sqrt(3))


def test_exact_needs_a_deterministic_model():
    assert judge("0.9113", [0.91130486], deterministic=True).verdict == Verdict.EXACT
    assert judge("0.9113", [0.91130486]).verdict != Verdict.EXACT
    assert judge("0.9113", [0.95], deterministic=True).verdict == Verdict.NOT_REPRODUCED


@pytest.mark.parametrize("digits", range(1, 17))
def test_exact_at_every_printed_precision(digits):
    value = 45720769.75632421
    number = f"{value:.{digits - 1}e}"
    assert judge(number, [value], deterministic=True).verdict == Verdict.EXACT
    # One unit in the last printed place away.
    unit = 10.0 ** (7 - (digits - 1))
    other = judge(number, [value + 1.01 * unit], deterministic=True, tolerance=1e-9).verdict
    assert other != Verdict.EXACT


def test_a_double_printed_in_full_is_reproduced_where_its_last_bit_differs():
    printed = "515482303.16783273"
    value = float(printed)
    assert judge(printed, [value], deterministic=True).verdict == Verdict.EXACT
    assert (
        judge(printed, [math.nextafter(value, 0)], deterministic=True).verdict == Verdict.REPRODUCED
    )


def test_a_source_that_prints_nan():
    assert judge("nan", [math.nan, math.nan]).verdict == Verdict.REPRODUCED
    assert judge("NaN", [0.9, 0.9]).verdict == Verdict.NOT_REPRODUCED
    assert judge("nan", [0.9, math.nan]).verdict == Verdict.INCONCLUSIVE


def simulated(difference, k, sd=0.002, tolerance=0.01, n=4000):
    """Share of each verdict where sources and seeds scatter alike around two true values."""
    rng = np.random.default_rng(7)
    theirs = np.round(rng.normal(0.9 + difference, sd, n), 4)
    ours = rng.normal(0.9, sd, (n, k))
    verdicts = [
        judge(f"{a:.4f}", list(values), tolerance=tolerance).verdict
        for a, values in zip(theirs, ours, strict=True)
    ]
    return {verdict: verdicts.count(verdict) / n for verdict in set(verdicts)}


@pytest.mark.parametrize("k", [2, 3, 5])
@pytest.mark.parametrize("side", [-1, 1])
def test_at_the_boundary_few_errors(k, side):
    shares = simulated(side * 0.01, k)
    assert shares.get(Verdict.REPRODUCED, 0) < 0.05
    assert shares.get(Verdict.NOT_REPRODUCED, 0) < 0.05


def test_power_where_all_is_equal():
    shares = simulated(0, k=5)
    assert shares[Verdict.REPRODUCED] > 0.8
    assert shares.get(Verdict.NOT_REPRODUCED, 0) == 0


@pytest.mark.parametrize(
    ("share", "verdict"),
    [
        (1, Verdict.HOLDS),
        (0.95, Verdict.HOLDS),
        (0.9, Verdict.INCONCLUSIVE),
        (0.05, Verdict.FAILS),
        (0, Verdict.FAILS),
    ],
)
def test_shares(share, verdict):
    assert judge_share(share) == verdict


@pytest.mark.parametrize(
    ("verdicts", "worst"),
    [
        ("exact exact", "exact"),
        ("exact reproduced", "reproduced"),
        ("reproduced not_run", "not_run"),
        ("reproduced inconclusive not_run", "inconclusive"),
        ("reproduced inconclusive not_reproduced", "not_reproduced"),
    ],
)
def test_a_table_is_as_good_as_its_worst_cell(verdicts, worst):
    assert summarise(map(Verdict, verdicts.split())) is Verdict(worst)


def test_diverged_run_is_inconclusive():
    assert judge("0.897", [math.nan]).verdict == Verdict.INCONCLUSIVE
    assert judge("0.897", [0.9, math.nan]).reproduced is None


def test_binomial_variance_widens_the_interval():
    assert binomial_variance(0.0, 100, 100) == binomial_variance(1.0, 100, 100) == 0
    spread = binomial_variance(0.9, 10_000, 10_500)
    assert spread == pytest.approx(0.09 * (1 / 10_000 + 1 / 10_500))
    assert interval_half_width(0.001, 5, 0.0, spread, False) > interval_half_width(
        0.001, 5, 0.0, 0.0, False
    )


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

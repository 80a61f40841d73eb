"""Properties of histories, on made-up curves that have them and that lack them."""

import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from refashion.checks import curves

# What a claim could state. A new property needs its settings here.
SETTINGS = {
    "close_together": {"column": "loss", "within": 0.05},
    "closer_than": {"column": "loss"},
    "converges_between": {"column": "loss", "first": 2, "last": 4, "within": 0.01},
    "does_not_converge": {"column": "loss", "by": 0.05},
    "in_line": {"column": "loss", "within": 0.05},
    "little_gain_after": {"column": "loss", "epoch": 3, "within": 0.01},
    "no_overfitting": {"column": "loss", "within": 0.02},
    "no_underfitting": {"column": "loss", "level": 0.3},
    "not_converged_by": {"column": "loss", "epoch": 3, "within": 0.01},
    "not_linear": {"column": "loss"},
    "out_of_line": {"column": "loss", "by": 0.05},
    "ends_near": {"column": "loss", "within": 0.01},
    "overfits_less_than": {"column": "loss"},
    "part_at_end": {"column": "loss", "by": 0.01},
    "slower_than": {"column": "loss"},
}
ONLY_TRAINING = {"does_not_converge", "no_underfitting", "not_linear", "slower_than"}

FALLING = [0.9, 0.5, 0.3, 0.2, 0.15]


def history(training, validation=None):
    """Give a history whose accuracy is one minus its loss, so that one curve serves for both."""
    columns = {"epoch": range(1, len(training) + 1), "loss": training}
    columns["accuracy"] = [1 - value for value in training]
    if validation is not None:
        columns["val_loss"] = validation
        columns["val_accuracy"] = [1 - value for value in validation]
    return pd.DataFrame(columns).assign(learning_rate=0.001, seconds=1.5)


def holds(name, *histories, **settings):
    """Judge by the loss and by the accuracy, which must agree."""
    answers = set()
    for column in ("loss", "accuracy"):
        values = settings | {"column": column}
        if column == "accuracy" and "level" in settings:
            values["level"] = 1 - settings["level"]
        margin = curves.function(name)(*histories, **values)
        assert isinstance(margin, float)
        answers.add(margin > 0)
    (answer,) = answers
    return answer


def test_every_property_is_named_documented_and_tested():
    assert curves.names() == sorted(SETTINGS)
    for name in curves.names():
        assert curves.function(name).__doc__.startswith("Measure whether ")
        assert set(curves.settings_model(name).model_fields) == set(SETTINGS[name])


def test_comparisons_are_known():
    compared = {name for name in curves.names() if curves.is_comparison(name)}
    assert compared == {"closer_than", "ends_near", "overfits_less_than", "slower_than"}


@pytest.mark.parametrize(
    "name", ["no_overfiting", "names", "_curve", "settings_model", "BaseModel"]
)
def test_other_names_are_refused(name):
    with pytest.raises(ValueError, match=f"property: {name!r}; accepted: close_together, "):
        curves.function(name)


def test_a_typing_error_is_answered_with_the_name():
    with pytest.raises(ValueError, match="did you mean 'no_overfitting'"):
        curves.is_comparison("no_overfiting")


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_are_required_and_no_others_accepted(name):
    settings, model = SETTINGS[name], curves.settings_model(name)
    assert model(**settings).model_dump() == settings
    for wrong in (settings | {"other": 1}, *({**settings, k: None} for k in settings)):
        with pytest.raises(ValidationError):
            model(**wrong)
    for key in settings:
        with pytest.raises(ValidationError, match=key):
            model(**{k: v for k, v in settings.items() if k != key})


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("no_overfitting", {"within": -0.01}),
        ("no_overfitting", {"within": math.inf}),
        ("no_overfitting", {"within": "0.01"}),
        ("no_overfitting", {"column": "val_loss"}),
        ("converges_between", {"first": 0}),
        ("converges_between", {"first": 1.5}),
        ("no_underfitting", {"level": math.nan}),
    ],
)
def test_settings_without_sense_are_refused(name, change):
    (key,) = change
    with pytest.raises(ValidationError, match=key):
        curves.settings_model(name)(**(SETTINGS[name] | change))


def test_names_and_settings_are_read_without_heavy_libraries():
    code = (
        "import sys; from refashion.checks import curves\n"
        "for name in curves.names(): curves.settings_model(name), curves.is_comparison(name)\n"
        # A lazy module that was not touched has nothing below it.
        "print([n for n in ('numpy.lib', 'pandas.core', 'tensorflow') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("validation", "expected"),
    [
        ([0.9, 0.6, 0.5, 0.45, 0.44], True),
        ([0.9, 0.6, 0.5, 0.45, 0.46], True),  # worse again, but within the tolerance
        ([0.9, 0.5, 0.4, 0.45, 0.55], False),
        ([0.9, 0.5, 0.4, 0.8, 0.41], True),  # one bad epoch is not the end
    ],
)
def test_no_overfitting(validation, expected):
    assert holds("no_overfitting", history(FALLING, validation), within=0.02) is expected


def test_ends_near():
    one, other = (history([0.9, 0.5, 0.3], [0.9, 0.6, end]) for end in (0.5, 0.52))
    assert holds("ends_near", one, other, within=0.03)
    assert not holds("ends_near", one, other, within=0.01)


def test_overfits_less_than():
    much, little = history([0.5, 0.1], [0.5, 0.4]), history([0.5, 0.3], [0.5, 0.4])
    behind = history([0.9, 0.6], [0.7, 0.4])  # training, with dropout, is the worse one
    assert holds("overfits_less_than", little, much)
    assert holds("overfits_less_than", behind, little)
    assert not holds("overfits_less_than", much, little)
    assert not holds("overfits_less_than", much, much)


def test_no_underfitting_looks_at_training_alone():
    assert holds("no_underfitting", history([0.5, 0.2]), level=0.3)
    assert not holds("no_underfitting", history([0.2, 0.5], [0.1, 0.1]), level=0.3)


@pytest.mark.parametrize("sign", [1, -1])
def test_close_together_looks_at_the_last_epoch(sign):
    ends_close = history([0.5, 0.3], [0.5 + sign * 0.2, 0.3 + sign * 0.01])
    ends_apart = history([0.5, 0.3], [0.5, 0.3 + sign * 0.1])
    assert holds("close_together", ends_close, within=0.05)
    assert not holds("close_together", ends_apart, within=0.05)


def test_in_line_looks_at_all_epochs_and_is_the_opposite_of_out_of_line():
    parting = history(FALLING, [0.91, 0.51, 0.31, 0.21, 0.25])  # 0.01 four times, then 0.1
    apart = history(FALLING, [1.0, 0.6, 0.4, 0.3, 0.16])
    crossing = history(FALLING, [0.8, 0.4, 0.4, 0.3, 0.25])  # gaps do not cancel out
    assert holds("in_line", parting, within=0.05)
    assert not holds("out_of_line", parting, by=0.05)
    for curve in (apart, crossing):
        assert not holds("in_line", curve, within=0.05)
        assert holds("out_of_line", curve, by=0.05)


def test_closer_than_takes_the_epochs_of_each_run():
    close = history([0.5, 0.4, 0.3], [0.51, 0.41, 0.31])
    wide = history([0.5, 0.4], [0.7, 0.6])
    assert holds("closer_than", close, wide)
    assert not holds("closer_than", wide, close)
    assert not holds("closer_than", wide, wide)


def test_part_at_end():
    assert holds("part_at_end", history(FALLING, [0.91, 0.51, 0.31, 0.21, 0.25]), by=0.01)
    # Apart from the first epoch on; apart in the first epoch only.
    assert not holds("part_at_end", history(FALLING, [x + 0.1 for x in FALLING]), by=0.01)
    assert not holds("part_at_end", history(FALLING, [1.5, 0.51, 0.31, 0.21, 0.16]), by=0.01)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (1, 3, True),
        (3, 3, True),
        (3, 9, True),
        (1, 2, False),  # too late
        (4, 5, False),  # too early
        (6, 9, False),  # the run has ended
    ],
)
def test_converges_between(first, last, expected):
    curve = [0.9, 0.5, 0.3, 0.305, 0.295]
    settings = {"first": first, "last": last, "within": 0.01}
    assert holds("converges_between", history(curve, curve), **settings) is expected


def test_both_curves_must_converge():
    flat, settings = [0.3] * 5, {"first": 1, "last": 4, "within": 0.01}
    assert holds("converges_between", history(flat, flat), **settings)
    assert not holds("converges_between", history(FALLING, flat), **settings)
    assert not holds("converges_between", history(flat, FALLING), **settings)
    assert holds("not_converged_by", history(flat, FALLING), epoch=3, within=0.01)


def test_the_last_epoch_alone_is_no_convergence():
    settings = {"first": 1, "last": 9, "within": 0.01}
    assert not holds("converges_between", history(FALLING, FALLING), **settings)


def test_a_slow_change_is_a_change():
    slow = [0.5 - 0.004 * epoch for epoch in range(10)]
    settings = {"first": 1, "last": 6, "within": 0.01}
    assert not holds("converges_between", history(slow, slow), **settings)


def test_a_reversed_range_is_refused():
    with pytest.raises(ValueError, match="first: 5; accepted: at most last, 4"):
        holds("converges_between", history(FALLING, FALLING), first=5, last=4, within=0.01)


@pytest.mark.parametrize(("epoch", "expected"), [(2, True), (3, False), (4, False), (9, False)])
def test_not_converged_by(epoch, expected):
    curve = [0.9, 0.5, 0.3, 0.305, 0.295]
    assert holds("not_converged_by", history(curve, curve), epoch=epoch, within=0.01) is expected


@pytest.mark.parametrize(
    ("validation", "epoch", "expected"),
    [
        ([0.9, 0.5, 0.3, 0.295, 0.4], 3, True),
        ([0.9, 0.3, 0.5, 0.4, 0.295], 3, True),  # the best before counts, not the last
        ([0.9, 0.5, 0.3, 0.2, 0.4], 3, False),
        ([0.9, 0.5, 0.3, 0.3, 0.3], 5, False),  # nothing comes after
    ],
)
def test_little_gain_after(validation, epoch, expected):
    settings = {"epoch": epoch, "within": 0.01}
    assert holds("little_gain_after", history(FALLING, validation), **settings) is expected


@pytest.mark.parametrize(
    ("training", "expected"),
    [
        ([2.3, 2.31, 2.29], True),
        ([2.3, 1.0, 2.5], True),
        ([0.5, math.nan, math.nan], True),
        ([math.inf], True),
        (FALLING, False),
    ],
)
def test_does_not_converge(training, expected):
    assert holds("does_not_converge", history(training), by=0.05) is expected


def test_slower_than_compares_the_epochs_of_both():
    quick, slow = history([0.5, 0.3]), history([0.9, 0.8, 0.7, 0.1])
    assert holds("slower_than", slow, quick)
    assert not holds("slower_than", quick, slow)
    assert not holds("slower_than", quick, quick)
    # Behind at first or at the end only.
    assert not holds("slower_than", history([0.9, 0.2]), quick)
    assert not holds("slower_than", history([0.2, 0.35]), quick)


@pytest.mark.parametrize(
    ("training", "expected"),
    [
        (FALLING, True),
        ([0.9, 0.7, 0.5, 0.3], False),
        ([0.9, 0.71, 0.49, 0.3], False),
        ([0.5, 0.1], False),  # two points
        ([0.1, 0.1, 0.1], False),  # a constant; its mean is not exactly 0.1
        ([0.9, 0.5, 0.9, 0.5], True),
    ],
)
def test_not_linear(training, expected):
    assert holds("not_linear", history(training)) is expected


def with_diverged(name, diverged, sound):
    """Pairs of histories, one of them diverged; a single one for what is no comparison."""
    return [(diverged, sound), (sound, diverged)] if curves.is_comparison(name) else [(diverged,)]


@pytest.mark.parametrize("name", sorted(SETTINGS.keys() - {"does_not_converge"}))
@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("where", ["loss", "val_loss"])
def test_a_diverged_run_has_no_property(name, value, where):
    flat = [0.5] * 6
    diverged = history(flat, flat)
    diverged.loc[3:, where] = value  # the accuracy stays a number
    for column in ("loss", "accuracy"):
        settings = SETTINGS[name] | {"column": column}
        for histories in with_diverged(name, diverged, history([0.8] * 6, [0.9] * 6)):
            assert curves.function(name)(*histories, **settings) == -math.inf


def test_a_diverged_run_does_not_converge_by_any_column():
    diverged = history(FALLING, FALLING)
    diverged.loc[4, "val_loss"] = math.nan
    assert curves.does_not_converge(diverged, column="accuracy", by=0)


@pytest.mark.parametrize(
    "name", ["converges_between", "does_not_converge", "little_gain_after", "not_converged_by"]
)
def test_one_epoch_has_no_course(name):
    assert curves.function(name)(history([0.5], [0.5]), **SETTINGS[name]) == -math.inf


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("close_together", False),
        ("in_line", False),
        ("out_of_line", True),
        ("no_overfitting", True),  # no later epoch is worse
        ("not_linear", False),
        ("part_at_end", False),
    ],
)
def test_one_epoch_is_first_and_last(name, expected):
    assert (curves.function(name)(history([0.2], [0.4]), **SETTINGS[name]) > 0) is expected


@pytest.mark.parametrize("name", sorted(SETTINGS.keys() - ONLY_TRAINING))
def test_without_validation_nothing_is_said_of_it(name):
    with_, without = history(FALLING, FALLING), history(FALLING)
    pairs = [(without, with_), (with_, without)] if curves.is_comparison(name) else [(without,)]
    for histories in pairs:
        with pytest.raises(ValueError, match="no column 'val_loss'; it has epoch, loss, accuracy"):
            curves.function(name)(*histories, **SETTINGS[name])


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_missing_metric_is_an_error(name):
    histories = [history(FALLING, FALLING)] * (2 if curves.is_comparison(name) else 1)
    with pytest.raises(ValueError, match=r"no column '(val_)?mae'"):
        curves.function(name)(*histories, **(SETTINGS[name] | {"column": "mae"}))


def test_a_history_without_epochs_is_an_error():
    with pytest.raises(ValueError, match="no epochs"):
        curves.not_linear(history([]), column="loss")


def test_error_of_a_regression_is_better_when_smaller():
    one = pd.DataFrame({"epoch": [1, 2], "mae": [9.0, 3.0], "val_mae": [8.0, 7.0]})
    other = one.assign(mae=[8.0, 2.0])
    assert curves.slower_than(one, other, column="mae") == 1
    assert curves.no_overfitting(one, column="mae", within=0.5) == 0.5
    assert curves.no_underfitting(one, column="mae", level=4) == 1
    assert curves.no_underfitting(one, column="mae", level=2) == -1


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_history_is_left_as_it_was(name):
    one, other = history(FALLING, FALLING), history(np.array(FALLING), FALLING)
    before = one.copy()
    curves.function(name)(
        *([one, other] if curves.is_comparison(name) else [one]), **SETTINGS[name]
    )
    pd.testing.assert_frame_equal(one, before)

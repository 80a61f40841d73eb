"""Numbers as reports print them."""

import math

import pytest

from refashion.reported import Reported


@pytest.mark.parametrize(
    ("text", "value", "digits"),
    [
        ("0.897", 0.897, 3),
        (".99", 0.99, 2),
        ("96.85%", 0.9685, 4),
        ("1e3", 1000.0, -3),
        ("-5.74e-08", -5.74e-8, 10),
        # A comma is a decimal comma unless it can part thousands.
        ("0,98", 0.98, 2),
        ("0,980", 0.980, 3),
        ("1,5", 1.5, 1),
        ("1234,567", 1234.567, 3),
        ("1,234", 1234.0, 0),
        ("12,345.6", 12345.6, 1),
        ("1,234,567", 1234567.0, 0),
        ("1.234,5", 1234.5, 1),
        ("1.234.567", 1234567.0, 0),
        ("1.234", 1.234, 3),
        # Spaces part thousands, or a number and its sign.
        ("1 234", 1234.0, 0),
        ("60\u202f000", 60000.0, 0),
        ("1\u2009234,5", 1234.5, 1),
        ("98 %", 0.98, 2),
        ("98,5\u00a0%", 0.985, 3),
        # Minus signs of typeset text.
        ("\u22120.5", -0.5, 1),
        ("\u20130.5", -0.5, 1),
        ("1e\u22123", 0.001, 3),
    ],
)
def test_numbers_are_read_as_they_are_printed(text, value, digits):
    read = Reported.parse(text)
    assert (read.value, read.digits) == (value, digits)
    assert read.half_unit == pytest.approx(0.5 * 10.0**-digits)
    assert read.percent == ("%" in text)


@pytest.mark.parametrize(
    ("text", "value", "deviation"),
    [
        ("92.4 ± 0.3", 92.4, 0.3),
        ("92.4±0.3%", 0.924, 0.003),
        ("92,4 % ± 0,3 %", 0.924, 0.003),
        ("0.924 +/- 0.003", 0.924, 0.003),
        ("0.924", 0.924, None),
    ],
)
def test_a_deviation_may_follow(text, value, deviation):
    read = Reported.parse(text)
    assert read.value == pytest.approx(value)
    assert read.deviation == (deviation and pytest.approx(deviation))


@pytest.mark.parametrize(
    ("text", "bound", "value"),
    [
        ("over 90 %", "over", 0.9),
        ("More than 90%", "over", 0.9),
        ("≥0.9", "over", 0.9),
        ("under 0,3", "under", 0.3),
        ("no more than 5", "under", 5),
        ("< 0.05", "under", 0.05),
        ("about 90 %", "about", 0.9),
        ("~ 1,000", "about", 1000),
        ("0.9", None, 0.9),
    ],
)
def test_a_number_may_be_a_bound(text, bound, value):
    read = Reported.parse(text)
    assert (read.bound, read.value) == (bound, value)


@pytest.mark.parametrize(
    "text", ["1,234 %", "1,234 ± 5", "0 123", "1 23", "1,23,4", "12 %%", "± 3", "over", "about x"]
)
def test_what_may_mean_two_numbers_or_none_is_refused(text):
    with pytest.raises(ValueError, match="not a number as a report would print it"):
        Reported.parse(text)


def test_not_a_number_is_read():
    assert math.isnan(Reported.parse("nan").value)

"""Every consistency check, on made-up numbers that fit and that do not; the arithmetic beside."""

import inspect
import json
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from refashion.checks import consistency
from refashion.checks.consistency.number import read, same

# Recall of ten classes, and how many examples each has; with their sums.
RECALLS = ["0.88", "0.97", "0.80", "0.95", "0.80", "0.96", "0.68", "0.95", "0.98", "0.96"]  # 8.93
SUPPORTS = ["996", "1039", "1017", "1077", "1064", "1074", "1013", "1088", "1061", "1071"]  # 10,500
MATRIX = ["90 4 6", "8 80 12", "2 3 95"]  # diagonal 265 of 300
UNREAD = ["90 - 6", "8 80 12", "2 3 95"]
ABC = ["a", "b", "c"]


def check(name, /, **numbers):
    """Run a check the way a study does: through its model, from JSON."""
    fields = consistency.settings_model(name).model_validate_json(json.dumps(numbers), strict=True)
    finding = consistency.function(name)(**fields.model_dump(mode="json"))
    assert finding.detail.endswith(".")
    return finding


def holds(name, /, **numbers):
    return check(name, **numbers).consistent


@pytest.mark.parametrize(
    ("name", "numbers", "vacuous"),
    [
        ("same_setting", {"values": ["Adam", "adam"]}, True),
        ("same_setting", {"values": ["Adam", "SGD"]}, False),
        ("same_value", {"values": ["0.9", "0.90"]}, True),
        ("same_value", {"values": ["0.9", "0.8"]}, False),
        ("count_matches_list", {"stated": "3", "items": ABC}, True),
        ("count_matches_list", {"stated": "4", "items": ABC}, False),
        ("is_listed", {"name": "a", "items": ABC}, True),
        ("is_listed", {"name": "d", "items": ABC}, False),
        ("product", {"factors": ["28", "28"], "result": "784"}, True),
        ("product", {"factors": ["28", "28"], "result": "785"}, False),
        # One of 2000 is 0.05 %: each tenth of a percent is possible, not each hundredth.
        ("grim", {"proportion": "99.4%", "examples": "2000"}, True),
        ("grim", {"proportion": "99.45%", "examples": "2000"}, False),
        ("grim", {"proportion": "99.46%", "examples": "2000"}, False),
        ("counts_add_up", {"parts": ["8", "3"], "total": "11"}, False),
    ],
)
def test_agreement_that_says_nothing(name, numbers, vacuous):
    assert check(name, **numbers).vacuous is vacuous


@pytest.mark.parametrize(
    ("text", "exact", "agreement"),
    [
        ("0.919", "0.9186", "rounded"),
        ("0.919", "0.9184999", None),
        ("0.919", "0.9195", "tie"),
        ("0.919", "0.9185", "tie"),
        ("0.919", "0.9199999", "cut off"),
        ("0.919", "0.92", "float32 cut off"),  # the float32 of 0.92 is 0.91999998
        ("0.919", "0.9200001", None),
        ("-0.919", "-0.9199", "cut off"),
        ("-0.919", "-0.9200001", None),
        ("91.9%", "0.9186", "rounded"),
        ("92%", "0.9186", "rounded"),
        ("9e-1", "0.8500001", "rounded"),
        ("1e3", "1400", "rounded"),
        (".5", "0.5499", "rounded"),
        ("1", "1.4", "rounded"),
        ("0", "0.4", "rounded"),
        ("0.0", "0.09", "cut off"),
        ("0.9186", "0.9186", "rounded"),
        # A float32 near 0.89 has a spacing of 2**-24 = 6.0e-8, a float64 one of 1.1e-16.
        ("0.8943809270858765", "0.89438095238", "floating point"),
        ("0.8943809270858765", "0.894381", None),
        ("0.8943809523809523", "0.8943809523809999", "floating point"),
        ("0.8943809523809523", "0.89438095", None),
        # 17160926.0 may be a float32, and those near it are 2 apart.
        ("17160926.0", "17160926.9", "floating point"),
        ("17160926.0", "17160927.1", None),
        # Half a unit and half the spacing of float32 add up: 5.0e-7 + 3.0e-8.
        ("0.894381", "0.89438152", "floating point"),
        ("0.894381", "0.89438154", "cut off"),
        ("0.90909094", "0.90909090909", "floating point"),  # 5.0e-9 + 3.0e-8 above 10 / 11
        ("0.9166666865", "0.91666666667", "floating point"),  # ten digits of a float32
        ("0.9166666666", "0.91666668", None),  # ten digits of no float32
        # Bounds and rough numbers.
        ("over 90 %", "0.9186", "bound"),
        ("over 90 %", "0.8986", None),
        ("at most 0.3", "0.2999", "bound"),
        ("about 90%", "0.87", "bound"),
        ("about 92%", "0.87", None),
    ],
)
def test_how_an_exact_number_would_be_printed(text, exact, agreement):
    exact = Fraction(exact)
    assert read(text).agreement(exact, exact) == agreement


@given(st.fractions(min_value=-1000, max_value=1000), st.integers(0, 16))
def test_a_number_agrees_with_its_own_rounding(value, digits):
    text = f"{float(round(value, digits)):.{digits}f}"
    exact = Fraction(text)
    assert read(text).agreement(exact, exact) == "rounded"
    number = read(f"{exact.numerator / exact.denominator:.{digits}f}")
    assert abs(number.value - exact) <= number.unit


@pytest.mark.parametrize(
    ("one", "other", "agreement"),
    [
        ("0.919", "0.919", "rounded"),
        ("0.919", "0.920", None),  # no touching of 0.9195 where both have three digits
        ("0.919", "91.9%", "rounded"),
        ("0.92", "0.919", "rounded"),
        ("0.8943", "0.8943809270858765", "cut off"),
        ("0.8944", "0.8943809270858765", "rounded"),
        ("0.98", "0.985", "tie"),
        ("0.98", "0.9851", "cut off"),
        ("0", "0.00", "rounded"),
    ],
)
def test_two_numbers_at_the_coarser_precision(one, other, agreement):
    assert same(read(one), read(other)) == same(read(other), read(one)) == agreement


@pytest.mark.parametrize("digits", range(1, 17))
def test_precision_from_one_to_sixteen_digits(digits):
    # Seven of eleven is 0.63636363636363636...
    text = f"{7 / 11:.{digits}f}"
    assert holds("grim", proportion=text, examples="11")
    # 0.9 is 10 of 11. With more digits three units make a number between two counts; so do those
    # that are beyond the precision of floating point numbers.
    other = f"{7 / 11 + max(3 * 10**-digits, 1e-6):.{digits}f}"
    assert holds("grim", proportion=other, examples="11") == (digits == 1)


@pytest.mark.parametrize(
    ("accuracy", "errors", "examples", "fits"),
    [
        ("0.919", "814", "10000", True),  # 9186 / 10000 = 0.9186
        ("0.897", "1092", "10000", False),  # 8908 / 10000 = 0.8908
        ("0.897", "1,092", "10,000", False),
        ("91.9%", "810", "10000", True),
        ("0.9", "1", "10", True),
        ("0.90", "1", "11", True),  # 0.909 with its last digit cut off
        ("0.92", "1", "11", False),
        ("1.0", "0", "50", True),
        ("0", "50", "50", True),
        ("0.00", "50", "50", True),
        ("0.5", "60", "50", False),  # more errors than examples
        ("99.4%", "11", "2000", True),  # 99.45 %: halfway
        ("99.5%", "11", "2000", True),
        ("99.3%", "11", "2000", False),
        ("0.91", "81", "1000", True),  # 0.919 with its last digit cut off
    ],
)
def test_errors_match_accuracy(accuracy, errors, examples, fits):
    assert (
        holds("errors_match_accuracy", accuracy=accuracy, errors=errors, examples=examples) == fits
    )


def test_detail_has_the_arithmetic():
    finding = check("errors_match_accuracy", accuracy="0.897", errors="1092", examples="10000")
    assert finding.detail == (
        "0.897 of 10,000 is 8,970 right answers, 1,030 wrong; "
        "with the 1,092 stated the accuracy is 0.8908, not 0.897."
    )
    finding = check("errors_match_accuracy", accuracy="92.15%", errors="392", examples="5000")
    assert "4,607.5 right answers, 392.5 wrong" in finding.detail


@pytest.mark.parametrize(
    ("accuracy", "errors", "examples", "words"),
    [
        ("0.919", "814", "10000", "is 0.9186, which rounds to 0.919."),
        ("0.9186", "814", "10000", "is 0.9186, as stated."),
        ("99.4%", "11", "2000", "is 99.45%, which is halfway"),
        ("0.91", "81", "1000", "is 0.919, which gives 0.91 if further digits are cut off"),
    ],
)
def test_detail_tells_how_numbers_agree(accuracy, errors, examples, words):
    numbers = {"accuracy": accuracy, "errors": errors, "examples": examples}
    assert words in check("errors_match_accuracy", **numbers).detail


@pytest.mark.parametrize(("correct", "fits"), [("9186", True), ("9,186", True), ("9187", False)])
def test_errors_and_correct(correct, fits):
    assert holds("errors_and_correct", errors="814", correct=correct, examples="10000") == fits


@pytest.mark.parametrize(
    ("parts", "total", "fits"),
    [
        (SUPPORTS, "10500", True),
        (SUPPORTS, "10000", False),
        (["8", "3"], "11", True),
        (["8", "3"], "12", False),
        (["0"], "0", True),
    ],
)
def test_counts_add_up(parts, total, fits):
    assert holds("counts_add_up", parts=parts, total=total) == fits


@pytest.mark.parametrize(("result", "fits"), [("784", True), ("768", False)])
def test_product(result, fits):
    assert holds("product", factors=["28", "28"], result=result) == fits


@pytest.mark.parametrize(
    ("proportion", "examples", "fits"),
    [
        ("0.8943809270858765", "10500", True),  # the float32 of 9391 / 10500
        ("89.43809270858765%", "10500", True),
        ("0.8943809", "10500", True),  # the same float32 as NumPy prints it
        ("0.8943809270858765", "10000", False),
        ("0.8943809523809523", "10500", True),  # the float64 of 9391 / 10500
        ("0.9394", "33", True),  # 31 / 33 = 0.93939
        ("0.9393", "33", True),  # the same with further digits cut off
        ("0.9392", "33", False),
        ("92.17%", "5000", False),  # 4608 is 92.16 %, 4609 is 92.18 %
        ("92,16 %", "5 000", True),
        ("92.16", "5000", True),  # above 1 it is a percentage
        ("92.16%", "5000", True),
        ("0.05", "10", False),
        ("0.5", "1", False),
        ("0", "7", True),
        ("1.000", "7", True),
        ("1.2", "10", False),
        ("-0.2", "10", False),
        ("0.4", "10000", True),
    ],
)
def test_grim(proportion, examples, fits):
    assert holds("grim", proportion=proportion, examples=examples) == fits


@given(st.integers(1, 3000), st.data(), st.integers(1, 16))
def test_grim_never_doubts_a_true_proportion(examples, data, digits):
    right = data.draw(st.integers(0, examples))
    assert holds("grim", proportion=f"{right / examples:.{digits}f}", examples=str(examples))


def test_grim_details():
    finding = check("grim", proportion="92.15%", examples="5000")
    assert finding.consistent and not finding.agrees
    assert finding.detail == (
        "No whole count out of 5,000 gives 92.15%: 4,607 is 92.14%, 4,608 is 92.16%. "
        "4,608 kept as a float32 is 0.92159998, and gives it if cut off. "
        "This agrees only if the digits of a float32 were cut off, not rounded."
    )
    detail = check("grim", proportion="90.13%", examples="5000").detail
    assert detail == "No whole count out of 5,000 gives 90.13%: 4,506 is 90.12%, 4,507 is 90.14%."
    assert "every figure" not in check("grim", proportion="0.90", examples="99").detail
    assert "every figure" in check("grim", proportion="0.90", examples="100").detail


@pytest.mark.parametrize(
    ("steps", "examples", "batch_size", "fits"),
    [
        ("1860", "59500", "32", True),  # 1859.4
        ("1860", "60000", "32", False),  # 1875
        ("1875", "60000", "32", True),
        ("329", "10500", "32", True),
        ("1", "5", "32", True),
        ("1859", "59500", "32", True),  # the last 12 examples dropped
        ("1858", "59500", "32", False),
    ],
)
def test_steps(steps, examples, batch_size, fits):
    assert holds("steps", steps=steps, examples=examples, batch_size=batch_size) == fits


def test_steps_tell_what_would_fit():
    detail = check("steps", steps="1860", examples="60000", batch_size="32").detail
    assert detail == (
        "60,000 examples in batches of 32 make 1,875 steps, not 1,860. "
        "No batch size gives 1,860 steps of 60,000 examples; "
        "with batches of 32, 59,489 to 59,520 examples do."  # 1859 * 32 + 1 to 1860 * 32
    )
    detail = check("steps", steps="10", examples="1000", batch_size="32").detail
    assert "Batches of 100 to 111 give 10 steps" in detail  # 1000 / 111 = 9.009
    assert (
        "Batches of 5 or more give 1 step of 5 examples"
        in check("steps", steps="1", examples="5", batch_size="2").detail
    )


@pytest.mark.parametrize(
    ("average", "fits"),
    [("0.89", True), ("0.893", True), ("0.90", True), ("0.91", False), ("0.87", False)],
)
def test_macro_average(average, fits):
    # The values are rounded, so their mean is 0.888 to 0.898, and 0.90 stands for 0.895 or more.
    assert holds("macro_average", values=RECALLS, average=average) == fits


def test_macro_average_of_one_value():
    assert holds("macro_average", values=["0.5"], average="0.5")
    assert not holds("macro_average", values=["0.50"], average="0.52")


@pytest.mark.parametrize(
    ("values", "weights", "average", "fits"),
    [
        (RECALLS, SUPPORTS, "0.89", True),
        (RECALLS, SUPPORTS, "0.8943809270858765", True),
        (RECALLS, SUPPORTS, "0.8859", False),
        (["0.50", "1.00"], ["300", "100"], "0.62", True),  # (150 + 100) / 400 = 0.625 +- 0.005
        (["0.50", "1.00"], ["300", "100"], "0.75", False),  # that is the mean without weights
        (["0.50", "1.00"], ["0", "100"], "1.00", True),
    ],
)
def test_weighted_average(values, weights, average, fits):
    assert holds("weighted_average", values=values, weights=weights, average=average) == fits


@pytest.mark.parametrize("weights", [["1"], ["0", "0"]])
def test_weights_that_do_not_fit(weights):
    with pytest.raises(ValueError, match="one weight for each value"):
        holds("weighted_average", values=["0.5", "0.6"], weights=weights, average="0.5")


@pytest.mark.parametrize(
    ("precision", "recall", "f1", "fits"),
    [
        ("0.78", "0.68", "0.72", True),  # 2 * 0.5304 / 1.46 = 0.7266, and 0.7216 with rounding
        ("0.78", "0.68", "0.73", True),
        ("0.78", "0.68", "0.74", False),
        ("0.780", "0.680", "0.72", True),  # 0.7261 to 0.7271, which is 0.72 if cut off
        ("0.98", "0.97", "0.98", True),
        ("0.00", "0.00", "0.00", True),
        ("0", "1", "0.9", False),
        ("78%", "68%", "73%", True),
        ("1.00", "1.00", "1.00", True),
    ],
)
def test_f1(precision, recall, f1, fits):
    assert holds("f1", precision=precision, recall=recall, f1=f1) == fits


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 16))
def test_f1_never_doubts_true_numbers(precision, recall, digits):
    total = precision + recall
    f1 = 2 * precision * recall / total if total else 0.0
    texts = (f"{value:.{digits}f}" for value in (precision, recall, f1))
    assert holds("f1", **dict(zip(("precision", "recall", "f1"), texts, strict=True)))


@pytest.mark.parametrize(
    ("matrix", "totals", "fits"),
    [
        (MATRIX, ["100", "100", "100"], True),
        (MATRIX, ["100", "100", "101"], False),
        (UNREAD, ["100", "100", "100"], True),  # 96 and one cell
        (UNREAD, ["95", "100", "100"], False),  # 96 are there already
        (UNREAD, ["100", "101", "100"], False),
    ],
)
def test_matrix_row_sums(matrix, totals, fits):
    assert holds("matrix_row_sums", matrix=matrix, totals=totals) == fits


def test_rows_that_do_not_add_up_are_named():
    detail = check("matrix_row_sums", matrix=MATRIX, totals=["100", "90", "1,000"]).detail
    assert "row 2 adds up to 100, not 90 and row 3 adds up to 100, not 1,000" in detail
    detail = check("matrix_row_sums", matrix=UNREAD, totals=["100"] * 3).detail
    assert "2 of 3 rows" in detail
    assert "One cell cannot be read." in detail


@pytest.mark.parametrize(
    ("matrix", "examples", "fits"),
    [(MATRIX, "300", True), (MATRIX, "301", False), (UNREAD, "300", True), (UNREAD, "290", False)],
)
def test_matrix_total(matrix, examples, fits):
    assert holds("matrix_total", matrix=matrix, examples=examples) == fits


@pytest.mark.parametrize(
    ("accuracy", "fits"),
    [("88.33%", True), ("0.88", True), ("0.8833333333333333", True), ("0.89", False)],
)
def test_matrix_accuracy(accuracy, fits):
    assert holds("matrix_accuracy", matrix=MATRIX, accuracy=accuracy) == fits  # 265 / 300


def test_matrix_ordering():
    worse = ["1 1", "1 1"]  # 50 %
    assert holds("matrix_ordering", better=MATRIX, worse=worse)
    assert not holds("matrix_ordering", better=worse, worse=MATRIX)
    assert not holds("matrix_ordering", better=worse, worse=worse)
    assert "265 of 300 (88.33%)" in check("matrix_ordering", better=MATRIX, worse=worse).detail


@pytest.mark.parametrize(
    ("pair", "fits"),
    [(["b", "c"], True), (["c", "b"], True), (["a", "b"], False), (["a", "c"], False)],
)
def test_matrix_most_confused(pair, fits):
    # a and b 4 + 8, a and c 6 + 2, b and c 12 + 3.
    assert holds("matrix_most_confused", matrix=MATRIX, labels=ABC, pair=pair) == fits


def test_most_confused_with_a_tie():
    finding = check(
        "matrix_most_confused", matrix=["1 2 2", "0 1 0", "0 0 1"], labels=ABC, pair=["a", "b"]
    )
    assert finding.consistent
    assert "tie" in finding.detail


@pytest.mark.parametrize(
    ("name", "numbers", "words"),
    [
        ("matrix_total", {"matrix": ["1 2", "3"], "examples": "6"}, "square"),
        ("matrix_row_sums", {"matrix": MATRIX, "totals": ["100"]}, "one total for each row"),
        ("matrix_accuracy", {"matrix": UNREAD, "accuracy": "0.9"}, "illegible cells"),
        ("matrix_accuracy", {"matrix": ["0"], "accuracy": "0.9"}, "all cells are 0"),
        ("matrix_most_confused", {"matrix": MATRIX, "labels": ABC, "pair": ["a", "d"]}, "labels"),
        ("matrix_most_confused", {"matrix": MATRIX, "labels": ABC[:2], "pair": ["a", "b"]}, "row"),
    ],
)
def test_matrices_that_cannot_be_used(name, numbers, words):
    with pytest.raises(ValueError, match=words):
        check(name, **numbers)


@pytest.mark.parametrize(
    ("last_epoch", "result", "fits"),
    [
        ("0.8944", "0.8943809270858765", True),
        ("0.8859", "0.8943809270858765", False),
        ("0.8943", "0.8943809270858765", True),  # cut off
        ("0.3103", "0.3103", True),
    ],
)
def test_log_ends_in_result(last_epoch, result, fits):
    assert holds("log_ends_in_result", last_epoch=last_epoch, result=result) == fits


@pytest.mark.parametrize(
    ("values", "fits"),
    [
        (["99.4%", "0.994", "99%"], True),
        (["69.5%", "69.5%"], True),
        (["0.888", "0.88"], True),  # cut off
        (["0.888", "0.89"], True),
        (["0.888", "0.87"], False),
        (["0.9", "0.88", "0.92"], False),  # each rounds to 0.9, but they differ
        (["0.9166666865348816", "0.9166666666666666"], True),  # float32 and float64 of 11 / 12
        (["0.9166676865348816", "0.9166666666666666"], False),
        (["97.8", "97.8%", "0.978"], True),
        (["over 90 %", "0.919"], True),
        (["over 92 %", "0.919"], False),
        (["0", "0.0"], True),
    ],
)
def test_same_value(values, fits):
    finding = check("same_value", values=values)
    assert finding.consistent == fits
    assert ("cut off" in finding.detail) == (values == ["0.888", "0.88"])


def test_same_value_names_the_two_that_differ():
    assert "0.88 and 0.92 differ" in check("same_value", values=["0.9", "0.88", "0.92"]).detail


@pytest.mark.parametrize(
    ("values", "fits"),
    [
        ([".01", "0.1"], False),
        ([".01", "0.010", "1%"], True),
        (["ReLU", "Leaky ReLU"], False),
        (["Leaky ReLU", "LeakyReLU"], True),
        (["1,000", "1000"], True),
        (["two", "10"], False),
        (["softmax + sigmoid", "sigmoid"], False),
        (["dropout 0.3", "dropout 0.2"], False),
        (["20%", "0.2", "0,2"], True),
        (["28x28", "28 × 28", "28 by 28"], True),
        (["Adam", "adam", " ADAM "], True),
        (["28 x 28", "28  x 28"], True),
        (["28 x 28", "32 x 32", "28 x 28"], False),
        (["nan", "NaN"], True),
    ],
)
def test_same_setting(values, fits):
    assert holds("same_setting", values=values) == fits


def test_same_setting_lists_each_value_once_in_its_order():
    finding = check("same_setting", values=["32 x 32", "28 x 28", "32 x 32"])
    assert finding.detail == "Stated with 2 values: 32 x 32 and 28 x 28."


@pytest.mark.parametrize(
    ("first", "second", "fits"),
    [
        (["0.3103218972682971"], ["0.3103218972682971"], False),  # of no number of examples
        (["0.3103", "0.89"], ["0.3103", "0.90"], True),
        (["0.89"], ["0.89"], True),  # one figure of two digits
        (["0.89", "0.90"], ["0.89", "0.90"], True),
        (["0.89", "0.90", "0.88"], ["0.89", "0.90", "0.88"], True),  # as averages often are
        ([*RECALLS * 4], [*RECALLS * 4], False),
        (["0.9200"], ["0.9200"], True),
        (["0.9090909090909091"], ["0.9090909090909091"], True),  # 10 of 11
        (["1.00"] * 40, ["1.00"] * 40, True),  # two perfect models
        (["10500"], ["10500"], True),  # a size
        (["0.0012"], ["0.0012"], True),  # two significant digits
        (["0.890"], ["0.89"], True),  # not to the last digit
        (["17839964.0"], ["17839964.0"], False),
        (["nan"], ["nan"], True),
    ],
)
def test_copied(first, second, fits):
    assert holds("copied", first=first, second=second) == fits


def test_copied_needs_as_many_of_both():
    with pytest.raises(ValueError, match="as many of both"):
        check("copied", first=["0.89"], second=["0.89", "0.90"])


@pytest.mark.parametrize(("stated", "fits"), [("3", True), ("5", False), ("0", False)])
def test_count_matches_list(stated, fits):
    finding = check("count_matches_list", stated=stated, items=["one", "two", "three"])
    assert finding.consistent == fits
    assert "one, two and three" in finding.detail


def test_a_long_list_is_shortened():
    detail = check("count_matches_list", stated="27", items=["0"] * 27).detail
    assert detail == "27 are listed, as stated: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 and 17 more."


@pytest.mark.parametrize(("name", "fits"), [("cnn", True), (" CNN", True), ("forest", False)])
def test_is_listed(name, fits):
    assert holds("is_listed", name=name, items=["softmax", "CNN"]) == fits


@pytest.mark.parametrize(
    ("before", "after", "change", "fits"),
    [
        ("69.5%", "23.5%", "46%", "the difference."),
        ("69.5%", "5.6%", "64%", "the difference."),  # 63.9
        ("69.5%", "33.0%", "52.5%", "the relative change."),  # 36.5 / 69.5 = 52.5 %
        ("69.5%", "33.0%", "40%", None),
        ("69.5%", "23.5%", "46", "the difference."),  # percentage points
        ("69.5%", "23.5%", "-46%", "the difference."),
        ("23.5%", "69.5%", "46%", "the difference."),
        ("0.695", "0.235", "46%", "the difference."),
        ("0.888", "2.11", "138%", "the relative change."),  # 1.222 / 0.888 = 137.6 %
        ("0.888", "2.11", "1.22", "the difference."),
        ("0.888", "2.11", "137%", "the relative change."),  # 137.4 to 138.3 % with rounding
        ("0.8880", "2.1100", "137%", "the relative change if digits are cut off, not rounded."),
        ("0", "2", "200%", None),  # no relative change of nothing, and no percentage points
        ("0", "2", "2", "the difference."),
        ("10", "10", "0%", "the relative change."),
        ("92.1", "94.3", "2.2 %", "the difference of percentages."),
        ("92.1", "94.3", "3.2 %", None),
        ("92.1", "94.3", "2.39", "the relative change, in percent."),
        ("0.921", "0.943", "2.2", "the difference, in percentage points."),
    ],
)
def test_stated_change(before, after, change, fits):
    finding = check("stated_change", before=before, after=after, change=change)
    assert finding.consistent == (fits is not None)
    assert finding.detail.endswith(f"; {change} is {fits or 'stated.'}")


@pytest.mark.parametrize(
    ("name", "extreme", "fits", "words"),
    [
        ("Trouser", "highest", False, "higher is Bag (0.99)"),
        ("Bag", "highest", True, "the highest of 4."),
        ("Shirt", "lowest", True, "Coat has the same"),
        ("Bag", "lowest", False, "lower are Trouser (0.98), Shirt (0.70) and Coat (70%)"),
    ],
)
def test_is_extreme(name, extreme, fits, words):
    values = {"Trouser": "0.98", "Bag": "0.99", "Shirt": "0.70", "Coat": "70%"}
    finding = check("is_extreme", name=name, values=values, extreme=extreme)
    assert finding.consistent == fits
    assert words in finding.detail


def test_is_extreme_with_unequal_precision():
    # 0.894 may be the 0.89 of the other, 0.896 may be so cut off, 0.904 may not.
    for other, fits in [("0.894", True), ("0.896", True), ("0.904", False)]:
        values = {"a": "0.89", "b": other}
        assert holds("is_extreme", name="a", values=values, extreme="highest") == fits


def test_is_extreme_needs_a_figure_of_the_name():
    with pytest.raises(ValueError, match="accepted: Bag, Coat"):
        check("is_extreme", name="Hat", values={"Bag": "1", "Coat": "2"}, extreme="lowest")


@pytest.mark.parametrize(
    ("values", "fits"),
    [(["1", "255"], True), (["0", "255"], False), (["100.0", "2e2"], True), (["255.1"], False)],
)
def test_in_range(values, fits):
    assert holds("in_range", values=values, low="1", high="255") == fits


def test_in_range_with_limits_the_wrong_way_round():
    with pytest.raises(ValueError, match="above"):
        check("in_range", values=["1"], low="2", high="1")


@pytest.mark.parametrize(
    ("ratios", "fits"),
    [
        ([["784", "40"], ["40", "2"]], False),  # 19.6 and 20
        ([["784", "28"], ["28", "1"]], True),
        ([["1.0", "3.0"], ["0.33", "1"]], True),  # 0.311 to 0.356 holds 0.33
        ([["1.0", "3.0"], ["0.4", "1"], ["1", "3"]], False),  # 0.35 and up against 1/3
        ([["-1", "2"], ["1", "-2"]], True),
    ],
)
def test_equal_ratios(ratios, fits):
    assert holds("equal_ratios", ratios=ratios) == fits


@pytest.mark.parametrize("below", ["0", "0.0"])
def test_equal_ratios_of_zero(below):
    with pytest.raises(ValueError, match="not 0"):
        check("equal_ratios", ratios=[["1", below], ["1", "2"]])


@pytest.mark.parametrize(
    ("root", "square", "fits"),
    [
        ("22704.23535747973", "515482303.16783273", True),
        ("140.6011886360509", "515482303.16783273", False),
        ("1.41", "2.0", True),
        ("1.4", "2", True),
        ("1.5", "2", True),  # 2 is 1.5 to 2.5, its root 1.22 to 1.58
        ("1.7", "2.0", False),
        ("1.41", "2.000", True),
        ("1.42", "2.000", False),  # 1.4140 to 1.4144
        ("0", "0", True),
        ("0.0", "0.00", True),
    ],
)
def test_root_of(root, square, fits):
    assert holds("root_of", root=root, square=square) == fits


def test_root_of_a_negative_number():
    with pytest.raises(ValueError, match="not negative"):
        check("root_of", root="1", square="-1")


@pytest.mark.parametrize(
    ("r2", "mse", "fits"),
    [
        ("0.9113048651706632", "45720769.75632421", True),
        ("0.911", "45720769.75632421", True),
        ("0.9213048651706632", "45720769.75632421", False),
        ("-5.7419937693481415e-08", "515482303.16783273", True),
    ],
)
def test_r2_matches_mse(r2, mse, fits):
    baseline = {"baseline_r2": "-5.7419937693481415e-08", "baseline_mse": "515482303.16783273"}
    assert holds("r2_matches_mse", r2=r2, mse=mse, **baseline) == fits


def test_r2_by_hand():
    # The variance is 20 / (1 - 0.5) = 40; an MSE of 10 leaves 1 - 10 / 40 = 0.75.
    numbers = {"mse": "10.00", "baseline_r2": "0.500", "baseline_mse": "20.00"}
    assert holds("r2_matches_mse", r2="0.75", **numbers)
    assert not holds("r2_matches_mse", r2="0.70", **numbers)
    assert "variance of 40;" in check("r2_matches_mse", r2="0.75", **numbers).detail
    with pytest.raises(ValueError, match="R2 below 1"):
        check("r2_matches_mse", r2="1", mse="0.0", baseline_r2="1.0", baseline_mse="0.0")


@pytest.mark.parametrize(
    ("stated", "fits", "words"),
    [
        ("0.8", True, "0.8 / 1.0 = 0.8, within 0.5 to 1."),
        ("80", False, "its hundredth gives 0.8"),
        ("0.008", False, "its hundredfold gives 0.8"),
        ("0.01", False, "its hundredfold gives 1"),
        ("-0.8", False, "its square gives 0.64"),
        ("140", False, "no square, root or factor of 100"),
        ("0", False, "no square"),
    ],
)
def test_unit_slip(stated, fits, words):
    finding = check("unit_slip", stated=stated, reference="1.0", low="0.5", high="1")
    assert finding.consistent == fits
    assert words in finding.detail


@pytest.mark.parametrize("stated", ["0.3", "4"])
def test_what_is_a_little_outside_of_usual_limits_is_doubtful(stated):
    finding = check("unit_slip", stated=stated, reference="1.0", low="0.5", high="1")
    assert finding.consistent and "unusual" in finding.reading


def test_unit_slip_of_a_mean_absolute_error_that_is_a_root():
    numbers = {"stated": "140.6011886360509", "reference": "22704.23535747973"}
    finding = check("unit_slip", **numbers, low="0.3", high="1")
    assert not finding.consistent
    assert "its square gives 0.871" in finding.detail  # 140.6 ** 2 = 19768.7
    with pytest.raises(ValueError, match="not 0"):
        check("unit_slip", stated="1", reference="0.0", low="0", high="1")


@pytest.mark.parametrize(
    ("vector", "label", "classes", "fits"),
    [
        ("[0 0 1]", "2", "3", True),
        ("0., 0., 1.", "2", "3", True),
        ("[0 1 0]", "2", "3", False),
        ("[0 0 1]", "2", "4", False),
        ("[0 1 1]", "2", "3", False),
        ("[0 0 0.5]", "2", "3", False),
        ("[0 0 0]", "2", "3", False),
        ("[0 0 0]", "3", "3", False),
        ("[1]", "0", "1", True),
    ],
)
def test_one_hot(vector, label, classes, fits):
    assert holds("one_hot", vector=vector, label=label, classes=classes) == fits


def test_numbers_that_differ_by_one_in_the_last_place_may_be_rounded_and_cut_off():
    for values in (["0.919", "0.920"], ["91.9%", "92.0%"]):
        assert "cut off" in check("same_value", values=values).reading
    assert not holds("same_value", values=["0.919", "0.921"])


def test_columns_may_be_the_true_classes():
    matrix = ["90 8 2", "4 80 3", "6 12 95"]
    assert "columns" in check("matrix_row_sums", matrix=matrix, totals=["100"] * 3).detail
    assert not holds("matrix_row_sums", matrix=matrix, totals=["100", "100", "90"])


@pytest.mark.parametrize("mean_of", [None, "folds"])
def test_means_over_folds_have_a_lower_root(mean_of):
    # Errors of 1 and 3 in two folds: RMSE is 2 on average, MSE is 5, and its root 2.236.
    more = {"mean_of": mean_of} if mean_of else {}
    finding = check("root_of", root="2.000", square="5.000", **more)
    assert finding.consistent and bool(finding.reading) == (mean_of is None)
    assert not holds("root_of", root="2.300", square="5.000", **more)
    assert not holds("root_of", root="0.050", square="5.000", **more)


@pytest.mark.parametrize("mean_of", [None, "classes"])
def test_averages_over_classes_have_a_lower_f1(mean_of):
    # Two classes with P, R = 1.0, 0.5 and 0.5, 1.0: F1 is 2/3 of both, and that of 0.75 is 0.75.
    more = {"mean_of": mean_of} if mean_of else {}
    numbers = {"precision": "0.75", "recall": "0.75"}
    finding = check("f1", **numbers, f1="0.67", **more)
    assert finding.consistent and bool(finding.reading) == (mean_of is None)
    assert not holds("f1", **numbers, f1="0.77", **more)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("grim", {"proportion": "92.17%", "examples": "5000"}),
        ("errors_match_accuracy", {"accuracy": "0.897", "errors": "1092", "examples": "10000"}),
        ("matrix_accuracy", {"matrix": MATRIX, "accuracy": "0.89"}),
    ],
)
def test_a_mean_need_not_fit_counts(name, numbers):
    assert not holds(name, **numbers)
    for mean_of in ("folds", "seeds", "batches"):
        finding = check(name, **numbers, mean_of=mean_of)
        assert finding.vacuous and mean_of in finding.detail
    key = next(key for key in ("proportion", "accuracy") if key in numbers)
    assert check(name, **numbers | {key: "89.7 ± 0.3 %"}).vacuous


# 60 of 70 and 20 of 30 are right: P is 60/70 and 20/30, R the same; F1 too.
REPORT = {
    "yes": "0.86 0.86 0.86 70",
    "no": "0.67 0.67 0.67 30",
    "accuracy": "0.80 100",
    "macro avg": "0.76 0.76 0.76 100",
    "weighted avg": "0.80 0.80 0.80 100",
}


@pytest.mark.parametrize(
    ("name", "line", "words"),
    [
        ("yes", REPORT["yes"], "give the lines of all 2 classes"),
        ("yes", "0.86 0.86 0.87 70", "No whole counts of 100 examples give what is printed of yes"),
        ("yes", "- - 0.86 70", "give the lines"),
        ("no", "0.67 0.65 0.67 30", "of no."),  # 19 of 30 is 0.63
        ("accuracy", "- - 0.80 100", "give the lines"),
        ("accuracy", "0.81 100", "the accuracy is"),
        ("accuracy", "0.80 101", "The classes have 100 examples; accuracy has 101."),
        ("macro avg", "0.76 0.76 0.75 100", "macro avg of the F1"),
        ("weighted avg", "0.82 0.80 0.80 100", "weighted avg of the precision"),
    ],
)
def test_report_possible(name, line, words):
    finding = check("report_possible", rows=REPORT | {name: line})
    assert finding.consistent == words.startswith("give")
    assert words in finding.detail


def test_a_report_is_tested_as_a_whole():
    # Each line alone is possible, but then 60 to 61 + 20 are right, and 79 are stated.
    assert not holds("report_possible", rows=REPORT | {"accuracy": "0.79"})
    assert holds("report_possible", rows=REPORT | {"accuracy": "0.79"}, mean_of="folds")


def test_a_report_may_be_cut_off():
    cut = {
        name: line.replace("0.86", "0.85").replace("0.67", "0.66") for name, line in REPORT.items()
    }
    assert "cut off" in check("report_possible", rows=cut).reading


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"yes": "0.86 0.86 0.86"}, "yes: '0.86 0.86 0.86' has 3 numbers; accepted: 4"),
        ({"yes": "0.86 0.86 0.86 0"}, "0 examples"),
        ({"yes": "0.86 0.86 0.86 7", "accuracy": "0.8 7 7"}, "accepted: 1 or 2"),
    ],
)
def test_reports_that_cannot_be_used(rows, words):
    with pytest.raises(ValueError, match=words):
        check("report_possible", rows=rows)


def test_report_of_many_examples_is_checked_in_no_time():
    rows = {"a": "0.9 0.9 0.9 30,000,000", "b": "0.9 0.9 0.9 30,000,000", "accuracy": "0.9"}
    assert holds("report_possible", rows=rows)
    assert not holds("report_possible", rows=rows | {"accuracy": "0.7"})


# 90 of 100 positives and 180 of 200 negatives right: PPV 90 / 110, NPV 180 / 190.
SCORES = {
    "sensitivity": "0.90",
    "specificity": "0.90",
    "ppv": "0.82",
    "npv": "0.95",
    "f1": "0.86",
    "mcc": "0.78",
    "kappa": "0.78",
    "accuracy": "90 %",
    "balanced_accuracy": "over 89 %",
}


@pytest.mark.parametrize("name", SCORES)
def test_two_class_scores(name):
    sizes = {"positives": "100", "negatives": "200"}
    assert "90 of 100 positives" in check("two_class_scores", scores=SCORES, **sizes).detail
    for other in ("0.30", "0.99"):
        found = check("two_class_scores", scores=SCORES | {name: other}, **sizes)
        assert not found.consistent
        assert check("two_class_scores", scores=SCORES, **sizes, mean_of="folds").vacuous
    with pytest.raises(ValueError, match="at most 1,000,000"):
        check("two_class_scores", scores=SCORES, positives="2000000", negatives="1")


def test_scores_of_a_classifier_that_never_says_yes():
    for ppv in ("0.00", "1.00"):
        scores = {"sensitivity": "0.00", "specificity": "1.00", "ppv": ppv}
        assert holds("two_class_scores", scores=scores, positives="10", negatives="10")


# Errors of 1, 1, 1 and 3 with targets of variance 6: MAE 1.5, MSE 3, R2 0.5.
ERRORS = {"mae": "1.5", "mse": "3.00", "rmse": "1.73", "r2": "0.50", "variance": "6.00"}


@pytest.mark.parametrize(
    ("changed", "fits"),
    [
        ({}, True),
        ({"max_error": "3.0"}, True),
        ({"max_error": "1.6"}, False),  # less than RMSE
        ({"max_error": "6.5"}, False),  # more than the sum of all errors
        ({"rmse": "1.75"}, False),
        ({"rmse": "0.05"}, False),
        ({"mae": "1.8"}, False),  # more than RMSE
        ({"mae": "0.80"}, False),  # less than half of RMSE, which takes one error of four alone
        ({"r2": "0.70"}, False),
        ({"r2": "1.20", "variance": "6.00"}, False),
        ({"variance": "8.00"}, True),  # the same with n - 1 below
        ({"variance": "12.00"}, False),
    ],
)
def test_regression_scores(changed, fits):
    assert holds("regression_scores", scores=ERRORS | changed, examples="4") == fits


def test_regression_scores_as_means():
    scores = {"rmse": "1.60", "mse": "3.00", "r2": "0.30", "variance": "6.00"}
    assert holds("regression_scores", scores=scores, examples="40", mean_of="folds")
    assert not holds("regression_scores", scores=scores, examples="40")
    only = {"rmse": "1.60", "mse": "3.00"}
    assert "folds" in check("regression_scores", scores=only, examples="40").reading
    with pytest.raises(ValueError, match="not negative"):
        check("regression_scores", scores={"mae": "-1", "mse": "1"}, examples="4")


@pytest.mark.parametrize("name", consistency.names())
def test_every_check_is_documented_and_takes_keywords(name):
    function = consistency.function(name)
    assert inspect.getdoc(function).startswith("Check ")
    for parameter in inspect.signature(function).parameters.values():
        assert parameter.kind is parameter.KEYWORD_ONLY
        assert (parameter.default is None) == (parameter.name == "mean_of")
    assert list(consistency.settings_model(name).model_fields) == list(
        inspect.signature(function).parameters
    )


@pytest.mark.parametrize(
    ("layer", "inputs", "outputs", "parameters", "fits"),
    [
        ("Dense", [784], [32], "25120", True),  # 784 x 32 + 32
        ("Dense", [784], [32], "25,088", True),  # without biases
        ("Dense", [784], [32], "25121", False),
        ("Conv2D", [28, 28, 1], [26, 26, 32], "320", True),  # 3 x 3 x 32 + 32
        ("Conv2D", [28, 28, 1], [26, 26, 32], "321", False),
        ("BatchNormalization", [26, 26, 32], [26, 26, 32], "128", True),
        ("Flatten", [13, 13, 32], [5408], "0", True),
        ("Flatten", [13, 13, 32], [5408], "1", False),
        ("GRU", [28, 28], [128], "60672", True),  # 3 (128 (28 + 128) + 2 x 128)
        ("LSTM", [28, 28], [128], "80384", True),  # 4 (128 (28 + 128) + 128)
        ("LSTM", [28, 28], [128], "80385", False),
    ],
)
def test_parameters_of_a_layer(layer, inputs, outputs, parameters, fits):
    shapes = {"inputs": inputs, "outputs": outputs}
    assert holds("layer_parameters", layer=layer, **shapes, parameters=parameters) == fits


def test_a_layer_of_which_nothing_follows():
    with pytest.raises(ValueError, match="'Attention'; accepted: "):
        check("layer_parameters", layer="Attention", inputs=[8], outputs=[8], parameters="1")


@pytest.mark.parametrize(
    ("numbers", "fits"),
    [
        (["1", "2", "3"], True),
        (["10", "20", "30"], True),
        (["1", "2", "2"], False),
        (["2", "1"], False),
    ],
)
def test_a_counter_goes_up(numbers, fits):
    assert holds("counts_up", numbers=numbers) == fits


def test_every_check_is_tested_here():
    source = inspect.getsource(sys.modules[__name__])
    assert [name for name in consistency.names() if f'"{name}"' not in source] == []


@pytest.mark.parametrize(
    "numbers",
    [
        {"accuracy": 0.919, "errors": "814", "examples": "10000"},  # not text
        {"accuracy": "0.919", "errors": 814, "examples": "10000"},
        {"accuracy": "about 0.9 or so", "errors": "814", "examples": "10000"},
        {"accuracy": "0.919", "errors": "814", "examples": "10000", "mean_of": "mean"},
        {"accuracy": "nan", "errors": "814", "examples": "10000"},
        {"accuracy": "0.919", "errors": "8.5", "examples": "10000"},
        {"accuracy": "0.919", "errors": "-814", "examples": "10000"},
        {"accuracy": "0.919", "errors": "814", "examples": "0"},
        {"accuracy": "0.919", "errors": "814", "examples": "10,00"},
        {"accuracy": "0.919", "errors": "814"},
        {"accuracy": "0.919", "errors": "814", "examples": "10000", "more": "1"},
    ],
)
def test_numbers_that_are_refused(numbers):
    with pytest.raises(ValidationError):
        consistency.settings_model("errors_match_accuracy").model_validate(numbers)


def test_nan_is_refused_without_a_model_too():
    with pytest.raises(ValueError, match="not a finite number"):
        consistency.function("grim")(proportion="nan", examples="10")


def test_checks_are_read_without_heavy_libraries():
    code = (
        "import sys; from refashion.checks import consistency\n"
        "for name in consistency.names(): consistency.settings_model(name)\n"
        "print([n for n in ('numpy', 'pandas', 'scipy', 'tensorflow') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

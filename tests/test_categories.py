"""Categories come back from one-hot columns, with the errors in each of their levels."""

import numpy as np
import pytest

from refashion.data import categories

FEATURES = ["duration", "class_a", "class_b", "subclass_a", "subclass_c"]
LEVELS = {"class": ["a", "b"], "subclass": ["a", "c"]}
X = np.array([[9, 1, 0, 0, 1], [8, 0, 1, 1, 0], [7, 1, 0, 1, 0]], dtype=float)


def test_levels():
    assert categories.levels_of(X, FEATURES, LEVELS, "class").tolist() == [0, 1, 0]
    assert categories.levels_of(X, FEATURES, LEVELS, "subclass").tolist() == [1, 0, 0]


def test_counts_and_means():
    table = categories.table_categories(X, np.array([1.0, 2.0, 5.0]), FEATURES, LEVELS)
    assert table["category"].tolist() == ["class", "class", "subclass", "subclass"]
    assert table["examples"].tolist() == [2, 1, 2, 1]
    assert table["mean"].tolist() == [3, 2, 3.5, 1]


def test_errors_by_level():
    true, predicted = np.array([1.0, 2.0, 5.0]), np.array([4.0, 2.0, 4.0])
    table = categories.table_errors_by(np.array([0, 1, 0]), ["a", "b", "c"], true, predicted)
    first = table.iloc[0]
    assert (first["examples"], first["mean_true"], first["mean_error"]) == (2, 3, 1)
    assert first["mean_absolute_error"] == 2
    assert first["root_mean_squared_error"] == pytest.approx(5**0.5)
    assert table["examples"].tolist() == [2, 1, 0]
    assert np.isnan(table.iloc[2]["mean_error"])


def test_errors_that_are_no_numbers():
    lost = np.array([np.nan, 2.0])
    table = categories.table_errors_by(np.array([0, 1]), ["a", "b"], np.ones(2), lost)
    assert np.isnan(table.iloc[0]["mean_error"]) and table.iloc[1]["mean_error"] == 1


def test_levels_of_one_category_add_up():
    sums = categories.sum_by_category(np.array([0.5, 0.1, 0.2, 0.15, 0.05]), FEATURES, LEVELS)
    assert list(sums.index) == ["duration", "class", "subclass"]
    assert sums.tolist() == pytest.approx([0.5, 0.3, 0.2])

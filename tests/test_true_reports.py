"""Checks of a report's own numbers never doubt made-up true reports, and find changed numbers."""

import numpy as np
import pytest

from benchmarks import consistency, true_reports
from benchmarks.rows import Row

JOINT = ("classification report", "two classes")  # milliseconds each


def false_alarms(name: str, cases: int, seed: int) -> list:
    rng, kind = np.random.default_rng(seed), true_reports.KINDS[name]
    drawn = [kind(rng) for _ in range(cases)]
    return [case for case in drawn if consistency.verdict(*case) == "inconsistent"]


@pytest.mark.parametrize("name", true_reports.KINDS)
def test_true_numbers_are_never_inconsistent(name):
    assert false_alarms(name, 150 if name in JOINT else 1000, seed=1) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", true_reports.KINDS)
def test_ten_thousand_true_numbers_are_never_inconsistent(name):
    # The joint tests take milliseconds each; `make bench PARTS=consistency` draws more of them.
    assert false_alarms(name, 1_000 if name in JOINT else 10_000, seed=2) == []


@pytest.mark.parametrize("name", ["rounded", "float32 short", "f1 of averages said", "settings"])
def test_what_is_plain_is_not_doubtful(name):
    rng, kind = np.random.default_rng(3), true_reports.KINDS[name]
    assert {consistency.verdict(*kind(rng)) for _ in range(500)} == {"consistent"}


@pytest.mark.parametrize(
    ("change", "check", "digits", "least"),
    [
        (consistency.changed_report, "report_possible", 2, 81),
        (consistency.changed_report, "report_possible", 4, 98),
        (consistency.changed_scores, "two_class_scores", 2, 80),
        (consistency.changed_scores, "two_class_scores", 4, 95),
    ],
)
def test_changed_numbers_are_found(change, check, digits, least):
    rng = np.random.default_rng(4)
    changed = [change(rng, digits) for _ in range(200)]
    found = [consistency.verdict(check, numbers) for numbers in changed]
    assert 100 * found.count("inconsistent") / len(found) >= least


def test_the_benchmark_gives_rows():
    rows = list(consistency.false_alarms("rounded", true_reports.rounded, cases=5))
    tests = {"report_possible": consistency.REPORT_TESTS["report_possible"]}
    rows += consistency.power("reports", consistency.changed_report, tests, cases=2)
    assert all(isinstance(row, Row) and row.value >= 0 for row in rows)
    assert len({row.key for row in rows}) == len(rows) == 2 + 2 * len(consistency.DIGITS)

"""Rates of the audit on made-up reports: what is read, what is found, and what is called wrong."""

import pytest

from benchmarks.audit import writing
from benchmarks.audit.made_up import PLANTS, made_up
from benchmarks.audit.scoring import Score, scored

# Formats that need no other program.
QUICK = ("text", "Markdown", "notebook", "PDF by typst", "HTML")
REPORTS = 20


@pytest.fixture(scope="module")
def score(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    whole = Score()
    for seed in range(REPORTS):
        suffix, write = writing.WRITERS[QUICK[seed // 2 % len(QUICK)]]
        path = folder / f"{seed}{suffix}"
        draft = made_up(seed)
        write(draft, path)
        whole += scored(draft, path)
    return whole


def test_results_are_read_with_their_metric_class_and_model(score):
    assert score.read >= 0.95 * score.facts, score.missed
    assert score.false <= 0.02 * score.results, score.wrong


def test_most_planted_contradictions_are_found(score):
    assert sum(score.found.values()) >= 0.6 * sum(score.planted.values()), score.found


def test_true_reports_are_hardly_ever_called_contradictory(score):
    assert score.alarmed <= 0.1 * score.reports, score.alarms
    assert score.doubtful <= 0.5 * score.reports, score.alarms


def test_every_kind_of_contradiction_is_planted():
    planted = {made_up(2 * number + 1).planted for number in range(len(PLANTS))}
    assert planted == {*PLANTS}

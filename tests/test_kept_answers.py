"""Answers about estimators are kept, so that most commands need not import scikit-learn."""

import json
import subprocess
import sys

import pytest

from refashion.backends import estimator_settings, estimators, kept_answers

SVC = "sklearn.svm.SVC"
BAGGING = "sklearn.ensemble.BaggingClassifier"

ASKING = """
import json, sys
from refashion.backends import estimator_settings, estimators, kept_answers
path, settings = sys.argv[1], json.loads(sys.argv[2])
estimators.check(path, ("sklearn",))
print(json.dumps([
    estimator_settings.complete(path, settings),
    [*estimator_settings.faults(path, settings, ("sklearn",))],
    estimators.tasks(path, settings, ("sklearn",)),
    estimators.is_unseeded(path, settings),
    estimator_settings.why(path),
]))
kept_answers.save()
print("sklearn" in sys.modules)
"""


@pytest.fixture
def ask(tmp_path, monkeypatch):
    monkeypatch.setenv(kept_answers.FOLDER_VARIABLE, str(tmp_path / "answers"))

    def ask(path, settings):
        command = [sys.executable, "-c", ASKING, path, json.dumps(settings)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        answers, is_imported = done.stdout.splitlines()
        return json.loads(answers), is_imported == "True"

    return ask


def test_a_second_process_gets_the_same_answers_without_imports(ask, tmp_path):
    settings = {"estimator": {SVC: {"C": 2}}, "n_estimators": 3}
    first, is_imported = ask(BAGGING, settings)
    assert is_imported
    assert ask(BAGGING, settings) == (first, False)
    # Another question is asked, and its answer is added.
    assert ask(SVC, {})[1] and ask(BAGGING, settings) == (first, False)
    (file,) = (tmp_path / "answers").iterdir()
    file.write_text("{")
    assert ask(BAGGING, settings) == (first, True)


def test_kept_answers_are_those_of_the_library(ask):
    settings = {"C": 0}
    (complete, faults, tasks, is_unseeded, why), _ = ask(SVC, settings)
    assert tuple(tasks) == estimators.tasks(SVC, settings, ("sklearn",))
    assert [tuple(where) for where, _ in faults] == [("C",)]
    assert [*complete] == [*estimator_settings.complete(SVC, settings)]
    assert why == estimator_settings.why(SVC) and is_unseeded


def test_whoever_asks_may_change_what_they_get(ask):
    settings, _ = estimator_settings.complete(SVC, {})
    settings["C"] = "changed"
    assert estimator_settings.complete(SVC, {})[0]["C"] == 1.0

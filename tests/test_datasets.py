"""The contract that every dataset file keeps. A new dataset is under test without a word here."""

import subprocess
import sys
from collections import Counter

import pytest

from refashion import datasets

TASKS = {"classification", "regression"}


@pytest.fixture(params=datasets.names())
def dataset(request):
    return datasets.module(request.param)


def test_what_is_said_of_it(dataset):
    for fact in (dataset.TITLE, dataset.CITATION, dataset.LICENCE, dataset.TARGET):
        assert isinstance(fact, str) and fact.strip()
    assert dataset.TASK in TASKS
    assert isinstance(dataset.UNIT, str)
    assert dataset.__doc__


def test_classes_belong_to_classification_alone(dataset):
    assert bool(dataset.CLASSES) == (dataset.TASK == "classification")
    assert bool(dataset.UNIT) == (dataset.TASK == "regression")
    assert max(Counter(dataset.CLASSES).values(), default=1) == 1


def test_files_can_be_checked_and_had(dataset):
    assert dataset.FILES and dataset.SOURCES and dataset.SUBFOLDERS
    for name, sha256 in dataset.FILES.items():
        assert len(sha256) == 64 and int(sha256, 16)
        assert "/" not in name
    assert set(getattr(dataset, "TEXT_FILES", ())) <= set(dataset.FILES)
    for source in dataset.SOURCES:
        assert callable(source.candidates) and str(source)


def test_parts_are_known(dataset):
    assert dataset.PARTS in {("train", "test"), ("all",)}


def test_every_level_of_a_category_has_its_column(dataset):
    assert max(Counter(dataset.FEATURES).values(), default=1) == 1
    for name, levels in dataset.CATEGORIES.items():
        assert {f"{name}_{level}" for level in levels} <= set(dataset.FEATURES)


@pytest.mark.parametrize("name", datasets.names())
def test_import_is_light(name):
    code = (
        f"import sys; from refashion import datasets; datasets.module({name!r});"
        "heavy = {'tensorflow', 'keras', 'pandas._libs', 'numpy.linalg', 'urllib3'};"
        "print(*heavy & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert done.stdout.split() == []

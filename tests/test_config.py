"""config: good files become objects, and bad ones a line for each mistake."""

import cProfile
import json
import math
import pstats
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refashion import metrics, reported
from refashion.reported import Reported
from refashion.spec import config, metric_names, strict_yaml
from refashion.spec.config import Config, ConfigError, load
from support.project_files import (
    ABSENT,
    CLAIM,
    OPTIONS,
    SETTINGS,
    STUDY,
    STUDY_FILE,
    changed,
    write,
)

PROJECT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a project with one study."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, cnn_vs_gru=STUDY)
    return tmp_path


def lines_of_failure(**overrides: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(overrides=overrides)
    return str(caught.value).splitlines()


def test_good_project() -> None:
    whole = load()
    assert list(whole.studies) == ["cnn_vs_gru"]
    assert whole.groups == ("headline",) and whole.seeds == {"headline": 1}
    assert (whole.data, whole.results, whole.data_dirs) == (Path("data"), Path("results"), ())
    study = whole.studies["cnn_vs_gru"]
    assert study.claims[0].reported == "0.919"
    assert study.split.validation.fraction == 0.2
    assert study.preprocess.divide_by == 255


def test_run_has_its_settings_in_the_order_of_the_model() -> None:
    shuffled = dict(reversed(SETTINGS.items()))
    write(Path(), cnn_vs_gru=changed(STUDY, "runs/cnn/settings", shuffled))
    run = load().studies["cnn_vs_gru"].runs["cnn"]
    assert json.dumps(run.settings) == json.dumps(SETTINGS | {"l2": 0.0})


def test_run_lists_what_its_source_leaves_open() -> None:
    assumes = load().studies["cnn_vs_gru"].runs["cnn"].assumes
    assert {name: (entry.value, entry.why) for name, entry in assumes.items()} == {
        "split": ({"test": "given", "validation": {"fraction": 0.2}}, "not stated"),
        "filters": ([32, 64], "usual"),
        "schedule.decay": (0.1, "example"),
        "l2": (0, "none named"),
    }


def test_run_like_another() -> None:
    run = load().studies["cnn_vs_gru"].runs["cnn_5_epochs"]
    assert (run.model, run.title, run.group, run.minutes) == ("cnn", "CNN, 5 epochs", "ablation", 6)
    assert run.settings == SETTINGS | {"epochs": 5, "schedule": None}
    # A setting of its own is no longer the parent's assumption.
    assert list(run.assumes) == ["split", "filters", "l2", "epochs"]
    assert run.assumes["epochs"].value == 5


def test_run_like_a_run_that_is_like_another_and_stands_below() -> None:
    child = {"like": "cnn_5_epochs", "title": "child", "settings": {"batch_size": 1}}
    study = changed(STUDY, "runs", {"child": child, **STUDY["runs"]})
    write(Path(), cnn_vs_gru=study)
    runs = load().studies["cnn_vs_gru"].runs
    assert list(runs) == ["child", "cnn", "cnn_5_epochs"]
    assert runs["child"].settings["epochs"] == 5 and runs["child"].settings["batch_size"] == 1
    assert runs["child"].group == "ablation"


def test_run_may_preprocess_in_its_own_way() -> None:
    study = changed(STUDY, "assumes", {"preprocess.divide_by": "usual"})
    own = changed(study, "runs/cnn_5_epochs/preprocess", {"divide_by": 1})
    write(Path(), cnn_vs_gru=own)
    runs = load().studies["cnn_vs_gru"].runs
    assert [run.preprocess.divide_by for run in runs.values()] == [255, 1]
    # What the study assumes for all is not what this run does.
    assert ["preprocess.divide_by" in run.assumes for run in runs.values()] == [True, False]


def test_executions_follow_the_files_and_the_selected_groups() -> None:
    assert [e.name for e in load().executions()] == ["cnn_vs_gru/cnn/seed-0"]
    write(Path(), other=STUDY)
    whole = load(overrides={"groups": "all", "seeds": {"headline": 2, "ablation": 1, "long": 9}})
    assert [e.name for e in whole.executions()] == [
        "cnn_vs_gru/cnn/seed-0",
        "cnn_vs_gru/cnn/seed-1",
        "cnn_vs_gru/cnn_5_epochs/seed-0",
        "other/cnn/seed-0",
        "other/cnn/seed-1",
        "other/cnn_5_epochs/seed-0",
    ]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("groups", "all", ("headline", "ablation", "long")),
        ("groups", "ablation", ("ablation",)),
        ("groups", ["long", "headline", "long"], ("long", "headline")),
        ("seeds", 3, {"headline": 3}),
        ("seeds", {"headline": 5, "ablation": 1}, {"headline": 5}),
        ("data_dirs", ["~/data", "more"], (Path.home() / "data", Path("more"))),
        ("results", "results/of_today/", Path("results/of_today")),
    ],
)
def test_options_are_brought_into_one_form(key: str, value: Any, expected: Any) -> None:
    assert getattr(load(overrides={key: value}), key) == expected
    write(Path(), changed(OPTIONS, key, value))
    assert getattr(load(), key) == expected


def test_only_selected_studies_are_read() -> None:
    write(Path(), broken="- not a study", report=STUDY)
    for studies in ("cnn_vs_gru", ["cnn_vs_gru"]):
        assert list(load(overrides={"studies": studies}).studies) == ["cnn_vs_gru"]


def test_studies_keep_the_order_of_the_selection() -> None:
    write(Path(), a=STUDY, b=STUDY)
    assert list(load().studies) == ["a", "b", "cnn_vs_gru"]
    assert list(load(overrides={"studies": ["b", "a"]}).studies) == ["b", "a"]


@pytest.mark.parametrize("limits", [{"examples": 50}, {"epochs": 1}])
def test_limits_make_a_smoke_run_and_are_merged(limits: dict[str, int]) -> None:
    assert not load().is_smoke
    whole = load(overrides={"limits": limits})
    assert whole.is_smoke and whole.limits.minutes == 120


def test_options_as_snakemake_reads_them() -> None:
    parse_config = pytest.importorskip("snakemake.cli").parse_config
    given = ["seeds={headline: 2, long: 3}", "groups=[headline, long]", "limits={examples: 500}"]
    whole = load(overrides=parse_config([*given, "studies=cnn_vs_gru", "threads=2"]))
    assert whole.seeds == {"headline": 2, "long": 3}
    assert (whole.limits.examples, whole.limits.epochs, whole.threads) == (500, None, 2)
    assert load(overrides=parse_config(["limits={examples: null}"])).limits.examples is None


def test_whole_configuration_survives_json() -> None:
    whole = load(overrides={"groups": "all", "seeds": 2})
    assert Config.model_validate_json(json.dumps(whole.model_dump(mode="json"))) == whole


def test_objects_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().threads = 2


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "studies",
            "cnn_vs_gro",
            "studies: 'cnn_vs_gro'; accepted: cnn_vs_gru; did you mean 'cnn_",
        ),
        ("studies", ["../x"], "studies[0]: '../x'; accepted: cnn_vs_gru"),
        ("studies", [], "studies: []; accepted: text, or a list of text (all, or names of study "),
        ("studies", ABSENT, "studies: missing; accepted: text, or a list of text"),
        (
            "groups",
            "headlin",
            "groups: 'headlin'; accepted: 'all', or one of 'headline', 'ablation'",
        ),
        (
            "groups",
            ["ablatoin"],
            "groups[0]: 'ablatoin'; accepted: one of 'headline', 'ablation', ",
        ),
        ("groups", [], "groups: []; accepted: 'all', or one of"),
        (
            "seeds",
            0,
            "seeds: 0; accepted: a whole number from 1 to 10,000, or 'auto', or a mapping",
        ),
        ("seeds", True, "seeds: true; accepted: a whole number from 1 to 10,000"),
        ("seeds", "3", "seeds: '3'; accepted: a whole number from 1 to 10,000"),
        ("seeds", 2.5, "seeds: 2.5; accepted: a whole number from 1 to 10,000"),
        ("seeds", {"headline": 0}, "seeds.headline: 0; accepted: a whole number from 1 to 10,000"),
        ("seeds", {"headlin": 1}, "seeds.headlin: unknown key (value 1); accepted: headline, abla"),
        ("seeds", {"long": 1}, 'seeds: {"long": 1}; no number for headline; accepted: one number'),
        ("threads", 65, "threads: 65; accepted: a whole number from 1 to 64 (threads of each "),
        ("threads", None, "threads: null; accepted: a whole number"),
        ("data_dirs", "~/data", "data_dirs: '~/data'; accepted: a list of text (folders to search"),
        ("data_dirs", ["~nobody0/x"], "data_dirs[0]: '~nobody0/x'; accepted: a folder; there is n"),
        (
            "on_missing_data",
            "fial",
            "on_missing_data: 'fial'; accepted: one of 'report', 'fail'; d",
        ),
        (
            "seed_sd_prior",
            0,
            "seed_sd_prior: 0; accepted: a number from 1e-15 to 1e+15 (assumed standard deviati",
        ),
        ("limits", 5, "limits: 5; accepted: a mapping with the keys minutes, examples, epochs"),
        (
            "limits/minutes",
            0,
            "limits.minutes: 0; accepted: a number > 0 and <= 1,000,000 (time limit of one run)",
        ),
        (
            "limits/examples",
            49,
            "limits.examples: 49; accepted: a whole number >= 50, or null (use",
        ),
        (
            "limits/exampels",
            50,
            "limits.exampels: unknown key (value 50); accepted: minutes, examp",
        ),
        (
            "data",
            "../x",
            "data: '../x'; accepted: a folder of letters, digits, _ - . and /, without",
        ),
        ("results", "", "results: ''; accepted: a folder"),
        ("seed", 3, "seed: unknown key (value 3); accepted: groups, seeds, auto_minutes"),
        ("a key\n", 3, r"'a key\n': unknown key (value 3); accepted: groups"),
    ],
)
def test_bad_option(key: str, value: Any, message: str) -> None:
    write(Path(), changed(OPTIONS, key, value))
    assert [line[: len(message) + 13] for line in lines_of_failure()] == [f"config.yaml: {message}"]


@pytest.mark.parametrize(
    ("content", "key", "value", "meant"),
    [
        (OPTIONS, "seed", 3, "seeds"),
        (OPTIONS, "limits/exampels", 50, "examples"),
        (OPTIONS, "seeds", {"headlin": 1}, "headline"),
        (OPTIONS, "groups", "headlines", "headline"),
        (OPTIONS, "on_missing_data", "fial", "fail"),
        (OPTIONS, "studies", ["Cnn_vs_gru"], "cnn_vs_gru"),
        (STUDY, "titel", "CNN", "title"),
        (STUDY, "dataset", "fashion-mnist", "fashion_mnist"),
        (STUDY, "split/validation", {"fractoin": 0.2}, "fraction"),
        (STUDY, "split/test", "gven", "given"),
        (STUDY, "assumes", {"split.validatoin": "x"}, "split.validation"),
        (STUDY, "runs/cnn/modle", "cnn", "model"),
        (STUDY, "runs/cnn/model", "CNN", "cnn"),
        (STUDY, "runs/cnn/settings/dropot", 0.25, "dropout"),
        (STUDY, "runs/cnn/settings/optimizer", "Adam", "adam"),
        (STUDY, "runs/cnn/settings/schedule/decy", 0.1, "decay"),
        (STUDY, "runs/cnn/assumes/filtrs", "x", "filters"),
        (STUDY, "runs/cnn_5_epochs/like", "cnnn", "cnn"),
        (STUDY, "runs/cnn_5_epochs/group", "abblation", "ablation"),
        (STUDY, "runs/cnn_5_epochs/settings/epoch", 5, "epochs"),
        (STUDY, "claims/0/run", "cnn_5_epoch", "cnn_5_epochs"),
        (STUDY, "claims/0/metric", "acuracy", "accuracy"),
        (STUDY, "claims/0/kind", "valu", "value"),
        (STUDY, "claims/0/split", "tests", "test"),
        (STUDY, "claims/0/tolerence", 0.01, "tolerance"),
    ],
)
def test_nearest_name_is_suggested(content: dict, key: str, value: Any, meant: str) -> None:
    is_study = content is STUDY
    content = changed(content, key, value)
    write(Path(), **({"cnn_vs_gru": content} if is_study else {"options": content}))
    (line,) = lines_of_failure()
    assert line.endswith(f"; did you mean '{meant}'?")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("title", "", "title: ''; accepted: text, not empty"),
        ("title", 5, "title: 5; accepted: text, not empty"),
        ("source", "x", "source: 'x'; accepted: a mapping with the keys citation, note"),
        (
            "source/note",
            ABSENT,
            "source.note: missing; accepted: text, not empty, at most 10,000 characters (",
        ),
        ("dataset", "mnist0", "dataset: 'mnist0'; accepted: fashion_mnist, flight_prices"),
        (
            "split/test",
            0.2,
            "split.test: 0.2; accepted: 'given', or a mapping with the keys fraction, random_state",
        ),
        ("split/test", {"fraction": 1}, "split.test.fraction: 1; accepted: a number > 0 and < 1"),
        ("split/test", {}, "split.test.fraction: missing; accepted: a number > 0 and < 1"),
        (
            "split/test",
            {"fraction": 0.2, "random_state": -1},
            "split.test.random_state: -1; accepted: a whole number >= 0 and < 4,294,967,296, or",
        ),
        (
            "split/classes",
            ["Bag"],
            'split.classes: ["Bag"]; accepted: a list of text, at most 10,000, or null',
        ),
        (
            "split/classes",
            ["Bag", "Trousers"],
            "split.classes[1]: 'Trousers'; accepted: T-shirt/top, Trouser, Pullover",
        ),
        (
            "split/classes",
            ["Bag", "Bag"],
            "split.classes[1]: 'Bag'; named twice; accepted: each class once",
        ),
        ("train_score", "yes", "train_score: 'yes'; accepted: true or false (keep the class"),
        (
            "split/validation",
            {"fraction": 1},
            "split.validation.fraction: 1; accepted: a number > 0",
        ),
        (
            "split/validation",
            {"first": 0},
            "split.validation.first: 0; accepted: a whole number from 1 to 1,000,000,000",
        ),
        (
            "split/validation",
            0.2,
            "split.validation: 0.2; accepted: a mapping with the keys fraction",
        ),
        (
            "split/validation",
            ABSENT,
            "split.validation: missing; accepted: a mapping with the keys",
        ),
        (
            "preprocess",
            ABSENT,
            "preprocess: missing; accepted: a mapping with the keys divide_by, or",
        ),
        (
            "preprocess/divide_by",
            0,
            "preprocess.divide_by: 0; accepted: a number from 1e-15 to 1e+15",
        ),
        ("assumes", {"runs": "x"}, "assumes.runs: unknown setting; accepted: split, split.test"),
        ("assumes", {"split": ""}, "assumes.split: ''; accepted: text, not empty"),
        (
            "runs/cnn",
            None,
            "runs.cnn: null; accepted: a mapping with the keys title, group, minutes",
        ),
        (
            "runs/cnn/minutes",
            "6",
            "runs.cnn.minutes: '6'; accepted: a number > 0 and <= 1,000,000 (rough duration on",
        ),
        (
            "runs/cnn/group",
            "all",
            "runs.cnn.group: 'all'; accepted: one of 'headline', 'ablation',",
        ),
        ("runs/cnn/model", "mlpp", "runs.cnn.model: 'mlpp'; accepted: "),
        ("runs/cnn/settings", [], "runs.cnn.settings: []; accepted: a mapping"),
        (
            "runs/cnn/settings/dropot",
            0.25,
            "runs.cnn.settings.dropot: unknown setting (value 0.25); accepted: filters, kernel_siz",
        ),
        (
            "runs/cnn/settings/momentum",
            1,
            "runs.cnn.settings.momentum: 1; accepted: a number >= 0 and < 1",
        ),
        (
            "runs/cnn/settings/momentum",
            "0.25",
            "runs.cnn.settings.momentum: '0.25'; accepted: a number >= 0 and < 1",
        ),
        (
            "runs/cnn/settings/epochs",
            True,
            "runs.cnn.settings.epochs: true; accepted: a whole number from 1 to 1,000,000",
        ),
        (
            "runs/cnn/settings/filters",
            [32, 0],
            "runs.cnn.settings.filters[1]: 0; accepted: a whole number from 1 to 100,000",
        ),
        (
            "runs/cnn/settings/momentum",
            ABSENT,
            "runs.cnn.settings.momentum: missing; accepted: a number >= 0 and < 1",
        ),
        (
            "runs/cnn/settings/schedule",
            {"decay": 0.1},
            "runs.cnn.settings.schedule.constant_epochs: missing; accepted: a whole number from 0",
        ),
        (
            "runs/cnn_5_epochs/settings/epochs",
            0,
            "runs.cnn_5_epochs.settings.epochs: 0; accepted: a whole number from 1 to 1,000,000",
        ),
        (
            "runs/cnn_5_epochs/assumes",
            {"schedule.decay": "x"},
            "runs.cnn_5_epochs.assumes.schedule.decay: unknown setting; accepted: filters, kernel_",
        ),
        (
            "runs/cnn_5_epochs/like",
            "nothing",
            "runs.cnn_5_epochs.like: 'nothing'; accepted: cnn, cnn_5_epochs",
        ),
        (
            "runs/cnn_5_epochs/like",
            "cnn_5_epochs",
            "runs.cnn_5_epochs.like: 'cnn_5_epochs'; circular reference: cnn_5_epochs",
        ),
        ("runs/cnn_5_epochs/title", ABSENT, "runs.cnn_5_epochs.title: missing; accepted: text, no"),
        (
            "claims",
            ABSENT,
            "claims: missing; accepted: a list of a mapping with the keys id, where,",
        ),
        (
            "claims/0/id",
            "Accuracy",
            "claims[Accuracy].id: 'Accuracy'; accepted: text (a name: lower",
        ),
        (
            "claims/0/reported",
            0.919,
            "claims[cnn_accuracy].reported: 0.919; accepted: text (a number",
        ),
        (
            "claims/0/reported",
            "high",
            "claims[cnn_accuracy].reported: 'high'; accepted: text (a numb",
        ),
        (
            "claims/0/tolerance",
            0,
            "claims[cnn_accuracy].tolerance: 0; accepted: a number from 1e-15 to 1e+15",
        ),
        (
            "claims/0/tolerance",
            ABSENT,
            "claims[cnn_accuracy].tolerance: missing; accepted: a number",
        ),
        (
            "claims/0/metric",
            "mae0",
            "claims[cnn_accuracy].metric: 'mae0'; accepted: accuracy, balanc",
        ),
        ("claims/0/run", "rnnnn", "claims[cnn_accuracy].run: 'rnnnn'; accepted: cnn, cnn_5_epochs"),
        (
            "claims/0/kind",
            "cells",
            "claims[cnn_accuracy].kind: 'cells'; accepted: value, table, ordering, ",
        ),
        (
            "claims",
            [CLAIM, CLAIM],
            "claims[cnn_accuracy].id: 'cnn_accuracy'; used twice; accepted: a unique id",
        ),
    ],
)
def test_bad_study(key: str, value: Any, message: str) -> None:
    write(Path(), cnn_vs_gru=changed(STUDY, key, value))
    lines = lines_of_failure()
    assert [line[: len(STUDY_FILE) + 2 + len(message)] for line in lines] == [
        f"{STUDY_FILE}: {message}"
    ]


def own(name: str, second: str = "0.6", **more: Any) -> dict[str, Any]:
    claim = {"id": name, "where": "here", "quote": "so", "kind": "consistency", **more}
    return {**claim, "check": "same_value", "numbers": {"values": ["0.5", second]}}


DOUBT = {"contradicts_if": "all is meant", "agrees_if": "one is a slip"}


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        (
            [own("a", "0.5", doubt=DOUBT)],
            "claims[a].doubt: the numbers agree; accepted: leave it out",
        ),
        (
            [own("a"), own("b", "0.5", same_cause_as="a")],
            "claims[b].same_cause_as: the numbers agree; accepted: leave it out",
        ),
        (
            [own("a", doubt={"agrees_if": "one is a slip"})],
            "claims[a].doubt.contradicts_if: missing; accepted: text, not empty, at most 10,000 "
            "characters (the first reading, as the end of a sentence)",
        ),
        (
            [own("first"), own("b", same_cause_as="frist")],
            "claims[b].same_cause_as: 'frist'; no contradiction that stands for itself; "
            "accepted: first; did you mean 'first'?",
        ),
        (
            [own("a"), own("b", same_cause_as="a"), own("c", same_cause_as="b")],
            "claims[c].same_cause_as: 'b'; no contradiction that stands for itself; accepted: a",
        ),
        (
            [own("a", "0.5"), own("b", same_cause_as="a")],
            "claims[b].same_cause_as: 'a'; no contradiction that stands for itself; "
            "accepted: none yet",
        ),
        (
            [own("a"), own("b", same_cause_as="a", doubt=DOUBT)],
            "claims[b].same_cause_as: 'a'; no doubtful contradiction that stands for itself; "
            "accepted: none yet",
        ),
    ],
)
def test_doubt_and_cause_belong_to_contradictions(claims: list, message: str) -> None:
    write(Path(), cnn_vs_gru=changed(STUDY, "claims", claims))
    assert lines_of_failure() == [f"{STUDY_FILE}: {message}"]


def test_claim_on_a_split_that_the_study_has_not() -> None:
    study = changed(changed(STUDY, "split/validation", None), "claims/0/split", "validation")
    write(Path(), cnn_vs_gru=study)
    assert lines_of_failure() == [
        f"{STUDY_FILE}: claims[cnn_accuracy].split: 'validation'; the study has none; "
        "accepted: one of 'train', 'test'"
    ]


LOSS = {"metric": "log_loss", "tolerance": 0.02}


@pytest.mark.parametrize(
    ("split", "train_score", "is_scored"),
    [
        ("test", False, True),
        ("train", False, False),
        ("train", True, True),
        ("validation", True, False),
    ],
)
def test_claim_on_a_loss_needs_the_probabilities(
    split: str, train_score: bool, is_scored: bool
) -> None:
    claim = CLAIM | LOSS | {"split": split}
    write(Path(), cnn_vs_gru=STUDY | {"claims": [claim], "train_score": train_score})
    if is_scored:
        assert load().studies["cnn_vs_gru"].train_score is train_score
        return
    assert lines_of_failure() == [
        f"{STUDY_FILE}: claims[cnn_accuracy].split: {split!r}; log_loss needs class probabilities, "
        "which are kept only for the test split; accepted: 'test', or 'train' with "
        "train_score: true"
    ]


def test_split_may_choose_classes_and_draw_its_test_set() -> None:
    split = {
        "classes": ["Trouser", "T-shirt/top"],
        "test": {"fraction": 0.15},
        "validation": "test",
    }
    write(Path(), cnn_vs_gru=STUDY | {"split": split, "confusion_matrix_train": True})
    study = load().studies["cnn_vs_gru"]
    assert study.classes == split["classes"]
    assert (study.split.test.fraction, study.split.test.random_state) == (0.15, None)
    assert study.split.validation == "test" and study.confusion_matrix_train
    write(Path(), cnn_vs_gru=STUDY)
    study = load().studies["cnn_vs_gru"]
    assert len(study.classes) == 10 and study.split.classes is None
    assert not study.confusion_matrix_train and not study.train_score


REGRESSION = {
    **STUDY,
    "dataset": "flight_prices",
    "split": {"test": {"fraction": 0.2, "random_state": 42}, "validation": None},
    "preprocess": None,
    "runs": {
        "linear": {
            "title": "Linear regression",
            "group": "headline",
            "minutes": 1,
            "model": "sklearn.linear_model.LinearRegression",
            "settings": {},
        }
    },
    "claims": [CLAIM | {"run": "linear", "metric": "mean_squared_error", "reported": "45720769.7"}],
}


def test_regression() -> None:
    write(Path(), cnn_vs_gru=REGRESSION)
    study = load().studies["cnn_vs_gru"]
    assert study.classes == [] and study.preprocess is None


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "split/test",
            "given",
            "split.test: 'given'; Indian flight prices has no test set of its own; accepted: a "
            "mapping with one of the keys fraction, examples",
        ),
        (
            "split/classes",
            ["Economy", "Business"],
            'split.classes: ["Economy", "Business"]; Indian flight prices has no classes; '
            "accepted: null",
        ),
        (
            "confusion_matrix_train",
            True,
            "confusion_matrix_train: true; Indian flight prices has no classes; accepted: false",
        ),
        (
            "train_score",
            True,
            "train_score: true; Indian flight prices has no classes; accepted: false",
        ),
        (
            "claims/0/metric",
            "accuracy",
            "claims[cnn_accuracy].metric: 'accuracy'; accepted: mean_squared_error, "
            "root_mean_squared_error, mean_absolute_error, r2",
        ),
        (
            "runs/linear",
            STUDY["runs"]["cnn"] | {"title": "CNN"},
            "runs.linear.model: 'cnn'; not a model for regression; accepted: ",
        ),
    ],
)
def test_bad_regression(key: str, value: Any, message: str) -> None:
    write(Path(), cnn_vs_gru=changed(REGRESSION, key, value))
    lines = [line for line in lines_of_failure() if ".assumes" not in line]
    assert [line[: len(STUDY_FILE) + 2 + len(message)] for line in lines] == [
        f"{STUDY_FILE}: {message}"
    ]


def test_model_without_classes_is_refused_for_classification() -> None:
    linear = {**REGRESSION["runs"]["linear"], "title": "Linear"}
    write(Path(), cnn_vs_gru=changed(STUDY, "runs/other", linear))
    (line,) = lines_of_failure()
    told = "'sklearn.linear_model.LinearRegression'; not a model for classification; accepted: an "
    assert f"runs.other.model: {told}estimator for classification" in line


def test_circle_of_three() -> None:
    runs = {
        name: {"like": like, "title": name}
        for name, like in {"a": "b", "b": "c", "c": "a", "d": "a"}.items()
    }
    write(Path(), cnn_vs_gru=changed(changed(STUDY, "runs", runs), "claims", []))
    (line,) = lines_of_failure()
    assert re.search(r"like: '(.)'; circular reference: (a -> b|b -> c|c -> a) -> . -> .;", line)


def test_study_needs_a_run_but_no_claim() -> None:
    write(Path(), cnn_vs_gru=changed(STUDY, "claims", []))
    assert load().studies["cnn_vs_gru"].claims == ()
    write(Path(), cnn_vs_gru=changed(changed(STUDY, "claims", []), "runs", {}))
    assert lines_of_failure() == [
        f"{STUDY_FILE}: runs: {{}}; accepted: a mapping, not empty, at most 10,000"
    ]


@pytest.mark.parametrize("name", ["../x", "a b", "Cnn", "5_epochs", "x" * 65, "", "é"])
def test_run_name(name: str) -> None:
    runs = {"cnn": STUDY["runs"]["cnn"], name: STUDY["runs"]["cnn"]}
    write(Path(), cnn_vs_gru=changed(STUDY, "runs", runs))
    (line,) = lines_of_failure()
    assert line.startswith(f"{STUDY_FILE}: runs.")
    assert name in line and "not a valid name; accepted: a name: lower-case letters" in line


@pytest.mark.parametrize("name", ["My Study", "x-y", "datasets", "report", "smoke"])
def test_study_name(name: str) -> None:
    write(Path(), **{name: STUDY})
    (line,) = lines_of_failure()
    problem = "has a reserved" if name in config.RESERVED else "does not have a valid"
    folder = f"the study folder '{name}'"
    assert line.startswith(f"config.yaml: studies: 'all'; {folder} {problem} name; accepted: ")


def test_no_study_at_all(project: Path) -> None:
    (project / STUDY_FILE).unlink()
    assert lines_of_failure() == [
        "config.yaml: studies: 'all'; no folder in study_dirs has a study.yaml; "
        "accepted: one or more"
    ]


def test_hidden_folders_are_no_studies() -> None:
    write(Path(), **{".ipynb_checkpoints": "- old"})
    assert list(load().studies) == ["cnn_vs_gru"]


def test_option_of_the_command_line_is_called_so() -> None:
    write(Path(), changed(OPTIONS, "threads", 0))
    assert [line.split(";")[0] for line in lines_of_failure(limits={"epochs": 0}, seed="3")] == [
        "config.yaml: threads: 0",
        "--config: limits.epochs: 0",
        "--config: seed: unknown key (value 3)",
    ]


def test_option_that_replaces_a_value_is_called_so() -> None:
    lines = lines_of_failure(seeds={"headline": "0"}, limits="none")
    assert [line.split(";")[0] for line in lines] == [
        "--config: seeds.headline: 0",
        "--config: limits: 'none'",
    ]


def test_everything_is_told_at_once_in_the_order_of_the_files() -> None:
    study = changed(STUDY, "titel", "x")
    study = changed(study, "runs/cnn/settings/dropot", 0.25)
    study = changed(study, "runs/cnn/settings/dropout", ABSENT)
    study = changed(study, "runs/cnn/settings/epochs", 0)
    study = changed(study, "runs/cnn_5_epochs/minutes", -1)
    study = changed(study, "claims/0/run", "x")
    study = changed(study, "source/note", ABSENT)
    write(Path(), cnn_vs_gru=study, other=changed(STUDY, "title", ""))
    assert [line.split(";")[0] for line in lines_of_failure()] == [
        f"{STUDY_FILE}: source.note: missing",
        f"{STUDY_FILE}: runs.cnn.settings.epochs: 0",
        f"{STUDY_FILE}: runs.cnn.settings.dropot: unknown setting (value 0.25)",
        f"{STUDY_FILE}: runs.cnn_5_epochs.minutes: -1",
        f"{STUDY_FILE}: claims[cnn_accuracy].run: 'x'",
        f"{STUDY_FILE}: titel: unknown key (value 'x')",
        "studies/other/study.yaml: title: ''",
    ]


def test_mistake_of_a_parent_is_told_once() -> None:
    write(Path(), cnn_vs_gru=changed(STUDY, "runs/cnn/settings/kernel_size", 0))
    assert len(lines_of_failure()) == 1


def test_missing_and_broken_files(project: Path) -> None:
    write(project, cnn_vs_gru="title: a\ntitle: b\n")
    assert lines_of_failure() == [
        f"{STUDY_FILE}: line 2: title: duplicate key, first on line 1; keep one"
    ]
    (project / "config.yaml").unlink()
    assert lines_of_failure() == ["config.yaml: no such file; run this in the project folder"]


def test_file_of_another_folder_is_named_with_its_path(project: Path) -> None:
    write(project, changed(OPTIONS, "threads", 0))
    with pytest.raises(ConfigError, match=re.escape(f"{project}/config.yaml: threads: 0;")):
        load(project)


NODES = [
    (content, key)
    for content, keys in {
        "options": ["studies", "groups", "seeds", "data_dirs", "limits", "limits/epochs", "data"],
        "study": [
            *("title", "dataset", "split", "split/validation", "preprocess", "assumes", "runs"),
            *("split/test", "split/classes", "train_score", "confusion_matrix_train"),
            *("runs/cnn", "runs/cnn/model", "runs/cnn/settings", "runs/cnn/settings/schedule"),
            *("runs/cnn/assumes", "runs/cnn_5_epochs", "runs/cnn_5_epochs/like"),
            *("runs/cnn_5_epochs/settings", "claims", "claims/0", "claims/0/id", "claims/0/run"),
        ],
    }.items()
    for key in keys
]
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.sampled_from([0.5, "", "cnn", "all", "cnn_5_epochs", "x\x1b[0m", "{}", "a: b", "<<"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["cnn", "id", "first", "a\x1b"]), inner, max_size=3)
    ),
    max_leaves=6,
)


# Every example writes all files anew, and takes its time.
RELAXED = settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@RELAXED
@given(node=st.sampled_from(NODES), value=ANYTHING)
def test_whatever_stands_in_a_file_is_accepted_or_explained(node: tuple, value: Any) -> None:
    content, key = node
    options = changed(OPTIONS, key, value) if content == "options" else OPTIONS
    study = changed(STUDY, key, value) if content == "study" else STUDY
    write(Path(), options, cnn_vs_gru=study)
    told = ""
    try:
        whole = load()
        assert Config.model_validate_json(whole.model_dump_json()) == whole
    except ConfigError as error:
        told = str(error)
    for line in filter(None, told.split("\n")):
        assert re.fullmatch(rf"(config\.yaml|{STUDY_FILE}): [^:].*accepted: .+", line)
    assert not re.search("pydantic|Input should|type=|\x1b", told)


@RELAXED
@given(text=st.from_regex(reported.PRINTED.removeprefix("^").removesuffix("$"), fullmatch=True))
def test_reported_number_can_be_read(text: str) -> None:
    read = Reported.parse(text)
    assert read.half_unit > 0 or math.isnan(read.value)


def test_work_to_load_grows_no_faster_than_the_claims() -> None:
    calls = []
    for n in (350, 700):
        claims = [CLAIM | {"id": f"claim_{number}"} for number in range(n)]
        write(Path(), cnn_vs_gru=changed(STUDY, "claims", claims))
        load()
        with cProfile.Profile() as profile:
            load()
        calls.append(pstats.Stats(profile).total_calls)
    assert calls[1] < 2.1 * calls[0]


def test_loading_the_project_imports_no_library_that_it_does_not_need() -> None:
    # Their lazy stand-ins are in sys.modules, whose submodules are not.
    code = (
        "import sys; from refashion.spec.config import load; load(overrides={'studies': STUDIES});"
        "print(sorted({name.split('.')[0] for name in sys.modules if name.count('.')}"
        " & {'tensorflow', 'keras', 'torch', 'jax', 'sklearn', 'pandas'}))"
    )
    # Only a study that names estimators needs their library.
    for studies, imported in {"cnn_vs_gru": "[]", "all": "['pandas', 'sklearn']"}.items():
        done = subprocess.run(
            [sys.executable, "-c", code.replace("STUDIES", repr(studies))],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == imported


@pytest.mark.parametrize("file", config.SCHEMAS)
def test_exported_schema_is_in_step(file: str) -> None:
    exported = json.loads((PROJECT / file).read_text(encoding="utf-8"))
    assert exported == config.SCHEMAS[file](), "run: refashion schemas"


def test_schemas_accept_the_project_and_refuse_typos() -> None:
    options, study = config.config_schema(), config.study_schema()
    for file in PROJECT.glob("studies/*/study.yaml"):
        jsonschema.validate(strict_yaml.load(file), study)
    jsonschema.validate(strict_yaml.load(PROJECT / "config.yaml"), options)
    jsonschema.validate(STUDY, study)
    for content, schema in [
        (changed(OPTIONS, "seed", 1), options),
        (changed(OPTIONS, "seeds", 0), options),
        (changed(STUDY, "runs/cnn/modle", "cnn"), study),
        (changed(STUDY, "runs/cnn_5_epochs/title", ABSENT), study),
    ]:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(content, schema)


@pytest.mark.parametrize(
    "file", [PROJECT / "config.yaml", *PROJECT.glob("studies/*/study.yaml")], ids=str
)
def test_files_of_the_project_name_their_schema(file: Path) -> None:
    first = file.read_text(encoding="utf-8").splitlines()[0]
    schema = first.removeprefix("# yaml-language-server: $schema=")
    assert (file.parent / schema).resolve() in {PROJECT / name for name in config.SCHEMAS}


@pytest.mark.parametrize(
    ("name", "n_classes", "meant"),
    [
        *(("MCC", 3, "matthews_corrcoef"), ("mcc", 2, "matthews_corrcoef")),
        *(("AUC", 2, "roc_auc"), ("auc", 3, "roc_auc_ovr"), ("roc_auc", 3, "roc_auc_ovr")),
        *(("roc_auc_ovr", 2, "roc_auc"), ("f1", 3, "f1_macro"), ("F1-score", 0, "f1_macro")),
        *(("macro F1", 3, "f1_macro"), ("sensitivity", 3, "recall_macro")),
        *(("top5", 10, "top_5_accuracy"), ("balanced accuracy", 3, "balanced_accuracy")),
        *(("acc", 3, "accuracy"), ("Cohen's kappa", 3, "cohen_kappa_score")),
        *(("cross-entropy", 3, "log_loss"), ("PR-AUC", 2, "average_precision")),
    ],
)
def test_usual_names_of_metrics_are_understood(name, n_classes, meant):
    accepted = [n for n in metrics.names("classification") if n != name]
    assert metric_names.choices(name, accepted, n_classes).endswith(f"; did you mean '{meant}'?")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *(("mse", "mean_squared_error"), ("RMSE", "root_mean_squared_error"), ("R2", "r2")),
        *(("R²", "r2"), ("mae", "mean_absolute_error")),
        ("MAPE", "mean_absolute_percentage_error"),
    ],
)
def test_usual_names_of_errors_are_understood(name, meant):
    told = metric_names.choices(name, metrics.names("regression"))
    assert told.endswith(f"; did you mean '{meant}'?")


def test_specificity_is_explained():
    told = metric_names.choices("specificity", metrics.names("classification"), 2)
    assert told.endswith("with two classes, it is the recall of the negative one, under class")

"""Claims about what an estimator has learned, from the fitted estimator to the ledger."""

import json
import shutil
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from refashion import artifacts
from refashion.attributes import look_up
from refashion.backends import fitted
from refashion.errors import ConfigError
from refashion.judgement.entries import judge_study
from refashion.ledger import rows as ledger_rows
from refashion.ledger.entry import Verdict
from refashion.render.chapter.chapters import write_chapter
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.text import markdown
from refashion.runs import cross_validation, evaluation, results, training
from refashion.runs.folds import load_folds
from refashion.workflow.plan import Plan

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IRIS = load_iris()
CLASSES = ["setosa", "versicolor", "virginica"]
FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
DATASET = f'''
"""Iris, as scikit-learn bundles it."""
from sklearn.datasets import load_iris
FILES, SOURCES, SUBFOLDERS = {{}}, (), ()
PARTS, TASK, TARGET, UNIT = ("all",), "classification", "species", ""
CLASSES, FEATURES, CATEGORIES = {CLASSES}, {FEATURES}, {{}}
TITLE = CITATION = LICENCE = "Iris"
def read(raw):
    x, y = load_iris(return_X_y=True)
    return {{"all_x": x, "all_y": y}}
'''


def test_attributes_are_found_as_code_writes_them():
    search = GridSearchCV(
        make_pipeline(StandardScaler(), SVC(kernel="linear")),
        {"svc__C": [1, 10], "svc__kernel": ["rbf", "linear"]},
    ).fit(IRIS.data, IRIS.target)
    found = json.loads(json.dumps(fitted.attributes(search, FEATURES)))
    best = search.best_estimator_
    assert look_up(found, "best_params_.svc__C") == search.best_params_["svc__C"]
    assert look_up(found, "best_params_['svc__kernel']") == search.best_params_["svc__kernel"]
    assert look_up(found, "best_score_") == search.best_score_
    # What a search or a pipeline does not have is that of its best estimator, or of its last step.
    assert look_up(found, "n_support_[virginica]", CLASSES) == best[-1].n_support_[2]
    mean = best[0].mean_[3]
    assert look_up(found, "named_steps.standardscaler.mean_[petal_width]") == mean
    assert look_up(found, "best_estimator_.standardscaler.mean_[3]") == mean


def test_numbers_of_a_matrix_are_named_by_class_and_feature():
    logit = LogisticRegression(max_iter=1000).fit(IRIS.data, IRIS.target)
    found = fitted.attributes(logit, FEATURES)
    for path in ("coef_[virginica][petal_width]", "coef_[petal_width][virginica]", "coef_[2][3]"):
        assert look_up(found, path, CLASSES) == logit.coef_[2, 3]
    assert look_up(found, "coef_[2, 3]", CLASSES) == logit.coef_[2, 3]
    cancer = load_breast_cancer()
    logit = LogisticRegression(max_iter=1).fit(cancer.data, cancer.target)
    found = fitted.attributes(logit, [*cancer.feature_names])
    for path in ("coef_[mean area]", "coef_[3]", "coef_[0][3]"):  # two classes have one row
        assert look_up(found, path, ["malignant", "benign"]) == logit.coef_[0, 3]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("coeff_", "there is no coeff_; accepted: coef_, intercept_, "),
        ("coef_[bmj]", "coef_ has no bmj; accepted: age, sex, bmi, "),
        ("coef_", "coef_ holds 10 values; accepted: one of them, such as coef_[0]"),
        ("coef_[10]", "coef_[10] is not there; accepted: 0 to 9"),
        ("coef_.bmi", "coef_ is a list; accepted: coef_[0]"),
        ("intercept_[0]", "intercept_ is a value; accepted: intercept_"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(path, told):
    data = load_diabetes()
    found = fitted.attributes(LinearRegression().fit(data.data, data.target), data.feature_names)
    with pytest.raises(LookupError) as missing:
        look_up(found, path)
    assert missing.value.args[0].startswith(told)
    if path in ("coeff_", "coef_[bmj]"):
        assert "did you mean" in missing.value.args[0]


def test_only_what_is_small_is_kept():
    forest = RandomForestClassifier(100, random_state=0).fit(IRIS.data, IRIS.target)
    found = fitted.attributes(forest, FEATURES)
    assert look_up(found, "feature_importances_[petal_width]") == forest.feature_importances_[3]
    assert "estimators_" not in found
    small = RandomForestClassifier(3, random_state=0).fit(IRIS.data, IRIS.target)
    leaves = small.estimators_[1].get_n_leaves()
    found = fitted.attributes(small)
    for path in ("estimators_[1].tree_.n_leaves", "estimators_[1].get_n_leaves()"):
        assert look_up(found, path) == leaves
    boosted = GradientBoostingClassifier(n_estimators=20).fit(IRIS.data, IRIS.target)
    assert len(json.dumps(fitted.attributes(boosted))) < 10_000


@pytest.fixture
def load(project, tmp_path):
    """Give a function from claims to the plan of a study with two runs."""

    def load(*claims, split=None):
        folder = tmp_path / "studies" / "flowers"
        (folder / "datasets").mkdir(parents=True, exist_ok=True)
        (folder / "datasets" / "flowers.py").write_text(DATASET)
        usual = {"group": "headline", "minutes": 0.1}
        svm = {"sklearn.svm.SVC": {}}
        grid = {"C": [0.1, 10], "kernel": ["rbf", "linear"]}
        study = {
            "title": "Flowers",
            "source": {"citation": "A made-up report", "note": "made up"},
            "dataset": "flowers",
            "split": split
            or {"classes": None, "test": {"fraction": 0.3, "random_state": 1}}
            | {"validation": None},
            "preprocess": ["sklearn.preprocessing.StandardScaler"],
            "runs": {
                "logit": usual
                | {"title": "Logit", "model": "sklearn.linear_model.LogisticRegression"},
                "search": usual
                | {"title": "Search", "model": "sklearn.model_selection.GridSearchCV"}
                | {"settings": {"estimator": svm, "param_grid": grid}},
            },
            "claims": [
                {"id": f"c{n}", "where": "Table 1", "quote": "q", **claim}
                for n, claim in enumerate(claims)
            ],
        }
        (folder / "study.yaml").write_text(json.dumps(study))
        shutil.copy(project / "config.yaml", tmp_path)
        return Plan.load({"seeds": 2, "studies": "flowers"}, tmp_path, tmp_path)

    return load


def finished(plan):
    """Do what the stages before the report do."""
    study, layout = plan.config.studies["flowers"], plan.layout
    arrays = layout.arrays("flowers")
    arrays.mkdir(parents=True, exist_ok=True)
    for name, array in study.dataset_module.read(None).items():
        np.save(arrays / f"{name}.npy", array)
    artifacts.write_json(layout.prepared("flowers"), {"status": "available", "arrays": {}})
    rows = []
    for _, name, seed in plan.executions:
        given = json.loads(plan.recipe("flowers", name, seed))
        source = study.dataset_module
        folds = load_folds(arrays, given["split"], given["preprocess"], seed, None, source)
        facts = {"task": "classification", "n_outputs": 3, "seed": seed, "threads": 1}
        build = partial(training.build, given["model"], given["settings"], **facts)
        model = build(input_shape=(4,))
        result = cross_validation.fit_folds(model, build, folds, "classification", False, False)
        folder = layout.run("flowers", name, seed)
        training.save(result, folder)
        state = {"status": "ok", "error": None, "fit_seconds": 1.0, "diverged": False}
        state |= {"epochs_run": None, "n_parameters": 1, "peak_memory_mb": 1.0}
        artifacts.write_json(folder.run_json, state)
        scores = evaluation.score_run("classification", study.classes, folder, False)
        rows += evaluation.tidy("flowers", name, seed, scores, folder)
    frame = pd.DataFrame(rows)
    if "fold" in frame:
        frame = frame.fillna({"fold": ""})
    artifacts.write_csv(layout.metrics("flowers"), frame)
    return judge_study(plan.config, "flowers", results.load_metrics(layout, "flowers"), layout)


def number(attribute, reported, run="logit", tolerance=0.01, **more):
    claim = {"kind": "value", "run": run, "attribute": attribute, "reported": reported}
    return claim | {"tolerance": tolerance} | more


def text(attribute, reported, run="search"):
    return {"kind": "text", "run": run, "attribute": attribute, "reported": reported}


def test_what_a_source_prints_of_a_fitted_estimator_is_judged(load, project):
    x, _, y, _ = train_test_split(IRIS.data, IRIS.target, test_size=0.3, random_state=1)
    x = StandardScaler().fit_transform(x)
    theirs = LogisticRegression().fit(x, y).coef_[2, 3]
    search = GridSearchCV(SVC(), {"C": [0.1, 10], "kernel": ["rbf", "linear"]}).fit(x, y)
    other = {"rbf": "linear", "linear": "rbf"}[search.best_params_["kernel"]]
    plan = load(
        number("coef_[virginica][petal_width]", f"{theirs:.4f}"),
        number("coef_[virginica][petal_width]", f"{theirs + 0.1:.4f}"),
        number("best_params_.C", str(search.best_params_["C"]), run="search"),
        text("best_params_.kernel", search.best_params_["kernel"]),
        text("best_params_.kernel", other),
        number("coeff_[virginica][petal_width]", "1.0"),
        number("best_params_.kernel", "1.0", run="search"),
    )
    entries = finished(plan)
    assert [entry.verdict for entry in entries] == [
        *(Verdict.EXACT, Verdict.NOT_REPRODUCED, Verdict.EXACT, Verdict.HOLDS, Verdict.FAILS),
        *(Verdict.NOT_RUN, Verdict.NOT_RUN),
    ]
    reasons = [entry.judgement.reason for entry in entries]
    assert "did you mean 'coef_'?" in reasons[5]
    assert "state it with the kind text" in reasons[6]
    row = ledger_rows.row_of(entries[0], plan.layout)
    assert (row["kind"], row["metric"], row["split"]) == (
        "value",
        "coef_[virginica][petal_width]",
        None,
    )
    outcomes = Outcomes(plan.config, plan.config.studies["flowers"], plan.layout, entries)
    chapter = write_chapter(outcomes, project)
    assert not chapter.problems
    assert markdown.escape("coef_[virginica][petal_width]") in chapter.text
    assert markdown.escape(f"Search: best_params_.kernel is {other}") in chapter.text


def test_a_text_is_the_same_however_it_is_printed(load):
    plan = load(text("best_params_.C", "10.0"), text("best_params_.kernel", "'rbf'"))
    found = finished(plan)[0].judgement
    value = found.reason.removeprefix("best_params_.C: ").partition(" ")[0]
    same = [text("best_params_.C", printed) for printed in (f"{float(value)}", f"{float(value):g}")]
    kernel = finished(plan)[1].judgement.reason.split()[1]
    entries = finished(load(*same, text("best_params_.kernel", f"'{kernel}'")))
    assert [entry.verdict for entry in entries] == [Verdict.HOLDS] * 3


def test_with_folds_a_number_is_the_mean_over_folds_or_that_of_one(load):
    split = {"folds": 3, "stratify": True, "random_state": 0}
    path = "coef_[virginica][petal_width]"
    plan = load(number(path, "0.0"), number(path, "0.0", fold=2), split=split)
    mean, second = (entry.judgement.reproduced for entry in finished(plan))
    folder = plan.layout.run("flowers", "logit", 0)
    of_folds = [look_up(each, path, CLASSES) for each in artifacts.read_json(folder.attributes)]
    assert len(of_folds) == 3
    assert (mean, second) == (pytest.approx(np.mean(of_folds)), of_folds[1])


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        (number("coef_[", "1.0"), "attribute: 'coef_['; accepted: "),
        (number("coef_[3]", "rbf"), "reported: 'rbf'; accepted: "),
        (number("coef_[3]", "1.0", metric="accuracy"), "metric: unknown key"),
        (number("coef_[3]", "1.0", fold=2), "fold: 2; the study has no folds"),
        (number("coef_[3]", "1.0", run="logut"), "did you mean 'logit'?"),
    ],
)
def test_faults_of_such_claims_are_found_before_anything_runs(load, claim, told):
    with pytest.raises(ConfigError) as refused:
        load(claim)
    assert told in str(refused.value)

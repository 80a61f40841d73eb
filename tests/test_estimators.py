"""Estimators by their import path: found, checked, completed, trained and judged."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.datasets import load_diabetes, load_digits
from sklearn.linear_model import LinearRegression
from sklearn.svm import SVC
from sklearn.utils import all_estimators

from refashion import artifacts, models
from refashion.backends import estimator_settings, estimators, unseeded
from refashion.data.splits import Examples
from refashion.errors import ConfigError, RefashionError
from refashion.judgement.entries import judge_study
from refashion.judgement.randomness import is_deterministic
from refashion.ledger import rows, words
from refashion.ledger import tables as ledger_tables
from refashion.ledger.entry import Verdict
from refashion.runs import evaluation, tables, training
from refashion.runs.results import StudyResults, load_states
from refashion.stages import studies
from refashion.workflow.plan import Plan

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

FOREST = "sklearn.ensemble.RandomForestClassifier"
TREE = "sklearn.tree.DecisionTreeClassifier"
SKLEARN = ("sklearn",)


def digits() -> dict[str, Examples]:
    x, y = load_digits(return_X_y=True)
    images = x.reshape(-1, 8, 8)
    return {"train": Examples(images[:600], y[:600]), "test": Examples(images[600:900], y[600:900])}


def built(path, settings=None, *, seed=0, threads=1, task="classification", n_outputs=10):
    facts = {"task": task, "n_outputs": n_outputs, "input_shape": (8, 8)}
    settings, _ = estimator_settings.complete(path, settings or {})
    return training.build(path, settings, seed=seed, threads=threads, **facts)


def faults(path, **settings):
    return {
        ".".join(map(str, at)): text
        for at, text in estimator_settings.faults(path, settings, SKLEARN)
    }


# What may stand under `model`.


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("sklearn.ensemble.GradientBostingClassifier", "did you mean 'sklearn.ensemble.GradientBo"),
        ("sklearn.ensamble.RandomForestClassifier", f"did you mean '{FOREST}'?"),
        ("sklearn.linear_model.SVC", "did you mean 'sklearn.svm.SVC'?"),
        ("sklearn.preprocessing.StandardScaler", "it predicts nothing; accepted: a classifier or"),
        ("sklearn.cluster.KMeans", "it is no classifier and no regressor; accepted: a classifier"),
        ("sklearn.metrics.accuracy_score", "a function that is no estimator; accepted: a classif"),
        ("sklearn.svm._classes.SVC", "not a public import path; accepted: one such as sklearn.svm"),
        ("sklearn.utils.os.system", "scikit-learn has nothing of this name; accepted: "),
        ("os.system", "os is not among the packages of config.yaml; accepted: sklearn"),
        ("xgboost.XGBClassifier", "xgboost is not among the packages of config.yaml; accepted: s"),
    ],
)
def test_what_is_no_model_is_refused(path, told):
    with pytest.raises(ValueError, match="accepted: ") as refused:
        estimators.find(path, SKLEARN)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_every_classifier_and_regressor_of_scikit_learn_is_a_model_with_valid_defaults():
    odd = {"sklearn.semi_supervised.SelfTrainingClassifier"}  # its default, null, is not valid
    paths = [path for path in estimators.paths() if path not in odd]
    assert len(paths) > 90
    for path in paths:
        estimators.find(path, SKLEARN)
        settings, assumed = estimator_settings.complete(path, {})
        assert json.loads(json.dumps(settings)) == settings
        assert assumed.keys() <= settings.keys()
        wrong = [text for _, text in estimator_settings.faults(path, settings, SKLEARN)]
        assert [text for text in wrong if not text.startswith("missing")] == []


def test_another_package_has_to_be_allowed_and_installed(tmp_path, monkeypatch):
    (tmp_path / "boosters.py").write_text(
        "from sklearn.base import BaseEstimator, ClassifierMixin\n"
        "from sklearn.svm import SVC\n"
        "__version__ = '2.5'\n"
        "class Base(BaseEstimator):\n"
        "    def __init__(self, depth=3, missing=float('nan'), **more): pass\n"
        "    def fit(self, x, y): pass\n"
        "    def predict(self, x): pass\n"
        "class Booster(ClassifierMixin, Base):\n"
        "    def __init__(self, *, objective='binary', **more):\n"
        "        self.objective = objective\n"
        "        self.depth = more.get('depth', 3)\n"
    )
    (tmp_path / "broken.py").write_text("raise OSError('libgomp.so.1 is missing')\n")
    monkeypatch.syspath_prepend(tmp_path)
    packages = ("sklearn", "boosters", "broken", "absent")
    assert estimators.find("boosters.Booster", packages).__name__ == "Booster"
    settings = {"objective": "binary", "depth": 3}  # of its parent too; JSON has no NaN
    assert estimator_settings.complete("boosters.Booster", {}) == (settings, settings)
    assert (
        estimator_settings.why("boosters.Booster")
        == "Not stated. This is the default of boosters 2.5."
    )
    for path, told in {
        "boosters.Boster": "did you mean 'boosters.Booster'?",
        "boosters.SVC": "a class that is no estimator",  # of another package
        "broken.Booster": "it cannot be imported (OSError: libgomp.so.1 is missing)",
        "absent.Booster": "absent is not installed",
    }.items():
        with pytest.raises(ValueError, match="accepted: ") as refused:
            estimators.find(path, packages)
        assert told in str(refused.value)


# What may stand under `settings`.


def test_settings_are_checked_as_the_estimator_declares_them():
    assert faults("sklearn.svm.SVC", C=1, kernel="rbf", class_weight={"0": 2}, max_iter=-1) == {}
    assert faults("sklearn.svm.SVC", C=-1, kernel="rfb", kernl="rbf", shrinking=1, tol=True) == {
        "C": "-1; accepted: a float in the range (0.0, inf]",
        "kernel": "'rfb'; accepted: one of 'linear', 'poly', 'precomputed', 'rbf', 'sigmoid'; did "
        "you mean 'rbf'?",
        "kernl": "unknown setting (value 'rbf'); accepted: C, kernel, degree, gamma, coef0, "
        "shrinking, probability, tol, cache_size, class_weight, verbose, max_iter, "
        "decision_function_shape, break_ties, random_state; did you mean 'kernel'?",
        "shrinking": "1; accepted: true or false",
        "tol": "true; accepted: a float in the range (0.0, inf)",
    }
    assert faults(FOREST, n_jobs=2, random_state="a", max_features="sqr", max_depth=0) == {
        "n_jobs": "2; accepted: leave it out; `threads` of config.yaml says how many",
        "random_state": "'a'; accepted: a whole number from 0, or null: the run's seed",
        "max_features": "'sqr'; accepted: an int in the range [1, inf), or a float in the range "
        "(0.0, 1.0], or one of 'log2', 'sqrt', or null; did you mean 'sqrt'?",
        "max_depth": "0; accepted: an int in the range [1, inf), or null",
    }
    assert faults("sklearn.ensemble.VotingClassifier") == {
        "estimators": "missing; accepted: an instance of 'list'"
    }


def test_an_estimator_may_be_a_setting():
    boosted = "sklearn.ensemble.AdaBoostClassifier"
    assert faults(boosted, estimator={TREE: {"max_dept": 1}})[
        f"estimator.{TREE}.max_dept"
    ].endswith("did you mean 'max_depth'?")
    assert faults(boosted, estimator={"os.path": {}}) == {
        "estimator.os.path": "'os.path'; os is not among the packages of config.yaml; "
        "accepted: sklearn"
    }
    settings, assumed = estimator_settings.complete(
        boosted, {"estimator": {TREE: {"max_depth": 1}}}
    )
    assert settings["estimator"][TREE]["criterion"] == "gini"
    assert assumed[f"estimator.{TREE}.criterion"] == "gini"
    assert f"estimator.{TREE}.max_depth" not in assumed
    model = built(boosted, {"estimator": {TREE: {"max_depth": 1}}, "n_estimators": 5})
    parts = digits()
    model.fit(parts["train"], None)
    assert model.estimator.estimator_.max_depth == 1
    assert model.n_parameters <= 5 * 3  # a root and two leaves each


STEPS = [
    ["scale", {"sklearn.preprocessing.StandardScaler": {}}],
    ["svm", {"sklearn.svm.LinearSVC": {"C": 0.1}}],
]


def test_a_pipeline_is_for_the_task_of_its_last_step():
    path = "sklearn.pipeline.Pipeline"
    assert faults(path, steps=STEPS) == {}
    assert models.tasks(path, {"steps": STEPS}) == ("classification",)
    model = built(path, {"steps": STEPS}, seed=7)
    assert model.estimator.named_steps["svm"].random_state is not None
    parts = digits()
    model.fit(parts["train"], None)
    assert np.mean(model.predict(parts["test"].x) == parts["test"].y) > 0.8
    assert model.n_parameters == 10 * 64 + 10


# What is trained.


def test_seed_and_threads_come_from_the_run():
    forest = built(FOREST, seed=3, threads=2).estimator
    assert forest.n_jobs == 2
    assert forest.random_state == built(FOREST, seed=3).estimator.random_state
    assert forest.random_state != built(FOREST, seed=4).estimator.random_state
    assert built(FOREST, {"random_state": 42}, seed=3).estimator.random_state == 42


def test_labels_are_those_of_predict_and_not_of_the_probabilities():
    parts = digits()
    saturated = {"loss": "modified_huber", "max_iter": 5}
    model = built("sklearn.linear_model.SGDClassifier", saturated)
    result = training.fit(model, parts, "classification", train_score=True)
    theirs = model.estimator.predict(parts["test"].x.reshape(300, -1))
    assert np.array_equal(result.predicted["test"], theirs)
    assert not np.array_equal(result.scores["test"].argmax(axis=1), theirs)  # ties of ones
    assert result.scores["train"].shape == (600, 10)
    assert result.predicted["test"].dtype == np.int64


def test_without_probabilities_there_is_no_score_and_no_log_loss():
    parts = digits()
    model = built("sklearn.linear_model.RidgeClassifier")
    result = training.fit(model, parts, "classification", train_score=True)
    assert result.scores == {}
    labels = {"train_true", "train_pred", "test_true", "test_pred"}
    assert set(result.arrays()) - {"test_decision"} == labels
    scores = evaluation.score_splits("classification", result.arrays())
    assert "log_loss" not in scores["test"] and scores["test"]["accuracy"] > 0.8
    assert result.measurements["diverged"] is False


def test_the_training_split_is_predicted_only_where_it_is_asked_for():
    parts = digits()
    model = built("sklearn.neighbors.KNeighborsClassifier")
    result = training.fit(model, parts, "classification", train_score=False, predict_train=False)
    assert set(result.arrays()) == {"train_true", "test_true", "test_pred", "test_score"}
    assert set(evaluation.score_splits("classification", result.arrays())) == {"test"}
    assert result.measurements["n_parameters"] is None  # it learns by heart


def test_a_class_that_is_not_in_training_has_probability_zero():
    x = np.arange(12.0).reshape(6, 2, 1)
    y = np.array([0, 2, 0, 2, 0, 2])
    for name in ("dummy.DummyClassifier", "linear_model.LogisticRegression", "svm.NuSVC"):
        model = built(f"sklearn.{name}", n_outputs=4)
        model.fit(Examples(x, y), None)
        assert set(model.predict(x)) <= {0, 2}
        scores = model.probabilities(x)
        if name == "svm.NuSVC":
            assert scores is None
            continue
        assert scores.shape == (6, 4)
        assert np.all(scores[:, [1, 3]] == 0)
        assert scores.sum(axis=1) == pytest.approx(1)


def test_threads_change_nothing_in_a_forest():
    """Sums of the trees' answers differ in the last digit if threads add in turns."""
    x = np.random.default_rng(0).random((20_000, 10))
    part = Examples(x, 1e4 * x.sum(axis=1))
    answers = []
    for threads in (1, 2, 2):
        path = "sklearn.ensemble.RandomForestRegressor"
        forest = built(path, {"n_estimators": 40, "max_depth": 8}, threads=threads, n_outputs=1)
        forest.fit(part.take(slice(1000)), None)
        answers.append(forest.predict(x))
    assert np.array_equal(answers[0], answers[1])
    assert np.array_equal(answers[0], answers[2])


def test_what_was_learned_is_counted():
    part = Examples(np.random.default_rng(0).random((30, 5)), np.arange(30) % 3)

    def learned(path, **settings):
        model = built(path, settings, n_outputs=3)
        model.fit(part, None)
        return model.n_parameters

    assert learned("sklearn.linear_model.LinearRegression") == 5 + 1
    mlp = {"hidden_layer_sizes": [8], "max_iter": 500}
    assert learned("sklearn.neural_network.MLPClassifier", **mlp) == (5 * 8 + 8) + (8 * 3 + 3)
    stumps = {"n_estimators": 4, "max_depth": 1}
    assert learned(FOREST, **stumps) == 4 * 3  # a root and two leaves each
    assert learned("sklearn.ensemble.GradientBoostingClassifier", **stumps) == 4 * 3 * 3
    nested = [["a", {TREE: {"max_depth": 1}}], ["b", {"sklearn.naive_bayes.GaussianNB": {}}]]
    assert learned("sklearn.ensemble.VotingClassifier", estimators=nested) >= 3


def test_loss_curve_of_the_network_of_scikit_learn():
    model = built("sklearn.neural_network.MLPClassifier", {"max_iter": 400, "tol": 0.1})
    history = model.fit(digits()["train"], None)
    assert history["epoch"].tolist() == [*range(1, len(history) + 1)]
    assert history["loss"].tolist() == model.estimator.loss_curve_


def test_a_forest_tells_what_it_goes_by():
    x = np.random.default_rng(0).random((200, 3))
    path = "sklearn.ensemble.RandomForestRegressor"
    forest = built(path, {"n_estimators": 5, "max_depth": 4}, task="regression", n_outputs=1)
    assert forest.importances() is None
    forest.fit((x, x[:, 1]), None)
    shares = forest.importances()
    assert shares.sum() == pytest.approx(1) and shares.argmax() == 1


# A study that names estimators.


AT = {"where": "Table 1", "quote": "as stated"}


def run(model, settings=None, **more):
    usual = {"title": "Run", "group": "headline", "minutes": 1, "model": model}
    return {**usual, "settings": settings or {}, **more}


def value(of, metric="accuracy", reported="0.9", **more):
    usual = {"kind": "value", "run": of, "metric": metric, "split": "test", "reported": reported}
    return {**AT, **usual, "tolerance": 0.01, **more}


@pytest.fixture
def load(project, tmp_path):
    """Give a function from runs and claims to the plan of a study."""

    def load(runs, claims=(), overrides=None, **more):
        folder = tmp_path / "studies" / "table"
        folder.mkdir(parents=True, exist_ok=True)
        study = {
            "title": "A table of classifiers",
            "source": {"citation": "A made-up report", "note": "made up"},
            "dataset": "fashion_mnist",
            "split": {"test": "given", "validation": None},
            "preprocess": None,
            "runs": runs,
            "claims": [{"id": f"claim_{n}", **claim} for n, claim in enumerate(claims)],
            **more,
        }
        (folder / "study.yaml").write_text(json.dumps(study))
        shutil.copy(project / "config.yaml", tmp_path)
        return Plan.load({"seeds": 2, **(overrides or {})}, tmp_path, tmp_path)

    return load


def problems(load, runs, **more):
    with pytest.raises(ConfigError) as refused:
        load(runs, **more)
    return [line.partition("study.yaml: ")[2] for line in str(refused.value).splitlines()]


def test_defaults_complete_the_settings_and_are_assumptions(load):
    runs = {
        "tree": run(TREE, {"max_depth": 3}, assumes={"criterion": "The usual one."}),
        "deep": {"like": "tree", "title": "Deep", "settings": {"max_depth": 9}},
    }
    plan = load(runs)
    tree = plan.config.studies["table"].runs["tree"]
    assert (tree.settings["max_depth"], tree.settings["min_samples_leaf"]) == (3, 1)
    assert json.loads(plan.recipe("table", "tree", 1))["settings"] == tree.settings
    assert "random_state" not in tree.settings  # it is the seed, which is a field of its own
    assumed = tree.assumes["min_samples_leaf"]
    told = f"Not stated. This is the default of scikit-learn {sklearn.__version__}."
    assert (assumed.value, assumed.why) == (1, told)
    assert tree.assumes["criterion"].why == "The usual one."
    assert "max_depth" not in tree.assumes
    assert plan.config.studies["table"].runs["deep"].settings == {**tree.settings, "max_depth": 9}


def test_faults_are_found_before_anything_runs(load):
    runs = {
        "misspelt": run("sklearn.tree.DecisionTreClassifier"),
        "bare": run("SVC"),
        "foreign": run("os.system"),
    }
    usual = "accepted: a classifier or a regressor of scikit-learn, such as sklearn.svm.SVC"
    assert problems(load, runs) == [
        "runs.misspelt.model: 'sklearn.tree.DecisionTreClassifier'; scikit-learn has nothing of "
        f"this name; {usual}; did you mean '{TREE}'?",
        "runs.bare.model: 'SVC'; accepted: the import path of a class; did you mean "
        "'sklearn.svm.SVC'?",
        "runs.foreign.model: 'os.system'; os is not among the packages of config.yaml; accepted: "
        "sklearn",
    ]
    runs = {
        "tree": run(TREE, {"max_depth": "deep"}),
        "linear": run("sklearn.linear_model.LinearRegression"),
        "piped": run(
            "sklearn.pipeline.Pipeline", {"steps": [["a", {"sklearn.linear_model.Lasso": {}}]]}
        ),
    }
    refused = "not a model for classification; accepted: an estimator for classification"
    assert problems(load, runs) == [
        "runs.tree.settings.max_depth: 'deep'; accepted: an int in the range [1, inf), or null",
        f"runs.linear.model: 'sklearn.linear_model.LinearRegression'; {refused}",
        f"runs.piped.model: 'sklearn.pipeline.Pipeline'; {refused}",
    ]


def test_packages_are_listed_in_the_configuration(load):
    with pytest.raises(ConfigError, match=r"packages\[0\]: 'os\.path'; accepted: "):
        load({"tree": run(TREE)}, overrides={"packages": ["os.path"]})
    with pytest.raises(ConfigError, match="sklearn is not among the packages"):
        load({"tree": run(TREE)}, overrides={"packages": []})


def test_nothing_is_imported_from_a_package_that_is_not_listed(load, tmp_path, monkeypatch):
    (tmp_path / "stranger.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    search, svm = "sklearn.model_selection.GridSearchCV", {"sklearn.svm.SVC": {}}
    stranger = {"stranger.Model": {}}
    runs = {
        "direct": run("sklearn.ensemble.BaggingClassifier", {"estimator": stranger}),
        "in_grid": run(search, {"estimator": svm, "param_grid": {"estimator": [stranger]}}),
    }
    told = "stranger.Model: 'stranger.Model'; stranger is not among the packages of config.yaml"
    assert problems(load, runs) == [
        f"runs.direct.settings.estimator.{told}; accepted: sklearn",
        f"runs.in_grid.settings.param_grid.estimator[0].{told}; accepted: sklearn",
    ]


def test_settings_open_no_files():
    words, pipe = "sklearn.feature_extraction.text.CountVectorizer", "sklearn.pipeline.Pipeline"
    steps = [["words", {words: {}}], ["bayes", {"sklearn.naive_bayes.MultinomialNB": {}}]]
    assert faults(words, input="content") == {}
    assert faults(words, input="filename") == {"input": "'filename'; accepted: 'content'"}
    assert faults(pipe, steps=steps, memory=None) == {}
    # A folder of a cache holds pickles.
    assert faults(pipe, steps=steps, memory="cache") == {"memory": "'cache'; accepted: null"}
    grid = {"words__input": ["content", "filename"], "memory": [None, "cache"]}
    searched = {"estimator": {pipe: {"steps": steps}}, "param_grid": grid}
    assert faults("sklearn.model_selection.GridSearchCV", **searched) == {
        "param_grid.words__input": "'filename'; accepted: 'content'",
        "param_grid.memory": "'cache'; accepted: null",
    }


def test_what_asks_for_predictions_of_the_training_split(load):
    runs = {"near": run("sklearn.neighbors.KNeighborsClassifier"), "tree": run(TREE)}

    def predicted(*claims, **more):
        study = load(runs, claims, **more).config.studies["table"]
        return [name for name in runs if study.predicts_train(name)]

    assert predicted(value("tree")) == []
    assert predicted(value("tree", split="train")) == ["tree"]
    for key in ("predict_train", "train_score", "confusion_matrix_train"):
        assert predicted(**{key: True}) == ["near", "tree"]


# What is found out and judged.


def finished(plan: Plan) -> list:
    """Train what the plan says on other data, and judge it."""
    rows, parts = [], digits()
    for study, name, seed in plan.executions:
        given = json.loads(plan.recipe(study, name, seed))
        model = training.build(
            given["model"],
            given["settings"],
            task="classification",
            input_shape=(8, 8),
            n_outputs=10,
            seed=seed,
            threads=1,
        )
        folder = plan.layout.run(study, name, seed)
        asked = given["train_score"], given["predict_train"]
        training.save(training.fit(model, parts, "classification", *asked), folder)
        state = {"status": "ok", "error": None, "diverged": False, "fit_seconds": 1.0}
        artifacts.write_json(folder.run_json, state)
        classes = plan.config.studies[study].classes
        scores = evaluation.score_run("classification", classes, folder, False)
        rows += evaluation.tidy(study, name, seed, scores)
    frame = pd.DataFrame(rows, columns=["study", "run", "seed", "split", "metric", "value"])
    artifacts.write_csv(plan.layout.metrics("table"), frame)
    return judge_study(plan.config, "table", frame, plan.layout)


def test_no_log_loss_is_invented(load):
    runs = {
        "ridge": run("sklearn.linear_model.RidgeClassifier"),
        "bayes": run("sklearn.naive_bayes.GaussianNB"),
    }
    ordering = {**AT, "kind": "ordering", "run": "bayes", "than": ["ridge"], "split": "test"}
    claims = [
        value("ridge", "log_loss"),
        value("ridge"),
        ordering | {"metric": "log_loss"},
        ordering | {"metric": "accuracy"},
        value("bayes", "log_loss"),
        {**AT, "kind": "table", "table": "runs", "split": "test", "tolerance": 0.01}
        | {"columns": ["accuracy", "log_loss"], "rows": {"ridge": "0.9 0.3", "bayes": "0.8 3"}},
    ]
    plan = load(runs, claims)
    entries = finished(plan)
    told = "The run ridge gives classes without probabilities, so it has no log loss."
    assert [entry.judgement.verdict for entry in (entries[0], entries[2])] == [Verdict.NOT_RUN] * 2
    assert [entry.judgement.reason for entry in (entries[0], entries[2])] == [told, told]
    assert all(entries[n].judgement.verdict is not Verdict.NOT_RUN for n in (1, 3, 4))
    cells = {(cell.row, cell.column): cell.verdict for cell in entries[5].judgement.cells}
    lost = [place for place, verdict in cells.items() if verdict is Verdict.NOT_RUN]
    assert lost == [("ridge", "log_loss")]
    shown = tables.table_metrics(artifacts.read_csv(plan.layout.metrics("table")))
    assert shown.loc["ridge", "Log loss"] == "–"
    assert shown.loc["bayes", "Log loss"] != "–"


def test_a_printed_difference_of_two_runs_is_judged(load):
    near = "sklearn.neighbors.KNeighborsClassifier"
    runs = {"near": run(near), "far": run(near, {"n_neighbors": 50}), "tree": run(TREE)}
    claims = [
        value("near", minus="far", reported="0 points"),
        value("near", minus="tree", reported="over 5 points"),
        value("near", minus="tree", reported="60 pp"),
        value("near", "errors", minus="far", reported="0", tolerance=1),
        value("near", "recall", minus="far", reported="0.0", **{"class": "Bag"}),
        value("near", "accuracy", reported="0.9"),
    ]
    scores = {}
    plan = load(runs, claims, overrides={"seeds": 3})
    first = finished(plan)
    for name in runs:
        folder = plan.layout.run("table", name, 0)
        scores[name] = artifacts.read_json(folder.metrics)["test"]["accuracy"]
    gap = scores["near"] - scores["far"]
    claims[0]["reported"] = f"{100 * gap:.2f} points"
    claims[3]["reported"] = str(round(-300 * gap))
    plan = load(runs, claims, overrides={"seeds": 3})
    entries = finished(plan)
    assert [entry.verdict for entry in entries[:4]] == [
        *(Verdict.EXACT, Verdict.REPRODUCED, Verdict.NOT_REPRODUCED, Verdict.EXACT)
    ]
    assert entries[0].judgement.reproduced == pytest.approx(gap)
    assert first[0].verdict is Verdict.NOT_REPRODUCED
    reason = entries[1].judgement.reason
    assert reason.startswith("Read as the difference in percentage points of near minus tree.")
    row = rows.row_of(entries[4], plan.layout)
    assert row["metric"] == "recall[Bag, minus far]"
    assert words.reproduced_text(entries[2]).endswith(" pp")
    # Only the last one is a score of a run, beside which the source's is drawn.
    assert len(ledger_tables.reported_scores(entries)) == 1
    assert ledger_tables.table_comparison(entries)["reported"].tolist() == ["0.9"]


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"minus": "near"}, "minus: 'near'; compares a run with itself"),
        ({"minus": "tee"}, "did you mean 'tree'?"),
        ({"minus": "tree", "best_of": 3}, "best_of: 3; the number is a difference of runs"),
        ({"minus": "tree", "reported": "2.3 dots"}, "reported: '2.3 dots'; accepted: "),
    ],
)
def test_faults_of_a_difference(load, stated, told):
    runs = {"near": run("sklearn.neighbors.KNeighborsClassifier"), "tree": run(TREE)}
    with pytest.raises(ConfigError) as refused:
        load(runs, [value("near", **stated)])
    assert told in str(refused.value)


def test_whether_the_seed_matters_is_found_out(load):
    runs = {
        "logistic": run("sklearn.linear_model.LogisticRegression", {"max_iter": 50}),
        "calm": run("sklearn.linear_model.SGDClassifier", {"shuffle": False}),
        "forest": run(FOREST, {"n_estimators": 5}),
        "fixed": run(FOREST, {"n_estimators": 5, "random_state": 42}),
        "near": run("sklearn.neighbors.KNeighborsClassifier"),
    }

    def found(seeds):
        plan = load(runs, overrides={"seeds": seeds})
        finished(plan)
        study = plan.config.studies["table"]
        states = load_states(plan.layout, "table", plan.config.executions())
        results = StudyResults(study, states, pd.DataFrame(), plan.layout)
        return [name for name in runs if is_deterministic(name, results)]

    assert found(2) == ["logistic", "calm", "fixed", "near"]
    assert found(1) == ["logistic", "fixed", "near"]  # nothing shows it of the other


NEEDED = {"DummyClassifier": {"constant": 0}, "LogisticRegressionCV": {"Cs": 2, "cv": 2}}

UNUSED = [
    (name, unused.setting, setting)
    for name, unused in unseeded.UNUSED.items()
    for setting in unused.values
]


def answers(name, settings, x, y):
    """What an estimator with each of three random states says of what it was fitted on."""
    kind = dict(all_estimators())[name]
    for state in range(3):
        fitted = kind(**settings, random_state=state).fit(x, y)
        yield fitted.predict(x) if hasattr(fitted, "predict") else fitted.transform(x)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(("name", "setting", "value"), UNUSED)
def test_random_states_that_are_known_to_have_no_effect_have_none(name, setting, value):
    x, y = load_digits(return_X_y=True)
    settings = {setting: value, **NEEDED.get(name, {})}
    first, *others = answers(name, settings, x[:200], y[:200] % 2)
    assert all(np.array_equal(first, other) for other in others)
    assert estimators.is_unseeded(unseeded_path(name), settings)


def unseeded_path(name):
    module = dict(all_estimators())[name].__module__
    return f"{module.partition('._')[0]}.{name}"


@pytest.mark.parametrize(
    ("path", "settings"),
    [
        ("sklearn.linear_model.LogisticRegression", {"solver": "saga"}),
        ("sklearn.svm.LinearSVC", {}),
        (FOREST, {}),
        # The search sets what is seen nowhere else.
        (
            "sklearn.model_selection.GridSearchCV",
            {
                "estimator": {"sklearn.linear_model.LogisticRegression": {}},
                "param_grid": {"solver": ["lbfgs", "saga"]},
            },
        ),
        (
            "sklearn.ensemble.VotingClassifier",
            {"estimators": [["machine", {"sklearn.svm.SVC": {}}], ["tree", {TREE: {}}]]},
        ),
    ],
)
def test_estimators_that_may_draw_get_several_seeds(path, settings):
    assert not estimators.is_unseeded(path, settings)


def test_only_a_module_that_declares_itself_random_must_use_its_seed(load, monkeypatch):
    plan = load({"logistic": run("sklearn.linear_model.LogisticRegression", {"max_iter": 50})})
    finished(plan)
    folders = {"logistic": [plan.layout.run("table", "logistic", seed) for seed in (0, 1)]}
    assert evaluation.is_seed_ignored(folders["logistic"])
    studies._check_seeds(plan, "table", folders)

    class Module:
        DETERMINISTIC = False
        __file__ = "models/logistic.py"

    monkeypatch.setattr(models, "module", lambda name, study: Module)
    with pytest.raises(RefashionError, match="all seeds give identical predictions"):
        studies._check_seeds(plan, "table", folders)


def test_a_source_with_a_random_state_can_be_exact(load):
    x, y = load_digits(return_X_y=True)
    theirs = SVC(C=2).fit(x[:600], y[:600])
    printed = f"{theirs.score(x[600:900], y[600:900]):.4f}"
    runs = {"svm": run("sklearn.svm.SVC", {"C": 2, "random_state": 42})}
    (entry,) = finished(load(runs, [value("svm", reported=printed)], overrides={"seeds": 1}))
    assert entry.judgement.verdict is Verdict.EXACT


def test_the_bits_are_those_of_the_library():
    x, y = load_diabetes(return_X_y=True)
    path = "sklearn.linear_model.LinearRegression"
    model = built(path, task="regression", n_outputs=1)
    part = Examples(x, y)
    result = training.fit(model, {"train": part, "test": part}, "regression", train_score=False)
    assert np.array_equal(result.predicted["test"], LinearRegression().fit(x, y).predict(x))

"""Claims about folds, and leaks, from a study's folder to the ledger and the chapter."""

import json
import shutil
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from refashion import artifacts
from refashion.errors import ConfigError
from refashion.judgement.entries import judge_study
from refashion.judgement.interval import gap
from refashion.judgement.numbers import _of_folds
from refashion.ledger import rows as ledger_rows
from refashion.ledger import tables as ledger_tables
from refashion.ledger.entry import Verdict
from refashion.render.chapter.chapters import plain_chapter, write_chapter
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.chapter.tables import Tables
from refashion.render.text import markdown
from refashion.render.text.cross_references import CrossReferences
from refashion.reported import Reported
from refashion.runs import cross_validation, evaluation, results, training
from refashion.runs import tables as run_tables
from refashion.runs.folds import load_folds
from refashion.spec.claims import CLAIM
from refashion.spec.split import CrossValidation
from refashion.workflow.plan import Plan

CANCER = load_breast_cancer()
DATASET = '''
"""Breast cancer, as scikit-learn bundles it."""
from sklearn.datasets import load_breast_cancer
FILES, SOURCES, SUBFOLDERS = {}, (), ()
PARTS, TASK, TARGET, UNIT = ("all",), "classification", "diagnosis", ""
CLASSES, FEATURES, CATEGORIES = ("malignant", "benign"), [], {}
TITLE = CITATION = LICENCE = "Breast cancer"
def read(raw):
    x, y = load_breast_cancer(return_X_y=True)
    return {"all_x": x, "all_y": y}
'''
SCALER, SELECT = "sklearn.preprocessing.StandardScaler", "sklearn.feature_selection.SelectKBest"
SPLIT = {"folds": 5, "stratify": True, "random_state": 0}
LOGIT = {
    "title": "Logistic regression",
    "group": "headline",
    "minutes": 0.1,
    "model": "sklearn.linear_model.LogisticRegression",
    "settings": {},
}
AT = {"id": "c", "where": "Table 1", "quote": "q"}
RUNS = {
    "logit": LOGIT,
    "leaky": {
        "like": "logit",
        "title": "Leaky",
        "preprocess": [SCALER, {SELECT: {"k": 5}, "fit_on": "all"}],
    },
}


@pytest.fixture
def load(project, tmp_path):
    """Give a function from claims to the plan of a study, which has its own dataset."""

    def load(*claims, split=SPLIT, seeds=1):
        folder = tmp_path / "studies" / "cancer"
        (folder / "datasets").mkdir(parents=True, exist_ok=True)
        (folder / "datasets" / "wisconsin.py").write_text(DATASET)
        study = {
            "title": "Cancer",
            "source": {"citation": "A made-up report", "note": "made up"},
            "dataset": "wisconsin",
            "split": split,
            "preprocess": [SCALER],
            "runs": RUNS,
            "claims": [
                {"id": f"c{n}", "where": "Table 1", "quote": "q", **claim}
                for n, claim in enumerate(claims)
            ],
        }
        (folder / "study.yaml").write_text(json.dumps(study))
        shutil.copy(project / "config.yaml", tmp_path)
        return Plan.load({"seeds": seeds, "studies": "cancer"}, tmp_path, tmp_path)

    return load


def value(reported, tolerance=0.01, run="logit", **more):
    number = {"kind": "value", "run": run, "metric": "accuracy", "split": "test"}
    return number | {"reported": reported, "tolerance": tolerance} | more


def finished(plan):
    """Do what the stages before the report do."""
    study = plan.config.studies["cancer"]
    arrays = plan.layout.arrays("wisconsin")
    arrays.mkdir(parents=True, exist_ok=True)
    for name, array in study.dataset_module.read(None).items():
        np.save(arrays / f"{name}.npy", array)
    artifacts.write_json(plan.layout.prepared("wisconsin"), {"status": "available", "arrays": {}})
    rows = []
    for _, name, seed in plan.executions:
        given = json.loads(plan.recipe("cancer", name, seed))
        source, preprocess = study.dataset_module, given["preprocess"]
        folds = load_folds(arrays, given["split"], preprocess, seed, None, source)
        facts = {"task": "classification", "n_outputs": 2, "seed": seed, "threads": 1}
        build = partial(training.build, given["model"], given["settings"], **facts)
        model = build(input_shape=(30,))
        result = cross_validation.fit_folds(model, build, folds, "classification", False, False)
        folder = plan.layout.run("cancer", name, seed)
        training.save(result, folder)
        state = {"status": "ok", "error": None, "fit_seconds": 1.0, "diverged": False}
        state |= {"epochs_run": None, "n_parameters": 1, "peak_memory_mb": 1.0}
        artifacts.write_json(folder.run_json, state)
        scores = evaluation.score_run("classification", study.classes, folder, False)
        rows += evaluation.tidy("cancer", name, seed, scores, folder)
    columns = ["study", "run", "seed", "fold", "split", "metric", "value"]
    frame = pd.DataFrame(rows, columns=columns).fillna({"fold": ""})
    artifacts.write_csv(plan.layout.metrics("cancer"), frame)
    scores = results.load_metrics(plan.layout, "cancer")
    return judge_study(plan.config, "cancer", scores, plan.layout)


def theirs():
    """Scores of each fold as a source would compute them."""
    model = make_pipeline(StandardScaler(), LogisticRegression())
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    return cross_val_score(model, CANCER.data, CANCER.target, cv=cv)


def test_numbers_of_a_source_with_stated_folds_are_exact(load):
    scores = theirs()
    plan = load(
        value(f"{scores.mean():.6f}"),
        value(f"{scores.std():.6f}", statistic="sd"),
        value(f"{scores.std(ddof=1):.6f}", statistic="sample_sd"),
        value(f"{scores[2]:.6f}", fold=3),
        value(f"{scores.mean() + 0.05:.3f}"),
        seeds=2,
    )
    entries = finished(plan)
    verdicts = [entry.judgement.verdict for entry in entries]
    assert verdicts == [Verdict.EXACT] * 4 + [Verdict.NOT_REPRODUCED]
    measured = [ledger_rows.row_of(entry, plan.layout)["metric"] for entry in entries[:4]]
    assert measured == ["accuracy", "accuracy[sd]", "accuracy[sample_sd]", "accuracy[fold 3]"]
    # Only means are scores of the run, beside which the source's are drawn.
    assert len(ledger_tables.reported_scores(entries)) == 2


def test_folds_that_the_source_does_not_state_settle_less(load):
    scores = theirs()
    claims = (
        value(f"{scores.mean():.3f}", 0.02),
        value(f"{scores[2]:.3f}", 0.002, fold=3),
        value(f"{scores.std():.3f}", 0.02, statistic="sd"),
    )
    for seeds in (1, 3):
        plan = load(*claims, split={"folds": 5, "stratify": True}, seeds=seeds)
        mean, fold, sd = (entry.judgement.verdict for entry in finished(plan))
        assert fold is Verdict.INCONCLUSIVE
        assert Verdict.NOT_REPRODUCED not in (mean, sd)


def test_runs_are_ordered_by_the_means_over_folds_of_any_metric(load):
    for metric in ("f1_macro", "balanced_accuracy", "accuracy"):
        claim = {"kind": "ordering", "run": "leaky", "than": ["logit"]}
        plan = load(claim | {"metric": metric, "split": "test"})
        (entry,) = finished(plan)
        scores = results.load_metrics(plan.layout, "cancer").query("split == 'test'")
        value = scores[scores["metric"] == metric].set_index("run")["value"]
        judged = entry.judgement
        assert judged.reproduced == pytest.approx(value["leaky"] - value["logit"])
        assert judged.lower < judged.reproduced < judged.upper


@pytest.mark.parametrize(("tolerance", "more"), [(0.01, {"fold": 2}), (0.002, {"statistic": "sd"})])
def test_folds_of_few_examples_settle_little_though_seeds_agree(tolerance, more):
    """Of thirty examples of a fold, three are answered at random; two seeds often agree."""
    rng, wrong, n = np.random.default_rng(0), 0, 2000
    claim = CLAIM.validate_python(AT | value("0", tolerance, **more))
    for _ in range(n):
        theirs, *ours = (24 + rng.binomial(3, 0.3, (3, 5))) / 30
        found = SimpleNamespace(
            study=SimpleNamespace(split=CrossValidation(folds=5, random_state=0)),
            seeds=lambda run: [0, 1],
            fold_values=lambda run, seed, metric, split, ours=ours: ours[seed],
            n_examples=lambda run, seed, split: 150,
        )
        numbers = _of_folds(claim, found)
        printed = Reported.parse(f"{theirs[1] if claim.fold else theirs.std():.4f}")
        terms = {"tolerance": tolerance, "seed_sd_prior": 0.006, "resolution": numbers.step}
        wrong += gap(printed, numbers.values, **terms).verdict is Verdict.NOT_REPRODUCED
    assert wrong / n <= 0.05 + 2 * (0.05 * 0.95 / n) ** 0.5


def test_scores_of_folds_as_a_table(load):
    plan = load()
    finished(plan)
    scores = results.load_fold_metrics(plan.layout, "cancer")
    table = run_tables.table_folds(scores, "accuracy")
    expected = theirs()
    assert list(table.index) == [1, 2, 3, 4, 5, "mean", "standard deviation"]
    assert table["logit"].iloc[:5].tolist() == [f"{score:.4f}" for score in expected]
    assert table["logit"].iloc[5:].tolist() == [f"{expected.mean():.4f}", f"{expected.std():.4f}"]


def test_folds_of_many_runs_have_a_row_for_each_run(load, monkeypatch):
    plan = load()
    finished(plan)
    outcomes = Outcomes(plan.config, plan.config.studies["cancer"], plan.layout, [])
    shown = Tables(outcomes, CrossReferences(plan.layout)).table_folds("accuracy", "logit")
    assert "| Fold |" in shown
    monkeypatch.setattr("refashion.render.chapter.tables.MOST_NARROW_COLUMNS", 0)
    shown = Tables(outcomes, CrossReferences(plan.layout)).table_folds("accuracy", "logit")
    assert "| Run | 1 | 2 | 3 | 4 | 5 | Mean | SD |" in shown


def test_a_leak_is_re_created_and_told_in_the_ledger_and_the_chapter(load):
    model = make_pipeline(StandardScaler(), LogisticRegression())
    chosen = SelectKBest(k=5).fit_transform(CANCER.data, CANCER.target)
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    scores = cross_val_score(model, chosen, CANCER.target, cv=cv)
    plan = load(value(f"{scores.mean():.3f}", run="leaky"), value("0.977"), seeds=2)
    leaky, sound = finished(plan)
    assert leaky.judgement.verdict is Verdict.EXACT
    told = "The run leaky has a leak: SelectKBest is fitted on the test examples as well"
    assert told in leaky.judgement.reason and "leak" not in sound.judgement.reason
    outcomes = Outcomes(plan.config, plan.config.studies["cancer"], plan.layout, [leaky, sound])
    assert "leaky has a leak" in plain_chapter(outcomes, ["no narrative"]).text


def test_a_chapter_without_a_narrative_shows_names_of_classes_as_text(load, project, monkeypatch):
    names = DATASET.replace('"malignant"', '"<b>x</b> {{ 1 }}"')
    monkeypatch.setitem(globals(), "DATASET", names)
    plan = load(value("0.9", 0.1, metric="recall", **{"class": "<b>x</b> {{ 1 }}"}))
    entries = finished(plan)
    outcomes = Outcomes(plan.config, plan.config.studies["cancer"], plan.layout, entries)
    chapter = write_chapter(outcomes, project)
    assert not chapter.problems
    assert f"Recall of {markdown.escape('<b>x</b> {{ 1 }}')}" in chapter.text


@pytest.mark.parametrize(
    ("claim", "split", "message"),
    [
        (value("0.9", fold=6), SPLIT, "claims[c0].fold: 6; accepted: a whole number from 1 to 5"),
        (value("0.9", fold=1, statistic="sd"), SPLIT, "claims[c0].statistic: 'sd'; a single fold"),
        (value("9", 1, metric="errors", fold=1), SPLIT, "claims[c0].fold: 1; folds are scored by"),
        (
            value("0.9", statistic="sd"),
            {"test": {"last": 9}, "validation": None},
            "claims[c0].statistic: 'sd'; the study has no folds",
        ),
        (value("0.9"), SPLIT | {"stratfy": True}, "split.stratfy: unknown key (value true)"),
        (value("0.9"), SPLIT | {"test": "given"}, "split.test: 'given'; with folds, each is"),
        (value("0.9"), SPLIT | {"shuffle": False}, "split.random_state: 0; nothing is drawn"),
        (value("0.9"), SPLIT | {"validation": {"rows": [1]}}, "split.validation.rows: fixed rows"),
        (value("0.9"), {"folds": 1}, "split.folds: 1; accepted: a whole number from 2 to 1,000"),
    ],
)
def test_faults_of_folds_are_named(load, claim, split, message):
    with pytest.raises(ConfigError) as refused:
        load(claim, split=split)
    (line,) = str(refused.value).splitlines()
    assert line.partition("study.yaml: ")[2].startswith(message)

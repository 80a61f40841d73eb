"""The chapter of a made-up regression, with a run that is well and one that has diverged."""

import json
import re
import shutil

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.datasets import flight_prices
from refashion.judgement.entries import judge_study
from refashion.ledger import rows as ledger_rows
from refashion.render.render import render
from refashion.runs import evaluation
from refashion.runs.folds import load_folds
from refashion.spec.config import Config
from support.sample import EMPTY

STUDY = "prices"
N = 200
SPLIT = {
    "classes": None,
    "test": {
        "fraction": 0.2,
        "random_state": 42,
        "stratify": False,
        "shuffle": True,
        "group": None,
    },
    "validation": None,
}

NARRATIVE = """
## Data

{{ dataset('target') }} in {{ dataset('unit') }}, {{ examples('all') }} rows,
{{ n_features() }} columns, {{ split_examples('test') }} for testing.

{{ figure_values() }}
{{ figure_categories() }}
{{ table_categories() }}
{{ figure_samples() }}
{{ figure_class_counts() }}

## Results {{ place('good') }}

Good: {{ value('good', 'mean_squared_error') }}. Lost: {{ value('lost', 'r2') }}.
It is {{ standing('good', 'lost', 'r2') }} the other.
{{ figure_history('lost') }}
{{ figure_history('good') }}
{{ figure_predictions('good') }}
{{ figure_residuals('good') }}
{{ figure_predictions('lost') }}
{{ table_errors_by('good', 'airline', 'class') }}
{{ table_errors_by('lost', 'class') }}
{{ figure_confusion_matrix('good') }}
{{ table_classification_report('good') }}
{{ table_metrics() }}
{{ table_metrics('good') }}
{{ table_runs() }}
{{ figure_comparison() }}
{{ table_verdicts() }}
"""

CLAIM = {
    "where": "Figure 1",
    "quote": "MSE",
    "kind": "value",
    "metric": "mean_squared_error",
    "split": "test",
    "reported": "1000000.0",
    "tolerance": 1e6,
}


def config():
    run = {
        "group": "headline",
        "minutes": 1,
        "model": "sklearn.linear_model.LinearRegression",
        "settings": {},
        "assumes": {},
        "preprocess": None,
    }
    study = {
        "name": STUDY,
        "title": "Prices",
        "source": {"citation": "Somebody", "note": "A note."},
        "dataset": "flight_prices",
        "split": SPLIT,
        "preprocess": None,
        "runs": {
            "good": {**run, "name": "good", "title": "Good model"},
            "lost": {**run, "name": "lost", "title": "Lost model"},
        },
        "claims": [
            {**CLAIM, "id": "good_mse", "run": "good"},
            {**CLAIM, "id": "lost_mse", "run": "lost"},
        ],
        "untestable": [],
        "folder": f"studies/{STUDY}",
    }
    options = {
        "studies": {STUDY: study},
        "groups": ["headline"],
        "seeds": 1,
        "threads": 1,
        "data_dirs": [],
        "study_dirs": ["studies"],
        "on_missing_data": "report",
        "seed_sd_prior": 0.003,
        "limits": {"minutes": 5, "examples": None, "epochs": None},
        "data": "data",
        "results": "results",
    }
    return Config.model_validate_json(json.dumps(options))


def make_data(layout):
    random = np.random.default_rng(0)
    columns = [random.random((N, len(flight_prices.NUMBERS)))]
    for levels in flight_prices.CATEGORIES.values():
        columns.append(np.eye(len(levels))[random.integers(0, len(levels), N)])
    arrays = {"all_x": np.hstack(columns), "all_y": random.normal(20_000, 5_000, N)}
    layout.arrays("flight_prices").mkdir(parents=True)
    for name, array in arrays.items():
        np.save(layout.arrays("flight_prices") / f"{name}.npy", array)
    shapes = {name: {"shape": list(array.shape)} for name, array in arrays.items()}
    prepared = {"status": "available", "reason": None, "arrays": shapes}
    artifacts.write_json(layout.prepared("flight_prices"), prepared)


def make_run(layout, run):
    folder = layout.run(STUDY, run, 0)
    lost = run == "lost"
    record = dict.fromkeys(artifacts.RUN_FIELDS) | {"status": "ok", "diverged": lost}
    artifacts.write_json(folder.run_json, record | {"n_parameters": 38, "fit_seconds": 1.0})
    splits = load_folds(layout.arrays("flight_prices"), SPLIT, None, 0, None, flight_prices)[0]
    arrays = {}
    for split, part in splits.items():
        answers = np.full(len(part.y), np.nan) if lost else part.y + 1_000
        arrays |= {f"{split}_true": part.y, f"{split}_pred": answers}
    artifacts.write_arrays(folder.predictions, arrays)
    if lost:
        epochs = pd.DataFrame({"epoch": [1, 2], "loss": np.nan, "mae": np.nan})
        artifacts.write_csv(folder.history, epochs, artifacts.NAN)
    write_notebook(folder.notebook)
    return evaluation.tidy(STUDY, run, 0, evaluation.score_run("regression", [], folder, False))


def write_notebook(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [new_markdown_cell("# One run")]
    path.write_text(json.dumps(new_notebook(cells=cells)))


@pytest.fixture
def root(tmp_path, project, monkeypatch):
    """Give a project with results, and empty figures."""
    monkeypatch.setattr("refashion.render.render.write_pdf", lambda *_: None)
    monkeypatch.setattr("refashion.figures.style.to_svg", lambda figure: plt.close(figure) or EMPTY)
    shutil.copytree(project / "report", tmp_path / "report")
    layout = Layout(tmp_path / "results", tmp_path / "data")
    make_data(layout)
    rows = [row for run in ("good", "lost") for row in make_run(layout, run)]
    artifacts.write_csv(layout.metrics(STUDY), pd.DataFrame(rows), artifacts.NAN)
    scores = pd.read_csv(layout.metrics(STUDY))
    entries = judge_study(config(), STUDY, scores, layout)
    ledger_rows.write_study(entries, STUDY, layout)
    ledger_rows.write_ledger(entries, layout)
    manifest = {
        "git": {"commit": None, "clean": None, "reason": "not under version control"},
        "lock_sha256": "0" * 64,
        "datasets": {},
        "packages": {},
        "cpu": {"model": "", "flags": []},
        "threads": {"per_run": 1},
        "started": "",
        "ended": "",
        "command": None,
        "groups": ["headline"],
        "seeds": {"headline": 1},
    }
    artifacts.write_json(layout.manifest, manifest)
    for path in (layout.judge(STUDY), layout.explore("flight_prices")):
        write_notebook(path)
    return tmp_path


def text_of(root, narrative):
    path = root / "studies" / STUDY / "narrative.md"
    if narrative is None:
        path.unlink(missing_ok=True)
    else:
        artifacts.write_text(path, narrative)
    layout = Layout(root / "results", root / "data")
    render(config(), layout, 1, root)
    page = layout.report / "studies" / f"{STUDY}.html"
    html = page.read_text(encoding="utf-8").split("<main")[1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html).replace("\xa0", " "))


def test_a_regression_has_its_figures_and_tables(root):
    text = text_of(root, NARRATIVE)
    assert "price in Indian rupees, 200 rows, 37 columns, 40 for testing" in text
    assert "Good: 1,000,000." in text
    for caption in (
        "Distribution of the price in each split, for the first seed.",
        "Number of examples for each level of the categorical features, Indian flight prices.",
        "Predicted against true price on the test split: Good model.",
        "Errors on the test split, predicted minus true price: Good model.",
        "Errors (predicted minus true, in Indian rupees) on the test split: Good model.",
        "Scores on the test split",
    ):
        assert caption in text
    assert "Mean squared error" in text and "R²" in text


def test_without_a_narrative_a_regression_has_a_chapter_of_the_usual_order(root):
    text = text_of(root, None)
    for shown in (
        "Abstract This chapter runs a report again",
        "Distribution of the price in each split, for the first seed.",
        "Predicted against true price on the test split: Good model.",
        "Lost model This run has no result (",
        "Reported against re-created",
    ):
        assert shown in text
    assert "available" not in text.split("Reported against")[0]


def test_what_belongs_to_classes_is_said_not_to_apply(root):
    text = text_of(root, NARRATIVE)
    assert "No examples available. The dataset Indian flight prices has no images." in text
    assert "No class counts available. It does not apply to this dataset." in text
    assert "No confusion matrix available. It does not apply to this model." in text
    assert "No learning curves available. It does not apply to this model." in text


def test_a_run_that_diverged_is_told_and_never_empty(root):
    text = text_of(root, NARRATIVE)
    assert "Lost: not a number (the run diverged)." in text
    assert "It is not comparable with the other." in text
    assert (
        "No predictions available. Lost model: it diverged, so its predictions are not numbers"
        in text
    )
    assert "No errors available. Lost model: it diverged" in text
    assert "mean squared error is not finite" in text
    assert not re.search(r"\bnan\b", text, flags=re.IGNORECASE)


def test_errors_are_those_of_the_rows_of_each_level(root):
    layout = Layout(root / "results", root / "data")
    arrays = layout.arrays("flight_prices")
    test = load_folds(arrays, SPLIT, None, 0, None, flight_prices)[0]["test"]
    business = int(test.x[:, flight_prices.FEATURES.index("class_Business")].sum())
    text = text_of(root, "{{ table_errors_by('good', 'class') }}")
    assert re.search(rf"class Business {business} [\d,]+ 1,000 1,000 1,000 ", text)


def test_an_unknown_category_is_named(root):
    text = text_of(root, "{{ table_errors_by('good', 'airlin') }}")
    assert re.search(r"no categorical feature 'airlin'.*did you mean 'airline'", text)

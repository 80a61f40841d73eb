import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from refashion import wording
from refashion.data import tables as data_tables
from refashion.ledger import tables as ledger_tables
from refashion.ledger import words
from refashion.ledger.entry import Cell, Entry, Judgement, Verdict
from refashion.runs import tables as run_tables
from refashion.spec.claims import CLAIM as CLAIMS

CLAIM = {
    **{"kind": "value", "id": "cnn_accuracy", "where": "Table 1", "quote": "as stated"},
    **{"run": "cnn", "metric": "accuracy", "split": "test", "reported": "0.919"},
    "tolerance": 0.01,
}
JUDGEMENT = Judgement(
    Verdict.INCONCLUSIVE, "", 0.9131, sd=0.0021, seeds=3, lower=-0.0042, upper=0.016
)


def entry(claim=CLAIM, **judged):
    return Entry("study", "", CLAIMS.validate_json(json.dumps(claim)), replace(JUDGEMENT, **judged))


def shown(**judged):
    return ledger_tables.table_numbers([entry(**judged)]).iloc[0]


def test_class_counts_have_every_class_of_every_split():
    counts = data_tables.table_class_counts(
        {"train": np.array([0, 0, 2]), "test": np.array([1])}, ["a", "b", "c"]
    )
    assert list(counts.columns) == ["split", "class", "examples"]
    assert counts["examples"].tolist() == [2, 0, 1, 0, 1, 0]


def test_settings_are_flat_and_say_which_are_assumed():
    listed = run_tables.table_settings(
        {"units": [128], "schedule": {"decay": 0.1, "constant_epochs": 8}, "stop": None},
        {"schedule": "not stated"},
    ).set_index("setting")
    assert listed["value"].to_dict() == {
        "units": "128",
        "schedule.decay": "0.1",
        "schedule.constant_epochs": "8",
        "stop": "none",
    }
    assert (listed["why"] == "not stated").tolist() == [False, True, True, False]


def test_steps_of_a_pipeline_read_like_calls_with_what_is_stated():
    ridge = {"sklearn.linear_model.Ridge": {"alpha": 1.0, "tol": 0.0001, "copy_X": True}}
    steps = [["scale", {"sklearn.preprocessing.StandardScaler": {"copy": True}}], ["ridge", ridge]]
    steps += [["rest", "passthrough", ["age", "fare"]]]
    whys = {"steps.1.1.sklearn.linear_model.Ridge.tol": "not stated"}
    listed = run_tables.table_settings({"steps": steps}, whys)
    assert dict(zip(listed["setting"], listed["value"], strict=True)) == {
        "steps[scale]": "StandardScaler()",
        "steps[ridge]": "Ridge(alpha=1)",
        "steps[rest]": "passthrough on age, fare",
    }
    assert not listed["why"].any()


def test_a_name_that_merely_begins_alike_is_not_assumed():
    listed = run_tables.table_settings({"units_last": 10}, {"units": "not stated"})
    assert listed["why"].tolist() == [""]


def test_stated_settings_are_divided_into_shared_and_others():
    runs = {
        "a": ({"depth": 2, "trees": 10, "seed": 1}, {"seed": "not stated"}),
        "b": ({"depth": 3, "trees": 10, "seed": 2}, {"seed": "not stated"}),
    }
    shared, differing = run_tables.table_stated(runs)
    assert shared == {"trees": "10"}
    assert differing == {"a": {"depth": "2"}, "b": {"depth": "3"}}
    assert run_tables.table_stated({}) == ({}, {})


def test_runs_show_failed_and_diverged():
    measured = {"epochs_run": 3, "n_parameters": 10, "fit_seconds": 1.5, "peak_memory_mb": 100.0}
    none = dict.fromkeys(measured)
    error = {"type": "ValueError", "message": "no", "cell": 3}
    listed = run_tables.table_runs(
        {
            "cnn": {
                0: {"status": "ok", "diverged": False, "error": None, **measured},
                1: {"status": "ok", "diverged": True, "error": None, **measured},
            },
            "gru": {0: {"status": "failed", "diverged": None, "error": error, **none}},
        }
    )
    assert listed["status"].tolist() == ["ok", "diverged", "failed"]
    assert listed["error"].tolist() == ["", "", "ValueError: no"]


def scores(values: dict[str, list[float]]) -> pd.DataFrame:
    return pd.DataFrame(
        {"run": run, "seed": seed, "split": "test", "metric": "accuracy", "value": value}
        for run, found in values.items()
        for seed, value in enumerate(found)
    )


def test_metrics_are_mean_and_deviation_over_seeds():
    shown = run_tables.table_metrics(scores({"gru": [0.89, 0.91], "cnn": [0.92]}))
    assert shown["Accuracy"].to_dict() == {"gru": "0.900 ± 0.014", "cnn": "0.920"}


def test_a_score_that_is_no_number_is_not_averaged_away():
    shown = run_tables.table_metrics(scores({"cnn": [0.9, math.nan]}))
    assert shown.loc["cnn", "Accuracy"] == "not a number"


def test_no_scores_make_an_empty_table():
    assert run_tables.table_metrics(scores({"cnn": [0.9]}).iloc[:0]).empty


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (59.96, "1 min 0 s"), (3599.6, "1 h 0 min")],
)
def test_durations_carry_over(seconds, text):
    assert wording.duration(seconds) == text


def test_verdicts_are_text():
    row = shown()
    assert row["reproduced"] == "0.913 ± 0.002"
    assert row["interval"] == "−0.004 to +0.016"
    assert row["tolerance"] == "± 0.01"
    assert row["verdict"] == "?\xa0inconclusive"


def test_one_seed_has_no_deviation_and_a_preliminary_verdict():
    row = shown(seeds=1, preliminary=True)
    assert row["reproduced"] == "0.913"
    assert row["verdict"] == "?\xa0inconclusive (one seed)"
    row = shown(verdict=Verdict.NOT_REPRODUCED, direction="higher", preliminary=True)
    assert row["verdict"] == "✗\xa0not reproduced (ours is higher; one seed)"


def test_tolerances_are_in_the_unit_of_the_source():
    row = ledger_tables.table_numbers([entry(CLAIM | {"reported": "91.2%"})]).iloc[0]
    assert (row["tolerance"], row["interval"]) == ("± 1 pp", "−0.4 to +1.6 pp")


def test_a_claim_without_value_is_shown_without_numbers():
    nothing = {"reproduced": None, "sd": None, "seeds": 0, "lower": None, "upper": None}
    row = shown(**nothing, verdict=Verdict.NOT_RUN)
    assert (row["reproduced"], row["interval"], row["verdict"]) == ("–", "–", "–\xa0not run")


def test_reports_and_matrices_are_averaged_in_their_order():
    report = pd.DataFrame({"class": ["b", "a"], "recall": [0.5, 1.0], "support": [2, 2]})
    mean = run_tables.table_classification_report([report, report.assign(recall=[1.0, 1.0])])
    assert mean["class"].tolist() == ["b", "a"]
    assert mean["recall"].tolist() == [0.75, 1.0]
    matrix = pd.DataFrame({"true": ["b", "a"], "b": [2, 0], "a": [0, 2]})
    other = pd.DataFrame({"true": ["b", "a"], "b": [1, 0], "a": [1, 2]})
    assert run_tables.table_confusion_matrix([matrix, other])["a"].tolist() == [0.5, 2.0]


def test_large_numbers_are_written_for_people():
    large = CLAIM | {"reported": "45720769.75632421", "tolerance": 1e6}
    judged = {"reproduced": 45720769.75632421, "sd": None, "lower": -12345.6, "upper": 2.5}
    row = ledger_tables.table_numbers([entry(large, **judged)]).iloc[0]
    assert (row["reproduced"], row["interval"]) == ("45,720,770", "−12,346 to +2")
    exact = entry(large, **judged, verdict=Verdict.EXACT)
    row = ledger_tables.table_numbers([exact]).iloc[0]
    assert (row["reproduced"], row["tolerance"]) == ("45,720,769.7563242", "± 1,000,000")


@pytest.mark.parametrize(
    ("reported", "reproduced", "shown"),
    [("2940.6", 2950.68, "2,950.7"), ("46 %", 0.3757, "37.6%"), ("91.23 %", 0.9131, "91.31%")],
)
def test_our_number_has_the_digits_of_the_printed_one(reported, reproduced, shown):
    one = entry(CLAIM | {"reported": reported}, reproduced=reproduced, sd=None)
    assert words.reproduced_text(one) == shown
    assert words.alike(reproduced, reported) == shown.replace(",", "")


def test_regression_metrics_are_named_for_people():
    frame = pd.DataFrame(
        {"run": "linear", "seed": 0, "split": "test", "metric": name, "value": value}
        for name, value in {"mean_squared_error": 45720769.7, "r2": 0.9113}.items()
    )
    shown = run_tables.table_metrics(frame)
    assert shown.loc["linear"].to_dict() == {"Mean squared error": "45,720,770", "R²": "0.911"}


def test_targets_are_counted_or_described():
    counted = data_tables.table_targets(
        {"train": np.array([1, 1]), "test": np.array([0])}, ["b", "a"]
    )
    assert counted.loc["a"].to_dict() == {"train": 2, "test": 0}
    described = data_tables.table_targets({"all": np.array([1.0, 3.0])}, [])
    assert described.loc["mean", "all"] == 2


def test_inputs_have_a_row_per_column_of_a_table():
    listed = data_tables.table_inputs(np.array([[1.0, 0.0], [3.0, 1.0]]), ["duration", "class_a"])
    assert listed.loc["duration"].tolist() == [1, 2, 3]
    pixels = data_tables.table_inputs(np.full((2, 28, 28), 200, dtype=np.uint8), [])
    assert pixels.iloc[0].tolist() == [200, 200, 200]


def test_what_a_source_prints_by_epoch_is_read_by_curve_and_part():
    table = {
        **{"kind": "table", "id": "log", "where": "Figure 1", "quote": "as printed", "run": "cnn"},
        **{"table": "history", "columns": ["val_loss", "accuracy"], "tolerance": 0.1},
        "rows": {"2": "0.31 -", "12": "- 9%"},
    }
    cells = (
        Cell("2", "val_loss", "0.31", None, Verdict.NOT_RUN),
        Cell("12", "accuracy", "9%", None, Verdict.NOT_RUN),
    )
    other = table | {"table": "confusion_matrix", "split": "test"}
    found = ledger_tables.reported_history([entry(table, cells=cells), entry(other, cells=cells)])
    assert found.to_numpy().tolist() == [
        ["cnn", 2, "loss", "validation", 0.31],
        ["cnn", 12, "accuracy", "training", 0.09],
    ]
    assert ledger_tables.reported_history([]).empty


def test_inputs_with_missing_values_and_texts_are_described():
    values = data_tables.table_inputs(np.array([[1, np.nan], [3, 4]]), ["a", "b"])
    assert values.loc["a"].tolist() == [1, 2, 3, 0]
    assert values.loc["b", ["minimum", "missing"]].tolist() == [4, 1]
    lengths = data_tables.table_inputs(np.array(["two words", "one"]), [])
    assert lengths["maximum"].to_dict() == {"characters": 9, "words": 2}


def test_first_examples():
    table = data_tables.table_examples(np.array([[1.5, 2]]), np.array([1]), ["u", "v"], ["a", "b"])
    assert table.to_dict("records") == [{"a": 1.5, "b": 2, "target": "v"}]
    text = data_tables.table_examples(np.array(["long " * 100]), np.array([2.5]), [], [])
    assert text["target"].tolist() == [2.5]
    assert len(text["text"][0]) <= data_tables.LONGEST_TEXT

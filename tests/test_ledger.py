"""A planted study: what it claims is known to be true or false, and has to be judged so."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from refashion import artifacts, datasets
from refashion.changes import folder
from refashion.judgement.entries import judge_study
from refashion.ledger import rows as ledger_rows
from refashion.ledger import tables, words
from refashion.ledger.entry import Verdict
from refashion.runs import evaluation
from refashion.spec.recover import Search
from refashion.spec.study import Assumption
from refashion.workflow.plan import Plan
from support.planted import AT, CLASSES, SETTINGS


def run(**more):
    usual = {"title": "Run", "group": "headline", "minutes": 1, "model": "dense"}
    return {**usual, "settings": SETTINGS, **more}


def study(claims, **more):
    return {
        "title": "Planted",
        "source": {"citation": "A made-up report", "note": "made up"},
        "dataset": "fashion_mnist",
        "split": {"classes": CLASSES, "test": "given", "validation": {"fraction": 0.2}},
        "preprocess": None,
        "runs": {
            "good": run(title="Good", assumes={"momentum": "Not stated."}),
            "poor": run(title="Poor"),
            "lost": run(title="Lost"),
            "other": run(title="Other", group="ablation"),
        },
        "claims": [{"id": f"claim_{n}", **AT, **claim} for n, claim in enumerate(claims)],
        **more,
    }


@pytest.fixture
def planted(project, tmp_path):
    """Give a function from claims to plan and entries, on results planted in a folder."""

    def judge(*claims, seeds=3, overrides=None, statuses=None, **more):
        folder = tmp_path / "studies" / "planted"
        folder.mkdir(parents=True)
        (folder / "study.yaml").write_text(json.dumps(study(claims, **more)))
        shutil.copy(project / "config.yaml", tmp_path)
        plan = Plan.load({"seeds": seeds, **(overrides or {})}, tmp_path, tmp_path)
        scores = plant(plan, statuses or {})
        return plan, judge_study(plan.config, "planted", scores, plan.layout)

    return judge


@pytest.fixture
def judge(planted):
    """Give a function from claims to the rows that stand in the files of the ledger."""

    def judge(*claims, **more):
        plan, entries = planted(*claims, **more)
        return [ledger_rows.row_of(entry, plan.layout) for entry in entries]

    return judge


# Chance of a right answer, by run and class: Shirt is the worst class, poor worse than good.
SKILL = {"good": [0.95, 0.99, 0.85], "poor": [0.80, 0.95, 0.60]}
N = 3000


def plant(plan, statuses):
    rows = []
    for _, name, seed in plan.executions:
        folder = plan.layout.run("planted", name, seed)
        status = statuses.get((name, seed), "ok")
        state = {
            "status": status,
            "diverged": name == "lost",
            "fit_seconds": 10.0 + (name == "good"),
        }
        state["error"] = None if status == "ok" else {"type": "E", "message": "it broke"}
        artifacts.write_json(folder.run_json, state)
        if status == "ok":
            artifacts.write_arrays(folder.predictions, answers(name, seed))
            artifacts.write_csv(folder.history, history(name))
            classes = plan.config.studies["planted"].classes
            scores = evaluation.score_run("classification", classes, folder, False)
            rows += evaluation.tidy("planted", name, seed, scores)
    return pd.DataFrame(rows, columns=["study", "run", "seed", "split", "metric", "value"])


def answers(name, seed):
    rng = np.random.default_rng([seed, 5])
    true = np.arange(N) % 3
    luck = rng.random(N)
    is_right = luck < np.array(SKILL.get(name, SKILL["poor"]))[true]
    # T-shirts and shirts are taken for each other, trousers for T-shirts.
    answer = np.where(is_right, true, np.array([2, 0, 0])[true])
    score = np.full((N, 3), 0.05)
    score[np.arange(N), answer] = 0.9
    if name == "lost":
        answer, score = np.full(N, -1), np.full((N, 3), np.nan)
    return {
        **{f"{s}_true": true for s in ("train", "validation", "test")},
        **{f"{s}_pred": answer for s in ("train", "validation", "test")},
        "test_score": score.astype(np.float32),
    }


def history(name):
    worse = 0.2 * (name == "poor")
    loss = np.array([1.0, 0.5, 0.3, 0.25]) + worse
    return pd.DataFrame(
        {"epoch": [1, 2, 3, 4], "loss": loss, "accuracy": 1 - loss, "val_loss": loss + 0.02}
        | {"val_accuracy": 0.97 - loss, "learning_rate": 0.1, "seconds": 1.0 + worse}
    )


def value(reported, metric="accuracy", tolerance=0.01, **more):
    usual = {"kind": "value", "run": "good", "metric": metric, "split": "test"}
    return {**usual, "reported": reported, "tolerance": tolerance, **more}


def verdicts(rows):
    return [row["verdict"] for row in rows]


def test_values(judge):
    rows = judge(
        value("0.930", tolerance=0.02),
        value("0.99"),
        value("0.80"),
        value("93%", tolerance=0.02),
        value("0.85", "recall", 0.04, **{"class": "Shirt"}),
        value("0.95", "recall", 0.04, **{"class": "Shirt"}),
        value("210", "errors", 60),
        value("2790", "correct", 60),
        value("150", "errors", 40, **{"class": "Shirt"}),
        value("400", "errors", 60),
    )
    assert verdicts(rows) == [
        *("reproduced", "not_reproduced", "not_reproduced", "reproduced", "reproduced"),
        *("not_reproduced", "reproduced", "reproduced", "reproduced", "not_reproduced"),
    ]
    assert (rows[1]["direction"], rows[2]["direction"]) == ("lower", "higher")
    assert rows[1]["reason"].startswith("The accuracy is lower here by 0.05")
    assert rows[4]["metric"] == "recall[Shirt]" and rows[0]["metric"] == "accuracy"
    assert rows[0]["assumes"] == [{"name": "momentum", "value": 0, "why": "Not stated."}]
    assert rows[0]["evidence"] == [
        f"report/notebooks/planted/good/seed-{seed}.html" for seed in range(3)
    ]
    assert not any(row["preliminary"] for row in rows) and {row["seeds"] for row in rows} == {3}


def test_values_of_a_run_that_diverged(judge):
    rows = judge(
        value("0.9", run="lost"), value("nan", run="lost"), value("9", "errors", run="lost")
    )
    assert verdicts(rows) == ["inconclusive"] * 3
    assert rows[1]["leaning"] == "reproduced"  # three seeds of three say too little
    assert rows[0]["reproduced"] is None
    assert "The run lost diverged." in rows[0]["reason"]


def test_orderings(judge):
    def better(run, *than, metric="accuracy", **more):
        return {"kind": "ordering", "run": run, "than": list(than), "metric": metric} | {
            "split": "test",
            **more,
        }

    rows = judge(
        better("good", "poor"),
        better("poor", "good"),
        better("good", "poor", metric="log_loss"),
        better("good", "poor", "lost"),
        better("lost", "poor"),
        better("good", "poor", metric="recall", **{"class": "Shirt"}),
        better("poor", "good", split="validation"),
    )
    # A run that has diverged has no margin: three seeds of three say too little.
    lost = ["inconclusive", "inconclusive"]
    assert verdicts(rows) == ["holds", "fails", "holds", *lost, "holds", "fails"]
    assert [row["leaning"] for row in rows[3:5]] == ["holds", "fails"]
    assert rows[0]["reported"] == "better than poor"
    assert rows[0]["reproduced"] == pytest.approx(0.146, abs=0.02)
    assert rows[0]["lower"] > 0
    assert rows[0]["assumes"][0]["name"] == "good: momentum"
    assert len(rows[3]["evidence"]) == 9


def test_an_ordering_of_equals_is_open(judge):
    claim = {"kind": "ordering", "run": "other", "than": ["poor"], "metric": "accuracy"}
    (row,) = judge({**claim, "split": "test"}, overrides={"groups": "all"})
    assert (row["verdict"], row["reproduced"], row["leaning"]) == ("inconclusive", 0, None)
    assert "More seeds like these would not settle it" in row["reason"]


def test_extremes(judge):
    def extreme(metric, which, **more):
        return {"kind": "extreme", "run": "good", "metric": metric, "extreme": which} | {
            "split": "test",
            **more,
        }

    rows = judge(
        extreme("recall", "lowest", **{"class": "Shirt"}),
        extreme("recall", "highest", **{"class": "Trouser"}),
        extreme("f1_score", "highest", **{"class": "Shirt"}),
        extreme("confusion", "highest", classes=["Shirt", "T-shirt/top"]),
        extreme("confusion", "highest", classes=["Shirt", "Trouser"]),
    )
    assert verdicts(rows) == ["holds", "holds", "fails", "holds", "fails"]
    assert rows[3]["metric"] == "confusion[Shirt and T-shirt/top]"
    assert "closest rival, T-shirt/top" in rows[0]["reason"]


def test_a_class_that_occurs_nowhere_is_no_extreme(judge):
    def lowest(name, metric="recall"):
        return {"kind": "extreme", "run": "good", "metric": metric, "extreme": "lowest"} | {
            "split": "test",
            "class": name,
        }

    # The planted results have examples of the first three alone.
    split = {"classes": [*CLASSES, "Bag"], "test": "given", "validation": {"fraction": 0.2}}
    claims = lowest("Shirt"), lowest("Bag"), lowest("Bag", "support")
    rows = judge(*claims, split=split)
    assert verdicts(rows) == ["holds", "inconclusive", "holds"]
    assert rows[1]["reason"].startswith("Bag occurs neither among")


def test_tables(judge):
    report = {
        **{"kind": "table", "run": "good", "table": "classification_report", "split": "test"},
        "columns": ["precision", "recall", "support"],
        "rows": {"Shirt": "0.95 0.85 1000", "accuracy": "- - 3000"},
        "tolerance": {"precision": 0.03, "recall": 0.04, "support": 10},
    }
    log = {
        **{"kind": "table", "run": "good", "table": "history", "columns": ["loss", "val_accuracy"]},
        "rows": {"1": "1.00 0.30", "4": "0.25 0.72", "5": "0.2 0.8"},
        "tolerance": 0.05,
    }
    matrix = {
        **{"kind": "table", "run": "good", "table": "confusion_matrix", "split": "test"},
        "columns": ["Trouser", "Shirt"],
        "rows": {"Trouser": "990 0", "Shirt": "0 600"},
        "tolerance": 40,
    }
    rows = judge(report, log, matrix)
    assert [row["reported"] for row in rows] == [4, 6, 4]
    assert [cell["verdict"] for cell in rows[0]["cells"]] == [
        *("reproduced", "reproduced", "exact", "exact")  # the test set has as many of each class
    ]
    assert [cell["verdict"] for cell in rows[1]["cells"]] == [
        *("reproduced", "not_reproduced", "reproduced", "reproduced", "not_run", "not_run")
    ]
    assert "No seed reached the epochs" in rows[1]["reason"]
    assert rows[2]["cells"][3] == {
        **{"name": "Shirt, Shirt", "row": "Shirt", "column": "Shirt"},
        **{"reported": "600", "verdict": "not_reproduced", "leaning": None},
        "reproduced": pytest.approx(850, abs=20),
    }
    assert verdicts(rows) == ["reproduced", "not_reproduced", "not_reproduced"]
    assert rows[2]["reproduced"] == 3
    assert rows[2]["reason"] == "Of 4 numbers: 3 reproduced, 1 not reproduced."


@pytest.mark.parametrize(("printed", "verdict"), [("3000", "exact"), ("2990", "not_reproduced")])
def test_the_number_of_all_examples_is_exact(judge, printed, verdict):
    report = {
        **{"kind": "table", "run": "good", "table": "classification_report", "split": "test"},
        "columns": ["precision", "support"],
        "rows": {"macro avg": f"- {printed}"},
        "tolerance": {"precision": 0.03, "support": 0.5},
    }
    (row,) = judge(report)
    assert [cell["verdict"] for cell in row["cells"]] == [verdict]


def test_a_table_of_runs(judge):
    table = {
        **{"kind": "table", "table": "runs", "split": "test"},
        "columns": ["accuracy", "errors"],
        "rows": {"good": "0.93 210", "poor": "0.93 -", "other": "0.5 -"},
        "tolerance": {"accuracy": 0.02, "errors": 60},
        "mean_of": 5,
    }
    (row,) = judge(table)
    assert (row["run"], row["metric"], row["reported"]) == (None, "runs", 4)
    found = {cell["name"]: (cell["row"], cell["verdict"]) for cell in row["cells"]}
    assert found == {
        "good, accuracy": ("good", "reproduced"),
        "good, errors": ("good", "reproduced"),
        "poor, accuracy": ("poor", "not_reproduced"),
        "other, accuracy": ("other", "not_run"),
    }
    assert row["verdict"] == "not_reproduced"
    assert "gave no result" in row["reason"]
    assert len(row["evidence"]) == 6


def test_numbers_that_a_search_was_fitted_to_are_not_counted(planted):
    of_runs = {"kind": "table", "table": "runs", "split": "test", "columns": ["accuracy", "errors"]}
    of_classes = {"kind": "table", "table": "classification_report", "run": "good"}
    claims = (
        value("0.93", tolerance=0.05),
        of_runs | {"rows": {"good": "0.93 210", "poor": "0.78 -"}, "tolerance": 60},
        of_classes
        | {"split": "test", "columns": ["f1_score"], "rows": {"accuracy": "0.93"}}
        | {"tolerance": 0.05},
        value("0.50"),
        value("0.93", split="validation", tolerance=0.05),
        {"kind": "ordering", "run": "good", "than": ["poor"], "metric": "accuracy"}
        | {"split": "test"},
    )
    plan, before = planted(*claims)
    # As if the search had found the momentum by the first claim.
    whole = plan.config.studies["planted"]
    found = Assumption(value=0.9, why="Found.", recovered="momentum")
    whole.runs["good"].assumes["momentum"] = found
    search = {"run": "good", "claims": ("claim_0",), "settings": {"momentum": [0.5, 0.9]}}
    whole.recover["momentum"] = Search(**search, minutes=1)
    entries = judge_study(plan.config, "planted", plant(plan, {}), plan.layout)

    assert [e.verdict for e in entries] == [e.verdict for e in before]
    first, of_runs, of_classes, other, validation, ordering = entries
    fitted = [entry.claim.id for entry in entries if entry.counts_as is Verdict.FITTED]
    assert fitted == [first.claim.id, of_classes.claim.id]
    in_table = [cell.counts_as is Verdict.FITTED for cell in of_runs.judgement.cells]
    assert in_table == [True, True, False]  # errors are the accuracy in another unit
    shown = [words.cell_arithmetic_text(cell, of_runs) for cell in of_runs.judgement.cells]
    assert all("Reported minus re-created: " in text for text in shown)
    assert shown[0].startswith("Reported 0.93, re-created 0.9") and "Tolerance: ± 60" in shown[1]
    assert other.counts_as is Verdict.NOT_REPRODUCED and not validation.fitted
    assert ordering.counts_as is Verdict.HOLDS
    counts = tables.count_verdicts(entries, tables.NUMBERS)
    assert counts == {Verdict.FITTED: 4, Verdict.REPRODUCED: 2, Verdict.NOT_REPRODUCED: 1}
    assert words.verdict_text(first).endswith("reproduced (fitted, not counted)")
    assert "2 numbers fitted, not counted" in words.verdict_text(of_runs)
    told = "The value of momentum was recovered from {}, so that {} no evidence."
    assert told.format("this number", "it agrees is") in first.judgement.reason
    assert told.format("2 of these numbers", "they agree is") in of_runs.judgement.reason
    assert "no evidence" not in other.judgement.reason

    ledger_rows.write_study(entries, "planted", plan.layout)
    path = plan.layout.study_verdicts("planted")
    assert ledger_rows.read(path, plan.config) == entries
    stored = {
        claim.id: claim for claim in folder.read(str(plan.layout.results), "A").claims.values()
    }
    assert [name for name, claim in stored.items() if claim.fitted] == fitted
    assert not any("fitted" in ledger_rows.row_of(entry, plan.layout) for entry in before)


def test_curves_and_cost(judge):
    def curve(name, settings, **more):
        return {"kind": "curve", "run": "good", "property": name, "settings": settings, **more}

    rows = judge(
        curve("no_overfitting", {"column": "loss", "within": 0.05}),
        curve("close_together", {"column": "loss", "within": 0.01}),
        {"kind": "cost", "run": "good", "measure": "fit_seconds", "slower_than": ["poor"]},
        {"kind": "cost", "run": "good", "measure": "seconds_per_epoch", "slower_than": ["poor"]},
        {"kind": "cost", "run": "good", "measure": "fit_seconds"}
        | {"reported": "9", "unit": "minutes"},
    )
    assert verdicts(rows) == ["holds", "fails", "holds", "fails", None]
    assert rows[4]["reproduced"] == pytest.approx(11 / 60)
    assert rows[4]["reported"] == "9 minutes"


def test_consistency_needs_no_run(judge):
    claim = {"kind": "consistency", "check": "errors_match_accuracy"}
    numbers = {"accuracy": "0.919", "errors": "870", "examples": "10000"}
    rows = judge(
        {**claim, "numbers": numbers},
        {**claim, "numbers": {**numbers, "errors": "810"}},
        overrides={"limits": {"examples": 500}},
    )
    assert verdicts(rows) == ["inconsistent", "consistent"]
    assert rows[0]["run"] is None and rows[0]["evidence"] == []


def own(check="same_value", **more):
    numbers = {"same_value": {"values": ["0.5", "0.7"]}, "same_setting": {"values": ["a", "A"]}}
    return {"kind": "consistency", "check": check, "numbers": numbers[check], **more}


DOUBT = {"contradicts_if": "all digits are meant", "agrees_if": "one is a slip"}


def test_a_reading_of_the_source_makes_a_contradiction_doubtful(judge):
    rows = judge(own(doubt=DOUBT), own())
    assert verdicts(rows) == ["doubtful", "inconsistent"]
    assert rows[0]["reason"] == (
        "Stated as 0.5 and 0.7; 0.5 and 0.7 differ. That is a contradiction if all digits are "
        "meant, and none if one is a slip."
    )


def test_what_agrees_only_under_an_assumption_is_doubtful(judge):
    means = {"kind": "consistency", "check": "root_of"}
    numbers = {"root": "2.00", "square": "5.00"}
    rows = judge(
        {**means, "numbers": numbers},
        {**means, "numbers": {**numbers, "mean_of": "folds"}},
        {**means, "numbers": {**numbers, "root": "2.50"}},
    )
    assert verdicts(rows) == ["doubtful", "consistent", "inconsistent"]
    assert "only if both are means over folds or seeds" in rows[0]["reason"]


def test_contradictions_of_one_cause_count_once_and_empty_checks_not_at_all(planted):
    claims = (
        own("same_setting"),
        own(doubt=DOUBT),
        own(),
        own(),
        own(same_cause_as="claim_2"),
        own(same_cause_as="claim_2"),
        own(same_cause_as="claim_1", doubt=DOUBT),
    )
    _, entries = planted(*claims)
    counts = tables.count_verdicts(entries, tables.OWN_NUMBERS)
    assert counts == {Verdict.INCONSISTENT: 2, Verdict.DOUBTFUL: 1}
    shown = tables.table_own_numbers(entries)
    # Every row is listed, each behind the one that stands for it, and what says nothing is last.
    order = [int(claim.removeprefix("claim_")) for claim in shown["claim"]]
    assert order == [2, 4, 5, 3, 1, 6, 0]


def test_what_was_not_run(judge):
    rows = judge(
        value("0.9", run="other"),
        value("0.9", run="poor"),
        {
            "kind": "ordering",
            "run": "good",
            "than": ["other"],
            "metric": "accuracy",
            "split": "test",
        },
        {"kind": "table", "run": "other", "table": "history", "columns": ["loss"]}
        | {"rows": {"1": "0.5"}, "tolerance": 0.1},
        value("0.93", tolerance=0.03),
        statuses={("poor", seed): "failed" for seed in range(3)} | {("good", 1): "timeout"},
    )
    assert verdicts(rows) == [*["not_run"] * 4, "reproduced"]
    assert "its group, ablation, was not selected" in rows[0]["reason"]
    assert "it broke" in rows[1]["reason"]
    assert rows[3]["cells"][0]["verdict"] == "not_run"
    assert "did not finish with seed 1" in rows[4]["reason"] and rows[4]["seeds"] == 2


def test_one_seed_is_preliminary(judge):
    rows = judge(
        value("0.93", tolerance=0.03),
        {
            "kind": "ordering",
            "run": "good",
            "than": ["poor"],
            "metric": "accuracy",
            "split": "test",
        },
        seeds=1,
    )
    assert all(row["preliminary"] for row in rows)
    assert verdicts(rows) == ["inconclusive", "holds"]
    assert [row["leaning"] for row in rows] == ["reproduced", None]
    assert "about" in rows[0]["reason"] and "seeds would settle it" in rows[0]["reason"]


def test_a_smoke_run_judges_nothing_that_was_run(judge):
    (row,) = judge(value("0.93"), overrides={"limits": {"epochs": 1}})
    assert row["verdict"] == "not_run" and row["reason"].startswith("Smoke run")


def test_other_test_examples_widen_the_interval(judge):
    drawn = {"classes": CLASSES, "test": {"fraction": 0.2}, "validation": None}
    (row,) = judge(value("0.93"), split=drawn)
    spread = np.sqrt(2 * 0.07 * 0.93 / N)
    assert row["upper"] - row["lower"] > 2 * 1.95 * spread


def test_the_files_keep_everything(planted):
    log = {"kind": "table", "run": "good", "table": "history", "columns": ["loss"]}
    ordering = {"kind": "ordering", "run": "good", "than": ["poor"], "metric": "accuracy"}
    plan, entries = planted(
        value("0.930"),
        {**log, "rows": {"1": "1.00"}, "tolerance": 0.1},
        {**ordering, "split": "test"},
    )
    ledger_rows.write_ledger(entries, plan.layout)
    stored = json.loads(plan.layout.verdicts_json.read_text())
    assert list(stored[0]) == list(ledger_rows.FIELDS)
    assert list(stored[1]) == [*ledger_rows.FIELDS, "cells"]
    assert stored[0]["reported"] == "0.930"
    assert [assumed["name"] for assumed in stored[0]["assumes"]] == ["momentum"]
    assert [assumed["name"] for assumed in stored[2]["assumes"]] == ["good: momentum"]
    table = pd.read_csv(plan.layout.verdicts_csv, dtype=str)
    assert list(table.columns) == list(ledger_rows.FIELDS)
    assert table["reported"].tolist() == ["0.930", "1", "better than poor"]
    ledger_rows.write_study(entries, "planted", plan.layout)
    assert ledger_rows.read(plan.layout.study_verdicts("planted"), plan.config) == entries


HOSTILE_CLASSES = ['Boot, "left" [a]', "Shirt's, (b): x", "better than `c` | d]"]


def test_class_names_with_commas_brackets_and_quotes(planted, monkeypatch):
    module = datasets.module("fashion_mnist")
    monkeypatch.setattr(module, "CLASSES", (*HOSTILE_CLASSES, *module.CLASSES[3:]))
    first, second, third = HOSTILE_CLASSES
    on_test = {"run": "good", "split": "test"}
    matrix = {"kind": "table", "table": "confusion_matrix", "columns": [first, second]}
    report = {"kind": "table", "table": "classification_report", "columns": ["recall"]}
    plan, entries = planted(
        value("0.95", "recall", 0.04, **{"class": first}),
        {**matrix, **on_test, "rows": {second: "10 990"}, "tolerance": 20},
        {**report, **on_test, "rows": {third: "0.85"}, "tolerance": 0.05},
        {"kind": "extreme", **on_test, "metric": "recall", "class": third, "extreme": "lowest"},
        {"kind": "extreme", **on_test, "metric": "confusion", "classes": [first, third]}
        | {"extreme": "highest"},
        split={"classes": HOSTILE_CLASSES, "test": "given", "validation": {"fraction": 0.2}},
    )
    assert [entry.verdict for entry in entries] == [
        *(Verdict.REPRODUCED, Verdict.REPRODUCED, Verdict.REPRODUCED),
        *(Verdict.HOLDS, Verdict.HOLDS),
    ]
    ledger_rows.write_study(entries, "planted", plan.layout)
    assert ledger_rows.read(plan.layout.study_verdicts("planted"), plan.config) == entries
    assert tables.table_numbers(entries)["metric"].tolist() == [f"Recall of {first}"]
    assert tables.columns_of(entries[1]) == [first, second]
    assert [*tables.cells_by_row(entries[1])] == [second]
    assert [*tables.cells_by_row(entries[2])] == [third]
    assert words.statement_text(entries[3].claim) == f"good: {third} has the lowest recall, test"
    assert first in words.statement_text(entries[4].claim)

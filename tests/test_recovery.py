"""Searches for open settings: what was planted is found again, and what nothing gives is said."""

import json
import math
import shutil
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNet, Lasso, Ridge
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.tree import DecisionTreeRegressor
from snakemake.logging import logger

from refashion import artifacts
from refashion.errors import ConfigError, RefashionError
from refashion.figures.recovery import plot_misfit
from refashion.judgement.numbers import Measured
from refashion.ledger import rows
from refashion.ledger.entry import Judgement, Verdict, entry_of
from refashion.recovery import recovery, search, tables
from refashion.recovery.fits import Target, fit_of
from refashion.recovery.recovery import Conclusion
from refashion.recovery.trials import ExhaustedError, Trial, Trials
from refashion.render.chapter.chapters import write_chapter
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.front.overview import Overview
from refashion.render.text.cross_references import CrossReferences
from refashion.reported import Reported
from refashion.runs import evaluation
from refashion.seeding import derive
from refashion.spec import recovered
from refashion.spec.recover import Search
from refashion.workflow import progress
from refashion.workflow.plan import OVERRIDES_VARIABLE, Plan

X, Y = load_diabetes(return_X_y=True)
DATASET = '''
"""Diabetes, as scikit-learn bundles it."""
from sklearn.datasets import load_diabetes
FILES, SOURCES, SUBFOLDERS = {}, (), ()
PARTS, TASK, TARGET, UNIT = ("all",), "regression", "progression", ""
CLASSES, FEATURES, CATEGORIES = (), [], {}
TITLE = CITATION = LICENCE = "Diabetes"
def read(raw):
    x, y = load_diabetes(return_X_y=True)
    return {"all_x": x, "all_y": y}
'''
SPLIT = {"test": {"fraction": 0.25, "random_state": 3}, "validation": None}
FIVE_DECADES = {"low": 0.001, "high": 100, "scale": "log"}


@pytest.fixture
def load(project, tmp_path):
    """Give a function from a run, its claims and a search to the plan of a study."""

    def load(model, settings, claims, recover, groups="headline", split=SPLIT, searches=None):
        folder = tmp_path / "studies" / "sugar"
        (folder / "datasets").mkdir(parents=True, exist_ok=True)
        (folder / "datasets" / "sugar.py").write_text(DATASET)
        run = {"title": "A run", "group": "headline", "minutes": 0.1, "model": model}
        study = {
            "title": "Sugar",
            "source": {"citation": "A made-up report", "note": "made up"},
            "dataset": "sugar",
            "split": split,
            "preprocess": None,
            "runs": {"a_run": run | {"settings": settings}},
            "claims": [{"where": "Table 1", "quote": "q", "run": "a_run", **c} for c in claims],
            "recover": {"found": {"run": "a_run", "minutes": 1, **recover}, **(searches or {})},
        }
        (folder / "study.yaml").write_text(json.dumps(study))
        shutil.copy(project / "config.yaml", tmp_path)
        return Plan.load({"studies": "sugar", "groups": groups}, tmp_path, tmp_path)

    return load


def value(name, reported, metric="mean_squared_error"):
    number = {"id": name, "kind": "value", "metric": metric, "split": "test"}
    return number | {"reported": reported, "tolerance": 1}


def searched(plan):
    """Make the search of a study."""
    arrays = plan.layout.arrays("sugar")
    arrays.mkdir(parents=True, exist_ok=True)
    for name, array in plan.source("sugar").read(None).items():
        np.save(arrays / f"{name}.npy", array)
    artifacts.write_json(plan.layout.prepared("sugar"), {"status": "available", "arrays": {}})
    return search.recover(plan.config, "sugar", "found", plan.layout)


def scores(model, fraction=0.25, random_state=3):
    """Print the test scores of a model as a source would."""
    parts = train_test_split(X, Y, test_size=fraction, random_state=random_state)
    predicted = model.fit(parts[0], parts[2]).predict(parts[1])
    error, r2 = mean_squared_error(parts[3], predicted), r2_score(parts[3], predicted)
    return [value("mse", f"{error:.10f}"), value("r2", f"{r2:.12f}", "r2")]


def ridge(load, claims, **more):
    recover = {"claims": [c["id"] for c in claims], "settings": {"alpha": FIVE_DECADES}, **more}
    return load("sklearn.linear_model.Ridge", {}, claims, recover)


@pytest.mark.parametrize(("kind", "alpha"), [(Ridge, 0.37), (Ridge, 12.5), (Lasso, 0.08)])
def test_a_planted_penalty_is_found_to_the_last_digit(load, kind, alpha):
    claims = scores(kind(alpha=alpha))
    recover = {"claims": ["mse", "r2"], "settings": {"alpha": FIVE_DECADES}}
    found = searched(load(f"sklearn.linear_model.{kind.__name__}", {}, claims, recover))
    assert found.answer is Conclusion.FOUND and found.is_fixed
    assert found.best.settings == {"alpha": alpha}
    assert all(len(one.settings) == 1 for one in found.set_aside)
    content = found.as_json()
    assert content["verdict"] == "found" and content["second"]["misfit"] > 1
    json.dumps(content, allow_nan=False)


def test_numbers_that_nothing_gives_are_said_to_be_such(load):
    found = searched(ridge(load, [value("mse", "2000.123456")]))
    assert found.answer is Conclusion.NONE
    assert found.best.misfit > 1 and not any(one.fits for one in found.tried)


def test_coarse_numbers_tell_little_apart(load):
    (_, r2) = scores(Ridge(alpha=1.0))
    found = searched(ridge(load, [r2 | {"reported": f"{float(r2['reported']):.1f}"}]))
    assert found.answer is Conclusion.SEVERAL


def test_settings_may_depend_on_others(load):
    planted = KNeighborsRegressor(n_neighbors=7, weights="distance", p=1)
    settings = {
        "weights": ["uniform", "distance"],
        "p": {"values": [1, 3], "when": {"weights": "distance"}},
        "n_neighbors": {"low": 1, "high": 12, "scale": "integer"},
    }
    recover = {"claims": ["mse"], "settings": settings}
    plan = load("sklearn.neighbors.KNeighborsRegressor", {}, scores(planted), recover)
    found = searched(plan)
    assert found.answer is Conclusion.FOUND
    assert found.best.settings == {"weights": "distance", "p": 1, "n_neighbors": 7}
    assert all("p" in one.settings or one.settings["weights"] == "uniform" for one in found.tried)
    assert found.trials == 36


def test_a_split_is_found_by_a_model_that_has_nothing_open(load):
    claims = scores(Ridge(alpha=1.0), fraction=0.3, random_state=42)
    open_ones = {"split.test.fraction": [0.2, 0.3], "split.test.random_state": [0, 1, 42]}
    recover = {"claims": ["mse", "r2"], "settings": open_ones, "seeds": 1}
    found = searched(load("sklearn.linear_model.Ridge", {}, claims, recover))
    assert found.answer is Conclusion.FOUND
    assert found.best.settings == {"split.test.fraction": 0.3, "split.test.random_state": 42}


def test_two_ranges_are_searched_together(load):
    claims = scores(ElasticNet(alpha=0.02, l1_ratio=0.5))
    settings = {
        "alpha": {"low": 0.01, "high": 0.1, "scale": "log"},
        "l1_ratio": {"low": 0.2, "high": 0.9, "scale": "linear"},
    }
    few = [claim | {"reported": f"{float(claim['reported']):.2f}"} for claim in claims]
    recover = {"claims": ["mse", "r2"], "settings": settings, "trials": 100, "seeds": 1}
    found = searched(load("sklearn.linear_model.ElasticNet", {}, few, recover))
    assert found.best.fits  # a line of pairs gives such numbers, so it need not be the planted one
    assert found.answer is Conclusion.SEVERAL


@pytest.mark.parametrize(("first", "epochs"), [(1, 12), (4, 12), (5, None)])
def test_the_first_epochs_decide_only_where_some_of_them_are_printed(first, epochs):
    run = SimpleNamespace(settings={"epochs": 12})
    study = SimpleNamespace(claims=[], runs={"a_run": run})
    wanted = SimpleNamespace(run="a_run", claims=[], settings={})
    finder = search.Finder(study, wanted, None, 0.01)
    finder.targets = [
        Target("log", str(n), "1.0", Reported.parse("1.0"), 1, n) for n in range(first, 13)
    ]
    assert finder._epochs() == epochs


def narrowed(tmp_path, settings, printed, function, trials=100):
    """Search the settings of a function that gives numbers, one for each printed one."""

    def measure(chosen, seed, epochs):
        return [Measured(float(number), 1.0, 0.0, 0.0) for number in function(**chosen)], None

    class OfFunction(search.Finder):
        def _is_fixed(self, settings):
            return True

    stated = {"run": "a_run", "claims": ["c"], "settings": settings, "minutes": 1}
    wanted = Search.model_validate_json(json.dumps({**stated, "trials": trials}))
    finder = OfFunction(
        SimpleNamespace(claims=[SimpleNamespace(id="c", reported=printed[0])]),
        wanted,
        Trials(tmp_path / "trials.jsonl", "context", measure, trials, 60),
        0.01,
    )
    finder.targets = [Target("c", t, t, Reported.parse(t), 1) for t in printed]
    return finder.result(finder.run())


def test_a_loss_finds_what_an_accuracy_with_more_digits_cannot(tmp_path):
    def scores(x):
        return round(286 * (0.9 + 0.02 * math.log10(x))) / 286, math.exp(-0.5 * math.log10(x)) / 9

    printed = [f"{scores(x=0.37)[0]:.4f}", f"{scores(x=0.37)[1]:.4f}"]
    found = narrowed(tmp_path, {"x": FIVE_DECADES}, printed, scores)
    assert found.answer is Conclusion.FOUND and found.best.settings == {"x": 0.37}


def test_a_number_in_the_middle_of_two_printed_ones_is_rounded_to_either(tmp_path):
    # 195 of 200 right answers; Python prints 0.97, a spreadsheet 0.98.
    for printed in ("0.97", "0.98", "97 %", "98 %"):
        found = narrowed(tmp_path / printed, {"x": [195]}, [printed], lambda x: [x / 200])
        assert found.answer is Conclusion.FOUND
    assert narrowed(tmp_path, {"x": [194]}, ["0.98"], lambda x: [x / 200]).answer is Conclusion.NONE


def test_listed_values_and_neighbours_are_not_set_aside_as_long(tmp_path):
    listed = narrowed(tmp_path / "a", {"x": [0.5, 0.4375]}, ["0.2"], lambda x: [x * x])
    assert listed.answer is Conclusion.SEVERAL and not listed.set_aside
    wide = {"x": {"low": 0.1, "high": 1, "scale": "linear"}}
    coarse = narrowed(tmp_path / "b", wide, ["0.25"], lambda x: [x * x])  # 0.495 to 0.505
    assert coarse.answer is Conclusion.FOUND
    coarser = narrowed(tmp_path / "c", wide, ["0.2"], lambda x: [x * x])  # 0.387 to 0.5
    assert coarser.answer is Conclusion.SEVERAL


def test_a_linear_range_may_begin_with_zero(tmp_path):
    from_zero = {"x": {"low": 0, "high": 10, "scale": "linear"}}
    fine = narrowed(tmp_path / "a", from_zero, ["1.00000"], lambda x: [1 + x])
    assert fine.answer is Conclusion.FOUND and fine.best.settings == {"x": 0.0}
    coarse = narrowed(tmp_path / "b", from_zero, ["1.0"], lambda x: [1 + x])
    assert coarse.answer is Conclusion.SEVERAL


def test_one_number_does_not_fix_two_settings(tmp_path):
    square = {name: {"low": 0.1, "high": 1, "scale": "linear"} for name in ("x", "y")}
    one = narrowed(tmp_path / "a", square, ["0.421234"], lambda x, y: [x * y], trials=300)
    assert one.answer is Conclusion.SEVERAL
    printed = ["0.42", "0.8", "0.27"]
    three = narrowed(tmp_path / "b", square, printed, lambda x, y: [x * y, x, x - y], trials=300)
    assert three.best.fits


def test_every_combination_gets_its_share_of_the_trials(tmp_path):
    settings = {"a": [1, 2, 3, 4], "x": FIVE_DECADES}

    def numbers(a, x):
        return [(x - 1) ** 2 + 1e-3 if a < 4 else x]

    found = narrowed(tmp_path, settings, ["0.3700"], numbers, trials=80)
    tried = Counter(one.settings["a"] for one in found.tried)
    assert set(tried) == {1, 2, 3, 4} and tried[1] <= 20
    assert any(one.settings == {"a": 4, "x": 0.37} and one.fits for one in found.tried)


def test_a_model_whose_seed_matters_only_in_part_of_a_range_has_randomness(load, monkeypatch):
    monkeypatch.setattr(evaluation, "MANY_ANSWERS", 100)
    deep = DecisionTreeRegressor(max_depth=6, random_state=777)
    recover = {
        "claims": ["mse"],
        "settings": {"max_depth": {"low": 3, "high": 8, "scale": "integer"}},
    }
    tree, claims = "sklearn.tree.DecisionTreeRegressor", scores(deep)[:1]
    found = searched(load(tree, {}, claims, recover))
    assert not found.is_fixed and found.answer is not Conclusion.NONE
    # A study that says that seeds change nothing may be wrong.
    found = searched(load(tree, {}, claims, recover | {"seeds": 1}))
    assert not found.is_fixed and found.answer is not Conclusion.NONE


def test_a_budget_may_end_before_it_is_known_whether_seeds_matter(load):
    claims = scores(DecisionTreeRegressor(max_depth=6, random_state=777))[:1]
    recover = {"claims": ["mse"], "settings": {"max_depth": [3, 6]}, "minutes": 1e-6}
    found = searched(load("sklearn.tree.DecisionTreeRegressor", {}, claims, recover))
    assert (found.trials, found.stopped) == (1, "minutes")


def test_two_seeds_that_agree_by_luck_exclude_nothing():
    printed = Target("c", "c", "0.906", Reported.parse("0.906"), 1)

    def fit(*values):
        made = [
            Trial({}, seed, None, (Measured(each, 1.0, 0.0, 0.0),), 0.0)
            for seed, each in enumerate(values)
        ]
        return fit_of(made, [printed], 0.01, is_fixed=False)

    lucky, other = fit(0.9, 0.9005), fit(0.897, 0.908)
    assert 0 < other.log_probability - lucky.log_probability < math.log(20)
    assert lucky.fits and other.fits


@pytest.mark.parametrize(("far", "answer"), [(0.0125, "found"), (0.1, "none")])
def test_the_closest_settings_get_more_seeds_before_none_is_said(tmp_path, far, answer):
    stated = {"run": "a", "claims": ["c"], "settings": {"depth": [None, 1]}, "minutes": 1}
    wanted = Search.model_validate_json(json.dumps(stated))
    # The first three seeds happen to agree.
    of_seeds = {1: [0.2336, 0.2341, 0.2343, 0.225, 0.241, 0.248], None: [0.118, 0.12, 0.117] * 2}

    def measure(settings, seed, epochs):
        return [Measured(of_seeds[settings["depth"]][seed], 1.0, 0.0, 0.0)], None

    claims = [SimpleNamespace(id="c", reported=f"{0.2275 + far:.3f}")]
    study = SimpleNamespace(claims=claims, runs={"a": SimpleNamespace(settings={})})
    trials = Trials(tmp_path / "t.jsonl", "", measure, 100, math.inf)
    finder = search.Finder(study, wanted, trials, 0.006)
    finder._is_fixed = lambda settings: False
    found = finder.result(finder.run())
    assert (found.answer.value, found.best.seeds) == (answer, search.TRUSTED_SEEDS)
    assert [one.fits for one in found.tried] == [answer == "found", False]
    shown = tables.table_misfits(found.as_json())
    [panel] = plot_misfit(
        shown, wanted.scales, found.measure, tables.least_shown(found.as_json())
    ).axes
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["1", "none"]


def network(hidden, seed=None):
    state = None if seed is None else derive(seed, "model")
    settings = {"hidden_layer_sizes": hidden, "max_iter": 10, "learning_rate_init": 0.02}
    return settings | ({} if state is None else {"random_state": state})


def logged(losses):
    rows = {str(n): f"{loss:.1f}" for n, loss in enumerate(losses, 1)}
    table = {"id": "log", "kind": "table", "table": "history", "columns": ["loss"]}
    return table | {"rows": rows, "tolerance": 100}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_log_tells_settings_of_a_model_with_randomness_apart(load):
    parts = train_test_split(X, Y, test_size=0.25, random_state=3)
    theirs = MLPRegressor(**network((20,), seed=7)).fit(parts[0], parts[2])
    recover = {"claims": ["log"], "settings": {"hidden_layer_sizes": [[20], [200], [60, 60]]}}
    model, claims = "sklearn.neural_network.MLPRegressor", [logged(theirs.loss_curve_)]
    found = searched(load(model, network([5]), claims, recover))
    assert not found.is_fixed and found.best.fits and found.best.seeds == 3
    assert found.answer is Conclusion.FOUND and found.best.settings == {"hidden_layer_sizes": [20]}
    content = found.as_json()
    assert content["behind"] > np.log(20)
    misfits, apart = tables.table_misfits(content), tables.least_shown(content)
    drawn = plot_misfit(misfits, found.search.scales, found.measure, apart)
    labels = [label.get_text() for label in drawn.axes[0].get_xticklabels()]
    assert labels == ["20", "200", "60, 60"]
    assert misfits["misfit"].min() == 1 and apart > 19

    alike = recover | {"settings": {"hidden_layer_sizes": [[20], [22]]}}
    assert searched(load(model, network([5]), claims, alike)).answer is Conclusion.SEVERAL
    nothing = [logged(np.linspace(9000, 14000, 10))]
    assert searched(load(model, network([5]), nothing, recover)).answer is Conclusion.NONE


def test_a_search_that_was_killed_goes_on_where_it_stopped(load, monkeypatch):
    plan = ridge(load, scores(Ridge(alpha=0.37)))
    whole = searched(plan)
    path = plan.layout.trials("sugar", "found")
    lines = path.read_text().splitlines()
    assert len(lines) == whole.trials
    # Killed while it wrote the eleventh line.
    path.write_text("\n".join(lines[:10]) + "\n" + lines[10][:30])
    made = []
    measure = search.Executor.__call__

    def counted(self, *args):
        made.append(args)
        return measure(self, *args)

    monkeypatch.setattr(search.Executor, "__call__", counted)
    again = searched(plan)
    assert len(made) == whole.trials - 10
    assert [one.settings for one in again.tried] == [one.settings for one in whole.tried]
    assert again.answer is whole.answer and again.trials == whole.trials
    made.clear()
    searched(plan)
    assert not made


def test_a_search_whose_trials_all_fail_says_why(load, project):
    claims = [value("mse", "2900.1")]
    settings = {"alpha": [1, 2], "solver": {"values": ["lbfgs"], "when": {"alpha": [1, 2]}}}
    recover = {"claims": ["mse"], "settings": settings, "seeds": 1}
    plan = load("sklearn.linear_model.Ridge", {}, claims, recover)
    found = searched(plan)  # this solver needs positive=True
    assert found.answer is Conclusion.NONE and "positive" in found.best.error
    recovery.write(found, plan.layout, "sugar", "found")
    outcomes = Outcomes(plan.config, plan.config.studies["sugar"], plan.layout, [])
    assert "No trial gave numbers" in write_chapter_of(outcomes, project)


def test_a_search_ends_with_its_budget_and_more_minutes_continue_it(tmp_path):
    def measure(settings, seed, epochs):
        return [Measured(settings["x"], 1.0, 0.0, 0.0)], None

    def trials(most, limit):
        return Trials(tmp_path / "t.jsonl", "context", measure, most, limit)

    few = trials(2, 60)
    assert [few({"x": x}).numbers[0].value for x in (1, 2, 1)] == [1, 2, 1]
    with pytest.raises(ExhaustedError, match="trials"):
        few({"x": 3})
    late = trials(10, 0)
    assert late({"x": 2}).numbers[0].value == 2  # kept, so it costs nothing
    with pytest.raises(ExhaustedError, match="minutes"):
        late({"x": 3})
    other = Trials(tmp_path / "t.jsonl", "other code", measure, 10, 60)
    other({"x": 1})
    assert len((tmp_path / "t.jsonl").read_text().splitlines()) == 3


def test_a_full_disk_is_no_answer_and_is_not_kept(tmp_path):
    faults = [OSError(28, "No space left on device"), MemoryError("cannot allocate"), None]

    def measure(settings, seed, epochs):
        if fault := faults.pop(0):
            raise fault
        return [Measured(1.0, 1.0, 0.0, 0.0)], None

    trials = Trials(tmp_path / "t.jsonl", "context", measure, 10, 60)
    for told in ("No space left", "MemoryError: cannot allocate; free memory"):
        with pytest.raises(RefashionError, match=told):
            trials({"x": 1})
    assert trials({"x": 1}).error is None


FROM = {"alpha": {"from": "recover.found"}}


def test_a_recovered_value_is_taken_and_shown_as_such(load, monkeypatch, tmp_path, project):
    monkeypatch.chdir(tmp_path)
    claims = scores(Ridge(alpha=0.37))
    recover = {"claims": ["mse", "r2"], "settings": {"alpha": FIVE_DECADES}}

    def plan(**more):
        return load(
            "sklearn.linear_model.Ridge",
            FROM,
            claims,
            recover | more,
            groups=["headline", "recovery"],
        )

    monkeypatch.setenv(OVERRIDES_VARIABLE, "{}")
    monkeypatch.setenv(recovered.RESULTS_VARIABLE, "")
    monkeypatch.delenv(recovered.RESULTS_VARIABLE)  # what is published below ends with this test
    waiting = plan()
    run = waiting.config.studies["sugar"].runs["a_run"]
    assert not waiting.executions
    assert "the search found had not been run when this command began" in run.awaits
    waiting.publish()
    told = []
    monkeypatch.setattr(logger, "info", told.append)
    artifacts.write_text(waiting.layout.report_html, "a report without the run")
    progress.conclude(waiting)
    assert not any("once more" in line for line in told)  # the search has found nothing yet
    recovery.write(searched(waiting), waiting.layout, "sugar", "found")
    progress.conclude(waiting)
    again = "Run the same command once more: a search has found now what sugar/a_run waits for."
    assert told[-1] == again
    assert not plan().executions  # in a job of the same command
    monkeypatch.delenv(recovered.RESULTS_VARIABLE)
    known = plan()
    study = known.config.studies["sugar"]
    assert study.runs["a_run"].settings["alpha"] == 0.37 and known.executions
    # The search itself does not depend on what it has found.
    assert known.search("sugar", "found") == waiting.search("sugar", "found")
    entry = entry_of(known.config, "sugar", study.claims[0], Judgement(Verdict.EXACT))
    row = rows.row_of(entry, known.layout)
    assert row["fitted"] is True
    (alpha,) = (assumed for assumed in row["assumes"] if assumed["name"] == "alpha")
    assert (alpha["value"], alpha["origin"]) == (0.37, "recovered")
    assert "alpha = 0.37 (recovered)" in rows.as_table([row])["assumes"][0]

    outcomes = Outcomes(known.config, study, known.layout, [])
    chapter = write_chapter_of(outcomes, project)
    told = chapter.replace("\\", "")
    assert "These settings give the printed numbers." in told and "alpha" in told
    assert (known.layout.report / "figures/sugar-recovery_found.svg").exists()

    first_page = Overview([outcomes], CrossReferences(known.layout)).searched().replace("\\", "")
    assert (
        "alpha 0.37" in first_page
        and "gives the printed numbers of A run that it was" in first_page
    )

    changed = plan(settings={"alpha": FIVE_DECADES | {"low": 0.01}})
    assert "has changed since" in changed.config.studies["sugar"].runs["a_run"].awaits
    claims[0] = claims[0] | {"reported": "2900.1"}  # a typing error is mended
    corrected = plan()
    assert "has changed since" in corrected.config.studies["sugar"].runs["a_run"].awaits
    outcomes = Outcomes(corrected.config, corrected.config.studies["sugar"], corrected.layout, [])
    assert "the search has changed since" in write_chapter_of(outcomes, project)


def test_a_search_waits_for_another_whose_value_its_run_has(load, monkeypatch, tmp_path, project):
    monkeypatch.chdir(tmp_path)
    claims = scores(Ridge(alpha=0.37))
    ids, more = ["mse", "r2"], {"run": "a_run", "minutes": 1}
    split = {"claims": ids, "settings": {"split.test.random_state": [3, 4]}}
    given = {"fraction": 0.25, "random_state": {"from": "recover.found"}}
    second = {"penalty": {"claims": ids, "settings": {"alpha": FIVE_DECADES}, **more}}
    ridge = "sklearn.linear_model.Ridge"
    plan = load(
        ridge,
        {"alpha": 1.0},
        claims,
        split,
        groups=["recovery"],
        split={"test": given, "validation": None},
        searches=second,
    )
    assert plan.config.searches() == [("sugar", "found")]
    outcomes = Outcomes(plan.config, plan.config.studies["sugar"], plan.layout, [])
    assert "it waits for the search found" in write_chapter_of(outcomes, project)


def test_a_long_decimal_and_settings_without_numbers_are_pointed_out(load, project):
    between = float(scores(Ridge(alpha=0.37))[0]["reported"]) + 1.2345678
    plan = ridge(load, [value("mse", f"{between:.8f}")], seeds=1)
    recovery.write(searched(plan), plan.layout, "sugar", "found")
    outcomes = Outcomes(plan.config, plan.config.studies["sugar"], plan.layout, [])
    assert "Nobody writes so many digits" in write_chapter_of(outcomes, project)

    (mse, _) = scores(Ridge(alpha=1.0))
    settings = {"solver": ["svd", "lbfgs"]}  # the second needs positive=True
    recover = {"claims": ["mse"], "settings": settings, "seeds": 1}
    plan = load("sklearn.linear_model.Ridge", {"alpha": 1.0}, [mse], recover)
    recovery.write(searched(plan), plan.layout, "sugar", "found")
    outcomes = Outcomes(plan.config, plan.config.studies["sugar"], plan.layout, [])
    assert "1 of 2 settings gave no numbers" in write_chapter_of(outcomes, project)


def write_chapter_of(outcomes, project):
    (outcomes.study.folder / "narrative.md").write_text("{{ recoveries() }}")
    part = write_chapter(outcomes, project)
    assert not part.problems
    return part.text


FAULTY = {
    "alhpa": ({"settings": {"alhpa": [1]}}, r"alhpa: unknown setting; .*did you mean 'alpha'"),
    "claim": ({"claims": ["msse"]}, r"claims\[0\]: 'msse'; no such claim; .*'mse'"),
    "run": ({"run": "b_run"}, r"found\.run: 'b_run'; accepted: a_run"),
    "value": ({"settings": {"solver": ["best"]}}, r"solver\[0\]: .best.; .*accepted: "),
    "order": ({"settings": {"alpha": {"low": 2, "high": 1, "scale": "log"}}}, r"high: 1; accepted"),
    "log": ({"settings": {"alpha": {"low": 0, "high": 1, "scale": "log"}}}, r"low: 0; accepted: a"),
    "scale": ({"settings": {"alpha": {"low": 0, "high": 1, "scale": "lg"}}}, r"'lg'; accepted: .*"),
    "whole": (
        {"settings": {"max_iter": {"low": 1.5, "high": 9, "scale": "integer"}}},
        r"low: 1\.5; accepted: a whole number",
    ),
    "negative": (
        {"settings": {"alpha": {"low": -1, "high": 9, "scale": "linear"}}},
        r"alpha\.low: -1; ",
    ),
    "condition": (
        {"settings": {"alpha": [1, 2], "tol": {"values": [0.1], "when": {"alpha": 3}}}},
        r"tol\.when\.alpha: 3; alpha never has it; accepted: 1, 2",
    ),
    "parent": (
        {"settings": {"tol": {"values": [0.1], "when": {"alpha": 3}}, "alpha": [1, 2]}},
        r"tol\.when\.alpha: not a setting with listed values that stands before",
    ),
    "split": ({"settings": {"split.test.fraction": [2.0]}}, r"fraction\[0\]: 2\.0; .*accepted"),
    "many": (
        {"settings": {"alpha": [*range(1, 500)], "max_iter": [*range(1, 500)]}},
        r"found\.settings: 249,001 combinations of listed values; accepted: at most 100,000",
    ),
    "never": (
        {
            "settings": {
                "alpha": [1, 2],
                "solver": {"values": ["svd"], "when": {"alpha": 1}},
                "tol": {"values": [0.1], "when": {"alpha": 2, "solver": "svd"}},
            }
        },
        r"settings\.tol\.when: never holds",
    ),
    "group": (
        {"settings": {"split.test": [None], "split.test.fraction": [0.2]}},
        r"fraction: part of split\.test, which is searched as well",
    ),
    "nan": ({"claims": ["diverged"]}, r"claims\[0\]: 'diverged'; .*or NaN.*accepted: mse"),
    "trials": ({"settings": {"alpha": [1, 2, 3]}, "trials": 3}, r"trials: 3; .*at least 7"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_what_cannot_be_searched_is_told(load, name):
    recover, told = FAULTY[name]
    whole = {"claims": ["mse"], "settings": {"alpha": [1, 2]}} | recover
    claims = [value("mse", "2900.1"), value("diverged", "NaN")]
    with pytest.raises(ConfigError, match=told):
        load("sklearn.linear_model.Ridge", {}, claims, whole)


@pytest.mark.parametrize(
    ("reference", "told"),
    [("recover.fond", "accepted: recover.found"), ("recover.found.beta", "no setting 'beta'")],
)
def test_a_value_of_no_search_is_told(load, reference, told):
    recover = {"claims": ["mse"], "settings": {"alpha": [1, 2]}}
    settings = {"alpha": {"from": reference}}
    with pytest.raises(ConfigError, match=told):
        load("sklearn.linear_model.Ridge", settings, [value("mse", "2900.1")], recover)


def test_a_smoke_run_searches_nothing(load):
    plan = ridge(load, [value("mse", "2900.1")])
    options = {"groups": ["recovery"], "limits": {"examples": 60, "epochs": 1}}
    assert Plan.load(plan.overrides | options, plan.root, plan.root).recoveries() == []
    for groups, n in (("all", 0), (["recovery"], 1)):
        selected = Plan.load(plan.overrides | {"groups": groups}, plan.root, plan.root)
        assert len(selected.recoveries()) == n

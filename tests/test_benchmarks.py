"""Benchmarks: well-formed rows, kept, compared and drawn. How fast anything is, no test asks."""

import json
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import (
    chart,
    gpu,
    made_up,
    peers,
    processors,
    report,
    store,
    table,
    throughput,
    training,
)
from benchmarks.__main__ import main
from benchmarks.rows import Row, Skipped, compared
from benchmarks.scratch import ANSWER, CommandError, Done, Scratch, cores, run
from refashion import artifacts
from refashion.artifacts import Layout
from refashion.figures.style import to_svg
from refashion.workflow.plan import Plan

PROJECT = Path(__file__).parents[1]

ROWS = [
    *compared("training", "s/r, step", "ms", {"ours": 2.0, "plain model.fit": 8.0}, training.PLAIN),
    *compared(
        "overhead", "one run", "s", {"plain kernel": 6.0, "warm kernel": 2.0}, "plain kernel"
    ),
    Row("report", "a report", "training alone", 80.0, "s", "wall time × cores", 0.8),
    Row("noop", "snakemake", "nothing to do", 3.0, "s"),
    *(Row("growth", "report", f"{n:,} runs", n / 10, "s") for n in (10, 100, 1000)),
]


def test_rows_are_compared_with_one_of_them():
    ours, plain = ROWS[:2]
    assert (ours.ratio, ours.reference) == (0.25, plain.measure)
    assert (plain.ratio, plain.reference) == (None, None)


def test_results_are_kept_and_the_last_of_each_row_found(tmp_path):
    assert store.rows_before(tmp_path) == {}
    results = store.Results.of(ROWS, [Skipped("training", "PyTorch", "not installed")])
    path = results.write(tmp_path)
    assert store.read(path) == results
    later = replace(ROWS[0], value=1.0)
    replace(results, made="9999", rows=[later]).write(tmp_path)
    assert store.rows_before(tmp_path) == {row.key: row for row in ROWS} | {later.key: later}
    assert results.conditions["packages"]["keras"]


def test_a_ratio_is_compared_by_itself_and_a_lone_value_by_value():
    ours = ROWS[0]
    slower_machine = Row(*ours.key, 20.0, "ms", ours.reference, 0.5)
    assert table.change(ours, slower_machine) == 0.5
    alone = ROWS[-1]
    assert table.change(alone, Row(*alone.key, 50.0, "s")) == 2
    assert table.change(alone, None) is None


@pytest.mark.parametrize("rows", [ROWS, ROWS[:2], []], ids=["all", "one part", "none"])
def test_any_parts_make_a_table_and_a_chart(rows):
    results = store.Results("now", {}, rows, [])
    assert table.table(results, {row.key: row for row in rows}).row_count == len(rows)
    assert to_svg(chart.plot(rows)).startswith("<?xml")


def test_an_unknown_part_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["nop"])
    assert "did you mean 'noop'?" in capsys.readouterr().err


def test_results_that_are_not_there_are_refused(capsys, tmp_path):
    with pytest.raises(SystemExit):
        main(["noop", "--against", str(tmp_path / "before.json")])
    assert "before.json: no such file" in capsys.readouterr().err


def test_commands_are_timed_and_failures_told(tmp_path):
    done = run([sys.executable, "-c", "print(sum(range(10**6)))"], tmp_path, {})
    assert done.seconds > 0 and done.processor > 0
    with pytest.raises(CommandError, match="ended with 3"):
        run([sys.executable, "-c", "raise SystemExit(3)"], tmp_path, {})


def test_every_run_is_a_keras_run_of_a_study():
    scratch = SimpleNamespace(plan=lambda overrides: Plan.load(overrides, PROJECT))
    for name, steps in training.RUNS.items():
        asked = training.recipe(scratch, *name.split("/"), steps)
        assert "optimizer" in asked["settings"] and asked["settings"]["epochs"] > 1


def test_a_side_that_dies_is_a_row_and_the_others_stand(tmp_path):
    tried = []

    def python(*arguments, more=None):
        if arguments[0] == "-c":  # whether a package can be imported
            raise CommandError(arguments, 1, "")
        tried.append(arguments[2])
        if arguments[2] == "plain":
            raise CommandError(arguments, -6, "CommandLine Error: registered more than once!\n")
        return Done(1.0, 1.0, ANSWER + "[1.5, 0.5, 0.5]")

    scratch = SimpleNamespace(
        path=tmp_path,
        plan=lambda overrides: Plan.load(overrides, PROJECT),
        arrays=lambda dataset: tmp_path,
        python=python,
    )
    found = list(training.measure(scratch, {"cnn_vs_gru/gru": 16}, repeats=2))
    ours = [row for row in found if isinstance(row, Row) and row.name == "cnn_vs_gru/gru, step"]
    assert [(row.measure, row.value, row.ratio) for row in ours] == [("ours", 500 / 16, None)]
    (died,) = (each for each in found if each.key == ("training", ours[0].name, training.PLAIN))
    assert "SIGABRT" in died.why and "more than once" in died.why
    assert tried.count("ours") == 2 * tried.count("plain")
    shown = table.table(store.Results("now", {}, ours, [died]), {})
    assert list(shown.columns[2].cells) == ["ours", training.PLAIN]


def test_runs_beside_each_other_are_compared_with_one_on_all_cores(tmp_path, monkeypatch):
    monkeypatch.setattr(processors, "kinds", lambda: {"": {}})
    threads = []

    def python(*arguments, more):
        threads.append((arguments[2], int(more["OMP_NUM_THREADS"])))
        seconds = 0.5 if arguments[2] == "ours" else 0.25
        return Done(1.0, 1.0, ANSWER + json.dumps([seconds] * 3))

    scratch = SimpleNamespace(
        path=tmp_path,
        plan=lambda overrides: Plan.load(overrides, PROJECT),
        arrays=lambda dataset: tmp_path,
        python=python,
    )
    ours, plain = throughput.measure(scratch, {"cnn_vs_gru/gru": 16}, at_a_time=4)
    assert threads == [("ours", 1)] * 4 + [("plain", 4)]
    # Four runs take 0.5 s together, and one on all cores takes 0.25 s.
    assert (ours.value, ours.ratio, plain.value) == (500 / 16 / 4, 0.5, 250 / 16)


def test_a_gpu_is_measured_beside_the_processor_and_against_itself(tmp_path, monkeypatch):
    digests = iter("abcc")

    def python(*arguments, more):
        hidden = more.get("CUDA_VISIBLE_DEVICES") == "-1"
        assert hidden == (arguments[2] == "processor")
        seconds = [9.0, 2.0, 2.0] if hidden else [9.0, 0.5, 0.5]
        return Done(1.0, 1.0, ANSWER + json.dumps([seconds, "d" if hidden else next(digests)]))

    scratch = SimpleNamespace(
        path=tmp_path,
        plan=lambda overrides: Plan.load(overrides, PROJECT),
        arrays=lambda dataset: tmp_path,
        python=python,
    )
    (skipped,) = gpu.measure(scratch)
    assert "make env GPU=1" in skipped.why
    monkeypatch.setattr(gpu, "why_not", lambda: None)
    rows = list(gpu.measure(scratch, {"cnn_vs_gru/gru": 16, "cnn_vs_gru/cnn": 16}))
    assert [row.ratio for row in rows if row.measure == gpu.GPU] == [0.25, 0.25]
    assert [row.value for row in rows if row.measure == "other bits"] == [1, 0]


def test_made_up_results_are_those_of_real_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(made_up, "EXAMPLES", {"train": 40, "validation": 20, "test": 20})
    model = Layout(tmp_path / "model")
    source = model.run("cnn_vs_gru", "cnn", 0)
    artifacts.write_json(source.run_json, dict.fromkeys(artifacts.RUN_FIELDS))
    artifacts.write_text(source.architecture, "layer\n")
    artifacts.write_text(source.notebook, '"seed = 0\\n"')
    artifacts.write_text(model.explore("fashion_mnist"), "{}")
    overrides = {"studies": ["cnn_vs_gru"], "seeds": 2, "results": "made-up"}
    config = Plan.load(overrides, PROJECT).config
    plan = Plan(config, overrides, tmp_path)
    executions = {key: e for key, e in plan.executions.items() if key[1] == "cnn"}
    plan.__dict__["executions"] = executions
    made_up.make(plan, model)
    first, second = (plan.layout.run("cnn_vs_gru", "cnn", seed) for seed in (0, 1))
    assert json.loads(second.run_json.read_text())["seed"] == 1
    assert second.notebook.read_text() == '"seed = 1\\n"'
    arrays = [artifacts.read_arrays(folder.predictions) for folder in (first, second)]
    assert np.array_equal(arrays[0]["test_true"], arrays[1]["test_true"])
    assert not np.array_equal(arrays[0]["test_score"], arrays[1]["test_score"])
    assert np.array_equal(arrays[0]["test_score"].argmax(axis=1), arrays[0]["test_pred"])


@pytest.mark.parametrize(("given", "n"), [("2", 2), ("all", cores())])
def test_efficiency_is_read_from_results_of_one_command_only(tmp_path, given, n):
    layout = Layout(tmp_path)
    assert isinstance(next(report.of_results(tmp_path)), Skipped)
    record = layout.run("s", "r", 0).run_json
    artifacts.write_json(record, {"fit_seconds": 60.0, "wall_seconds": 80.0})
    artifacts.write_json(layout.config, {"limits": {"examples": None, "epochs": None}})
    started = {"started": "2020-01-01T00:00:00+00:00", "command": f"snakemake --cores {given}"}
    artifacts.write_json(layout.manifest, started)
    for path in (layout.report_html, layout.report_pdf):
        artifacts.write_text(path, "")
    found = list(report.of_results(tmp_path))
    assert [row.value for row in found[1:]] == [80.0, 60.0]
    assert found[2].ratio == pytest.approx(60 / found[0].value)
    seconds = (
        layout.report_pdf.stat().st_mtime - datetime.fromisoformat(started["started"]).timestamp()
    )
    assert found[0].value == pytest.approx(n * seconds)
    artifacts.write_json(layout.manifest, started | {"started": "2999-01-01T00:00:00+00:00"})
    assert "earlier commands" in next(report.of_results(tmp_path)).why


@pytest.mark.slow
def test_training_is_measured_on_every_side(tmp_path):
    scratch = Scratch(tmp_path, PROJECT)
    found = list(training.measure(scratch, {"cnn_vs_gru/gru": 1}, repeats=1))
    if any(row.name == "cnn_vs_gru/gru" for row in found if isinstance(row, Skipped)):
        pytest.skip("Fashion-MNIST cannot be had here")
    rows = [row for row in found if isinstance(row, Row)]
    assert {training.OURS, training.PLAIN} <= {row.measure for row in rows}
    assert all(row.value > 0 for row in rows if row.name.endswith("step"))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in training.RUNS if "flight" not in name])
def test_a_translation_has_as_many_parameters(name):
    torch = pytest.importorskip("torch")
    from refashion.runs import training as of_project

    scratch = SimpleNamespace(plan=lambda overrides: Plan.load(overrides, PROJECT))
    asked = training.recipe(scratch, *name.split("/"), 1)
    network = of_project.build(
        asked["model"],
        asked["settings"],
        task="classification",
        input_shape=(28, 28),
        n_outputs=len(asked["split"]["classes"] or range(10)),
        seed=0,
        threads=1,
    ).network
    translation = peers.translated(network)
    assert sum(p.numel() for p in translation.parameters()) == peers.trainable(network)
    assert translation(torch.zeros(2, 28, 28)).shape == (2, network.output_shape[-1])

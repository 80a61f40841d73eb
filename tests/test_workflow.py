"""The whole workflow on a few real examples, from an empty folder to HTML and PDF, and again.

The tests of this file share one folder that nothing changes; a test that changes files has a copy.
"""

import csv
import importlib.util
import json
import os
import re
import shlex
from pathlib import Path

import numpy as np
import pypdf
import pytest

from refashion.artifacts import RUN_FIELDS
from refashion.execution import environment
from refashion.ledger.rows import FIELDS
from support import hostile
from support.clone import SMOKE, Clone

pytestmark = pytest.mark.slow

RUNS = [("cnn", 0), ("gru", 0)]
NOTHING = "Nothing to be done"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory, project, data) -> Clone:
    """Give a folder in which the workflow has run once, to be read only."""
    made = Clone(tmp_path_factory.mktemp("a fresh clone"), project, data)
    done = made.snakemake()
    assert done.returncode == 0, done.stdout
    (made.path / "told.txt").write_text(done.stdout)
    return made


@pytest.fixture
def folder(fresh, tmp_path) -> Clone:
    """Give a copy of that folder, which a test may change."""
    return fresh.duplicate(tmp_path / "a clone")


@pytest.mark.smoke
def test_from_an_empty_folder_to_html_and_pdf(fresh):
    told = (fresh.path / "told.txt").read_text()
    assert str(Path("results/smoke/report/index.html")) in told
    last = told.splitlines()[-1]
    assert re.match(r"Verdicts on \d+ claims: \d+ not run, .* \(smoke run", last), last
    page = fresh.layout.report_html.read_text()
    assert "smoke run" in page.lower()
    text = "".join(p.extract_text() for p in pypdf.PdfReader(fresh.layout.report_pdf).pages)
    assert "smoke run" in text.lower()


@pytest.mark.smoke
def test_artifacts_carry_the_agreed_fields(fresh):
    fetched = json.loads(fresh.layout.fetch("fashion_mnist").read_text())
    assert list(fetched) == ["status", "source", "files", "reason"]
    for run, seed in RUNS:
        files = fresh.layout.run("cnn_vs_gru", run, seed)
        record = fresh.run(run, seed)
        assert tuple(record) == RUN_FIELDS
        assert (record["status"], record["error"], record["attempt"]) == ("ok", None, 1)
        assert (record["epochs_run"], record["threads"]) == (1, 1)
        assert list(next(csv.reader(files.history.open()))) == [
            *("epoch", "loss", "accuracy", "val_loss", "val_accuracy"),
            *("learning_rate", "seconds"),
        ]
        with np.load(files.predictions, allow_pickle=False) as arrays:
            splits = ("train", "validation", "test")
            names = {f"{split}_{what}" for split in splits for what in ("true", "pred")}
            assert set(arrays) == names | {"test_score"}
            assert arrays["test_score"].shape == (300, 10)
            assert arrays["test_score"].dtype == np.float32
        scores = json.loads(files.metrics.read_text())
        assert set(scores) == {"train", "validation", "test"}
        assert 0 <= scores["test"]["accuracy"] <= 1
        assert files.classification_report.exists() and files.confusion_matrix.exists()
    tidy = list(csv.reader(fresh.layout.metrics("cnn_vs_gru").open()))
    assert tidy[0] == ["study", "run", "seed", "split", "metric", "value"]


@pytest.mark.smoke
def test_the_manifest_holds_the_command_to_be_given_again(fresh):
    manifest = json.loads(fresh.layout.manifest.read_text())
    command = ["snakemake", "--cores", "2", "--config", *SMOKE]
    assert manifest["command"] == shlex.join(command)
    assert manifest["started"] < manifest["ended"]


@pytest.mark.smoke
def test_a_smoke_run_gets_no_verdict(fresh):
    rows = json.loads(fresh.layout.verdicts_json.read_text())
    assert rows
    for row in rows:
        assert tuple(row) == FIELDS
        if row["kind"] != "consistency":  # which needs no run
            assert row["verdict"] == "not_run"
            assert "smoke run" in row["reason"].lower()


@pytest.mark.smoke
def test_evidence_is_there(fresh):
    for row in json.loads(fresh.layout.verdicts_json.read_text()):
        for link in row["evidence"]:
            assert (fresh.layout.results / link).is_file()
    for run, seed in RUNS:
        notebook = fresh.layout.run("cnn_vs_gru", run, seed).notebook.read_text()
        assert notebook.count('"image/png"') == 2  # curves and confusion matrix


def scores_of(folder: Clone) -> list[str]:
    """Give the target of a call that trains and evaluates, and does no more."""
    return [str(folder.layout.metrics("cnn_vs_gru").relative_to(folder.path))]


def test_a_second_call_has_nothing_to_do(folder):
    before = folder.made()
    done = folder.snakemake()
    assert done.returncode == 0, done.stdout
    assert NOTHING in done.stdout
    assert folder.made() == before


@pytest.mark.parametrize(
    ("lost", "made"),
    [
        (lambda of: of.run("cnn_vs_gru", "cnn", 0).path, {"train", "evaluate", "judge"}),
        (lambda of: of.run("cnn_vs_gru", "gru", 0).notebook, {"train", "evaluate", "judge"}),
        (lambda of: of.metrics("cnn_vs_gru"), {"evaluate", "judge"}),
        (lambda of: of.study_verdicts("cnn_vs_gru"), {"judge"}),
        (lambda of: of.explore("fashion_mnist"), {"explore"}),
        (lambda of: of.verdicts_csv, set()),
    ],
)
def test_what_is_lost_is_made_again(folder, lost, made):
    path = lost(folder.layout)
    path.rename(path.with_name("away"))
    assert folder.planned() == dict.fromkeys({*made, "report"}, 1)


def test_what_a_change_would_run(folder):
    folder.edit("src/refashion/figures/data.py", '"""', '"""Changed. ')
    redraw = {"explore": 1, "judge": 1, "report": 1}
    assert folder.planned() == redraw
    folder.edit("studies/cnn_vs_gru/study.yaml", "recurrent_units: 128", "recurrent_units: 8")
    assert folder.planned() == {"train": 1, "evaluate": 1, **redraw}
    assert folder.planned("seeds=2") == {"train": 3, "evaluate": 1, **redraw}
    folder.edit("src/refashion/models/gru.py", '"""', '"""Changed. ')
    folder.edit("src/refashion/models/cnn.py", '"""', '"""Changed. ')
    assert folder.planned() == {"train": 2, "evaluate": 1, **redraw}
    folder.edit("src/refashion/models/cnn.py", '"""Changed. ', '"""')
    assert folder.planned() == {"train": 1, "evaluate": 1, **redraw}


def test_a_changed_setting_and_a_new_seed_keep_the_runs_that_are_there(folder):
    before = folder.made()
    folder.edit("studies/cnn_vs_gru/study.yaml", "recurrent_units: 128", "recurrent_units: 8")
    done = folder.snakemake("seeds=2", targets=scores_of(folder))
    assert done.returncode == 0, done.stdout
    after = folder.made()
    assert set(after) == {*RUNS, ("cnn", 1), ("gru", 1)}
    assert after["cnn", 0] == before["cnn", 0]
    assert after["gru", 0] > before["gru", 0]
    assert folder.run("gru")["settings"]["recurrent_units"] == 8
    assert folder.planned("seeds=2")["report"] == 1


def test_a_failed_run_is_reported_and_tried_again_alone(folder, fresh):
    # One more width than dropout rates, which only the model itself can notice.
    folder.edit("studies/cnn_vs_gru/study.yaml", "units: [128]", "units: [128, 64]")
    before = folder.made()
    done = folder.snakemake()
    assert done.returncode != 0
    record = folder.run("cnn")
    files = folder.layout.run("cnn_vs_gru", "cnn", 0)
    assert (record["status"], record["attempt"]) == ("failed", 1)
    assert record["error"]["message"] and record["error"]["cell"]
    assert not files.metrics.exists() and not files.predictions.exists()
    assert files.notebook.exists()
    assert record["error"]["type"] in folder.layout.report_html.read_text()
    assert folder.made()["gru", 0] == before["gru", 0]
    # As it stands, the next call tries that run again, and only that.
    assert folder.planned()["train"] == 1

    folder.edit("studies/cnn_vs_gru/study.yaml", "units: [128, 64]", "units: [128]")
    mended = folder.snakemake(targets=scores_of(folder))
    assert mended.returncode == 0, mended.stdout
    assert (folder.run("cnn")["status"], folder.run("cnn")["attempt"]) == ("ok", 2)
    assert folder.made()["gru", 0] == before["gru", 0]
    assert bits(folder) == bits(fresh)  # whatever the attempt
    assert NOTHING in folder.snakemake(targets=scores_of(folder)).stdout
    assert folder.planned() == {"judge": 1, "report": 1}


def bits(folder: Clone) -> tuple[bytes, bytes]:
    """Give the scores and the predictions of the CNN, to the last bit."""
    files = folder.layout.run("cnn_vs_gru", "cnn", 0)
    return files.metrics.read_bytes(), files.predictions.read_bytes()


def test_bits_do_not_depend_on_cores(fresh, tmp_path, project, data):
    other = Clone(tmp_path / "other", project, data)
    done = other.snakemake(cores=3, targets=scores_of(other))
    assert done.returncode == 0, done.stdout
    assert bits(other) == bits(fresh)


def test_a_hostile_environment_changes_no_bit(fresh, tmp_path_factory, tmp_path, project, data):
    other = Clone(tmp_path_factory.mktemp("hostile"), project, data)
    hostile.write(other.path, hostile.WORKING_FOLDER)
    misleading = hostile.variables(tmp_path)
    if importlib.util.find_spec("snakemake_executor_plugin_slurm"):
        # It imports pandas before Snakemake reads the Snakefile.
        (tmp_path / "modules" / "pandas.py").unlink()
    # The code of this copy of the project is found by its path.
    paths = [other.environment["PYTHONPATH"], misleading["PYTHONPATH"]]
    other.environment |= misleading | {"PYTHONPATH": os.pathsep.join(paths)}
    done = other.snakemake()
    assert done.returncode == 0, done.stdout
    for run, seed in RUNS:
        quiet, loud = (of.layout.run("cnn_vs_gru", run, seed) for of in (fresh, other))
        for file in ("metrics.json", "predictions.npz", "confusion_matrix.csv"):
            assert (quiet.path / file).read_bytes() == (loud.path / file).read_bytes()
        assert "plain kernel" not in loud.log.read_text()
    manifest = json.loads(other.layout.manifest.read_text())
    assert manifest["environment"] == {"CUDA_VISIBLE_DEVICES": "-1"} | environment.FIXED


def test_missing_data_is_reported_and_is_no_failure(tmp_path_factory, project, tmp_path):
    folder = Clone(tmp_path_factory.mktemp("no data"), project, tmp_path / "nothing here")
    # A dataset that no source has.
    folder.edit("src/refashion/datasets/fashion_mnist.py", "SOURCES", "SOURCES = ()\n_UNUSED")
    done = folder.snakemake()
    assert done.returncode == 0, done.stdout
    assert {folder.run(run)["status"] for run, _ in RUNS} == {"no_data"}
    assert "data_dirs" in folder.layout.report_html.read_text()
    ledger = json.loads(folder.layout.verdicts_json.read_text())
    assert {r["verdict"] for r in ledger if r["kind"] != "consistency"} == {"not_run"}

    refused = folder.snakemake("on_missing_data=fail")
    assert refused.returncode != 0


def test_bad_configuration_is_refused_before_any_job(folder):
    done = folder.snakemake("sedes=3")
    assert done.returncode != 0
    assert "sedes" in done.stdout and "seeds" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_profile_that_does_not_exist_is_refused(folder):
    done = folder.snakemake(options=["--workflow-profile", "slrum"])
    assert done.returncode != 0
    assert "did you mean 'slurm'?" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_results_folder_that_cannot_be_written_is_refused(folder):
    (folder.path / "occupied").write_text("a file")
    done = folder.snakemake("results=occupied/results")
    assert done.returncode != 0
    assert "occupied/results" in done.stdout and "results" in done.stdout

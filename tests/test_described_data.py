"""Studies that describe their data: from the files to the report, without and with faults."""

import hashlib
import json
import os
import shutil

import numpy as np
import pytest
import yaml

from refashion import artifacts, datasets, stages
from refashion.artifacts import Layout
from refashion.data.fetching import fetch
from refashion.errors import ConfigError
from refashion.spec import config
from refashion.spec.dataset import describe
from refashion.workflow.plan import Plan
from support import project_files
from support.clone import Clone

TABLE = "a,b,kind\n" + "".join(f"{n},{n % 3}.5,{'uvw'[n % 3]}\n" for n in range(60))
LOGISTIC = {
    **{"title": "Logistic regression", "group": "headline", "minutes": 0.1},
    **{"model": "sklearn.linear_model.LogisticRegression", "settings": {"max_iter": 200}},
}
RIDGE = {
    **{"title": "Ridge", "group": "headline", "minutes": 0.1},
    **{"model": "sklearn.linear_model.Ridge", "settings": {"alpha": 1}},
}
RECALL = {
    **{"id": "recall", "where": "Table 1", "quote": "recall of 0.5", "kind": "value", "run": "r"},
    **{"metric": "recall", "class": "v", "split": "test", "reported": "0.5", "tolerance": 0.05},
}


def study(dataset, run, claims=(), **split):
    return {
        **{"title": "A study", "source": {"citation": "Somebody, 2024", "note": "made up"}},
        "dataset": dataset,
        "split": {"test": {"fraction": 0.3}, "validation": None} | split,
        **{"preprocess": None, "runs": {"r": run}, "claims": list(claims)},
    }


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Give a folder with the files of a study that describes a table, and work in it."""
    made = study({"csv": "t.csv", "target": "kind"}, LOGISTIC, [RECALL])
    project_files.write(tmp_path, project_files.OPTIONS, mine=made)
    (tmp_path / "studies/mine/t.csv").write_text(TABLE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Plan, "of_job", lambda: Plan.load({}, tmp_path, tmp_path))
    return tmp_path


def prepared(project):
    stages.fetch("mine")
    stages.prepare("mine")
    return artifacts.read_json(Layout(data=project / "data").prepared("mine"))


def test_classes_are_found_and_known_from_then_on(project):
    before = config.load(project).studies["mine"]
    assert (before.dataset, before.classes) == ("mine", [])
    facts = prepared(project)["facts"]
    assert facts["classes"] == ["u", "v", "w"]
    assert config.load(project).studies["mine"].classes == ["u", "v", "w"]
    in_notebook = datasets.module("mine", None, project / "data")
    assert list(in_notebook.CLASSES) == ["u", "v", "w"]
    # A change of the data may change the classes.
    (project / "studies/mine/t.csv").write_text(TABLE.replace("w", "x"))
    assert config.load(project).studies["mine"].classes == []


def test_a_notebook_knows_what_was_prepared(project, monkeypatch):
    prepared(project)
    monkeypatch.setattr(datasets, "_described", {})
    source = datasets.module("mine", None, project / "data")
    assert (source.TITLE, source.TASK, source.TARGET) == ("t.csv", "classification", "kind")
    assert source.FEATURES == ["a", "b"]
    assert datasets.classes("mine", None, None, project / "data") == ["u", "v", "w"]
    with pytest.raises(ValueError, match="no dataset 'mine'"):
        datasets.module("mine")


def test_stating_the_checksum_of_the_same_file_changes_nothing(project):
    def depends_on():
        return Plan.load({}, project, project).next_fetch("mine")

    before = depends_on()
    path = project / "studies/mine/study.yaml"
    written = yaml.safe_load(path.read_text())
    for digest, is_same in ((hashlib.sha256(TABLE.encode()).hexdigest(), True), ("0" * 64, False)):
        written["dataset"]["sha256"] = digest
        path.write_text(yaml.safe_dump(written))
        assert (depends_on() == before) is is_same


def test_a_new_title_concerns_only_the_notebook_that_shows_the_data(project, monkeypatch):
    def made_of():
        plan = Plan.load({}, project, project)
        return plan.next_fetch("mine"), plan.recipe("mine", "r", 0), plan.texts("mine")

    prepared(project)
    *before, texts = made_of()
    described = {"csv": "t.csv", "target": "kind", "title": "Kinds"}
    project_files.write(project, project_files.OPTIONS, mine=study(described, LOGISTIC, [RECALL]))
    *after, new_texts = made_of()
    assert after == before
    assert new_texts == texts | {"TITLE": "Kinds"}
    monkeypatch.setattr(datasets, "_described", {})  # as in the kernel of a notebook
    source = datasets.module("mine", None, project / "data", new_texts)
    assert (source.TITLE, source.TASK) == ("Kinds", "classification")


def test_a_claim_about_an_unknown_class_is_told_at_once(project):
    made = study({"csv": "t.csv", "target": "kind"}, LOGISTIC, [RECALL | {"class": "vv"}])
    project_files.write(project, project_files.OPTIONS, mine=made)
    with pytest.raises(ConfigError, match=r"claims\[recall\].class: 'vv'; accepted: u, v, w"):
        config.load(project)
    made = study({"csv": "t.csv", "target": "kind"}, LOGISTIC, classes=["u", "W"])
    project_files.write(project, project_files.OPTIONS, mine=made)
    with pytest.raises(ConfigError, match=r"split.classes\[1\]: 'W'; .*; did you mean 'w'\?"):
        config.load(project)


def test_a_claim_about_an_unknown_class_is_why_there_is_no_data(project):
    described = {"npz": "t.npz", "inputs": "x", "target": "y", "task": "classification"}
    arrays = {"x": np.arange(60.0).reshape(-1, 1), "y": np.array(list("uvw" * 20))}
    np.savez(project / "studies/mine/t.npz", **arrays)
    made = study(described, LOGISTIC, [RECALL | {"class": "vv"}])
    project_files.write(project, project_files.OPTIONS, mine=made)
    found = prepared(project)
    assert found["status"] == "unavailable"
    assert "mine/study.yaml: claims[recall].class: 'vv'; accepted: u, v, w" in found["reason"]
    # The next command tries again, when the claim has been corrected.
    made = study(described, LOGISTIC, [RECALL])
    project_files.write(project, project_files.OPTIONS, mine=made)
    assert Plan.load({}, project, project).next_fetch("mine")[0] == 2
    assert prepared(project)["status"] == "available"


def test_a_fault_of_the_data_is_the_reason(project):
    (project / "studies/mine/t.csv").write_text(TABLE + "1,2\n")
    stages.fetch("mine")
    fetched = json.loads((project / "data/mine/fetch.json").read_text())
    assert fetched["status"] == "unavailable"
    file = project / "studies/mine/study.yaml"
    line = "t.csv: line 62: 2 cells; accepted: 3, as many as the header has"
    assert fetched["reason"] == f"{file}: dataset: {line}"
    (project / "studies/mine/t.csv").write_text(TABLE)
    assert prepared(project)["status"] == "available"


@pytest.mark.parametrize("kind", ["folder", "pipe", "none"])
def test_what_is_no_file_is_missing(project, kind):
    file = project / "studies/mine/t.csv"
    file.unlink()
    if kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    made = study({"csv": "t.csv", "target": "kind", "task": "classification"}, LOGISTIC)
    project_files.write(project, project_files.OPTIONS, mine=made)
    stages.fetch("mine")
    reason = json.loads((project / "data/mine/fetch.json").read_text())["reason"]
    assert reason.startswith("Could not find t.csv. Tried:")
    assert {"folder": "is a folder", "pipe": "is a pipe", "none": "does not have t.csv"}[
        kind
    ] in reason


def test_a_file_that_is_gone_after_it_was_fetched_is_not_missed(project):
    made = study({"csv": "t.csv", "target": "kind", "task": "classification"}, LOGISTIC)
    project_files.write(project, project_files.OPTIONS, mine=made)
    version = prepared(project)["version"]
    (project / "studies/mine/t.csv").unlink()
    config.load(project)
    assert datasets.module("mine").version == version
    assert prepared(project)["status"] == "available"


def test_two_datasets_cannot_share_a_name(project):
    described = {"sklearn": "iris", "name": "flowers"}
    made = study(described, LOGISTIC)
    project_files.write(project, project_files.OPTIONS, one=made, two=made)
    with pytest.raises(ConfigError) as raised:
        config.load(project)
    text = "studies/two/study.yaml: dataset: 'flowers' is "
    assert text in str(raised.value)


def test_stated_classes_are_known_before_the_data(project):
    described = {"csv": "t.csv", "target": "kind", "classes": ["w", "v", "u"]}
    made = study(described, LOGISTIC, [RECALL | {"class": "x"}])
    project_files.write(project, project_files.OPTIONS, mine=made)
    with pytest.raises(ConfigError, match="'x'; accepted: w, v, u"):
        config.load(project)


def test_an_archive_of_arrays_is_not_unpacked(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.eye(4), y=[0, 1, 0, 1])
    data = {"npz": "d.npz", "inputs": "x", "target": "y", "task": "classification"}
    source, problems = describe(data, "mine", tmp_path, (), tmp_path / "data")
    assert problems == []
    fetched = fetch(source, tmp_path / "raw", [])
    assert (fetched.status, fetched.reason) == ("available", None)


@pytest.mark.slow
def test_a_fault_of_a_table_or_of_a_notebook_costs_no_report(tmp_path, request):
    made = Clone(tmp_path / "clone", request.config.rootpath, tmp_path)
    for folder in (made.path / "studies").iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)
    studies = {
        "patients": study({"sklearn": "diabetes"}, RIDGE),
        "ragged": study({"csv": "t.csv", "target": "kind"}, LOGISTIC, [RECALL]),
    }
    for name, content in studies.items():
        (made.path / "studies" / name).mkdir()
        (made.path / "studies" / name / "study.yaml").write_text(project_files.as_yaml(content))
    (made.path / "studies/ragged/t.csv").write_text(TABLE + "1\n")
    made.edit("notebooks/explore.ipynb", "print(source.TITLE)", "1 / (source.TITLE != 'Diabetes')")

    whole = ("studies=all", "seeds=1", "limits={examples: null, epochs: null}")
    done = made.snakemake(*whole)
    assert done.returncode != 0
    layout = made.layout
    assert layout.report_html.exists() and layout.report_pdf.exists()
    assert "The notebook that shows patients failed: ZeroDivisionError" in done.stdout
    fault = "ragged, 1 run left out. studies/ragged/study.yaml: dataset: t.csv: line 62: 1 cells"
    assert fault in done.stdout
    verdicts = {row["study"]: row["verdict"] for row in artifacts.read_json(layout.verdicts_json)}
    assert verdicts == {"ragged": "not_run"}
    assert "ZeroDivisionError" in layout.explore_page("patients").read_text()
    assert layout.run("patients", "r", 0).metrics.exists()

    # Only what failed is tried again; an edited file re-runs its own study.
    (made.path / "studies/ragged/t.csv").write_text(TABLE)
    again = made.planned(*whole)
    assert again == {"fetch": 1, "prepare": 1, "explore": 2, "train": 1, "evaluate": 1} | {
        "judge": 1,
        "report": 1,
    }

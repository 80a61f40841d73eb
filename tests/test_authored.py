"""The author's own notebook as a run: executed as it stands, and judged by what it prints."""

import json
import shutil
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_notebook, new_output

from refashion import artifacts, stages
from refashion.__main__ import main
from refashion.errors import ConfigError
from refashion.judgement.entries import judge_study
from refashion.ledger.entry import Verdict
from refashion.runs import results
from refashion.spec import adoption
from refashion.workflow.plan import Plan
from support.clone import Clone

STUDY = {
    "title": "A notebook",
    "source": {"citation": "Somebody, 2024", "note": "a notebook"},
    "runs": {
        "own": {"title": "Own", "group": "headline", "minutes": 0.1, "notebook": "own.ipynb"},
    },
    "claims": [],
}
FOREST = """
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

x, y = load_iris(return_X_y=True)
a, b, c, d = train_test_split(x, y, test_size=0.4)
predicted = RandomForestClassifier(3, max_depth=1, max_features=1).fit(a, c).predict(b)
print(f"Accuracy: {(predicted == d).mean():.5f}")
"""


def claim(name, reported, cell=1, quote=None, number=1, **more):
    given = {"id": name.lower(), "where": "there", "kind": "output", "run": "own", "cell": cell}
    given |= {"quote": quote or f"{name}: {reported}", "line": 1, "number": number}
    return {**given, "reported": reported, "tolerance": 0.1, **more}


class Project:
    """A project with one study, whose runs are executed without Snakemake."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "studies" / "mine"
        self.folder.mkdir(parents=True)

    def write(self, *codes, parameters=None, claims=(), outputs=(), run=(), **study):
        cells = [] if parameters is None else [(parameters, {"tags": ["parameters"]})]
        cells += [(code, {}) for code in codes]
        notebook = new_notebook(
            cells=[new_code_cell(code, metadata=metadata) for code, metadata in cells]
        )
        for cell, text in zip(notebook.cells, outputs, strict=False):
            cell.outputs = [new_output("stream", name="stdout", text=text)]
        nbformat.write(notebook, self.folder / "own.ipynb")
        whole = STUDY | study | {"claims": list(claims)}
        whole["runs"] = {"own": STUDY["runs"]["own"] | dict(run)} | study.get("runs", {})
        (self.folder / "study.yaml").write_text(yaml.safe_dump(whole))
        return self

    def plan(self, seeds=1) -> Plan:
        overrides = {"studies": ["mine"], "seeds": seeds}
        return Plan.load(overrides, self.root, self.root)

    def train(self, seed=0, seconds=60) -> dict:
        plan = self.plan(seeds=seed + 1)
        stages.train(
            plan.recipe("mine", "own", seed),
            attempt=1,
            seconds=seconds,
            notebook=plan.notebook_of("mine", "own"),
            study=self.folder,
            layout=plan.layout,
        )
        return json.loads(self.run(seed).run_json.read_text())

    def run(self, seed=0) -> artifacts.RunFolder:
        return self.plan().layout.run("mine", "own", seed)

    def text(self, seed=0) -> str:
        cells = nbformat.read(self.run(seed).notebook, as_version=4).cells
        return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))

    def judge(self, seeds, monkeypatch) -> dict:
        """Train with some seeds, and return the judgements by claim."""
        for seed in range(seeds):
            assert self.train(seed)["status"] == "ok"
        plan = self.plan(seeds)
        monkeypatch.setattr(Plan, "of_job", lambda: plan)
        stages.evaluate("mine", processes=1)
        scores = results.load_metrics(plan.layout, "mine")
        entries = judge_study(plan.config, "mine", scores, plan.layout)
        return {entry.claim.id: entry.judgement for entry in entries}


@pytest.fixture
def repository(request) -> Path:
    """Folder of this project; the fixture `project` is another one here."""
    return request.config.rootpath


@pytest.fixture
def project(repository, tmp_path, monkeypatch) -> Project:
    text = (repository / "config.yaml").read_text()
    (tmp_path / "config.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    temporary = tmp_path / "tmp"  # a notebook may write there, and this one is in it
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    return Project(tmp_path)


def test_a_notebook_runs_with_the_seed_of_the_run(project):
    code = "import random, numpy as np\nprint(random.random(), np.random.rand())"
    project.write(code)
    record = project.train(0)
    assert (record["status"], record["model"], record["settings"]) == ("ok", "own.ipynb", {})
    first = project.text(0)
    project.train(1)
    assert project.text(1) != first
    project.train(0)
    assert project.text(0) == first


def test_a_library_is_seeded_when_it_is_imported(project):
    (project.folder / "torch.py").write_text("def manual_seed(seed):\n    print('seed', seed)")
    project.write("import torch")
    project.train(3)
    assert "seed 3" in project.text(3)


def test_settings_are_injected_and_unknown_ones_refused(project):
    project.write("print('n is', n)", parameters="n = 1", run={"settings": {"n": 7}})
    project.train()
    assert "n is 7" in project.text()
    project.write("print(n)", parameters="number = 1", run={"settings": {"numbr": 7}})
    with pytest.raises(ConfigError, match=r"settings\.numbr.*accepted: number; did you mean"):
        project.plan()


def test_a_notebook_works_in_a_copy_of_its_study(project):
    (project.folder / "data.csv").write_text("a\n1\n")
    (project.folder / "helper.py").write_text("SIX = 6")
    code = (
        "import helper, pathlib\n"
        "print(helper.SIX, open('data.csv').read())\n"
        "open('data.csv', 'w').write('other')\n"
        "pathlib.Path('plots').mkdir()\n"
        "open('plots/a.txt', 'w').write('new')"
    )
    assert project.write(code).train()["status"] == "ok"
    assert (project.folder / "data.csv").read_text() == "a\n1\n"
    kept = [p.relative_to(project.run().files).as_posix() for p in project.run().files.rglob("*.*")]
    assert sorted(kept) == ["data.csv", "plots/a.txt"]


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("open('../outside.txt', 'w')", "PermissionError", "outside the working folder"),
        ("import os; os.remove(study)", "PermissionError", "outside the working folder"),
        ("import socket; socket.create_connection(('example.org', 80))", "Perm", "network is off"),
        ("import urllib.request as u; u.urlopen('http://example.org')", "URL", "network is off"),
        ("import no_such_package", "ModuleNotFoundError", "no_such_package"),
    ],
)
def test_what_a_notebook_may_not_do_fails_its_run_with_the_reason(project, code, kind, message):
    file = project.folder / "study.yaml"
    project.write(f"study = {str(file)!r}\n{code}")
    record = project.train()
    assert record["status"] == "failed"
    assert record["error"]["type"].startswith(kind)
    assert message in record["error"]["message"]
    assert file.exists()
    assert project.run().notebook.exists()


def test_the_network_can_be_allowed(project):
    code = "import socket\ntry:\n    socket.getaddrinfo('no.such.host.invalid', 80)\n"
    code += "except OSError as error:\n    print(type(error).__name__)"
    project.write(code, run={"network": True}).train()
    assert "gaierror" in project.text()


def test_printed_numbers_are_judged_over_seeds(project, monkeypatch):
    claims = [
        claim("Accuracy", "0.75000", tolerance=2),
        claim("far", "90.00000", quote="Accuracy: 90.00000"),
        claim("absent", "0.5", quote="Recall: 0.5"),
        claim("silent", "0.5", cell=2, quote="Recall: 0.5"),
    ]
    found = project.write(FOREST, "x = 1", claims=claims).judge(3, monkeypatch)
    assert found["accuracy"].verdict is Verdict.REPRODUCED
    assert found["accuracy"].sd > 0
    assert found["far"].verdict is Verdict.NOT_REPRODUCED
    assert found["absent"].verdict is Verdict.NOT_RUN
    assert found["absent"].reason == "Cell 1 printed no line like the quoted one."
    assert found["silent"].reason == "Cell 2 printed no number."


def test_a_notebook_that_always_prints_the_same_can_be_exact(project, monkeypatch):
    claims = [claim("Same", "0.5"), claim("Other", "0.4", quote="Same: 0.5")]
    found = project.write("print('Same: 0.5')", claims=claims).judge(2, monkeypatch)
    assert found["same"].verdict is Verdict.EXACT
    assert found["other"].verdict is not Verdict.EXACT


def test_a_seed_that_prints_something_else_is_named(project, monkeypatch):
    code = "import random\nprint('Score: 0.5' if random.random() < 0.5 else 'nothing')"
    found = project.write(code, claims=[claim("Score", "0.5")]).judge(4, monkeypatch)
    assert "the notebook did not print it" in found["score"].reason


def test_a_printed_table_is_judged_cell_by_cell(project, monkeypatch):
    code = "print('      a    b\\ncat  0.50 30\\ndog  0.70 40\\nall       70')"
    table = {
        **{"id": "t", "where": "there", "quote": "a b", "kind": "table", "table": "output"},
        **{"run": "own", "cell": 1, "line": 2, "columns": ["a", "b"], "tolerance": 0.01},
        "rows": {"cat": "0.50 30", "dog": "0.60 40", "all": "- 70", "cow": "0.1 1"},
    }
    found = project.write(code, claims=[table]).judge(3, monkeypatch)["t"]
    verdicts = {(cell.row, cell.column): cell.verdict for cell in found.cells}
    assert verdicts["cow", "a"] is Verdict.NOT_RUN
    assert verdicts["dog", "a"] is not Verdict.REPRODUCED
    good = (Verdict.EXACT, Verdict.REPRODUCED)
    assert all(verdicts[place] in good for place in [("cat", "a"), ("cat", "b"), ("all", "b")])


RECORD = """
import refashion

names = ["no", "yes"]
true = [names[i % 2] for i in range(40)]
predicted = true[:30] + ["no"] * 10
refashion.record(predicted, true, history={"loss": [0.9, 0.5], "acc": [0.4, 0.8]})
refashion.record(metrics={"log_loss": 0.25, "my_own": 3})
"""


def test_recorded_results_are_those_of_any_run(project, monkeypatch):
    usual = {"where": "there", "quote": "it", "run": "own", "split": "test", "tolerance": 0.01}
    claims = [
        usual | {"id": "a", "kind": "value", "metric": "accuracy", "reported": "0.875"},
        usual | {"id": "l", "kind": "value", "metric": "log_loss", "reported": "0.25"},
        usual
        | {"id": "n", "kind": "value", "metric": "accuracy", "reported": "1", "split": "train"},
    ]
    found = project.write(RECORD, claims=claims, classes=["no", "yes"]).judge(2, monkeypatch)
    assert found["a"].reproduced == 0.875
    assert found["l"].reproduced == 0.25
    assert found["n"].verdict is Verdict.NOT_RUN
    assert "recorded no accuracy of the train split" in found["n"].reason
    folder = project.run()
    assert folder.confusion_matrix.exists() and folder.classification_report.exists()
    assert folder.history.read_text().splitlines()[0] == "epoch,loss,accuracy"
    scores = json.loads(folder.metrics.read_text())["test"]
    assert scores["log_loss"] == 0.25 and "my_own" not in scores


def test_recorded_answers_that_are_no_classes_fail_the_run_with_the_reason(project):
    record = project.write(RECORD, classes=["no", "maybe"]).train()
    assert record["status"] == "failed"
    assert "'yes'; accepted: no, maybe" in record["error"]["message"]
    record = project.write(RECORD).train()
    assert "list their names under `classes:`" in record["error"]["message"]


def test_record_does_nothing_outside_a_workflow_but_checks(tmp_path, monkeypatch):
    import refashion

    monkeypatch.chdir(tmp_path)
    refashion.record([1, 2], [1, 2])
    assert not any(tmp_path.iterdir())
    with pytest.raises(ValueError, match="different numbers of examples: 1"):
        refashion.record([1], [1, 2])
    with pytest.raises(ValueError, match="accepted: a number"):
        refashion.record(metrics={"accuracy": "good"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"notebook": "none.ipynb"}, "cannot be read"),
        ({"notebook": "../own.ipynb"}, "accepted: a file in the folder of the study"),
        ({"notebook": "own.py"}, "accepted: a file that ends in .ipynb"),
        ({"model": "dense"}, r"runs\.own\.model"),
    ],
)
def test_a_mistake_in_the_run_is_named_before_anything_runs(project, change, message):
    project.write("1", run=change)
    with pytest.raises(ConfigError, match=message):
        project.plan()


def test_a_tolerance_is_not_finer_than_what_is_printed(project):
    project.write("1", claims=[claim("a", "0.93", tolerance=0.001)])
    with pytest.raises(ConfigError, match=r"tolerance: 0\.001; accepted: at least 0\.01"):
        project.plan()


def test_a_study_of_notebooks_needs_no_data_and_others_do(project):
    plan = project.write("1").plan()
    assert plan.datasets == [] and plan.data_of("mine", "own") == []
    model = {"title": "M", "group": "headline", "minutes": 1, "model": "dense", "settings": {}}
    project.write("1", runs={"own": model})
    with pytest.raises(ConfigError, match="dataset: missing") as caught:
        project.plan()
    assert "split: missing" in str(caught.value) and "preprocess: missing" in str(caught.value)


def test_an_edit_of_a_file_of_the_study_runs_its_notebooks_again(project):
    (project.folder / "data.csv").write_text("a")
    files = project.write("1").plan().model_files("mine", "own")
    names = {path.name for path in files}
    assert {"own.ipynb", "data.csv", "hosting.py"} <= names
    assert "study.yaml" not in names


PRINTED = """\
(150, 4)
Epoch 1, loss: 0.912
Epoch 2, loss: 0.5
Training took 12.3 s
              precision    recall  f1-score   support

      setosa       1.00      0.98      0.99        50
  versicolor       0.92      0.94      0.93        50

    accuracy                           0.96       100
"""


def test_every_printed_number_of_an_adopted_notebook_is_a_claim(project, capsys):
    source = project.write("print('...')", outputs=[PRINTED]).folder / "own.ipynb"
    assert main(["adopt", str(source), "studies/adopted"]) == 0
    assert "14 printed numbers as claims" in capsys.readouterr().out
    study = Plan.load({"studies": "adopted"}, project.root, project.root).config.studies["adopted"]
    numbers = {c.reported: c.tolerance for c in study.claims if c.kind == "output"}
    assert numbers == {"150": 1.5, "4": 1, "0.912": 0.01, "0.5": 0.1}
    (table,) = [c for c in study.claims if c.kind == "table"]
    assert table.columns == ("precision", "recall", "f1-score", "support")
    assert table.rows["accuracy"] == "- - 0.96 100"


def test_an_adopted_notebook_takes_along_what_it_reads(project):
    (project.folder / "data.csv").write_text("a")
    (project.folder / "helper.py").write_text("")
    code = "import helper\nopen('data.csv'); open('../secret'); open('/etc/passwd')"
    source = project.write(code, outputs=["score 0.5"]).folder / "own.ipynb"
    adoption.write_study(source, project.root / "studies" / "adopted")
    files = sorted(p.name for p in (project.root / "studies" / "adopted").iterdir())
    assert files == ["claims.yaml", "data.csv", "helper.py", "own.ipynb", "study.yaml"]


@pytest.mark.parametrize(
    ("folder", "outputs", "message"),
    [
        ("studies/adopted", [], "printed no number"),
        ("studies/My-Report", ["score 0.5"], "did you mean 'my_report'"),
        ("studies/mine", ["score 0.5"], "exists; accepted: a new folder"),
    ],
)
def test_what_cannot_be_adopted_is_told(project, capsys, folder, outputs, message):
    source = project.write("1", outputs=outputs).folder / "own.ipynb"
    assert main(["adopt", str(source), folder]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_an_adopted_notebook_runs_to_a_report(project, repository, tmp_path):
    """With runs that fail, print nothing, and print other things each time."""
    clone = Clone(tmp_path / "clone", repository, tmp_path)
    own = Project(clone.path)
    source = own.write(FOREST, outputs=["Accuracy: 0.75000"]).folder / "own.ipynb"
    adoption.write_study(source, clone.path / "studies" / "adopted")
    shutil.rmtree(own.folder)
    own = Project(clone.path)
    more = {
        name: STUDY["runs"]["own"] | {"notebook": f"{name}.ipynb"} for name in ("fails", "silent")
    }
    claims = [claim("a", "0.5", run="fails"), claim("b", "0.5", run="silent")]
    own.write("print('Score: 0.5')", runs=more, claims=claims)
    for name, code in {"fails": "1 / 0", "silent": "x = 1"}.items():
        notebook = new_notebook(cells=[new_code_cell(code)])
        nbformat.write(notebook, own.folder / f"{name}.ipynb")
    options = ["studies=[adopted, mine]", "limits={examples: null, epochs: null}", "seeds=2"]
    done = clone.snakemake(*options)
    rows = json.loads((clone.layout.results / "verdicts.json").read_text())
    verdicts = {row["id"]: row for row in rows}
    assert verdicts["cell_1_line_1_number_1"]["reproduced"] is not None, done.stdout
    assert verdicts["a"]["verdict"] == "not_run" and "division by zero" in verdicts["a"]["reason"]
    assert verdicts["b"]["reason"] == "Cell 1 printed no number."
    pages = clone.layout.report / "notebooks" / "adopted" / "notebook"
    assert (pages / "seed-1.html").exists()
    assert "cannot" not in done.stdout and "Traceback" not in done.stdout
    assert (clone.layout.report / "report.pdf").exists()

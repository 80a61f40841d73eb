"""Runs without a model: programs of the user's, and results that are there."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
import psutil
import pytest
import yaml

from refashion import stages
from refashion.artifacts import Layout
from refashion.errors import ConfigError, DataError
from refashion.judgement.entries import judge_study
from refashion.ledger.entry import Verdict
from refashion.runs import outside, results
from refashion.stages import training
from refashion.workflow import provenance
from refashion.workflow.plan import Plan
from support.clone import Clone

CLASSES = ["no", "yes"]
USUAL = {"where": "there", "quote": "it", "run": "own", "split": "test", "tolerance": 0.02}
ACCURACY = USUAL | {"id": "a", "kind": "value", "metric": "accuracy", "reported": "0.75"}
LOSS = USUAL | {"id": "l", "kind": "value", "metric": "log_loss", "reported": "0.25"}

PROGRAM = """\
import json, os, random
random.seed(int(os.environ["REFASHION_SEED"]))
run = json.load(open(os.environ["REFASHION_RUN"]))
assert run["settings"] == {"right": 30} and os.environ["SETTING_RIGHT"] == "30"
with open(os.path.join(os.environ["REFASHION_OUTPUT"], "predictions.csv"), "w") as file:
    print("true,pred", file=file)
    for i in range(40):
        true = random.choice(["no", "yes"])
        print(true, true if i < 30 else {"no": "yes", "yes": "no"}[true], sep=",", file=file)
print("Score: 0.75")
"""


class Project:
    """A project with one study, whose runs are executed without Snakemake."""

    def __init__(self, root: Path, monkeypatch=None) -> None:
        self.root, self.monkeypatch = root, monkeypatch
        self.folder = root / "studies" / "mine"
        self.folder.mkdir(parents=True)

    def file(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def write(self, *, claims=(), runs=None, classes=CLASSES, **own):
        run = {"title": "Own", "group": "headline", **own}
        whole = {
            "title": "Results of others",
            "source": {"citation": "Somebody, 2024", "note": "a program"},
            "runs": {"own": run} | (runs or {}),
            "claims": list(claims),
        }
        if classes:
            whole["classes"] = classes
        self.file("study.yaml", yaml.safe_dump(whole, sort_keys=False))
        return self

    def program(self, code=PROGRAM, *, settings=None, claims=(), words=(), **more):
        self.file("program.py", code)
        settings = {"right": 30} if settings is None else settings
        command = ["python3", "program.py", *words]
        return self.write(command=command, settings=settings, claims=claims, **more)

    def plan(self, seeds=1, commands=("python3",), **more) -> Plan:
        overrides = {"studies": ["mine"], "seeds": seeds, "commands": [*commands], **more}
        return Plan.load(overrides, self.root, self.root)

    def train(self, seed=0, seconds=60, run="own", **more) -> dict:
        plan = self.plan(seeds=seed + 1, **more)
        self.monkeypatch.setattr(Plan, "of_job", lambda: plan)
        stages.train(
            plan.recipe("mine", run, seed),
            attempt=1,
            seconds=seconds,
            notebook=plan.notebook_of("mine", run),
            study=self.folder,
            layout=plan.layout,
        )
        state = plan.layout.run("mine", run, seed).run_json
        return json.loads(state.read_text())

    def run(self, seed=0):
        return Layout(self.root / "results").run("mine", "own", seed)

    def failure(self, **more) -> str:
        record = self.train(**more)
        assert record["status"] == "failed"
        assert self.run().notebook.exists()
        return record["error"]["message"]

    def judge(self, seeds=1) -> dict:
        plan = self.plan(seeds)
        for _, run, seed in plan.executions:
            assert self.train(seed, run=run)["status"] == "ok"
        self.monkeypatch.setattr(Plan, "of_job", lambda: plan)
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
    (tmp_path / "config.yaml").write_text((repository / "config.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, monkeypatch)


def test_a_program_is_judged_by_what_it_leaves_and_prints(project):
    printed = {"id": "p", "where": "there", "kind": "output", "run": "own", "quote": "Score: 0.75"}
    printed |= {"cell": 1, "line": 1, "number": 1, "reported": "0.75", "tolerance": 0.1}
    found = project.program(claims=[ACCURACY, printed]).judge(seeds=2)
    assert found["a"].reproduced == found["p"].reproduced == 0.75
    folder = project.run(1)
    left = folder.output / "predictions.csv"
    digest = hashlib.sha256(left.read_bytes()).hexdigest()
    assert json.loads(folder.sources.read_text()) == {"predictions.csv": digest}
    text = folder.notebook.read_text()
    assert digest in text and "python3 program.py" in text and "Score: 0.75" in text
    assert (project.run(0).output / "predictions.csv").read_text() != left.read_text()
    plan = project.plan(2)
    hashes = provenance.result_hashes(plan.config, plan.layout)
    assert hashes["mine/own/seed-1"] == {"predictions.csv": digest}


PERCENT = {"kind": "output", "run": "own", "cell": 1, "line": 1, "where": "README"}
PERCENT |= {"id": "p", "quote": "accuracy 80.5 % of 40", "reported": "80.5 %", "tolerance": 0.02}


def test_a_percentage_without_its_sign_is_refused(project):
    run = {"tolerance": 1} | {"reported": "80.5"}
    value = USUAL | {"kind": "value", "metric": "accuracy", "quote": "80.5% right"}
    table = USUAL | {"id": "t", "kind": "table", "table": "runs", "columns": ["accuracy", "r2"]}
    del table["run"]
    claims = [
        PERCENT | run,
        value | run | {"id": "v"},
        value | run | {"id": "w", "quote": "80.5 percent"},
        table | {"columns": ["accuracy"], "rows": {"own": "80.5 ± 1.2"}},
    ]
    project.program(claims=claims)
    with pytest.raises(ConfigError) as caught:
        project.plan()
    ends = [line.partition(": claims")[2] for line in str(caught.value).splitlines()]
    sign = "a percentage, as the quote shows, without its sign; accepted: '80.5 %'"
    most = "accuracy is at most 1; if it is in percent, accepted: '80.5"
    assert ends == [
        f"[p].reported: '80.5'; {sign}",
        f"[v].reported: '80.5'; {sign}",
        f"[w].reported: '80.5'; {most} %'",
        f"[t].rows.own: '80.5 ± 1.2'; {most} ± 1.2 %'",
    ]


@pytest.mark.parametrize(
    ("reported", "quote", "tolerance"),
    [("80.5 %", "accuracy 80.5 % of 40", 0.02), ("80.5", "accuracy", 2), ("0.805", "accuracy", 1)],
)
def test_a_printed_percentage_is_compared_in_the_unit_of_the_claim(
    project, reported, quote, tolerance
):
    changed = {"reported": reported, "quote": quote, "tolerance": tolerance}
    project.program(PROGRAM + 'print("accuracy 80.5 % of 40")', claims=[PERCENT | changed])
    found = project.judge()["p"]
    assert found.reproduced == pytest.approx(
        float(reported.split()[0]) / (100 if "%" in reported else 1)
    )


def test_words_of_a_command_hold_the_seed_and_settings(project):
    words = ["--seed={seed}", "{rate}", "{output}"]
    code = "import sys; print(sys.argv[1:])"
    project.program(code, settings={"rate": 0.1}, words=words)
    assert project.train(3)["status"] == "ok"
    output = str(project.run(3).output)
    assert (
        str(["--seed=3", "0.1", output])
        in nbformat.read(project.run(3).notebook, 4).cells[-1].outputs[0]["text"]
    )


def test_a_program_has_fixed_threads_and_none_of_the_users_variables(project, monkeypatch):
    monkeypatch.setenv("MY_SECRET", "x")
    code = "import os, helper; print(os.environ['OMP_NUM_THREADS'], 'MY_SECRET' in os.environ)"
    project.file("helper.py", "")
    project.program(code)
    assert project.train()["status"] == "ok"
    assert "1 False" in project.run().notebook.read_text()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import sys; print('a'); sys.exit('out of luck')", r"exit status 1; .*a \| out of luck"),
        ("pass", "left no file and printed nothing"),
        ("import os; os.kill(os.getpid(), 9)", "ended by SIGKILL, perhaps because .* memory"),
        ("import os; os.mkfifo(os.environ['REFASHION_OUTPUT'] + '/metrics.json')", "not a file"),
        (
            "import os; open(os.environ['REFASHION_OUTPUT'] + '/prediction.csv', 'w')",
            "did you mean",
        ),
        ("import os; os.rmdir(os.environ['REFASHION_OUTPUT'])", "removed the folder for its res"),
        ("open('metrics.json', 'w').write('{}')", "in its working folder, and not in"),
        ("open({study!r} + '/program.py', 'a').write('#')", "program.py was changed in the folder"),
        ("import os; os.remove({study!r} + '/helper.py')", "helper.py was changed in the folder"),
    ],
)
def test_a_program_that_fails_is_a_failed_run_with_the_reason(project, code, message):
    project.file("helper.py", "")
    project.program(code.replace("{study!r}", repr(str(project.folder))))
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(project.failure())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("metrics.json", "{", "metrics.json: not valid JSON"),
        ("metrics.json", '{"acuracy": 0.9}', "no known metric; .*did you mean 'accuracy'"),
        ("metrics.json", '{"accuracy": 90.1}', "accuracy 90.1; accepted: from 0 to 1"),
        ("metrics.json", '{"accuracy": "good"}', "'good'; accepted: a number"),
        ("metrics.json", '{"dev": {"accuracy": 0.9}}', "'dev'; accepted: train, validation, test"),
        ("history.csv", "loss\nhigh\n", "history.csv: line 2: loss: 'high'; accepted: a number"),
        ("predictions.csv", "", "predictions.csv: .*[Nn]o columns"),
        ("predictions.csv", "true,pred\n", "no rows"),
        ("predictions.csv", "true,pred\nyes,no,no\n", "predictions.csv: "),
        ("predictions.csv", "true,preds\nyes,no\n", "no column pred; .*; did you mean 'preds'"),
        ("predictions.csv", "true,pred\nyes,maybe\n", "line 2: pred: 'maybe'; accepted: no, yes"),
        ("predictions.csv", "true,pred\nyes,\n", "line 2: pred: ''; accepted: no, yes"),
        ("predictions.csv", "true,pred\n1,2\n", "from 2.* to 2.*; accepted: names of classes"),
        ("predictions.csv", "true,pred\n1,nan\n", "value 1 is nan; accepted: a class"),
        ("predictions.csv", "true,pred,score_no\n1,1,0\n", "no column 'score_yes'"),
        ("predictions.csv", "true,pred,score_no,score_yes\n1,1,3,4\n", "which sum to 1"),
        ("predictions.csv", "true,pred,split\n1,1,dev\n", "line 2: split 'dev'"),
        ("predictions.csv", "true,true,pred\n1,1,1\n", "a column occurs twice"),
        ("predictions.csv", "true,y_true,pred\n1,1,1\n", "'true' and 'y_true' both mean true"),
        ("predictions.csv", "x" * 200_000 + ",pred\n0,1\n", "field larger than field limit"),
        ("predictions.csv", "pred\n1\n", "accepted: the true answers beside pred"),
        ("predictions.npz", "no archive", "predictions.npz: "),
    ],
)
def test_files_of_another_form_are_refused(project, name, content, message):
    code = f"import os; open(os.environ['REFASHION_OUTPUT'] + '/{name}', 'w').write({content!r})"
    project.program(code)
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(project.failure())


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"true": [0, 1], "pred": [0]}, "different numbers of examples"),
        ({"true": [[0, 1]], "pred": [0]}, "shape \\(1, 2\\); accepted: an answer"),
        ({"true": np.array([{}]), "pred": [0]}, "which only pickle can read"),
        ({"true": [np.nan], "pred": [0]}, "value 1 is NaN"),
        ({"true": [0], "pred": [0], "score": [[1.0]]}, "1 columns; accepted: 2"),
        ({"true": [0], "pred": [0], "score": [[np.nan, 1]]}, "row 1 is not finite"),
        ({"truth": [0], "pred": [0]}, "array 'truth'; accepted: .*"),
        ({"true": [0]}, "no predictions of the test split"),
    ],
)
def test_arrays_of_another_form_are_refused(project, arrays, message):
    np.savez(project.folder / "archive.npz", **{k: np.asarray(v) for k, v in arrays.items()})
    project.write(results={"predictions": "archive.npz"})
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(project.failure())


def test_stated_columns_count_more_than_usual_names(project):
    """An archive may hold the answers of several models."""
    right, wrong = np.arange(4) % 2, 1 - np.arange(4) % 2
    arrays = {"ens": right, "test_pred": wrong, "true": right[:, None]}
    np.savez(project.folder / "a.npz", **arrays)
    rows = "\n".join(f"{t},{w},{t}" for t, w in zip(right, wrong, strict=True))
    project.file("a.csv", f"true,pred,ens\n{rows}\n")
    for name in ("a.npz", "a.csv"):
        project.write(results={"predictions": name, "columns": {"pred": "ens"}}, claims=[ACCURACY])
        assert project.judge()["a"].reproduced == 1
        project.write(results={"predictions": name, "columns": {"pred": "en"}})
        assert "no column or array 'en'; accepted: " in project.failure()


def test_labels_are_no_names_of_classes_that_look_like_them(project):
    """Classes may be called 1, 2 and 3, and the label 0 may never be predicted."""
    project.file("a.csv", "true,pred\n0,1\n1,1\n2,2\n")
    claim = ACCURACY | {"reported": "0.67"}
    project.write(results={"predictions": "a.csv"}, classes=["1", "2", "3"], claims=[claim])
    assert project.judge()["a"].reproduced == pytest.approx(2 / 3)
    project.file("a.csv", "true,pred\n3,2\n1,1\n2,2\n")
    assert project.judge()["a"].reproduced == pytest.approx(2 / 3)


def test_a_program_may_log_its_training_and_diverge(project):
    code = (
        "import os; to = os.environ['REFASHION_OUTPUT']\n"
        "open(to + '/history.csv', 'w').write('epoch,val_acc\\n1,0.5\\n2,\\n')\n"
        "open(to + '/metrics.json', 'w').write('{\"log_loss\": NaN}')"
    )
    record = project.program(code).train()
    assert (record["status"], record["diverged"], record["epochs_run"]) == ("ok", True, 2)
    assert project.run().history.read_text().splitlines()[0] == "epoch,val_accuracy"


def test_a_program_that_hangs_is_ended_with_all_that_it_started(project):
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'])\n"
        "open('child', 'w').write(str(child.pid)); print('waiting', flush=True); time.sleep(99)"
    )
    record = project.program(code).train(seconds=2)
    assert record["status"] == "timeout" and "waiting" in record["error"]["message"]
    child = int((project.run().files / "child").read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_program_ends_with_its_job(project, number):
    code = "import os, time; open({!r}, 'w').write(str(os.getpid())); time.sleep(99)"
    pid = project.root / "pid"
    plan = project.program(code.format(str(pid))).plan()
    job = (
        "import json, sys; from pathlib import Path; from refashion import lifetime\n"
        "from refashion.artifacts import RunFolder\n"
        "from refashion.execution.programs import execute_program\n"
        "lifetime.exit_on_signals()\n"
        "execute_program(json.loads(sys.argv[1]), Path(sys.argv[2]), RunFolder(Path('run')), 99)"
    )
    given = [plan.recipe("mine", "own", 0), str(project.folder)]
    with subprocess.Popen([sys.executable, "-c", job, *given], env=dict(os.environ)) as process:
        wait_for(lambda: pid.exists() and pid.read_text())
        process.send_signal(number)
    program = int(pid.read_text())
    wait_for(lambda: not psutil.pid_exists(program) or psutil.Process(program).status() == "zombie")


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, r"'python3'; config.yaml allows no program; .*write commands: \[python3\] there"),
        ({"command": []}, r"runs\.own\.command: \[\]; accepted"),
        ({"command": "python3 a.py"}, r"runs\.own\.command: 'python3 a.py'; accepted"),
        ({"words": ["{sed}"]}, r"'\{sed\}'; accepted: seed, output, right; did you mean 'seed'"),
        ({"settings": {"a b": 1}}, r"settings"),
        ({"settings": {"a": 1, "A": 2}}, "the same variable as a"),
        ({"preprocess": None}, r"runs\.own\.preprocess: unknown key"),
    ],
)
def test_a_mistake_in_a_command_is_named_before_anything_runs(project, change, message):
    project.program(**change) if "command" not in change else project.write(**change)
    with pytest.raises(ConfigError, match=message):
        project.plan(commands=() if not change else ("python3",))


def test_a_program_that_is_not_installed_fails_its_run(project):
    project.write(command=["no_such_program"])
    assert "no program 'no_such_program' in PATH" in project.failure(commands=["no_such_program"])


# Results that are there.


def predictions(n_right, n=40) -> str:
    """Predictions of which the first are right."""
    true = [i % 2 for i in range(n)]
    rows = (f"{t},{t if i < n_right else 1 - t}" for i, t in enumerate(true))
    return "true,pred\n" + "\n".join(rows) + "\n"


def test_archived_predictions_are_judged_with_the_seeds_that_are_there(project):
    for seed, n_right in ((2, 30), (7, 31)):
        project.file(f"runs/{seed}.csv", predictions(n_right))
        project.file(f"runs/log-{seed}.csv", "loss,acc\n0.9,0.5\n0.4,0.8\n")
    files = {"predictions": "runs/{seed}.csv", "history": "runs/log-{seed}.csv"}
    project.write(results=files, claims=[ACCURACY])
    assert [seed for _, _, seed in project.plan(seeds=5).executions] == [2, 7]
    found = project.judge(seeds=5)["a"]
    assert (found.reproduced, found.seeds) == (0.7625, 2)
    assert found.verdict is Verdict.INCONCLUSIVE
    folder = project.run(7)
    assert folder.history.exists() and folder.confusion_matrix.exists()
    digest = hashlib.sha256((project.folder / "runs/7.csv").read_bytes()).hexdigest()
    assert json.loads(folder.sources.read_text())["runs/7.csv"] == digest
    assert digest in folder.notebook.read_text()


def test_a_changed_file_changes_the_recipe_and_is_an_input(project):
    path = project.file("a.csv", predictions(30))
    plan = project.write(results={"predictions": "a.csv"}).plan()
    first = plan.recipe("mine", "own", 0)
    assert path in plan.model_files("mine", "own")
    path.write_text(predictions(31))
    assert project.plan().recipe("mine", "own", 0) != first


def test_a_stated_checksum_is_compared(project):
    path = project.file("a.csv", predictions(30))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    project.write(results={"predictions": "a.csv", "sha256": {"a.csv": digest.upper()}})
    assert project.train()["status"] == "ok"
    project.write(results={"predictions": "a.csv", "sha256": {"a.csv": "0" * 64}})
    assert f"a.csv: sha256 {digest}; the study states 000" in project.failure()


def test_values_come_from_json_by_pointer_and_from_csv_by_column(project):
    project.file("all.json", json.dumps({"a/b": {"runs": [{"acc": 0.74}, {"acc": 0.76}]}}))
    project.file("all.csv", "seed,set,loss\n1,test,0.26\n0,test,0.24\n0,dev,9\n")
    values = [
        {"metric": "accuracy", "file": "all.json", "pointer": "/a~1b/runs/{seed}/acc"},
        {"metric": "log_loss", "file": "all.csv", "column": "loss", "seed": "seed"}
        | {"where": {"set": "test"}},
    ]
    project.write(results={"values": values}, claims=[ACCURACY, LOSS], examples=100)
    found = project.judge()
    assert found["a"].reproduced == 0.75 and found["l"].reproduced == 0.25
    assert found["a"].seeds == 2


@pytest.mark.parametrize(
    ("pointer", "content", "seeds"),
    [
        ("/acc", {"acc": 0.5}, [0]),
        ("/acc", {"acc": [0.5, 0.6]}, [0, 1]),
        ("/acc", {"acc": {"3": 0.5, "4": 0.6}}, [3, 4]),
        ("/seed-{seed}", {"seed-5": 0.5, "other": 1}, [5]),
        ("", 0.5, [0]),
    ],
)
def test_a_pointer_finds_the_seeds(project, pointer, content, seeds):
    project.file("a.json", json.dumps(content))
    values = [{"metric": "accuracy", "file": "a.json", "pointer": pointer}]
    plan = project.write(results={"values": values}).plan()
    assert [seed for _, _, seed in plan.executions] == seeds


VALUE = {"metric": "accuracy", "file": "a.json", "pointer": "/acc"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"predictions": "none.csv"}, r"predictions: 'none.csv'; no such file in .*mine"),
        ({"predictions": "none-{seed}.csv"}, "no such files in"),
        ({"predictions": "../a.csv"}, "accepted: the name of a file below the folder"),
        ({"predictions": "link.csv"}, "no such file"),
        ({"predictions": "circle.csv"}, "no such file"),
        ({"predictions": "circle{seed}.csv"}, "no such file"),
        ({}, "accepted: predictions, values, or both"),
        ({"values": [VALUE | {"pointer": "/ac"}]}, "nothing at '/ac'; accepted: acc; did you mean"),
        ({"values": [VALUE | {"pointer": "acc"}]}, "a JSON pointer, which starts with /"),
        ({"values": [VALUE | {"metric": "acc"}]}, "'acc'; accepted: accuracy"),
        ({"values": [VALUE | {"column": "acc"}]}, "either pointer"),
        ({"values": [VALUE]}, r"values\[0\]: a.json: accuracy 91.5; .*or `percent: true`"),
        (
            {"values": [VALUE | {"percent": True}], "predictions": ["b.csv"] * 2},
            "seed 0, but seeds 0, 1 in",
        ),
        (
            {"values": [{"metric": "accuracy", "file": "b.csv", "column": "acc"}]},
            "no column 'acc'; accepted: true, pred",
        ),
        ({"predictions": "b.csv", "sha256": {"c.csv": "0" * 64}}, "no such file here; .*b.csv"),
    ],
)
def test_results_that_are_not_there_are_named_before_anything_runs(project, given, message):
    project.file("a.json", '{"acc": 91.5}')
    project.file("b.csv", predictions(30))
    (project.folder / "link.csv").symlink_to(project.root / "config.yaml")
    for name in ("circle.csv", "circle1.csv"):
        (project.folder / name).symlink_to(name)
    project.write(results=given)
    with pytest.raises(ConfigError, match=message):
        project.plan()


def test_results_may_stand_in_data_dirs(project, tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "a.csv").write_text(predictions(30))
    project.write(results={"predictions": "a.csv"})
    assert project.train(data_dirs=[str(folder)])["status"] == "ok"


def test_values_alone_settle_only_what_their_examples_allow(project):
    """A number of unknown examples says nothing against a report."""
    project.file("a.json", json.dumps({"acc": [0.9, 0.902, 0.899], "loss": [0.3, 0.3, 0.31]}))
    values = [VALUE, {"metric": "log_loss", "file": "a.json", "pointer": "/loss"}]
    far = [ACCURACY | {"reported": "0.80"}, LOSS | {"reported": "0.9"}]

    def judged(**facts):
        project.write(results={"values": values}, claims=far, **facts)
        found = project.judge()
        return found["a"], found["l"]

    accuracy, loss = judged()
    assert accuracy.verdict is loss.verdict is Verdict.INCONCLUSIVE
    assert accuracy.lower is None and accuracy.leaning is None
    assert "`examples: <number>` in the run own" in accuracy.reason
    assert "`same_examples: true` in the run own" in loss.reason
    accuracy, loss = judged(examples=10_000)
    assert accuracy.verdict is Verdict.NOT_REPRODUCED and loss.verdict is Verdict.INCONCLUSIVE
    accuracy, _ = judged(examples=60)
    assert accuracy.verdict is Verdict.INCONCLUSIVE
    accuracy, loss = judged(examples=60, same_examples=True)
    assert accuracy.verdict is loss.verdict is Verdict.NOT_REPRODUCED


def test_a_macro_average_scatters_by_its_smallest_class(project):
    """Ten examples of a thousand decide half of it, which a value alone does not show."""
    project.file("a.json", '{"f1": [0.81, 0.812, 0.813]}')
    values = [{"metric": "f1_macro", "file": "a.json", "pointer": "/f1"}]
    far = USUAL | {"id": "f", "kind": "value", "metric": "f1_macro", "reported": "0.70"}
    project.write(results={"values": values}, claims=[far], examples=1000)
    found = project.judge()["f"]
    assert found.verdict is Verdict.INCONCLUSIVE and "`same_examples: true`" in found.reason
    for seed in (0, 1):
        pairs = ["no,no"] * (980 + seed) + ["no,yes"] * 5 + ["yes,yes"] * 7 + ["yes,no"] * 3
        project.file(f"{seed}.csv", "\n".join(["true,pred", *pairs]))
    table = {"id": "t", "where": "there", "quote": "it", "kind": "table", "run": "own"}
    table |= {"table": "classification_report", "split": "test", "columns": ["f1_score"]}
    table |= {"tolerance": 0.02, "rows": {"macro avg": "0.72", "accuracy": "0.72"}}
    project.write(results={"predictions": "{seed}.csv"}, claims=[table])
    macro, accuracy = project.judge()["t"].cells
    assert macro.verdict is Verdict.INCONCLUSIVE
    assert accuracy.verdict is Verdict.NOT_REPRODUCED


def test_values_that_are_rounded_may_agree_by_chance(project):
    project.file("a.json", json.dumps({"acc": [0.83, 0.83]}))
    claim = ACCURACY | {"reported": "0.85", "tolerance": 0.005}
    facts = {"examples": 10_000, "same_examples": True}
    project.write(results={"values": [VALUE]}, claims=[claim], **facts)
    assert project.judge()["a"].verdict is Verdict.INCONCLUSIVE
    project.file("a.json", json.dumps({"acc": [0.8312, 0.8313]}))
    assert project.judge()["a"].verdict is Verdict.NOT_REPRODUCED


def test_predictions_show_that_seeds_share_the_examples_of_a_recorded_loss(project):
    project.file("0.csv", predictions(30))
    project.file("a.json", '{"loss": 0.25}')
    values = [{"metric": "log_loss", "file": "a.json", "pointer": "/loss"}]
    project.write(results={"predictions": "0.csv", "values": values}, claims=[LOSS])
    found = project.judge()["l"]
    assert found.lower is not None and found.lower > -1


def test_a_table_of_runs_takes_values_and_predictions(project):
    project.file("a.json", json.dumps({"acc": [0.75, 0.76]}))
    project.file("b.csv", predictions(30))
    other = {"title": "Other", "group": "headline", "results": {"predictions": "b.csv"}}
    table = {"id": "t", "where": "there", "quote": "it", "kind": "table", "table": "runs"}
    table |= {"split": "test", "columns": ["accuracy", "errors"], "tolerance": 0.02}
    table["rows"] = {"own": "0.75 10", "other": "0.75 10"}
    order = USUAL | {"id": "o", "kind": "ordering", "metric": "accuracy", "than": ["other"]}
    del order["tolerance"]
    project.write(results={"values": [VALUE]}, runs={"other": other}, claims=[table, order])
    found = project.judge()
    cells = {(cell.row, cell.column): cell for cell in found["t"].cells}
    assert cells["own", "errors"].verdict is Verdict.NOT_RUN
    assert cells["own", "accuracy"].verdict is Verdict.INCONCLUSIVE
    assert "`examples: <number>` in the run own" in found["t"].reason
    assert cells["other", "errors"].reproduced == 10
    assert found["o"].reason == (
        "The results of the run own hold no predictions of the test split for this."
    )


def test_cells_of_a_table_may_have_a_spread_and_be_listed(project):
    project.file("a.json", json.dumps({"acc": 0.75}))
    names = ["own", *"bcd"]
    runs = {
        name: {"title": name, "group": "headline", "results": {"values": [{**VALUE}]}}
        for name in names
    }
    table = {"id": "t", "where": "there", "quote": "it", "kind": "table", "table": "runs"}
    table |= {"split": "test", "columns": ["accuracy"], "tolerance": 0.02}
    rows = {"own": "0.75 ± 0.05", "b": "75 ± 5 %", "c": ["0.75 ± 0.05"], "d": "0.75±0.05"}
    project.write(results={"values": [VALUE]}, runs=runs, claims=[table | {"rows": rows}])
    (judged,) = project.judge().values()
    assert [(cell.reported, cell.reproduced) for cell in judged.cells] == [
        ("0.75 ± 0.05", 0.75),
        ("75 ± 5 %", 0.75),
        ("0.75 ± 0.05", 0.75),
        ("0.75±0.05", 0.75),
    ]
    rows = {name: ["0.75", "± 0.05"] for name in names}
    project.write(results={"values": [VALUE]}, runs=runs, claims=[table | {"rows": rows}])
    with pytest.raises(ConfigError) as caught:
        project.plan()
    [line] = str(caught.value).splitlines()
    assert '["0.75", "± 0.05"]; 2 cells; accepted: 1, ' in line
    assert line.endswith("(the same in 3 more rows)")


def test_a_difference_names_the_run_whose_examples_are_unknown(project):
    project.file("a.json", json.dumps({"acc": [0.75, 0.76]}))
    project.file("b.csv", predictions(30))
    values = {"title": "Other", "group": "headline", "results": {"values": [VALUE]}}
    claim = ACCURACY | {"minus": "other", "reported": "2 points"}
    project.write(results={"predictions": ["b.csv"] * 2}, runs={"other": values}, claims=[claim])
    assert "`examples: <number>` in the run other" in project.judge()["a"].reason


def test_results_without_times_or_columns_leave_the_claim_open(project):
    project.file("0.csv", predictions(30))
    project.file("log.csv", "accuracy\n0.5\n0.8\n")
    place = {"where": "there", "quote": "it", "run": "own"}
    time = {"id": "t", "kind": "cost", "measure": "fit_seconds", "reported": "20"}
    curve = {"id": "c", "kind": "curve", "property": "no_underfitting"}
    curve["settings"] = {"column": "loss", "level": 0.5}
    claims = [place | time | {"unit": "seconds"}, place | curve]
    project.write(results={"predictions": "0.csv", "history": "log.csv"}, claims=claims)
    found = project.judge()
    assert found["t"].reason == "The results of the run own hold no time of training."
    assert found["c"].verdict is Verdict.INCONCLUSIVE
    assert "no column 'loss'" in found["c"].reason


def test_seeds_with_other_numbers_of_examples_are_not_compared(project):
    project.file("0.csv", predictions(30))
    project.file("1.csv", predictions(30, n=50))
    other = {"title": "Other", "group": "headline", "results": {"predictions": "0.csv"}}
    order = USUAL | {"id": "o", "kind": "ordering", "metric": "accuracy", "than": ["other"]}
    del order["tolerance"]
    project.write(
        results={"predictions": "{seed}.csv"}, runs={"other": other}, claims=[order, ACCURACY]
    )
    found = project.judge()
    assert "different numbers of test examples" in found["o"].reason
    assert found["a"].seeds == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a | {"test_pred": a["test_pred"][:-1]}, "2 predictions .*; accepted: 3"),
        (lambda a: a | {"test_true": 1 - a["test_true"]}, "true answer 1 of the test split"),
    ],
)
def test_predictions_are_those_of_the_test_set_of_the_study(change, message):
    truth = {"test": np.array([0, 1, 1])}
    given = {"test_pred": np.array([0, 1, 0]), "test_true": truth["test"]}
    assert outside.matched(given, truth).keys() == given.keys()
    completed = outside.matched({"test_pred": given["test_pred"]}, truth)
    assert completed["test_true"].tolist() == [0, 1, 1]
    with pytest.raises(DataError, match=message):
        outside.matched(change(given), truth)


@pytest.mark.parametrize(("test", "known"), [({"fraction": 0.5}, []), ({"last": 2}, ["test"])])
def test_a_split_of_our_own_seed_is_not_taken_for_that_of_results(project, test, known):
    project.file("d.csv", "x,y\n1,no\n2,yes\n3,no\n4,yes\n")
    project.file("p.csv", "pred\nno\nyes\n")
    project.write(results={"predictions": "p.csv"}, classes=None)
    whole = yaml.safe_load((project.folder / "study.yaml").read_text())
    whole |= {"dataset": {"csv": "d.csv", "target": "y", "task": "classification"}}
    whole |= {"split": {"test": test, "validation": None}, "preprocess": None}
    project.file("study.yaml", yaml.safe_dump(whole))
    plan, truth = project.plan(), {"test": np.array([0, 1])}
    project.monkeypatch.setattr(Plan, "of_job", lambda: plan)
    project.monkeypatch.setattr(training, "why_missing", lambda *_: None)
    project.monkeypatch.setattr(outside, "true_answers", lambda *_: truth)
    recipe = json.loads(plan.recipe("mine", "own", 0))
    job = training.RunJob(recipe, 60, Path("p.csv"), project.folder, plan.layout)
    assert [*job.true_answers()] == known


def test_the_example_of_the_guide_is_judged(project, repository):
    guide = (repository / "docs" / "guide" / "add-your-report.md").read_text()
    section = guide.partition("\n### A program\n")[2].partition("\n### ")[0]
    study, program = re.findall(r"```(?:yaml|python)\n(.*?)```", section, re.DOTALL)
    project.file("study.yaml", study)
    project.file("train.py", program)
    found = project.judge(seeds=5)["accuracy"]
    assert found.verdict is not Verdict.NOT_REPRODUCED
    assert found.reproduced == pytest.approx(0.8, abs=0.02)


def test_the_names_of_columns_in_the_guide_are_understood(project, repository):
    guide = (repository / "docs" / "guide" / "add-your-report.md").read_text()
    [columns] = re.findall(r"^ +columns: \{true: .*?\}", guide, re.MULTILINE)
    project.file("runs/0.csv", predictions(30).replace("true,pred", "label,answer"))
    project.write(results={"predictions": "runs/{seed}.csv", "columns": {}}, claims=[ACCURACY])
    study = (project.folder / "study.yaml").read_text()
    project.file("study.yaml", re.sub(r"^ +columns: \{\}", columns, study, flags=re.MULTILINE))
    assert project.judge()["a"].reproduced == 0.75


@pytest.mark.slow
def test_programs_and_results_run_to_a_report(repository, tmp_path):
    """With a program that fails, a file of another form, and values of unknown examples."""
    clone = Clone(tmp_path / "clone", repository, tmp_path)
    own = Project(clone.path)
    more = {"title": "More", "group": "headline"}
    own.file("0.csv", predictions(30))
    own.file("odd.csv", "true,pred\n0,maybe\n")
    own.file("a.json", json.dumps({"acc": [0.75, 0.76]}))
    own.file("fails.py", "raise SystemExit('no luck')")
    runs = {
        "kept": more | {"results": {"predictions": "{seed}.csv"}},
        "odd": more | {"results": {"predictions": "odd.csv"}},
        "values": more | {"results": {"values": [VALUE]}},
        "fails": more | {"command": ["python3", "fails.py"]},
    }
    names = ["own", "kept", "odd", "values", "fails"]
    own.program(runs=runs, claims=[ACCURACY | {"id": n, "run": n} for n in names])
    done = clone.snakemake(
        "studies=mine", "limits={examples: null, epochs: null}", "seeds=2", "commands=[python3]"
    )
    rows = json.loads((clone.layout.results / "verdicts.json").read_text())
    verdicts = {row["id"]: row for row in rows}
    assert verdicts["own"]["reproduced"] == verdicts["kept"]["reproduced"] == 0.75, done.stdout
    assert "'maybe'" in verdicts["odd"]["reason"] and "no luck" in verdicts["fails"]["reason"]
    assert verdicts["values"]["verdict"] == "inconclusive"
    assert list(json.loads(clone.layout.manifest.read_text())["results"]) != []
    page = clone.layout.report / "notebooks" / "mine" / "own" / "seed-1.html"
    assert "predictions.csv" in page.read_text() and "Score: 0.75" in page.read_text()
    assert "cannot" not in done.stdout and "Traceback" not in done.stdout
    assert (clone.layout.report / "report.pdf").exists()

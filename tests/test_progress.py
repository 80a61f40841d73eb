"""A person sees how far the training is, what went wrong, and where the report lies."""

import io
import logging
import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest
from rich.console import Console
from snakemake.logging import DefaultFormatter
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

from refashion import artifacts
from refashion.wording import rough_duration
from refashion.workflow import progress
from refashion.workflow.plan import Plan
from refashion.workflow.progress import calibration, wording
from refashion.workflow.progress.announcement import WORKLOAD
from refashion.workflow.progress.board import Board
from refashion.workflow.progress.epochs import LogTail, last_lines, parse_epoch
from refashion.workflow.progress.live import LiveDisplay
from refashion.workflow.progress.pace import ALL
from refashion.workflow.progress.plain import PlainDisplay
from refashion.workflow.progress.reporter import Reporter
from refashion.workflow.progress.terminal import Terminal
from refashion.workflow.progress.workload import Task, Workload, makespan

CNN, GRU = "cnn_vs_gru/cnn seed 0", "cnn_vs_gru/gru seed 0"


def epoch_line(number, total=4, seconds=60, accuracy=0.8):
    scores = f"loss 0.3121  accuracy 0.8854  val_loss 0.3000  val_accuracy {accuracy:.4f}"
    return f"epoch {number}/{total}  {scores}  {seconds:.1f} s\n"


# Lines of a log ---------------------------------------------------------------------------------


def test_epoch_is_read_with_the_accuracy_in_validation():
    epoch = parse_epoch("epoch 3/20  loss 0.3121  val_accuracy 0.8912  val_other 1.0  12.3 s")
    assert epoch == (3, 20, "val_accuracy", "0.8912", 12.3)


@pytest.mark.parametrize(
    ("printed", "metric", "value"),
    [
        ("loss 0.31  mae 0.2  val_loss 0.3  val_mae 0.21", "val_mae", "0.21"),
        ("loss nan", "loss", "nan"),
        ("loss -1.5e-05", "loss", "-1.5e-05"),
    ],
)
def test_without_that_accuracy_the_last_metric_is_taken(printed, metric, value):
    assert parse_epoch(f"epoch 1/2  {printed}  9 s")[2:4] == (metric, value)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "epoch",
        "epoch 3/20  loss",
        "an epoch 3/20  loss 1.0  2.0 s",
        "epoch 1/2  3.0 s",
        "epoch 3/0  loss 1  2 s",
    ],
)
def test_other_lines_are_no_epochs(line):
    assert parse_epoch(line) is None


def test_log_is_read_as_it_grows(tmp_path):
    log = tmp_path / "train.log"
    tail = LogTail(log)
    assert tail.new_lines() == []
    log.write_text("one\ntw")
    assert tail.new_lines() == ["one"]
    with log.open("a") as file:
        file.write("o\nthree\n")
    assert tail.new_lines() == ["two", "three"]
    assert tail.new_lines() == []


def test_log_may_be_replaced_or_cut(tmp_path):
    log = tmp_path / "train.log"
    log.write_text("an earlier attempt\nha")
    tail = LogTail(log)
    tail.new_lines()
    (tmp_path / "new").write_text("a later attempt, with a longer first line\n")
    (tmp_path / "new").replace(log)
    assert tail.new_lines() == ["a later attempt, with a longer first line"]
    log.write_text("short\n")
    assert tail.new_lines() == ["short"]


def test_last_lines_of_a_log(tmp_path):
    log = tmp_path / "train.log"
    assert last_lines(log, 2) == []
    log.write_bytes(b"x" * 100_000 + b"\nlast but one\n\xff\n")
    assert last_lines(log, 2) == ["last but one", "\ufffd"]


# Words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1 s"), (59.4, "59 s"), (59.6, "1 min"), (3570, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_durations(seconds, text):
    assert rough_duration(seconds) == text


def test_foreign_text_does_not_steer_the_terminal():
    assert wording.printable("\x1b[2Ja\x1b]0;title\x07b\rc\x9b1m\u202e") == "abc1m"
    assert wording.one_line("first\n  second " + "x" * 1000).startswith("first second xxx")
    assert len(wording.one_line("x" * 1000)) == wording.LONGEST_LINE


# Estimates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waiting", "slots", "busy", "expected"),
    [
        ([], 2, [], 0),
        ([5, 3, 2], 1, [], 10),
        ([5, 3, 2], 2, [], 5),
        ([2, 2, 3, 3, 4], 2, [], 8),  # 4+2+2 and 3+3: longest first is not always the best
        ([4], 2, [10, 1], 10),
        ([4], 1, [10], 14),
        ([1], 0, [], 1),
    ],
)
def test_longest_first(waiting, slots, busy, expected):
    assert makespan(waiting, slots, busy) == expected


# The announcement -------------------------------------------------------------------------------


@pytest.fixture
def plan(project, tmp_path):
    """Plan of the project, with everything that it makes in another folder."""
    return replace(Plan.load({"studies": ["cnn_vs_gru"], "seeds": 2}, project), root=tmp_path)


def workflow(jobs, cores=2, nodes=None, touch=False, dependencies=None):
    rules = [SimpleNamespace(name=name) for name in ("all", "fetch", "train", "report")]
    return SimpleNamespace(
        touch=touch,
        local_exec=nodes is None,
        rules=rules,
        resource_settings=SimpleNamespace(cores=cores, nodes=nodes),
        dag=SimpleNamespace(
            needrun_jobs=lambda: iter(jobs),
            dependencies=defaultdict(dict, dependencies or {}),
        ),
    )


@dataclass(eq=False)
class Job:
    """What is asked of a job of Snakemake's."""

    rule: SimpleNamespace
    output: tuple
    wildcards_dict: dict


def job(rule, output=("file",), **wildcards):
    return Job(SimpleNamespace(name=rule), output, wildcards)


def training(run, seed="0"):
    return job("train", study="cnn_vs_gru", run=run, seed=seed)


@pytest.fixture(autouse=True)
def no_calibration(monkeypatch):
    """Trust the minutes of the studies."""
    monkeypatch.setattr(calibration, "ratio", lambda slots: None)


@pytest.fixture
def log(caplog):
    """What is logged through Snakemake's logger."""
    caplog.set_level(logging.INFO, "snakemake.logging")
    return caplog


def test_announcement(plan, log):
    jobs = [training("gru"), job("report"), training("cnn"), job("fetch"), job("all", output=())]
    progress.announce(plan, workflow(jobs))
    record, workload = log.records[0], getattr(log.records[0], WORKLOAD)
    minutes = {run: plan.minutes("cnn_vs_gru", run) for run in ("cnn", "gru")}
    assert {name: task.minutes for name, task in workload.tasks.items()} == {
        CNN: minutes["cnn"],
        GRU: minutes["gru"],
    }
    assert workload.slots == 2 and workload.stages.keys() == {"fetch", "report"}
    time = rough_duration(60 * max(minutes.values()) + workload.stages["report"])
    text = f"2 runs to train, 2 at a time, about {time}; other stages: fetch, report"
    assert record.getMessage() == text


def test_the_critical_path_is_announced(plan, log):
    fetch, others, long, short = job("fetch"), job("fetch"), training("cnn"), training("gru")
    more, end, done = training("gru", "1"), job("report"), training("cnn", "1")
    waits = {
        long: {fetch: (), done: ()},  # what is done already is not waited for
        short: {others: (), fetch: ()},
        more: {short: ()},
        end: {more: (), long: ()},
    }
    progress.announce(plan, workflow([end, more, long, fetch, short, others], dependencies=waits))
    minutes = {run: plan.minutes("cnn_vs_gru", run) for run in ("cnn", "gru")}
    path = CNN if minutes["cnn"] > 2 * minutes["gru"] else f"{GRU}, {GRU.replace('0', '1')}"
    time = rough_duration(60 * max(minutes["cnn"], 2 * minutes["gru"]))
    assert log.messages[1] == (
        f"Critical path, about {time} with any number of cores: fetch, {path}, report"
    )


def test_the_whole_takes_at_least_as_long_as_the_critical_path(plan, log):
    first, second = training("gru"), training("gru", "1")
    progress.announce(plan, workflow([first, second], dependencies={second: {first: ()}}))
    time = rough_duration(60 * 2 * plan.minutes("cnn_vs_gru", "gru"))
    assert all(f"about {time}" in message for message in log.messages)


def test_announcement_without_training(plan, log):
    progress.announce(plan, workflow([job("report"), job("all", output=())]))
    assert log.messages == ["No runs to train; stages: report"]


def test_on_a_cluster_the_jobs_count(plan, log):
    progress.announce(plan, workflow([training("cnn")], cores=None, nodes=50))
    assert getattr(log.records[0], WORKLOAD).slots == 50


def test_touching_files_is_not_announced(plan, log):
    progress.announce(plan, workflow([training("cnn")], touch=True))
    assert not log.records


# While it runs ----------------------------------------------------------------------------------


def record(event=None, msg="", level=logging.INFO, **extra):
    made = logging.makeLogRecord({"msg": msg, "levelno": level, **extra})
    made.levelname = logging.getLevelName(level)
    if event:
        made.event = event
    return made


def job_info(jobid, rule, log, **wildcards):
    return record(
        LogEvent.JOB_INFO,
        jobid=jobid,
        rule_name=rule,
        wildcards=wildcards,
        log=[str(log)],
        output=["file"],
    )


def job_finished(jobid):
    return record(LogEvent.JOB_FINISHED, job_id=jobid)


def job_error(jobid, rule, log, shellcmd="python -m refashion"):
    return record(
        LogEvent.JOB_ERROR,
        level=logging.ERROR,
        jobid=jobid,
        rule_name=rule,
        rule_msg=None,
        log=[str(log)],
        shellcmd=shellcmd,
    )


class Watch:
    """A reporter that writes plain lines, with a clock that the test sets."""

    def __init__(self, folder, slots=1, **minutes):
        self.now = 0.0
        self.folder = folder
        self.stream = io.StringIO()
        tasks = {
            wording.run_name("cnn_vs_gru", run, 0): Task(value, (ALL, run))
            for run, value in minutes.items()
        }
        board = Board(Workload(tasks, slots), clock=lambda: self.now)
        self.reporter = Reporter(board, PlainDisplay(self.stream), DefaultFormatter().format)

    def take(self, *records, at=None):
        self.now = self.now if at is None else at
        for one in records:
            self.reporter.take(one)

    def start(self, jobid, run):
        self.take(job_info(jobid, "train", self.log(run), study="cnn_vs_gru", run=run, seed="0"))

    def log(self, run):
        path = artifacts.Layout(self.folder).run("cnn_vs_gru", run, 0).log
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def epoch(self, run, *args, at, **kwargs):
        self.now = at
        with self.log(run).open("a") as file:
            file.write(epoch_line(*args, **kwargs))
        self.reporter.tick()

    def end(self, jobid, run, at, status="ok", error=None, **state):
        path = artifacts.Layout(self.folder).run("cnn_vs_gru", run, 0).run_json
        artifacts.write_json(path, {"status": status, "error": error, **state})
        self.take(job_finished(jobid), at=at)

    @property
    def lines(self):
        lines = self.stream.getvalue().splitlines()
        self.stream.truncate(0)
        self.stream.seek(0)
        return lines


def test_training_in_plain_lines(tmp_path):
    watch = Watch(tmp_path, cnn=8, gru=4)
    watch.start(1, "cnn")
    watch.epoch("cnn", 1, at=5, seconds=4, accuracy=0.81)
    watch.epoch("cnn", 2, at=9, seconds=4, accuracy=0.82)  # too soon to be told of
    watch.epoch("cnn", 3, at=16, seconds=4, accuracy=0.83)
    watch.epoch("cnn", 4, at=20, seconds=4, accuracy=0.84)
    watch.end(1, "cnn", at=24)
    watch.start(2, "gru")
    watch.end(2, "gru", at=30, diverged=True)
    assert watch.lines == [
        f"{CNN}: started, about 8 min left",
        f"{CNN}: epoch 1/4, val_accuracy 0.8100, about 14 s left",
        f"{CNN}: epoch 3/4, val_accuracy 0.8300, about 6 s left",
        f"{CNN}: epoch 4/4, val_accuracy 0.8400, about 2 s left",
        f"{CNN}: done in 24 s, val_accuracy 0.8400 after 4 epochs",
        "training: 1 of 2 runs done, about 36 s left",
        f"{GRU}: started, about 33 s left",
        f"{GRU}: done in 6 s, diverged",
        "training: 2 of 2 runs done",
    ]


def test_last_epoch_before_the_end_is_not_missed(tmp_path):
    watch = Watch(tmp_path, cnn=8)
    watch.start(1, "cnn")
    watch.log("cnn").write_text("noise\n" + epoch_line(1) + epoch_line(2, accuracy=0.9))
    watch.end(1, "cnn", at=24)
    assert f"{CNN}: done in 24 s, val_accuracy 0.9000 after 2 epochs" in watch.lines


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("failed", "failed after 6 s: two lines"),
        ("timeout", "stopped at its time limit, after 6 s"),
        ("no_data", "not trained, because there is no data"),
    ],
)
def test_runs_without_a_result(tmp_path, status, said):
    watch = Watch(tmp_path, cnn=8, gru=8)
    watch.start(1, "cnn")
    watch.end(1, "cnn", at=6, status=status, error={"type": "Error", "message": "two\nlines"})
    # A run that ended early says nothing about how long the others take.
    assert watch.lines[1:] == [
        f"{CNN}: {said}",
        "training: 1 of 2 runs done, about 8 min left",
    ]


def test_unreadable_result_is_no_error(tmp_path):
    watch = Watch(tmp_path, cnn=8)
    watch.start(1, "cnn")
    watch.log("cnn").with_name("run.json").write_text("{")
    watch.take(job_finished(1), at=6)
    assert watch.lines[1] == f"{CNN}: done in 6 s"


def test_other_stages(tmp_path):
    watch = Watch(tmp_path)
    watch.take(job_info(1, "fetch", tmp_path / "log", dataset="fashion_mnist"))
    watch.take(job_finished(1), job_info(2, "report", tmp_path / "log"), at=12)
    watch.take(job_finished(2), job_finished(3), at=80)
    assert watch.lines == [
        "fetch fashion_mnist ...",
        "fetch fashion_mnist ... done in 12 s",
        "report ...",
        "report ... done in 1 min",
    ]


def test_failed_job_shows_the_end_of_its_log(tmp_path):
    watch, log = Watch(tmp_path), tmp_path / "fetch.log"
    log.write_text("".join(f"line {n}\n" for n in range(20)) + "\x1b[31mno space left\n")
    command = "python -m refashion fetch fashion_mnist"
    died = f"CalledProcessError:\nCommand 'set -e; {command}' returned non-zero exit status 1."
    watch.take(
        job_info(1, "fetch", log, dataset="fashion_mnist"),
        record(LogEvent.ERROR, died, logging.ERROR, exception="RuleException"),
        job_error(1, "fetch", log, command),
    )
    _, head, rule, place, *shown = watch.lines
    assert head == "fetch fashion_mnist failed after 1 s (exit status 1)"
    assert rule == "  rule fetch, dataset=fashion_mnist"
    assert place == f"  end of {log}:"
    assert shown == [f"    line {n}" for n in range(6, 20)] + ["    no space left"]


def test_failed_job_without_a_log(tmp_path):
    watch = Watch(tmp_path)
    watch.take(job_error(7, "report", tmp_path / "no.log"))
    assert watch.lines == ["report failed", "  rule report", f"  log: {tmp_path}/no.log (empty)"]


def test_interruption_is_no_failure_to_explain(tmp_path):
    watch, log = Watch(tmp_path), tmp_path / "log"
    log.write_text("Traceback\n")
    died = "CalledProcessError:\nCommand 'a' died with <Signals.SIGINT: 2>."
    watch.take(
        job_info(1, "report", log),
        record(LogEvent.ERROR, died, logging.ERROR, exception="RuleException"),
        job_error(1, "report", log, "a"),
    )
    assert watch.lines == ["report ...", "report interrupted after 1 s"]


@pytest.mark.parametrize("text", ["Nothing to be done.", "Waiting at most 5 seconds"])
def test_what_snakemake_has_to_say_is_passed_on(tmp_path, text):
    watch = Watch(tmp_path)
    watch.take(record(msg=text), record(None, "Take care", logging.WARNING))
    watch.take(record(LogEvent.ERROR, "WorkflowError:\nno", logging.ERROR, exception="Any"))
    assert watch.lines == [text, "Take care", "WorkflowError:", "no"]


@pytest.mark.parametrize(
    "one",
    [
        record(msg="Building DAG of jobs..."),
        record(msg="Complete log(s): /somewhere"),
        record(msg="None", event=LogEvent.PROGRESS, done=1, total=2),
        record(LogEvent.RUN_INFO, "Job stats:", stats={}),
        record(
            LogEvent.ERROR, "RunsFailedError: 1 of 2", logging.ERROR, exception="RunsFailedError"
        ),
    ],
)
def test_boilerplate_is_left_out(tmp_path, one):
    watch = Watch(tmp_path)
    watch.take(one)
    assert watch.lines == []


def test_a_thousand_runs_are_no_burden(tmp_path):
    watch = Watch(tmp_path, slots=4, **{f"run_{n}": 5 for n in range(1000)})
    for n in range(1000):
        watch.start(n, f"run_{n}")
        watch.take(job_finished(n), at=n)
    assert watch.lines[-1] == "training: 1,000 of 1,000 runs done"


def test_live_table(tmp_path):
    watch, stream = Watch(tmp_path, slots=2, cnn=8, gru=4, svm=2), io.StringIO()
    console = Console(file=stream, force_terminal=True, width=80, color_system=None)
    watch.reporter.display = LiveDisplay(console)
    watch.start(1, "cnn")
    watch.start(2, "gru")
    watch.take(job_info(3, "explore", tmp_path / "log", dataset="fashion_mnist"))
    watch.epoch("cnn", 1, at=60)
    shown = stream.getvalue().splitlines()[-4:]
    assert [line.rstrip().endswith("left") for line in shown] == [True, True, True, False]
    assert "0 of 3 runs" in shown[0]
    assert CNN in shown[1] and "epoch 1/4" in shown[1] and "val_accuracy 0.8000" in shown[1]
    assert GRU in shown[2] and "for 1 min" in shown[2]  # of a run without epochs, what it has taken
    assert "explore fashion_mnist" in shown[3] and "for 1 min" in shown[3]
    watch.reporter.display.show("a line above")
    watch.reporter.display.close()
    assert "a line above\n" in stream.getvalue()
    assert stream.getvalue().count("\x1b[?25h") == 1  # the cursor is back


# Whose output it is -----------------------------------------------------------------------------


def settings(**asked):
    usual = dict.fromkeys(("nocolor", "debug_dag", "verbose", "stdout", "dryrun"), False)
    usual |= {"quiet": set(), "printshellcmds": False, "show_failed_logs": True}
    usual |= {"log_handler_settings": {"refashion": None}}
    return SimpleNamespace(**usual | asked)


def beginning():
    return [
        record(msg="Assuming unrestricted shared filesystem usage."),
        record(msg="Building DAG of jobs..."),
        record(msg="Using shell: /bin/bash"),
    ]


def announcement():
    return record(msg="1 run to train", **{WORKLOAD: Workload({CNN: Task(8, (CNN,))}, 2)})


@pytest.fixture
def terminal(monkeypatch):
    """Give what is written if some records come, with some settings."""

    def written(*records, display=None, **asked):
        monkeypatch.setattr(sys, "stderr", io.StringIO())
        shown = Terminal(settings(**asked))
        if display:
            monkeypatch.setattr(shown, "_display", lambda: display)
        for one in records:
            shown.take(one)
        shown.close()
        return sys.stderr.getvalue()

    return written


def test_output_is_brief_when_jobs_run(terminal, tmp_path):
    fetch = job_info(1, "fetch", tmp_path / "log", dataset="d")
    text = terminal(*beginning(), announcement(), fetch, job_finished(1))
    assert text == "1 run to train\nfetch d ...\nfetch d ... done in 1 s\n"


def test_nothing_to_be_done_is_said(terminal):
    assert terminal(*beginning(), record(msg="Nothing to be done")) == "Nothing to be done\n"


@pytest.mark.parametrize(
    "asked",
    [
        {"verbose": True},
        {"debug_dag": True},
        {"printshellcmds": True},
        {"quiet": {"rules"}},
    ],
)
def test_who_asks_for_other_output_gets_snakemakes(terminal, asked):
    text = terminal(*beginning(), announcement(), **asked)
    assert "Building DAG of jobs...\nUsing shell: /bin/bash\n1 run to train\n" in text


def test_what_a_dry_run_sums_up_is_not_shown_again(terminal, tmp_path):
    told = [
        *beginning(),
        record(msg="1 job would run:"),
        record(LogEvent.RUN_INFO, msg="Job stats:"),
        record(msg="Reasons:\n    (check individual jobs above for details)"),
        record(msg="Some jobs were triggered by provenance information, see ..."),
        record(None, "Take care", logging.WARNING),
        record(msg="This was a dry-run (flag -n). The order of jobs does not reflect ..."),
    ]
    assert terminal(*told, dryrun=True) == "1 job would run:\nTake care\n"
    job = job_info(1, "judge", tmp_path / "log", study="s")
    job.rule_msg, job.reason = "judge in full", ""
    assert "judge in full" in terminal(job, dryrun=True)
    for asked in ({"verbose": True}, {"log_handler_settings": {"refashion": 0, "other": 0}}):
        assert "This was a dry-run" in terminal(*told, dryrun=True, **asked)
    nothing = record(msg="Nothing to be done")
    assert terminal(*beginning(), nothing, dryrun=True) == "Nothing to be done\n"


def test_other_uses_than_a_run_keep_snakemakes_output(terminal):
    assert terminal(record(msg="Building DAG of jobs...")) == "Building DAG of jobs...\n"


def test_jobs_without_an_announcement_keep_snakemakes_output(terminal, tmp_path):
    text = terminal(
        *beginning(), record(LogEvent.JOB_INFO, "rule x", rule_msg="x", jobid=1, reason="")
    )
    assert "Building DAG of jobs...\nUsing shell: /bin/bash\n" in text
    assert "Job 1: x" in text


def test_error_of_a_configuration_appears_in_full(terminal):
    text = 'WorkflowError in file "Snakefile", line 15:\nconfig.yaml: sed: no key\nmeant seeds?'
    error = record(LogEvent.ERROR, text, logging.ERROR, exception="WorkflowError")
    assert terminal(error) == f"{text}\n"


class BrokenDisplay:
    """Display that cannot show anything."""

    def __getattr__(self, name):
        raise OSError("no terminal")


def test_broken_display_gives_way_to_snakemakes_output(terminal):
    warning = record(None, "Take care", logging.WARNING)
    text = terminal(*beginning(), announcement(), warning, display=BrokenDisplay())
    said = "Cannot show progress (OSError('no terminal')); switching to Snakemake's own output.\n"
    assert text == f"{said}1 run to train\nTake care\n"


def test_plugin_is_found_by_snakemake(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    handler = LoggerPluginRegistry().get_plugin("refashion").log_handler(settings(), None)
    assert handler.writes_to_stream and not handler.writes_to_file
    handler.handle(record(msg="said"))
    handler.close()
    handler.close()
    assert sys.stderr.getvalue() == "said\n"


def test_import_is_light():
    imports = "import sys, refashion.workflow.progress.terminal"
    code = f"{imports}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert not {b"rich", b"tensorflow", b"matplotlib"} & set(loaded.split())


# The conclusion ---------------------------------------------------------------------------------


def finish(plan, **runs):
    """Leave what a run of the workflow leaves; a run ends as its keyword says."""
    for study, run, seed in plan.executions:
        status, message = runs.get(run, ("ok", None))
        error = message and {"type": "Error", "message": message, "cell": 3}
        folder = plan.layout.run(study, run, seed)
        artifacts.write_json(folder.run_json, {"status": status, "error": error})
        artifacts.write_text(folder.notebook, "{}")
        artifacts.write_text(plan.layout.run_page(study, run, seed), "")
    artifacts.write_text(plan.layout.report_html, "")
    artifacts.write_text(plan.layout.report_pdf, "")
    verdicts = {"reproduced": "value", "not_reproduced": "table"}
    rows = [
        {"verdict": verdict, "kind": kind, "preliminary": False}
        for verdict, kind in verdicts.items()
    ]
    artifacts.write_json(plan.layout.verdicts_json, rows)


def shown(log, root):
    return "\n".join(log.messages).replace(f"{root}/", "").splitlines()


def test_conclusion_of_runs_that_went_well(plan, log, tmp_path):
    finish(plan)
    progress.conclude(plan)
    assert shown(log, tmp_path) == [
        "Report: results/report/index.html",
        "As PDF: results/report/report.pdf",
        "Verdicts on 2 claims (each table counts as one): 1 reproduced, 1 not reproduced",
    ]


def test_one_seed_is_preliminary(plan, log):
    finish(plan)
    rows = [{"verdict": "reproduced", "kind": "value", "preliminary": True}]
    artifacts.write_json(plan.layout.verdicts_json, rows)
    progress.conclude(plan)
    assert "Verdicts on 1 claim: 1 reproduced (1 preliminary: one seed)" in log.messages


def test_failed_runs_end_the_command_with_an_error(plan, log, tmp_path):
    finish(plan, cnn=("failed", "bad\nshape"), gru=("timeout", "too long"))
    with pytest.raises(progress.RunsFailedError, match="4 of 4 runs failed"):
        progress.conclude(plan)
    lines = shown(log, tmp_path)
    assert lines[3:7] == [
        "4 of 4 runs failed:",
        f"  {CNN}: Error: bad shape",
        "    notebook: results/cnn_vs_gru/cnn/seed-0/train.ipynb",
        "    page:     results/report/notebooks/cnn_vs_gru/cnn/seed-0.html",
    ]
    assert f"  {GRU}: Error: too long" in lines
    assert lines[-1] == "The same command tries them again."
    assert log.records[-1].levelname == "ERROR"


def test_a_faulty_report_ends_the_command_with_an_error(plan, log, tmp_path):
    finish(plan)
    told = {"attempts": 1, "problems": [], "warnings": ["report.pdf: no font has U+4E16"]}
    artifacts.write_json(plan.layout.report_problems, told)
    progress.conclude(plan)
    assert log.records[-1].levelname == "WARNING" and "U+4E16" in log.messages[-1]
    message = "studies/a/narrative.md:3: no run\n'cmn'\x1b[2J"
    told["problems"] = [{"part": "a", "message": message}]
    artifacts.write_json(plan.layout.report_problems, told)
    with pytest.raises(progress.ReportFaultyError, match="with 1 problem; mend what is named"):
        progress.conclude(plan)
    lines = shown(log, tmp_path)
    assert lines[-3] == "The report is there, with 1 problem:"
    assert lines[-2].startswith("  studies/a/narrative.md:3: no run 'cmn'")
    assert "\x1b" not in lines[-2]


def test_failed_runs_and_a_faulty_report_are_both_told(plan, log):
    finish(plan, cnn=("failed", "bad"))
    problems = [{"part": "a", "message": "studies/a/narrative.md:3: wrong"}]
    told = {"attempts": 1, "problems": problems, "warnings": []}
    artifacts.write_json(plan.layout.report_problems, told)
    with pytest.raises(progress.RunsFailedError):
        progress.conclude(plan)
    assert "narrative.md:3: wrong" in "".join(log.messages)


def test_missing_data_is_no_failure(plan, log, tmp_path):
    reason = "Not to be had: a, b. Tried:\n- https://example.org: timed out\nPut them somewhere."
    states = {run: ("no_data", reason) for _, run, _ in plan.executions}
    finish(plan, **states)
    progress.conclude(plan)
    [line] = [line for line in shown(log, tmp_path) if line.startswith("No data")]
    assert line == (
        "No data for fashion_mnist, 4 runs left out. Not to be had: a, b. Tried: "
        "see results/logs/fetch-fashion_mnist.log. Put them somewhere."
    )


def test_smoke_run_has_no_verdicts(project, log, tmp_path):
    overrides = {"studies": ["cnn_vs_gru"], "limits": {"examples": 500}}
    plan = replace(Plan.load(overrides, project), root=tmp_path)
    finish(plan)
    progress.conclude(plan)
    lines = shown(log, tmp_path)
    assert [line.split(":")[0] for line in lines] == [
        *("Report", "As PDF", "Verdicts on 2 claims (each table counts as one)")
    ]
    assert "smoke run" in lines[-1]


def test_a_report_older_than_its_runs_is_not_announced(plan, log):
    finish(plan)
    newest = plan.layout.report_html.stat().st_mtime_ns + 10**9
    os.utime(plan.layout.run(*next(iter(plan.executions))).run_json, ns=(newest, newest))
    progress.conclude(plan)
    assert not log.messages


def test_conclusion_without_a_report(plan, log):
    progress.conclude(plan)
    assert not log.messages

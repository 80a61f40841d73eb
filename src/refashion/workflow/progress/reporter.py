"""Snakemake's log records, translated to messages about the progress."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain
from logging import LogRecord
from pathlib import Path
from typing import Any

from snakemake_interface_logger_plugins.common import LogEvent

from refashion.wording import counted, rough_duration
from refashion.workflow.progress.board import Board
from refashion.workflow.progress.conclusion import ReportFaultyError, RunsFailedError
from refashion.workflow.progress.display import Display
from refashion.workflow.progress.epochs import last_lines
from refashion.workflow.progress.jobs import Job, Training
from refashion.workflow.progress.wording import TRAIN, job_name, one_line, printable

LOG_LINES = 15
"""Number of lines of a failed job's log that are shown."""

ERROR_STYLE = "red"
# Shown in another way.
IGNORED_EVENTS = frozenset(
    {
        LogEvent.WORKFLOW_STARTED,
        LogEvent.RESOURCES_INFO,
        LogEvent.RUN_INFO,
        LogEvent.JOB_STARTED,
        LogEvent.SHELLCMD,
        LogEvent.PROGRESS,
        LogEvent.RULEGRAPH,
        LogEvent.GROUP_INFO,  # its jobs are shown
    }
)
# Records without an event can only be recognized by their text.
BOILERPLATE = re.compile(
    "Assuming unrestricted shared filesystem|Building DAG of jobs|Using shell: "
    "|Will exit after finishing currently running jobs|Trying to restart job "
    "|Conda environments: ignored|Singularity containers: ignored|Group jobs: inactive"
    r"|Select jobs to execute|Complete log\(s\): |Elapsed time: "
    "|SLURM run ID: |Cleaning up SLURM log files |MinJobAge "
)
_EXIT = re.compile(r"(exit status \d+|died with .*?)\.?$", re.MULTILINE)
# The user or the system ended the job; it has no error of its own.
_INTERRUPTED = re.compile("SIG(INT|TERM|HUP|QUIT)|exit status (130|143|129|131)")


def is_boilerplate(record: LogRecord) -> bool:
    """Return whether a record is of no use to the user, or is shown in another way."""
    event = getattr(record, "event", None)
    if event is None and record.levelname == "INFO":
        return bool(BOILERPLATE.match(str(record.msg)))
    return event in IGNORED_EVENTS


class Reporter:
    """A reporter of the progress, driven by Snakemake's log records.

    Parameters
    ----------
    board
        State of the workflow, which the reporter updates.
    display
        Display of the messages.
    formatted
        Function that formats a record as Snakemake does.
    """

    def __init__(
        self, board: Board, display: Display, formatted: Callable[[LogRecord], str]
    ) -> None:
        self.board = board
        self.display = display
        self._formatted = formatted
        self._shell_errors: list[str] = []
        self._actions: dict[LogEvent | None, Callable[[Any], None]] = {
            LogEvent.JOB_INFO: self._start,
            LogEvent.JOB_FINISHED: self._finish,
            LogEvent.JOB_ERROR: self._fail,
            LogEvent.ERROR: self._error,
        }

    def take(self, record: LogRecord) -> None:
        """Handle a log record."""
        if not is_boilerplate(record):
            self._actions.get(getattr(record, "event", None), self._pass_on)(record)

    def tick(self) -> None:
        """Read the logs of the runs in training, and redraw the display."""
        for training in self.board.trainings:
            self._follow(training)
        if self.board.active:
            self.display.draw(self.board)

    def _follow(self, training: Training) -> None:
        if epochs := training.read(self.board.clock()):
            self.display.advanced(training, epochs, self.board)

    def _pass_on(self, record: LogRecord) -> None:
        text = self._formatted(record)
        if text not in ("", "None", None):
            self.display.show(text)

    def _start(self, record: Any) -> None:
        if not record.output:
            return  # the target rule, which does nothing
        kind = Training if record.rule_name == TRAIN else Job
        wildcards = {name: str(value) for name, value in dict(record.wildcards).items()}
        name, logs = job_name(record.rule_name, wildcards), [Path(log) for log in record.log]
        job = kind(name, record.rule_name, wildcards, logs, self.board.clock())
        self.board.start(record.jobid, job)
        self.display.started(job, self.board)

    def _finish(self, record: Any) -> None:
        if training := self._last_look(record.job_id, has_result=True):
            state = training.state()
            is_ok = state.get("status", "ok") == "ok"
            if is_ok:
                self.board.learn(training)
            self.display.show(self._ending(training, state), "" if is_ok else ERROR_STYLE)
            self.display.runs_ended(self.board)
        elif job := self.board.end(record.job_id):
            self.display.show(f"{job.name} ... done in {self._age(job)}")

    def _last_look(self, jobid: int, has_result: bool) -> Training | None:
        job = self.board.active.get(jobid)
        if not isinstance(job, Training):
            return None
        self._follow(job)
        self.board.end(jobid, has_result)
        return job

    def _ending(self, training: Training, state: dict[str, Any]) -> str:
        parts = [_outcome(state, self._age(training))]
        if state.get("diverged"):
            parts.append("diverged")
        elif (epoch := training.epoch) and state.get("status", "ok") == "ok":
            parts.append(f"{epoch.metric} {epoch.value} after {counted(epoch.number, 'epoch')}")
        return f"{training.name}: {', '.join(parts)}"

    def _age(self, job: Job) -> str:
        return rough_duration(self.board.clock() - job.started)

    def _error(self, record: Any) -> None:
        """Show an exception, unless another record has a better message about it."""
        text = str(record.msg)
        if record.exception in (RunsFailedError.__name__, ReportFaultyError.__name__):
            return  # conclude() has logged each of them
        if record.exception == "RuleException" and "CalledProcessError" in text:
            self._shell_errors.append(text)
            return  # Snakemake's next record names the job
        self._pass_on(record)

    def _fail(self, record: Any) -> None:
        job = self._last_look(record.jobid, has_result=False) or self.board.end(record.jobid)
        name, time = (job.name, f" after {self._age(job)}") if job else (record.rule_name, "")
        how = self._how(record.shellcmd)
        if _INTERRUPTED.search(how):
            self.display.show(f"{name} interrupted{time}", ERROR_STYLE)
            return
        said = [one_line(record.rule_msg)] if record.rule_msg else []
        details = [_rule(record.rule_name, job), *said, *chain(*map(_end_of_log, record.log))]
        head = f"{name} failed{time}{f' ({how})' if how else ''}"
        self.display.show("\n  ".join([head, *details]), ERROR_STYLE)
        if isinstance(job, Training):
            self.display.runs_ended(self.board)

    def _how(self, command: str | None) -> str:
        """How the shell command of a failed job ended; empty if unknown."""
        for text in self._shell_errors:
            if command and command.strip() in text and (found := _EXIT.search(text)):
                self._shell_errors.remove(text)
                return found[1]
        return ""


def _rule(name: str, job: Job | None) -> str:
    wildcards = job.wildcards.items() if job else ()
    return ", ".join([f"rule {name}", *(f"{key}={value}" for key, value in wildcards)])


def _outcome(state: dict[str, Any], time: str) -> str:
    match state.get("status"):
        case "failed":
            error = state.get("error") or {}
            return f"failed after {time}: {one_line(error.get('message', 'no reason recorded'))}"
        case "timeout":
            return f"stopped at its time limit, after {time}"
        case "no_data":
            return "not trained, because there is no data"
    return f"done in {time}"


def _end_of_log(log: str) -> list[str]:
    end = [f"  {printable(line)}" for line in last_lines(Path(log), LOG_LINES)]
    return [f"end of {log}:", *end] if end else [f"log: {log} (empty)"]

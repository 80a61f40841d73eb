"""Recorded commands, played again on a board with a clock of its own."""

from __future__ import annotations

import heapq
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from refashion.workflow.progress import wording
from refashion.workflow.progress.announcement import stage_seconds
from refashion.workflow.progress.board import Board
from refashion.workflow.progress.expectation import groups_of
from refashion.workflow.progress.jobs import Job, Training
from refashion.workflow.progress.workload import Task, Workload

RECORDED = Path(__file__).parents[1] / "data" / "recorded_commands.json"
STARTUP_SECONDS = 2
Recorded = dict[str, Any]


class Replay:
    """One recorded command, on a machine of another speed.

    Parameters
    ----------
    name
        Name of the command in `RECORDED`.
    speed
        Returns the factor of the duration of a job, given the job.
    folder
        Folder for the logs of the runs.
    prior
        What the announcement takes the ratio of real to stated minutes to be.
    """

    def __init__(
        self, name: str, speed: Callable[[Recorded], float], folder: Path, prior: float = 1
    ) -> None:
        self.prior = prior
        command = json.loads(RECORDED.read_text())[name]
        self.slots, self.folder, self.now = command["slots"], folder, 0.0
        self.jobs = [(job, speed(job)) for job in command["jobs"]]
        self.events = sorted(self._events(), key=lambda event: event[0])
        self.end = self.events[-1][0]
        self.board = Board(self._workload(), clock=lambda: self.now)

    def errors(self, every: float = 60) -> Iterator[tuple[float, float]]:
        """Yield the time and the estimated time left, as a multiple of the true time left."""
        sample = every
        for time, action in self.events:
            while sample <= min(time, self.end - 1):
                self.now = sample
                for training in self.board.trainings:
                    training.read(sample)
                yield sample, self.board.seconds_left() / (self.end - sample)
                sample += every
            self.now = time
            action()

    def _workload(self) -> Workload:
        tasks, stages = {}, {}
        studies = len({job["study"] for job, _ in self.jobs if "study" in job})
        for job, _ in self.jobs:
            if job["rule"] == "train":
                groups = groups_of(job["study"], job["run"], job["kind"], job["minutes"])
                tasks[_name(job)] = Task(self.prior * job["minutes"], groups, job["stops_early"])
            else:
                stages[_name(job)] = self.prior * stage_seconds(job["rule"], studies)
        return Workload(tasks, self.slots, stages)

    def _events(self) -> Iterator[tuple[float, Callable[[], None]]]:
        """Start each job in the first free slot, in the recorded order; the report last."""
        free = [0.0] * self.slots
        for jobid, (job, factor) in enumerate(self.jobs):
            start = max(free) if job["rule"] == "report" else free[0]
            heapq.heapreplace(free, start + job["seconds"] * factor)
            yield from self._job(jobid, job, start, factor)

    def _job(self, jobid: int, job: Recorded, start: float, factor: float) -> Iterator:
        log = self.folder / f"{jobid}.log"
        yield start, lambda: self._start(jobid, job, log)
        epochs = _epochs(job)
        at = start + min(STARTUP_SECONDS, (job["seconds"] - sum(epochs)) / 2) * factor
        for number, seconds in enumerate(epochs, 1):
            at += seconds * factor
            scores = "loss 0.5  val_accuracy 0.8"
            line = f"epoch {number}/{job['epochs']}  {scores}  {seconds * factor:.1f} s\n"
            yield at, lambda line=line: self._log(jobid, log, line)
        yield start + job["seconds"] * factor, lambda: self._end(jobid)

    def _start(self, jobid: int, job: Recorded, log: Path) -> None:
        kind = Training if job["rule"] == "train" else Job
        log.touch()
        self.board.start(jobid, kind(_name(job), job["rule"], {}, [log], self.now))

    def _log(self, jobid: int, log: Path, line: str) -> None:
        with log.open("a") as file:
            file.write(line)
        self.board.active[jobid].read(self.now)

    def _end(self, jobid: int) -> None:
        if isinstance(job := self.board.end(jobid), Training):
            self.board.learn(job)


def noisy(factors: dict[str, float], noise: float, seed: int) -> Callable[[Recorded], float]:
    """Return a speed: a factor for each kind of run, and noise for each run."""
    random = Random(seed)
    return lambda job: factors.get(job.get("kind", "stages"), 1) * math.exp(random.gauss(0, noise))


def _name(job: Recorded) -> str:
    keys = ("dataset", "study", "run", "seed")
    return wording.job_name(job["rule"], {key: job[key] for key in keys if key in job})


def _epochs(job: Recorded) -> list[float]:
    if "trained" not in job:
        return []
    return job.get("epoch_seconds") or [job["fit"] / job["trained"]] * job["trained"]

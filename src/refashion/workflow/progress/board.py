"""The state of a running workflow: running jobs, finished runs, and the estimated time left."""

from __future__ import annotations

import time
from collections.abc import Callable

from refashion.workflow.progress.jobs import Job, Training
from refashion.workflow.progress.pace import ALL, Pace
from refashion.workflow.progress.workload import REPORT, Workload, makespan


class Board:
    """The running jobs, and the state of all runs to train.

    Parameters
    ----------
    workload
        The jobs to do.
    clock
        Function that returns the time in seconds.
    """

    def __init__(self, workload: Workload, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.n_runs = len(workload.tasks)
        self.active: dict[int, Job] = {}
        self._slots = workload.slots
        self._tasks = workload.tasks
        self._stages = workload.stages
        self._waiting = set(self._tasks)
        self._waiting_stages = set(self._stages)
        self._ended: set[str] = set()
        self._finished = Pace()

    @property
    def n_ended(self) -> int:
        """Number of runs that have succeeded or failed."""
        return len(self._ended)

    @property
    def trainings(self) -> list[Training]:
        """The runs in training."""
        return [job for job in self.active.values() if isinstance(job, Training)]

    def start(self, jobid: int, job: Job) -> None:
        """Add a job; a run that is repeated counts as running again."""
        if isinstance(job, Training):
            job.task = self._tasks.get(job.name)
            self._waiting.discard(job.name)
            self._ended.discard(job.name)
        else:
            job.expected = self._stages.get(job.name)
            self._waiting_stages.discard(job.name)
        self.active[jobid] = job

    def end(self, jobid: int, has_result: bool = True) -> Job | None:
        """Remove a job, and return it; return None if it was never added.

        Parameters
        ----------
        jobid
            Snakemake's ID of the job.
        has_result
            False if Snakemake may start the job again.
        """
        job = self.active.pop(jobid, None)
        if isinstance(job, Training) and has_result:
            self._ended.add(job.name)
        return job

    def learn(self, training: Training) -> None:
        """Use the duration of a run that has succeeded to correct the estimates."""
        if training.task:
            taken = self.clock() - training.started
            self._finished.add(training.task.groups, taken / (60 * training.task.minutes))

    def seconds_left(self) -> float:
        """Estimate the time until all jobs have ended, in seconds."""
        now, pace = self.clock(), self.pace()
        stages = {name: self._stages[name] * pace.ratio((ALL,)) for name in self._waiting_stages}
        busy = {job.name: job.seconds_left(now, pace) or 0.0 for job in self.active.values()}
        alone = stages.pop(REPORT, 0.0) + busy.pop(REPORT, 0.0)
        tasks = [self._tasks[name] for name in self._waiting]
        waiting = [60 * task.minutes * pace.mean_ratio(task.groups) for task in tasks]
        return makespan([*waiting, *stages.values()], self._slots, busy.values()) + alone

    def pace(self) -> Pace:
        """Return how fast the runs are: those that have finished, and those in training."""
        now, pace = self.clock(), self._finished.copy()
        for training in self.trainings:
            if training.task and (shown := training.shown(now, self._finished)):
                pace.add(training.task.groups, *shown)
        return pace

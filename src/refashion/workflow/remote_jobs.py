"""Jobs on a cluster, of which an executor of Snakemake can lose sight."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snakemake.workflow import Workflow
    from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
    from snakemake_interface_executor_plugins.jobs import JobExecutorInterface


def keep_in_sight(workflow: Workflow) -> None:
    """Let the executor of a cluster know of every job from its submission to its end.

    While an executor asks for the state of its jobs, they are not in its list of active jobs. If
    the command were ended then, they would stay in the queue. So would jobs that Slurm's executor
    submits in other threads meanwhile. And if Slurm does not answer, its executor forgets all jobs
    that it asked for, and the command would wait for them for ever.

    Parameters
    ----------
    workflow
        The Snakemake workflow, with its scheduler and the jobs that are about to run.
    """
    remote = [job for job in workflow.dag.needrun_jobs() if not job.is_local]
    if workflow.local_exec or not remote:
        return
    executor = workflow.scheduler.get_executor(remote[0])
    submit, submitted = executor.run_job, executor.report_job_submission
    check, cancel = executor.check_active_jobs, executor.cancel_jobs
    # Changed by the threads that submit and ask, and read by the one that is interrupted.
    known: dict[int, SubmittedJobInfo] = {}
    is_ending = threading.Event()

    def run_job(job: JobExecutorInterface) -> None:
        if not is_ending.is_set():
            submit(job)

    async def check_active_jobs(jobs: list[SubmittedJobInfo]) -> AsyncIterator[SubmittedJobInfo]:
        try:
            async for _ in check(jobs):
                pass  # jobs are missing here of which it was told nothing
        except Exception:  # Snakemake ends the command, and would leave the jobs in the queue
            cancel_jobs([])
            raise
        for job in jobs:
            if id(job) in known:
                yield job

    def cancel_jobs(jobs: list[SubmittedJobInfo]) -> None:
        is_ending.set()
        cancel(list({**{id(job): job for job in jobs}, **known}.values()))

    def report_job_submission(job: SubmittedJobInfo, *arguments: Any, **options: Any) -> None:
        known[id(job)] = job
        submitted(job, *arguments, **options)

    def ending(report: Callable[..., None]) -> Callable[..., None]:
        def reported(job: SubmittedJobInfo, *arguments: Any, **options: Any) -> None:
            known.pop(id(job), None)
            report(job, *arguments, **options)

        return reported

    executor.run_job, executor.report_job_submission = run_job, report_job_submission
    executor.report_job_success = ending(executor.report_job_success)
    executor.report_job_error = ending(executor.report_job_error)
    executor.check_active_jobs, executor.cancel_jobs = check_active_jobs, cancel_jobs

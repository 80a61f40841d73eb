"""Jobs on a cluster, of which an executor of Snakemake can lose sight."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snakemake.workflow import Workflow
    from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo


def keep_in_sight(workflow: Workflow) -> None:
    """Let the executor of a cluster know of every job until it has ended.

    While an executor asks for the state of its jobs, they are not in its list of active jobs. If
    the command were ended then, they would stay in the queue. And that of Slurm forgets all jobs
    whose state it cannot be told, so that the command would wait for them for ever.

    Parameters
    ----------
    workflow
        The Snakemake workflow, with its scheduler and the jobs that are about to run.
    """
    remote = [job for job in workflow.dag.needrun_jobs() if not job.is_local]
    if workflow.local_exec or not remote:
        return
    executor = workflow.scheduler.get_executor(remote[0])
    check, cancel = executor.check_active_jobs, executor.cancel_jobs
    known: list[SubmittedJobInfo] = []
    ended: set[int] = set()

    async def check_active_jobs(jobs: list[SubmittedJobInfo]) -> AsyncIterator[SubmittedJobInfo]:
        known[:] = jobs
        ended.clear()
        active = [job async for job in check(jobs)]
        told = ended.union(map(id, active))
        active += [job for job in jobs if id(job) not in told]
        known[:] = active
        for job in active:
            yield job

    def cancel_jobs(jobs: list[SubmittedJobInfo]) -> None:
        listed = set(map(id, jobs))
        cancel([*jobs, *(job for job in known if id(job) not in listed)])

    def noted(report: Callable[..., None]) -> Callable[..., None]:
        def noting(job: SubmittedJobInfo, *arguments: Any, **options: Any) -> None:
            ended.add(id(job))
            report(job, *arguments, **options)

        return noting

    executor.check_active_jobs, executor.cancel_jobs = check_active_jobs, cancel_jobs
    executor.report_job_success = noted(executor.report_job_success)
    executor.report_job_error = noted(executor.report_job_error)

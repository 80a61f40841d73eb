"""One command at a time, as many jobs as memory holds, and none that outlives its command."""

import asyncio
import errno
import fcntl
import json
import os
import platform
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import psutil
import pytest

from refashion import lifetime
from refashion.workflow import lock, remote_jobs, resources

MAIN = SimpleNamespace(is_main_process=True, output_settings=SimpleNamespace(dryrun=False))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lock, "_LOCKED", [])
    yield tmp_path
    for file in lock._LOCKED:
        file.close()


def hold_elsewhere(folder):
    """Hold the folder from another process, which says so and waits."""
    code = (
        "import sys; from types import SimpleNamespace; from refashion.workflow import lock\n"
        "lock.lock_folder(SimpleNamespace(is_main_process=True, "
        "output_settings=SimpleNamespace(dryrun=False)), 'snakemake -c 2')\n"
        "print('held', flush=True); sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    other = subprocess.Popen([sys.executable, "-c", code], cwd=folder, **pipes)
    assert other.stdout.readline() == "held\n"
    return other


def test_the_second_command_hears_who_holds_the_folder(folder):
    other = hold_elsewhere(folder)
    told = lock.lock_folder(MAIN, "snakemake")
    assert told == f"process {other.pid} on {platform.node()}, `snakemake -c 2`"
    other.kill()
    other.communicate()
    assert lock.lock_folder(MAIN, "snakemake") is None


@pytest.fixture(params=["flock", "flock and lockf"])
def without_locks(monkeypatch, request):
    """A file system that cannot lock files, as some of clusters, by one way or by both."""

    def refuse(file, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    for name in request.param.split(" and "):
        monkeypatch.setattr(fcntl, name, refuse)


def test_no_command_is_said_to_be_at_work_that_is_not(folder, without_locks):
    lock.LOCK_FILE.parent.mkdir()
    ended = {"process": 2**22 + 1, "node": platform.node(), "command": "snakemake -c 2"}
    lock.LOCK_FILE.write_text(json.dumps(ended))
    assert lock.lock_folder(MAIN, "snakemake") is None


def test_without_locks_a_living_command_is_known_by_its_process(folder, monkeypatch):
    monkeypatch.setattr(lock, "_lock", lambda file: None)
    other = hold_elsewhere(folder)
    assert f"process {other.pid} on" in lock.lock_folder(MAIN, "snakemake")
    other.kill()
    other.communicate()
    assert lock.lock_folder(MAIN, "snakemake") is None


@pytest.mark.parametrize("text", ["", "process 7, `snakemake`", "[]", "null", '{"process": "x"}'])
def test_whatever_the_file_of_the_holder_says_nobody_holds_what_is_not_locked(folder, text):
    lock.LOCK_FILE.parent.mkdir()
    lock.LOCK_FILE.write_text(text)
    assert lock.lock_folder(MAIN, "snakemake") is None


@pytest.mark.parametrize("look", ["--dag", "--summary", "--report=page.html", "--rulegraph"])
def test_a_look_holds_nothing(folder, monkeypatch, look):
    monkeypatch.setattr(sys, "argv", ["snakemake", look])
    assert lock.lock_folder(MAIN, "snakemake") is None
    assert not lock.LOCK_FILE.exists()


def test_the_lock_of_a_crash_is_removed_and_that_of_a_living_command_is_not(folder):
    left = folder / ".snakemake/locks/0.input.lock"
    left.parent.mkdir(parents=True)
    left.touch()
    other = hold_elsewhere(folder)
    assert not left.exists()
    left.parent.mkdir()
    left.touch()
    assert lock.lock_folder(MAIN, "snakemake") is not None
    assert left.exists()
    other.communicate()


@pytest.mark.parametrize(
    "changed", [{"is_main_process": False}, {"output_settings": SimpleNamespace(dryrun=True)}]
)
def test_jobs_and_dry_runs_hold_nothing(folder, changed):
    assert lock.lock_folder(SimpleNamespace(**vars(MAIN) | changed), "snakemake -n") is None
    assert not lock._LOCKED and not (folder / ".snakemake").exists()


WATCHED = (
    "import json, os, sys, time; from pathlib import Path; from refashion import lifetime\n"
    "lifetime.LOOK_SECONDS, lifetime.PATIENCE_SECONDS = 0.1, float(sys.argv[1])\n"
    "os.environ[lifetime.PROCESS_VARIABLE] = 'another 7'\n"
    "lifetime.end_with_command(); print('started', flush=True); time.sleep(30)"
)


@pytest.mark.parametrize("holder", ["the same", "another", "silent"])
def test_a_job_on_another_machine_watches_the_lock_of_its_command(folder, holder):
    lock.LOCK_FILE.parent.mkdir()
    process = {"node": "another", "process": 7 if holder != "another" else 8}
    lock.LOCK_FILE.write_text(json.dumps(process))
    patience = "0.5" if holder == "silent" else "60"
    command = [sys.executable, "-c", WATCHED, patience]
    job = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    if holder == "the same":
        assert job.stdout.readline() == "started\n"
        time.sleep(0.5)
        assert job.poll() is None
        lock.LOCK_FILE.write_text(json.dumps({"node": "another", "process": 9}))
    assert job.wait(10) == -signal.SIGTERM
    job.communicate()


def workflow(local=True, **stated):
    """Snakemake's workflow, as far as it knows of resources."""
    resources = {name: SimpleNamespace(value=value) for name, value in stated.items()}

    def register(name, value):
        resources[name] = SimpleNamespace(value=value)

    return SimpleNamespace(local_exec=local, global_resources=resources, register_resource=register)


@pytest.mark.parametrize(
    ("mb_of_a_job", "registered", "at_a_time"), [(1, 8000, 8000), (3000, 8000, 2), (9000, 9000, 1)]
)
def test_memory_is_that_of_the_machine_and_enough_for_one_job(
    monkeypatch, mb_of_a_job, registered, at_a_time
):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=8_000_000_000))
    here = workflow()
    assert resources.share_memory(here, mb_of_a_job) == at_a_time
    assert here.global_resources["mem_mb"].value == registered


@pytest.mark.parametrize(
    ("group", "file"),
    [
        ("0::/job/step", "job/memory.max"),
        ("0::/", "memory.max"),
        ("4:memory:/docker/1", "memory/docker/1/memory.limit_in_bytes"),
        ("4:memory:/unknown/here", "memory/memory.limit_in_bytes"),
    ],
)
def test_memory_is_that_of_the_container(tmp_path, group, file):
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text(f"9:pids:/\n{group}\n")
    limit = tmp_path / "sys/fs/cgroup" / file
    limit.parent.mkdir(parents=True)
    limit.write_text("max\n")
    assert resources._memory(tmp_path) == psutil.virtual_memory().total
    limit.write_text("6000000\n")
    assert resources._memory(tmp_path) == 6_000_000


def test_memory_that_was_stated_and_that_of_a_cluster_is_left_alone():
    here, cluster = workflow(mem_mb=100), workflow(local=False)
    assert resources.share_memory(here, 40) == 2
    assert here.global_resources["mem_mb"].value == 100
    resources.share_memory(cluster, 40)
    assert not cluster.global_resources


def test_a_job_ends_with_its_command(tmp_path):
    command = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    code = (
        "import time; from refashion import lifetime; lifetime.end_with_command(); time.sleep(60)"
    )
    job = {"args": [sys.executable, "-c", code]}

    def started(node):
        return subprocess.Popen(
            **job, cwd=tmp_path, env=os.environ | {lifetime.PROCESS_VARIABLE: f"{node} {pid}"}
        )

    pid = command.pid
    here, elsewhere = started(platform.node()), started("another-machine")
    time.sleep(1)
    assert here.poll() is None
    command.kill()
    # Before anyone has asked how the command ended, too.
    assert here.wait(timeout=10) == -signal.SIGTERM
    command.wait()
    assert elsewhere.poll() is None
    elsewhere.kill()
    elsewhere.wait()


def test_a_signal_for_the_command_reaches_its_jobs_and_no_kernel():
    code = (
        "import signal, subprocess, sys, time; from refashion.workflow import signals\n"
        # Whoever runs the tests may ignore it, and be inherited from.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "signals.end_jobs_with_command()\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "job = subprocess.Popen(sleep); kernel = subprocess.Popen(sleep, start_new_session=True)\n"
        "try: print('started', flush=True); time.sleep(60)\n"
        "except KeyboardInterrupt: print(job.wait(), kernel.poll(), flush=True); kernel.kill()\n"
    )
    command = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert command.stdout.readline() == "started\n"
    command.send_signal(signal.SIGINT)
    assert command.communicate(timeout=20)[0] == f"{-signal.SIGTERM} None\n"


class Cluster:
    """An executor for a cluster, which records what it is told; `check` asks for states."""

    def __init__(self, check=None, is_local=False):
        self.told, self.check = [], check
        workflow = SimpleNamespace(
            local_exec=is_local,
            dag=SimpleNamespace(needrun_jobs=lambda: [SimpleNamespace(is_local=False)]),
            scheduler=SimpleNamespace(get_executor=lambda job: self),
        )
        remote_jobs.keep_in_sight(workflow)

    def run_job(self, job):
        self.report_job_submission(job)

    def report_job_submission(self, job, register_job=True):
        self.told.append(("submitted", job))

    def report_job_success(self, job):
        self.told.append(("succeeded", job))

    def report_job_error(self, job, msg):
        self.told.append((msg, job))

    def cancel_jobs(self, jobs):
        self.told.append(("cancelled", jobs))

    async def check_active_jobs(self, jobs):
        for job in self.check(self, jobs):
            yield job

    def ask(self, jobs):
        async def asked():
            return [job async for job in self.check_active_jobs(jobs)]

        self.told.clear()
        return asyncio.run(asked())


@pytest.fixture
def jobs():
    return [SimpleNamespace(external_jobid=str(n)) for n in range(3)]


def submitted(jobs, check):
    cluster = Cluster(check)
    for job in jobs:
        cluster.run_job(job)
    return cluster


def test_a_command_cancels_jobs_whose_state_is_being_asked_for(jobs):
    def check(cluster, asked):
        cluster.report_job_success(asked[0])
        cluster.cancel_jobs([])  # as a signal would, in the middle
        return asked[1:]

    cluster = submitted(jobs, check)
    assert cluster.ask(jobs) == jobs[1:]
    assert cluster.told == [("succeeded", jobs[0]), ("cancelled", jobs[1:])]


def test_no_job_is_submitted_after_the_others_are_cancelled(jobs):
    cluster = submitted(jobs[:2], None)
    cluster.cancel_jobs(jobs[:2])
    cluster.run_job(jobs[2])
    assert cluster.told[2:] == [("cancelled", jobs[:2])]


def test_jobs_whose_state_could_not_be_told_are_asked_for_again(jobs):
    answers = iter([False, True])

    def check(cluster, asked):
        if not next(answers):
            return []
        cluster.report_job_success(asked[1])
        cluster.report_job_error(asked[2], msg="failed")
        return asked[:1]

    cluster = submitted(jobs, check)
    assert cluster.ask(jobs) == jobs
    assert cluster.ask(jobs) == jobs[:1]
    assert cluster.told == [("succeeded", jobs[1]), ("failed", jobs[2])]


def test_jobs_are_cancelled_if_their_state_cannot_be_asked_for(jobs):
    def check(cluster, asked):
        raise OSError("no process can be started")

    cluster = submitted(jobs, check)
    with pytest.raises(OSError, match="no process"):
        cluster.ask(jobs)
    assert cluster.told == [("cancelled", jobs)]


def test_on_one_machine_the_executor_stays_as_it_is():
    assert not {"run_job", "cancel_jobs"} & vars(Cluster(is_local=True)).keys()
    assert {"run_job", "cancel_jobs"} <= vars(Cluster()).keys()


@pytest.mark.parametrize("local", [True, False])
def test_only_clusters_are_spared_too_many_jobs_a_second(local):
    workflow = SimpleNamespace(
        local_exec=local, scheduler=SimpleNamespace(job_rate_limiter="100/1s")
    )
    resources.end_with_last_job(workflow)
    assert (workflow.scheduler.job_rate_limiter is None) == local

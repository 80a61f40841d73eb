"""One command at a time, as many jobs as memory holds, and none that outlives its command."""

import os
import platform
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import psutil
import pytest

from refashion import guard

MAIN = SimpleNamespace(is_main_process=True, output_settings=SimpleNamespace(dryrun=False))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(guard, "_HELD", [])
    yield tmp_path
    for file in guard._HELD:
        file.close()


def hold_elsewhere(folder):
    """Hold the folder from another process, which says so and waits."""
    code = (
        "import sys; from types import SimpleNamespace; from refashion import guard\n"
        "guard.hold_folder(SimpleNamespace(is_main_process=True, "
        "output_settings=SimpleNamespace(dryrun=False)), 'snakemake -c 2')\n"
        "print('held', flush=True); sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    other = subprocess.Popen([sys.executable, "-c", code], cwd=folder, **pipes)
    assert other.stdout.readline() == "held\n"
    return other


def test_the_second_command_hears_who_holds_the_folder(folder):
    other = hold_elsewhere(folder)
    told = guard.hold_folder(MAIN, "snakemake")
    assert told == f"process {other.pid}, `snakemake -c 2`"
    other.kill()
    other.communicate()
    assert guard.hold_folder(MAIN, "snakemake") is None


def test_the_lock_of_a_crash_is_removed_and_that_of_a_living_command_is_not(folder):
    lock = folder / ".snakemake/locks/0.input.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    other = hold_elsewhere(folder)
    assert not lock.exists()
    lock.parent.mkdir()
    lock.touch()
    assert guard.hold_folder(MAIN, "snakemake") is not None
    assert lock.exists()
    other.communicate()


@pytest.mark.parametrize(
    "changed", [{"is_main_process": False}, {"output_settings": SimpleNamespace(dryrun=True)}]
)
def test_jobs_and_dry_runs_hold_nothing(folder, changed):
    assert guard.hold_folder(SimpleNamespace(**vars(MAIN) | changed), "snakemake -n") is None
    assert not guard._HELD and not (folder / ".snakemake").exists()


def registering(resources, local=True):
    registered = {}
    workflow = SimpleNamespace(
        local_exec=local, global_resources=resources, register_resource=registered.__setitem__
    )
    guard.share_memory(workflow, 10**9)
    guard.share_memory(workflow, 1)
    return registered.get("mem_mb")


def test_memory_is_that_of_the_machine_and_enough_for_one_job(monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=8_000_000_000))
    assert registering({}) == 8000
    workflow = SimpleNamespace(local_exec=True, global_resources={}, register_resource=print)
    workflow.register_resource = lambda name, value: seen.append((name, value))
    seen = []
    guard.share_memory(workflow, 9000)
    assert seen == [("mem_mb", 9000)]


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
    assert guard._memory(tmp_path) == psutil.virtual_memory().total
    limit.write_text("6000000\n")
    assert guard._memory(tmp_path) == 6_000_000


def test_memory_that_was_stated_and_that_of_a_cluster_is_left_alone():
    assert registering({"mem_mb": 100}) is None
    assert registering({}, local=False) is None


def test_a_job_ends_with_its_command(monkeypatch):
    command = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    code = "import time; from refashion import guard; guard.end_with_command(); time.sleep(60)"
    job = {"args": [sys.executable, "-c", code]}

    def started(node):
        return subprocess.Popen(**job, env=os.environ | {guard.PROCESS_VARIABLE: f"{node} {pid}"})

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
        "import signal, subprocess, sys, time; from refashion import guard\n"
        # Whoever runs the tests may ignore it, and be inherited from.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "guard.end_jobs_with_command()\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "job = subprocess.Popen(sleep); kernel = subprocess.Popen(sleep, start_new_session=True)\n"
        "try: print('started', flush=True); time.sleep(60)\n"
        "except KeyboardInterrupt: print(job.wait(), kernel.poll(), flush=True); kernel.kill()\n"
    )
    command = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert command.stdout.readline() == "started\n"
    command.send_signal(signal.SIGINT)
    assert command.communicate(timeout=20)[0] == f"{-signal.SIGTERM} None\n"


@pytest.mark.parametrize("local", [True, False])
def test_only_clusters_are_spared_too_many_jobs_a_second(local):
    workflow = SimpleNamespace(
        local_exec=local, scheduler=SimpleNamespace(job_rate_limiter="100/1s")
    )
    guard.end_with_last_job(workflow)
    assert (workflow.scheduler.job_rate_limiter is None) == local

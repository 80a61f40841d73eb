"""On a cluster, whatever happens to a job or a command, results are those of a local run."""

import json
import os
import shlex
import shutil
import signal

import pytest

from support.on_cluster import FORESTS, SLURM, SMOKE

ONE_AT_A_TIME = ("--cores", "1")

# Slow enough to disturb a job when some of its runs are done and others are not.
SLOW = "import time; time.sleep(6)"

# 1.8 GB in one of four runs, for so long that Slurm sees it. That is too much for a limit of 1.6 GB
# and not for one of 3.2 GB.
HOG = """
import time
if (run, seed) == ("small", 0):
    hog = b"x" * 1_800_000_000
    time.sleep(5)
"""


def ended_well(command, seconds=700):  # Slurm waits two minutes with jobs of a lost node
    told = command.communicate(timeout=seconds)[0]
    assert command.returncode == 0, told
    return told


def results(folder):
    """What finished runs left, with the time they took, which tells executions apart."""
    return {name: folder.runs[name].run_json.read_bytes() for name in folder.finished()}


def logs(folder):
    return {name: run.log.read_text() for name, run in folder.runs.items()}


def test_a_whole_report(folder, local):
    folder.anew(SMOKE)
    command = folder.start(*SLURM)
    folder.cluster.wait_for(lambda: folder.processes("refashion.execution.kernels.server"), 120)
    told = ended_well(command, 500)
    assert folder.bits() == local[SMOKE]
    assert folder.layout.report_html.exists() and folder.layout.report_pdf.exists()
    assert "4 of 4 runs done" in told and "Traceback" not in told
    # One job for all four runs, one after the other. The local run has prepared the data.
    group, *others = folder.jobs()
    assert (group[1], group[4], group[6]) == ("COMPLETED", "4500M", "1") and "short" in group[-1]
    stages = ["evaluate", "explore", "judge", "report"]
    assert sorted(job[-1].split("_")[1] for job in others) == stages
    assert not any("plain kernel" in log for log in logs(folder).values())


def test_a_job_killed_for_its_memory_gets_more(folder, local):
    folder.add_to_runs(HOG)
    command = folder.start_training(*SLURM, "--set-resources", "train:mem_mb=attempt * 1600")
    ended_well(command)
    assert folder.bits() == local[FORESTS]
    first, second = (job for job in folder.jobs() if "short" in job[-1])
    assert (first[1], first[4], second[1], second[4]) == ("FAILED", "1600M", "COMPLETED", "3200M")


def test_a_run_that_never_fits_is_a_failure_and_costs_no_other(folder, local):
    folder.add_to_runs(HOG)
    command = folder.start_training(*SLURM, *ONE_AT_A_TIME, "--set-resources", "train:mem_mb=900")
    told = command.communicate(timeout=300)[0]
    assert "Traceback" not in told
    groups = [job for job in folder.jobs() if "short" in job[-1]]
    assert [job[1] for job in groups] == ["FAILED", "FAILED", "COMPLETED"]
    states = {name: json.loads(run.run_json.read_text()) for name, run in folder.runs.items()}
    assert states["small 0"]["error"]["type"] == "JobEnded"
    # Of runs that had finished before, and that came later, only those that never could are lost.
    assert [state["status"] for state in states.values()].count("ok") >= 1


def test_a_node_that_is_drained_and_then_gone(folder, local):
    folder.add_to_runs(SLOW)
    command = folder.start_training(*SLURM, *ONE_AT_A_TIME)
    folder.cluster.wait_for(folder.finished, 200)
    before = results(folder)
    ((_, _, node, *_),) = [job for job in folder.jobs() if job[1] == "RUNNING"]
    folder.cluster.call("scontrol", "update", f"nodename={node}", "state=drain", "reason=test")
    assert folder.cluster.states()[node] == "drng"  # what runs there may go on
    folder.cluster.call("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    ended_well(command)
    assert folder.bits() == local[FORESTS]
    assert before.items() <= results(folder).items()  # executed once
    assert any("its results are kept" in log for log in logs(folder).values())
    (group,) = [job for job in folder.jobs() if "short" in job[-1]]
    assert group[1] == "COMPLETED" and group[2] != node


def test_a_command_that_is_killed_and_called_again(folder, local):
    folder.add_to_runs(SLOW)
    command = folder.start_training(*SLURM, *ONE_AT_A_TIME)
    folder.cluster.wait_for(folder.finished, 200)
    command.kill()
    command.wait()
    before = results(folder)
    ended_well(folder.start_training(*SLURM, *ONE_AT_A_TIME))
    assert folder.bits() == local[FORESTS]
    assert before.items() <= results(folder).items()  # executed once
    # The job of the first command ended by itself when the second began.
    groups = [job for job in folder.jobs() if "short" in job[-1]]
    assert [job[1] for job in groups] == ["FAILED", "COMPLETED"]


def end_with_its_jobs(folder, command, number):
    command.send_signal(number)
    told = command.communicate(timeout=60)[0]
    assert command.returncode != 0 and "Traceback" not in told
    folder.cluster.wait_for(lambda: not folder.cluster.queue())
    assert {job[1] for job in folder.jobs()} == {"CANCELLED"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_takes_all_jobs_out_of_the_queue(folder, number):
    folder.add_to_runs("import time; time.sleep(300)")
    command = folder.start_training(*SLURM)
    folder.cluster.wait_for(lambda: folder.processes("refashion train", "--executions"), 120)
    end_with_its_jobs(folder, command, number)


@pytest.fixture
def squeue(folder, tmp_path, monkeypatch):
    """Let the folder's commands find another squeue: a line of the shell, then the real one."""

    def replace(line):
        program = tmp_path / "squeue"
        program.write_text(f'#!/bin/sh\n{line}\nexec {shutil.which("squeue")} "$@"\n')
        program.chmod(0o755)
        path = f"{tmp_path}{os.pathsep}{folder.environment['PATH']}"
        monkeypatch.setitem(folder.environment, "PATH", path)

    return replace


def test_a_signal_while_the_state_of_jobs_is_asked_for(folder, tmp_path, squeue):
    squeue(f"touch {tmp_path}/asked; sleep 5")
    folder.add_to_runs("import time; time.sleep(300)")
    command = folder.start_training(*SLURM)
    folder.cluster.wait_for((tmp_path / "asked").exists, 120)
    assert folder.cluster.queue()
    end_with_its_jobs(folder, command, signal.SIGTERM)


def test_slurm_tells_nothing_for_a_while(folder, local, tmp_path, squeue):
    """The executor asks five times before it goes on without an answer."""
    asked = tmp_path / "asked"
    squeue(f"echo >> {asked}; test $(wc -l < {asked}) -gt 7 || exit 1")
    ended_well(folder.start_training(*SLURM))
    assert len(asked.read_text()) > 7
    assert folder.bits() == local[FORESTS]


def test_another_scheduler(folder, local):
    """As an example of another scheduler, Slurm with its commands given."""
    submit = "sbatch --parsable --time {resources.runtime} --mem {resources.mem_mb} -c {threads}"
    status = folder.path / "status.sh"
    status.write_text(
        '#!/bin/sh\ncase $(squeue --noheader --states all --format %T --jobs "$1") in\n'
        "COMPLETED) echo success;; PENDING|CONFIGURING|RUNNING|COMPLETING) echo running;;\n"
        "*) echo failed;; esac\n"
    )
    status.chmod(0o755)
    generic = ["--workflow-profile", "profiles/cluster-generic"]
    generic += ["--cluster-generic-submit-cmd", submit, "--cluster-generic-cancel-cmd", "scancel"]
    generic += ["--cluster-generic-status-cmd", shlex.quote(str(status)), "--latency-wait", "5"]
    ended_well(folder.start_training(*generic))
    assert folder.bits() == local[FORESTS]
    assert len(folder.jobs()) == 2  # one for all runs, one for their scores

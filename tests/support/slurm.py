"""A small Slurm cluster on this machine: munge, a controller, and two nodes."""

import getpass
import os
import platform
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel")

NODES = ("node1", "node2")

# Memory is watched, as a sandbox seldom lets Slurm make control groups. Ended jobs are remembered
# for MinJobAge, so no accounting database is needed.
SETTINGS = """
ClusterName=refashion
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdSpoolDir={folder}/%n
SlurmdPidFile={folder}/%n.pid
SlurmdLogFile={folder}/%n.log
SlurmdParameters=config_overrides
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill,NoShared
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=2,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
ReturnToService=2
KillWait=5
MinJobAge=300
SwitchType=switch/none
{nodes}
PartitionName=quick Nodes=ALL Default=YES MaxTime=180 State=UP
PartitionName=long Nodes=ALL MaxTime=2-00:00:00 State=UP
"""


def missing() -> list[str]:
    """Give the programs of Slurm that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name, path=_path()) is None]


def _path() -> str:
    return os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])


class Slurm:
    """A running cluster; `environment` is what its commands need."""

    def __init__(self, folder: Path, cpus: int = 4, memory_mb: int = 40000) -> None:
        self.folder = folder
        self.cpus, self.memory_mb = cpus, memory_mb
        # The executor passes no SLURM_CONF to the jobs' own srun, so that one needs a wrapper.
        path = f"{folder}{os.pathsep}{os.environ['PATH']}"
        self.environment = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": path}
        self._daemons: list[subprocess.Popen] = []

    def configure(self) -> None:
        (self.folder / "state").mkdir()
        ports = _free_ports(1 + len(NODES))
        lines = [
            f"NodeName={name} NodeHostname={platform.node()} NodeAddr=127.0.0.1 Port={port} "
            f"CPUs={self.cpus} RealMemory={self.memory_mb} State=UNKNOWN"
            for name, port in zip(NODES, ports[1:], strict=True)
        ]
        text = SETTINGS.format(
            host=platform.node(),
            port=ports[0],
            user=getpass.getuser(),
            folder=self.folder,
            nodes="\n".join(lines),
        )
        (self.folder / "slurm.conf").write_text(text)
        srun = self.folder / "srun"
        own = shutil.which("srun", path=_path())
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={self.folder}/slurm.conf exec {own} "$@"\n')
        srun.chmod(0o755)

    def start(self) -> None:
        key, place = self.folder / "munge.key", self.folder
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        files = {"socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
        options = [f"--{option}={place}/munge.{name}" for option, name in files.items()]
        self._daemon("munged", "--foreground", "--force", f"--key-file={key}", *options)
        self.wait_for(lambda: (place / "munge.socket").exists())
        self._daemon("slurmctld", "-D")
        for name in NODES:
            self._daemon(*_renamed(name), "slurmd", "-D", "-N", name)
        self.wait_for(lambda: self.states() == dict.fromkeys(NODES, "idle"))

    def _daemon(self, *command: str) -> None:
        with (self.folder / "daemons.log").open("ab") as log:
            environment = {**os.environ, **self.environment, "PATH": f"{self.folder}:{_path()}"}
            started = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self._daemons.append(started)

    def stop(self) -> None:
        with_jobs = [line.split()[0] for line in self.queue()]
        if with_jobs:
            self.call("scancel", *with_jobs)
            self.wait_for(lambda: not self.queue(), otherwise_fail=False)
        for daemon in reversed(self._daemons):
            daemon.terminate()
        for daemon in self._daemons:
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()

    def call(self, *command: str) -> str:
        """Call a command of Slurm and give its output."""
        done = subprocess.run(
            command, env={**os.environ, **self.environment}, capture_output=True, text=True
        )
        return done.stdout

    def states(self) -> dict[str, str]:
        """Give the state of each node."""
        lines = self.call("sinfo", "--noheader", "-N", "-p", "quick", "-o", "%N %t").split("\n")
        return dict(line.split() for line in lines if line)

    def queue(self, states: str = "PD,R,CG") -> list[str]:
        """Give a line for each job: number, state, node, time, memory, partition, cores, rules."""
        told = self.call("squeue", "--noheader", "-t", states, "-o", "%i %T %N %l %m %P %C %k")
        return told.splitlines()

    def wait_for(
        self, what: Callable[[], object], seconds: float = 30, otherwise_fail: bool = True
    ) -> None:
        until = time.monotonic() + seconds
        while not what():
            if time.monotonic() > until:
                assert not otherwise_fail, (self.folder / "slurmctld.log").read_text()[-3000:]
                return
            time.sleep(0.2)


def _renamed(node: str) -> list[str]:
    """Give the beginning of a command that runs under the name of a node, which only root may."""
    if os.geteuid() or shutil.which("unshare") is None:
        return []
    script = 'hostname "$0" && exec "$@"'
    return ["unshare", "--uts", "sh", "-c", script, node]


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


@contextmanager
def cluster(folder: Path, **how: int) -> Iterator[Slurm]:
    """Start a cluster, and end it."""
    made = Slurm(folder, **how)
    made.configure()
    try:
        made.start()
        yield made
    finally:
        made.stop()

"""A Slurm cluster of two nodes on this machine, a folder to run in, and results of a local run."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import nbformat
import psutil
import pytest

from refashion.artifacts import Layout
from support import slurm
from support.clone import SMOKE, Clone

SEEDS = 2
RUNS = [(run, seed) for run in ("cnn", "gru") for seed in range(SEEDS)]
MARK = "REFASHION_TEST"

# Slurm's defaults are for days, not for seconds.
QUICK = ("--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "5")


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory) -> Iterator[slurm.Slurm]:
    if missing := slurm.missing():
        pytest.skip(f"no {', '.join(missing)} here; on Debian: apt install slurm-wlm munge")
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip("the executors of clusters are not installed: make env CLUSTER=1")
    # A short path, because it holds sockets.
    with slurm.cluster(tmp_path_factory.mktemp("slurm")) as made:
        yield made


class OnCluster(Clone):
    """A copy of the project whose commands run on the cluster."""

    def __init__(self, path: Path, project: Path, data: Path, cluster: slurm.Slurm) -> None:
        super().__init__(path, project, data)
        self.cluster = cluster
        self.mark = uuid.uuid4().hex
        self.environment |= {"SLURM_CONF": cluster.environment["SLURM_CONF"], MARK: self.mark}
        self.environment["PATH"] = f"{cluster.folder}{os.pathsep}{self.environment['PATH']}"
        self.results = "results/smoke"

    @property
    def layout(self) -> Layout:
        return Layout(self.path / self.results, self.path / "data")

    def anew(self) -> None:
        """Begin with no results; the data stay."""
        self.results = f"results/{uuid.uuid4().hex[:8]}"

    def command(self, *options: str) -> list[str]:
        config = [*SMOKE, f"seeds={SEEDS}", f"results={self.results}"]
        chosen = ["--workflow-profile", "profiles/slurm", *QUICK, *options]
        return ["snakemake", *chosen, "--config", *config]

    def start(self, *options: str) -> subprocess.Popen:
        """Start the command in the background, in a session of its own."""
        return subprocess.Popen(
            self.command(*options),
            cwd=self.path,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def call(self, *options: str) -> tuple[int, str]:
        """Run the command and give its exit status and its output."""
        command = self.start(*options)
        told = command.communicate(timeout=400)[0]
        return command.returncode, told

    def bits(self) -> dict[tuple[str, int], tuple[bytes, bytes]]:
        """What the runs came to, to the last bit."""
        folders = {key: self.layout.run("cnn_vs_gru", *key) for key in RUNS}
        return {k: (f.metrics.read_bytes(), f.predictions.read_bytes()) for k, f in folders.items()}

    def submitted(self, before: int) -> list[list[str]]:
        """The jobs after one with a number: number, state, node, time, memory, and so on."""
        lines = sorted(map(str.split, self.cluster.queue("all")), key=lambda line: int(line[0]))
        return [line for line in lines if int(line[0]) > before]

    def last_job(self) -> int:
        return max((int(line.split()[0]) for line in self.cluster.queue("all")), default=0)

    def processes(self, *words: str) -> list[psutil.Process]:
        """Processes of this folder's commands and jobs, with some words in their command line."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                is_ours = process.environ().get(MARK) == self.mark
                line = " ".join(process.cmdline())
                if is_ours and process.status() != psutil.STATUS_ZOMBIE:
                    found += [process] * all(word in line for word in words)
        return found

    def training(self) -> list[psutil.Process]:
        """The jobs that execute a run."""
        return self.processes("-m refashion train --recipe", "--executions")

    def add_to_runs(self, code: str) -> None:
        """Put a cell before the training of each run, in this folder alone."""
        path = self.path / "notebooks" / "train.ipynb"
        notebook = nbformat.read(path, as_version=4)
        tags = [cell.metadata.get("tags", []) for cell in notebook.cells]
        place = next(i for i, of_cell in enumerate(tags) if "parameters" in of_cell)
        notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(code))
        nbformat.write(notebook, path)


@pytest.fixture(scope="session")
def whole(cluster, tmp_path_factory, project, data) -> Iterator[OnCluster]:
    folder = OnCluster(tmp_path_factory.mktemp("on a cluster"), project, data, cluster)
    yield folder
    for process in folder.processes():
        with suppress(psutil.Error):
            process.send_signal(signal.SIGKILL)


@pytest.fixture(scope="session")
def local(whole) -> dict:
    """The bits of the same runs without a cluster."""
    whole.anew()
    done = whole.snakemake(f"seeds={SEEDS}", f"results={whole.results}", cores=os.cpu_count() or 1)
    assert done.returncode == 0, done.stdout
    return whole.bits()


@pytest.fixture
def folder(whole, local) -> Iterator[OnCluster]:
    whole.anew()
    notebook = whole.path / "notebooks" / "train.ipynb"
    before = notebook.read_bytes()
    yield whole
    notebook.write_bytes(before)
    whole.cluster.call("scontrol", "update", "nodename=node[1-2]", "state=resume")

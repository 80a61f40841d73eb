"""A folder that is disturbed, and the results that an undisturbed one has."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from support.clone import SMOKE, Clone

MARK = "REFASHION_TEST"
RUNS = ("cnn", "gru")


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.faults)


class Disturbed(Clone):
    """A copy of the project whose commands are started, disturbed, and started again."""

    def __init__(self, path: Path, project: Path, data: Path) -> None:
        super().__init__(path, project, data)
        self.environment[MARK] = self.mark = uuid.uuid4().hex
        self.results = "results/smoke"

    def anew(self) -> None:
        """Begin with no results; the data stay."""
        self.results = f"results/{uuid.uuid4().hex[:8]}"

    def start(self, *options: str) -> subprocess.Popen:
        """Start the command in the background, in a session of its own."""
        command = ["snakemake", "--cores", "2", *options, "--config", *SMOKE]
        return subprocess.Popen(
            [*command, f"results={self.results}"],
            cwd=self.path,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def again(self) -> str:
        """Give the command until it ends well, at most three times; give what it said last."""
        for _ in range(3):
            done = self.snakemake(f"results={self.results}")
            if done.returncode == 0:
                return done.stdout
        raise AssertionError(done.stdout)

    def processes(self) -> list[psutil.Process]:
        """All that live of this folder's commands."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                is_alive = process.status() != psutil.STATUS_ZOMBIE
                if is_alive and process.environ().get(MARK) == self.mark:
                    found.append(process)
        return found

    def find(self, *words: str) -> list[psutil.Process]:
        """Processes with some words in their command line."""
        found = []
        for process in self.processes():
            with suppress(psutil.Error):
                line = " ".join(process.cmdline())
                if all(word in line for word in words):
                    found.append(process)
        return found

    def wait_for(self, what: Callable[[], object], seconds: float = 120) -> None:
        until = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < until, "what was waited for has not come"
            time.sleep(0.1)

    def all_gone(self, seconds: float = 10) -> list[psutil.Process]:
        """Processes that live after some seconds."""
        until = time.monotonic() + seconds
        while (living := self.processes()) and time.monotonic() < until:
            time.sleep(0.2)
        return living

    def broken_files(self) -> list[Path]:
        """Files at their final places that cannot be read whole."""
        broken = []
        for path in sorted((self.path / self.results).rglob("*")):
            if "scratch" in path.parts or not path.is_file():
                continue
            try:
                if path.suffix in (".json", ".ipynb"):
                    json.loads(path.read_text())
                elif path.suffix == ".npz":
                    with np.load(path) as arrays:
                        [arrays[name] for name in arrays]
                elif path.suffix == ".csv":
                    pd.read_csv(path)
            except ValueError:
                broken.append(path)
        return broken

    def scores(self) -> dict[str, bytes]:
        """What the runs came to, to the last bit."""
        study = self.path / self.results / "cnn_vs_gru"
        return {run: (study / run / "seed-0" / "metrics.json").read_bytes() for run in RUNS}


@pytest.fixture(scope="session")
def disturbed(tmp_path_factory, project, data) -> Iterator[Disturbed]:
    folder = Disturbed(tmp_path_factory.mktemp("to be disturbed"), project, data)
    yield folder
    for process in folder.processes():
        with suppress(psutil.Error):
            process.send_signal(signal.SIGKILL)


@pytest.fixture(scope="session")
def undisturbed(disturbed) -> dict[str, bytes]:
    """The scores of a command that nothing has disturbed."""
    disturbed.again()
    return disturbed.scores()


@pytest.fixture
def folder(disturbed, undisturbed) -> Disturbed:
    disturbed.anew()
    return disturbed

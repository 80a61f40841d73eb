"""A copy of the project in which commands are run and timed."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.workflow import folders
from refashion.workflow.plan import OVERRIDES_VARIABLE, Plan

# Prefixes of variables set by a workflow, make or notebook around this process.
FOREIGN = ("REFASHION_", "JUPYTER_", "MAKE", "MFLAGS", "SNAKEMAKE")
KEPT = "REFASHION_DATA"

# Prefix of the line with the JSON answer of a measuring process.
ANSWER = "measured: "

SMOKE = {"limits": {"examples": 300, "epochs": 1}}


class CommandError(Exception):
    """A command failed; the message ends with its output.

    Parameters
    ----------
    command
        The command.
    status
        Its exit status; the negative number of a signal that ended it.
    output
        End of its output.
    """

    def __init__(self, command: Sequence[str], status: int, output: str) -> None:
        how = f"was ended by {_signal(-status)}" if status < 0 else f"ended with {status}"
        said = output.strip().splitlines()
        self.why = f"its process {how}" + (f": {said[-1][:200]}" if said else "")
        super().__init__(f"{' '.join(command)[:200]} {how}:\n{output}")


def _signal(number: int) -> str:
    return next((each.name for each in signal.Signals if each == number), f"signal {number}")


@dataclass(frozen=True)
class Done:
    """Cost and output of a command.

    Attributes
    ----------
    seconds
        Wall time in seconds.
    processor
        CPU time in seconds, user and system, of the command and its child processes.
    said
        Standard output and error.
    """

    seconds: float
    processor: float
    said: str

    @property
    def answer(self) -> Any:
        """The answer of a measuring process."""
        return json.loads(self.said.rpartition(ANSWER)[2].splitlines()[0])


def processor_of_children() -> float:
    """Return the CPU time of all finished child processes, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(command: list[str], folder: Path, environment: Mapping[str, str]) -> Done:
    """Run a command, and wait for it to end.

    Raises
    ------
    CommandError
        The command failed.
    """
    before, started = processor_of_children(), time.perf_counter()
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    seconds, processor = time.perf_counter() - started, processor_of_children() - before
    if done.returncode:
        raise CommandError(command, done.returncode, done.stdout[-3000:])
    return Done(seconds, processor, done.stdout)


class Scratch:
    """A copy of the project like a fresh clone, without results.

    Parameters
    ----------
    path
        Empty folder for the copy.
    project
        Folder of the project.
    """

    def __init__(self, path: Path, project: Path) -> None:
        self.path = path
        self.project = project
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", ":!docs"]
        for name in subprocess.check_output(listed, cwd=project, text=True).splitlines():
            if (project / name).is_file():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(project / name, path / name)

    @cached_property
    def environment(self) -> dict[str, str]:
        """Environment variables of all commands."""
        own = {k: v for k, v in os.environ.items() if k == KEPT or not k.startswith(FOREIGN)}
        path = os.pathsep.join([str(Path(sys.executable).parent), own.get("PATH", os.defpath)])
        return own | {"PYTHONPATH": str(self.path / "src"), "PATH": path}

    def python(self, *arguments: str, more: Mapping[str, str] | None = None) -> Done:
        """Run Python with additional environment variables."""
        return run([sys.executable, *arguments], self.path, self.environment | (more or {}))

    def stage(self, *arguments: str, overrides: Mapping[str, Any]) -> Done:
        """Run one stage in the same way as its rule."""
        given = {OVERRIDES_VARIABLE: json.dumps(overrides)}
        return self.python("-m", "refashion", *arguments, more=given)

    def snakemake(self, *arguments: str, overrides: Mapping[str, Any], cores: int) -> Done:
        """Run the workflow."""
        command = ["snakemake", *arguments, "--cores", str(cores)]
        config = [
            f"{key}={value if isinstance(value, str) else json.dumps(value)}"
            for key, value in overrides.items()
        ]
        more = ["--config", *config] if config else []
        return run([*command, *more], self.path, self.environment)

    def plan(self, overrides: Mapping[str, Any]) -> Plan:
        """Load the plan of the copy."""
        return Plan.load(overrides, self.path, self.path)

    @property
    def layout(self) -> Layout:
        """Paths of the data, and of the results in their default folder."""
        return Layout(self.path / "results", self.path / "data")

    def arrays(self, dataset: str) -> Path | None:
        """Return the folder of the prepared arrays of a dataset; None if it is not available.

        The first call prepares the arrays, with the files of the project if they exist.
        """
        layout, theirs = self.layout, Layout(data=self.project / "data")
        if not layout.prepared(dataset).exists():
            if theirs.fetch(dataset).exists() and not layout.fetch(dataset).exists():
                shutil.copytree(theirs.raw(dataset), layout.raw(dataset), copy_function=shutil.copy)
                shutil.copy(theirs.fetch(dataset), layout.fetch(dataset))
                folders.mark(layout.data)
            target = str(layout.prepared(dataset).relative_to(self.path))
            self.snakemake(target, overrides={}, cores=1)
        prepared = artifacts.read_json(layout.prepared(dataset))
        return layout.arrays(dataset) if prepared["status"] == "available" else None

    def smoke(self, folder: str, **overrides: Any) -> Layout:
        """Run the whole workflow on a few examples, unless that was done; return its layout."""
        layout = Layout(self.path / folder, self.path / "data")
        if not layout.report_html.exists():
            for dataset in self.plan(overrides).datasets:
                self.arrays(dataset)
            given = {**SMOKE, **overrides, "results": folder}
            self.snakemake(overrides=given, cores=cores())
        return layout


def cores() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

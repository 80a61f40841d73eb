"""A copy of the project in a folder of its own, in which commands are run and timed."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.workflow import folders
from refashion.workflow.plan import OVERRIDES_VARIABLE, Plan

# Of a workflow, a make or a notebook around this one.
FOREIGN = ("REFASHION_", "JUPYTER_", "MAKE", "MFLAGS", "SNAKEMAKE")
KEPT = "REFASHION_DATA"

# Before the JSON that a measuring process answers with, among all else that it prints.
ANSWER = "measured: "

SMOKE = {"limits": {"examples": 300, "epochs": 1}}


class CommandError(Exception):
    """A command has failed; the message ends with what it said."""


@dataclass(frozen=True)
class Done:
    """What a command took and said.

    Attributes
    ----------
    seconds
        By the clock on the wall.
    processor
        Seconds of the processor, user and system, of the command and all that it has waited for.
    said
        Standard output and error.
    """

    seconds: float
    processor: float
    said: str

    @property
    def answer(self) -> Any:
        """What a measuring process has answered."""
        return json.loads(self.said.rpartition(ANSWER)[2].splitlines()[0])


def processor_of_children() -> float:
    """Seconds of the processor that all ended children of this process have taken."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(command: list[str], folder: Path, environment: Mapping[str, str]) -> Done:
    """Run one command to its end, and nothing beside it.

    Raises
    ------
    CommandError
        It has failed.
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
        told = done.stdout[-3000:]
        raise CommandError(f"{' '.join(command)[:200]} ended with {done.returncode}:\n{told}")
    return Done(seconds, processor, done.stdout)


class Scratch:
    """A copy of the project, as a fresh clone has it, with its data and without its results.

    Parameters
    ----------
    path
        An empty folder.
    project
        The project.
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
        """Variables of every command."""
        own = {k: v for k, v in os.environ.items() if k == KEPT or not k.startswith(FOREIGN)}
        path = os.pathsep.join([str(Path(sys.executable).parent), own.get("PATH", os.defpath)])
        return own | {"PYTHONPATH": str(self.path / "src"), "PATH": path}

    def python(self, *arguments: str, more: Mapping[str, str] | None = None) -> Done:
        """Run Python, with more variables."""
        return run([sys.executable, *arguments], self.path, self.environment | (more or {}))

    def stage(self, *arguments: str, overrides: Mapping[str, Any]) -> Done:
        """Run one stage by itself, as its rule does."""
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
        return Plan.load(overrides, self.path, self.path)

    @property
    def layout(self) -> Layout:
        """Where the data lie, and the results if no override names another folder."""
        return Layout(self.path / "results", self.path / "data")

    def arrays(self, dataset: str) -> Path | None:
        """Folder of the prepared arrays of a dataset, made when first asked for; None without."""
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
        """Run the whole workflow on a few examples, unless that was done; give where it left it."""
        layout = Layout(self.path / folder, self.path / "data")
        if not layout.report_html.exists():
            for dataset in self.plan(overrides).datasets:
                self.arrays(dataset)
            given = {**SMOKE, **overrides, "results": folder}
            self.snakemake(overrides=given, cores=cores())
        return layout


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

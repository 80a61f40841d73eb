"""A fresh clone of the project, in which tests run the whole workflow on a few examples."""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from refashion.artifacts import Layout

SMOKE = ["studies=cnn_vs_gru", "results=results/smoke", "limits={examples: 300, epochs: 1}"]


class Clone:
    """A folder with the files of the project, as `git clone` makes it, to run commands in."""

    def __init__(self, path: Path, project: Path, data: Path) -> None:
        self.path = path
        self.environment = os.environ | {
            "REFASHION_DATA": str(data),
            "PYTHONPATH": str(path / "src"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", ":!docs"]
        for name in subprocess.check_output(listed, cwd=project, text=True).splitlines():
            if (project / name).is_file():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(project / name, path / name)

    def duplicate(self, path: Path) -> Self:
        """Copy the folder with its results and time stamps, so that a test may change it."""
        shutil.copytree(self.path, path, symlinks=True)
        twin = copy.copy(self)
        twin.path = path
        twin.environment = self.environment | {"PYTHONPATH": str(path / "src")}
        return twin

    def snakemake(
        self, *config: str, cores: int = 2, targets: Sequence[str] = (), options: Sequence[str] = ()
    ) -> subprocess.CompletedProcess:
        command = ["snakemake", *targets, "--cores", str(cores), *options]
        return subprocess.run(
            [*command, "--config", *SMOKE, *config],
            cwd=self.path,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )

    def planned(self, *config: str) -> dict[str, int]:
        """Give the number of jobs that a call would run, by rule."""
        done = self.snakemake(*config, options=["--dry-run"])
        told = done.stdout
        assert done.returncode == 0, told
        assert re.search("^(\\d+ jobs? would run:|Nothing to be done)", told, re.MULTILINE), told
        planned: Counter[str] = Counter()
        for rule, jobs in re.findall(r"^  (\w+), ([\d,]+) jobs?\b", told, flags=re.MULTILINE):
            planned[rule] += int(jobs.replace(",", ""))
        return dict(planned)

    @property
    def layout(self) -> Layout:
        return Layout(self.path / "results/smoke", self.path / "data")

    def run(self, run: str, seed: int = 0) -> dict:
        return json.loads(self.layout.run("cnn_vs_gru", run, seed).run_json.read_text())

    def made(self) -> dict[tuple[str, int], int]:
        """Give the time at which each run was made."""
        files = self.layout.results.glob("cnn_vs_gru/*/seed-*/run.json")
        return {(f.parents[1].name, int(f.parent.name[5:])): f.stat().st_mtime_ns for f in files}

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.path / name).read_text()
        assert old in text
        (self.path / name).write_text(text.replace(old, new, 1))

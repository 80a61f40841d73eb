"""What chooses a cluster is refused if it would run everything on this machine."""

import os
import shutil
import subprocess

import pytest

from refashion.errors import ConfigError
from refashion.workflow import profiles


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--workflow-profile", "profiles/slurm"],
        ["--workflow-profile", "slurm"],
        ["--workflow-profile=none"],
        ["--cores", "4", "--config", "seeds=5", "report"],
    ],
)
def test_a_profile_that_is_there(arguments, project, monkeypatch):
    monkeypatch.chdir(project)
    profiles.check(arguments)


def test_a_profile_is_looked_for_where_the_command_was_called(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    profiles.check(["--workflow-profile", "mine"])
    profiles.check(["--workflow-profile", "slurm"])
    monkeypatch.chdir(tmp_path / "mine")  # as Snakemake does with --directory
    profiles.check(["--workflow-profile", "mine", "--directory", "mine"])


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["--jobs", "20", "--workflow-profile", "profiles/slum"], "profiles/slum"),
        (["--workflow-profile=slrum", "report"], "slrum"),
    ],
)
def test_a_profile_that_is_not_there(arguments, name, project, monkeypatch):
    monkeypatch.chdir(project)
    with pytest.raises(ConfigError, match=rf" '{name}'; no such profile; .*did you mean 'slurm'\?"):
        profiles.check(arguments)


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize(
    ("words", "is_refused"),
    [
        (["report", "CLUSTER=1"], True),
        (["smoke", "CLUSTER=1"], True),
        (["report", "CLUSTER=0"], False),
        (["report"], False),
        (["env", "CLUSTER=1"], False),
    ],
)
def test_make_has_no_report_on_a_cluster(words, is_refused, project):
    own = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "--dry-run", *words], cwd=project, env=own, capture_output=True, text=True
    )
    assert (done.returncode != 0) == is_refused, done.stderr
    assert ("profiles/slurm" in done.stderr) == is_refused

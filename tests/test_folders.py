"""Folders that the workflow may write to, and what it never removes."""

import os
from pathlib import Path

import pytest

from refashion import sources
from refashion.errors import ConfigError
from refashion.workflow import folders

REFUSED = {
    "/": "it contains the project",
    "/etc/refashion_results": "a folder of the system",
    "/usr/local/results": "a folder of the system",
    "/proc/self": "a folder of the system",
    "src": "a folder of the project",
    "src/refashion/new": "a folder of the project",
    "studies": "a folder of the project",
    "report": "a folder of the project",
    ".git/results": "a folder of the project",
    ".": "it contains the project",
}


@pytest.mark.parametrize("name", REFUSED)
def test_folders_of_the_system_and_of_the_project_are_refused(name, monkeypatch):
    monkeypatch.chdir(sources.PROJECT)
    with pytest.raises(ConfigError, match=f"config.yaml: results: .*{REFUSED[name]}"):
        folders.check("results", Path(name))


@pytest.mark.parametrize(
    "file", ["report/thesis.tex", "thesis.tex", ".hidden", "cnn_vs_gru/cnn/notes.txt"]
)
def test_a_folder_with_files_of_others_is_refused(tmp_path, file):
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text("mine")
    with pytest.raises(ConfigError, match="files that refashion did not make, such as"):
        folders.check("results", tmp_path)


def test_a_link_is_what_it_leads_to(tmp_path):
    (tmp_path / "link").symlink_to("/etc")
    with pytest.raises(ConfigError, match="a folder of the system"):
        folders.check("results", tmp_path / "link" / "results")


def test_a_new_an_empty_and_a_marked_folder_are_accepted(tmp_path):
    folders.check("results", tmp_path / "new" / "results")
    folders.check("results", tmp_path)
    folders.mark(tmp_path)
    (tmp_path / "thesis.tex").write_text("put beside our files later")
    folders.check("results", tmp_path)


def test_results_may_lie_around_other_results(tmp_path):
    folders.mark(tmp_path / "smoke")
    (tmp_path / "comparison").mkdir()
    folders.check("results", tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_closed_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigError, match=r"it is not writable .* snakemake --directory"):
        folders.check("results", tmp_path / "results")


@pytest.mark.parametrize(
    ("data", "results"), [("same", "same"), ("out/data", "out"), ("out", "out/results")]
)
def test_data_and_results_are_apart(tmp_path, data, results):
    both = {"data": tmp_path / data, "results": tmp_path / results}
    with pytest.raises(ConfigError, match="it is in the folder of"):
        folders.check_apart(both)

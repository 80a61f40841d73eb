"""The manifest names the commit of this project, or says why there is none to name."""

import os
import subprocess

import pytest

from refashion.workflow.provenance import git_state

IDENTITY = ("-c", "user.name=Anyone", "-c", "user.email=anyone@example.org")


def git(folder, *arguments):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", *IDENTITY, *arguments]
    return subprocess.check_output(command, cwd=folder, env=clean, text=True).strip()


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "file").write_text("1")
    git(folder, "add", "file")
    git(folder, "commit", "--quiet", "--message", "First")
    return folder


def test_a_commit_and_whether_the_tree_is_clean(repository):
    commit = git(repository, "rev-parse", "HEAD")
    assert git_state(repository) == {"commit": commit, "clean": True, "reason": None}
    (repository / "file").write_text("2")
    assert git_state(repository)["clean"] is False


def test_a_folder_inside_another_repository_is_not_under_its_version_control(repository):
    unpacked = repository / "release"
    unpacked.mkdir()
    state = git_state(unpacked)
    assert state == {"commit": None, "clean": None, "reason": "not under version control"}


def test_a_folder_outside_any_repository(tmp_path):
    assert git_state(tmp_path)["reason"] == "not under version control"


@pytest.mark.parametrize(
    "variables",
    [
        {"GIT_DIR": "{other}/.git"},
        {"GIT_DIR": "{other}/.git", "GIT_WORK_TREE": "{folder}"},
        {"GIT_CEILING_DIRECTORIES": "{folder}"},
        {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.worktree", "GIT_CONFIG_VALUE_0": "/"},
    ],
)
def test_variables_of_git_do_not_lead_elsewhere(repository, tmp_path, monkeypatch, variables):
    commit, other = git(repository, "rev-parse", "HEAD"), tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(other=other, folder=repository))
    assert git_state(repository)["commit"] == commit


def test_a_repository_without_a_commit(tmp_path):
    git(tmp_path, "init", "--quiet")
    assert git_state(tmp_path)["commit"] is None
    assert git_state(tmp_path)["reason"].startswith("git failed: ")


def test_no_git(repository, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert git_state(repository)["reason"] == "git is not installed"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_folder_of_another_user(repository, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for path in (repository, repository / ".git"):
        os.chown(path, 12345, 12345)
    assert "dubious ownership" in git_state(repository)["reason"]

"""The provenance of results: code, data, packages, machine and command."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from refashion import artifacts, sources
from refashion.artifacts import Layout
from refashion.execution import environment, gpus
from refashion.spec.config import Config

COMMAND_VARIABLE = "REFASHION_COMMAND"
STARTED_VARIABLE = "REFASHION_STARTED"
GIT_SECONDS = 30


def publish(command: str) -> None:
    """Pass the command line and the current time to the jobs in environment variables."""
    os.environ[COMMAND_VARIABLE] = command
    os.environ[STARTED_VARIABLE] = now()


def now() -> str:
    """Return the current time in UTC, in ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def manifest(
    config: Config,
    datasets: Mapping[str, Mapping[str, str]],
    lock: Path,
    results: Mapping[str, Mapping[str, str]] | None = None,
) -> dict:
    """Describe where the results come from.

    Parameters
    ----------
    config
        The configuration.
    datasets
        SHA-256 of each file, by dataset and file name.
    lock
        The lock file from which the environment was built.
    results
        SHA-256 of each file with results that were not made here, by execution and file name.

    Returns
    -------
    dict
        Content of `manifest.json`.
    """
    ended = now()
    from_outside = {"results": {name: dict(files) for name, files in (results or {}).items()}}
    return {
        "git": git_state(sources.PROJECT),
        "lock_sha256": hashlib.sha256(lock.read_bytes()).hexdigest(),
        "datasets": {name: dict(files) for name, files in datasets.items()},
        **(from_outside if results else {}),
        "packages": package_versions(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": cpu(),
        **gpus.recorded(),
        "threads": {"per_run": config.threads, "variables": list(environment.THREAD_VARIABLES)},
        "environment": environment.recorded(os.environ),
        "started": os.environ.get(STARTED_VARIABLE, ended),
        "ended": ended,
        "command": os.environ.get(COMMAND_VARIABLE),
        "groups": list(config.groups),
        "seeds": dict(config.seeds),
    }


def git_state(project: Path) -> dict[str, Any]:
    """Return the commit of the project, and whether its working tree has no changes.

    Parameters
    ----------
    project
        Folder of the project.

    Returns
    -------
    dict
        `commit`, `clean` and `reason`. If `commit` and `clean` are None, `reason` says why.
    """
    try:
        top = _git(project, "rev-parse", "--show-toplevel")
        if Path(top).resolve() != project.resolve():
            # For example a release that was unpacked inside another project.
            return _unknown("not under version control")
        commit = _git(project, "rev-parse", "HEAD")
        changes = _git(project, "status", "--porcelain")
    except FileNotFoundError:
        return _unknown("git is not installed")
    except subprocess.TimeoutExpired:
        return _unknown(f"git did not answer within {GIT_SECONDS} s")
    except subprocess.CalledProcessError as error:
        return _unknown(_refusal(error.stderr))
    return {"commit": commit, "clean": changes == "", "reason": None}


def _git(project: Path, *arguments: str) -> str:
    # Variables such as GIT_DIR can point to another repository.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "--no-optional-locks", *arguments],
        cwd=project,
        env=clean | {"LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
        timeout=GIT_SECONDS,
    )
    return done.stdout.strip()


def _unknown(reason: str) -> dict[str, Any]:
    return {"commit": None, "clean": None, "reason": reason}


def _refusal(said: str) -> str:
    if "not a git repository" in said:
        return "not under version control"
    first = next(iter(said.strip().splitlines()), "no reason given")
    return f"git failed: {first.removeprefix('fatal: ')}"


def package_versions() -> dict[str, str]:
    """Return the version of every installed package, by name."""
    found = {d.metadata["Name"]: d.version for d in metadata.distributions()}
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def cpu() -> dict[str, Any]:
    """Return the model and the instruction-set flags of the processor, as far as they are known."""
    facts: dict[str, str] = {}
    info = Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else ():
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    return {
        "model": facts.get("model name", platform.processor() or platform.machine()),
        "flags": sorted(facts.get("flags", facts.get("Features", "")).split()),
    }


def result_hashes(config: Config, layout: Layout) -> dict[str, dict[str, str]]:
    """Read the SHA-256 of each file that the results of a run come from, by execution."""
    files = {
        each.name: layout.run(each.study.name, each.run.name, each.seed).sources
        for each in config.executions()
        if each.run.outside
    }
    return {name: artifacts.read_json(path) for name, path in files.items() if path.exists()}


def dataset_hashes(fetched: Mapping[str, Path]) -> dict[str, dict[str, str]]:
    """Read the SHA-256 of each file of each dataset from its `fetch.json`."""
    return {name: artifacts.read_json(path)["files"] for name, path in fetched.items()}

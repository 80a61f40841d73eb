"""Where results come from: code, data, packages, machine, command."""

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

from refashion import artifacts
from refashion.config import Config
from refashion.kernels.environment import THREAD_VARIABLES

COMMAND_VARIABLE = "REFASHION_COMMAND"
STARTED_VARIABLE = "REFASHION_STARTED"


def announce(command: str) -> None:
    """Tell the jobs, by the environment, which command runs them and since when."""
    os.environ[COMMAND_VARIABLE] = command
    os.environ[STARTED_VARIABLE] = now()


def now() -> str:
    """Time by ISO 8601, in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def manifest(config: Config, datasets: Mapping[str, Mapping[str, str]], lock: Path) -> dict:
    """Describe what the results rest on.

    Parameters
    ----------
    config
        The whole configuration.
    datasets
        sha256 of each file, by dataset.
    lock
        The lock file that the environment was built from.
    """
    ended = now()
    return {
        "git": git_state(),
        "lock_sha256": hashlib.sha256(lock.read_bytes()).hexdigest(),
        "datasets": {name: dict(files) for name, files in datasets.items()},
        "packages": package_versions(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": cpu(),
        "threads": {"per_run": config.threads, "variables": list(THREAD_VARIABLES)},
        "started": os.environ.get(STARTED_VARIABLE, ended),
        "ended": ended,
        "command": os.environ.get(COMMAND_VARIABLE),
        "groups": list(config.groups),
        "seeds": dict(config.seeds),
    }


def git_state() -> dict[str, Any]:
    """Commit of the project, and whether its tree had no change; both None outside of git."""
    commit = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain")
    return {"commit": commit, "clean": None if changes is None else changes == ""}


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def package_versions() -> dict[str, str]:
    """Version of every installed package, by name."""
    found = {d.metadata["Name"]: d.version for d in metadata.distributions()}
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def cpu() -> dict[str, Any]:
    """Model and instruction-set flags of the processor, as far as the system tells them."""
    facts = {}
    info = Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else ():
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    return {
        "model": facts.get("model name", platform.processor() or platform.machine()),
        "flags": sorted(facts.get("flags", facts.get("Features", "")).split()),
    }


def dataset_hashes(fetched: Mapping[str, Path]) -> dict[str, dict[str, str]]:
    """Read sha256 of each file of each dataset from its `fetch.json`."""
    return {name: artifacts.read_json(path)["files"] for name, path in fetched.items()}

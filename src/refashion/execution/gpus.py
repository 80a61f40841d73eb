"""The GPUs of this machine, found without a library that computes on them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from refashion.execution import environment

QUERY = ("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")
SECONDS = 30

# Values of `CUDA_VISIBLE_DEVICES` that hide every GPU.
HIDDEN = ("", "-1", "NoDevFiles")


def found(driver: Path = Path("/proc/driver/nvidia")) -> list[str]:
    """Return the name and the version of the driver of each GPU of this machine.

    Parameters
    ----------
    driver
        Folder in which the driver describes itself, for machines without `nvidia-smi`.
    """
    try:
        done = subprocess.run(QUERY, capture_output=True, text=True, timeout=SECONDS)
    except FileNotFoundError:
        return _described(driver)
    except (OSError, subprocess.TimeoutExpired):
        return []
    if done.returncode:
        return []
    # Other lines are messages, such as that there is no device.
    listed = re.findall(r"^(.+), (\d+(?:\.\d+)+)$", done.stdout, re.MULTILINE)
    return [f"{name}, driver {version}" for name, version in listed]


def _described(driver: Path) -> list[str]:
    files = sorted(driver.glob("gpus/*/information"))
    if not files:
        return []
    version = re.search(r"Kernel Module.*?\s(\d+(?:\.\d+)+)\s", (driver / "version").read_text())
    names = [re.search(r"^Model:\s*(.+?)\s*$", file.read_text(), re.MULTILINE) for file in files]
    return [
        f"{name[1] if name else 'unknown'}, driver {version[1] if version else 'unknown'}"
        for name in names
    ]


def recorded() -> dict[str, list[str]]:
    """Return the GPUs of this machine for a record; empty in an environment for the processor."""
    return {"gpus": found()} if environment.is_for_gpu() else {}


def why_none() -> str | None:
    """Return why nothing can compute on a GPU here, where it should; None if all is well.

    In an environment for a GPU, a run that finds none must not compute on the processor: its
    numbers would stand beside those of a GPU, and nobody would know.
    """
    if not environment.is_for_gpu():
        return None
    if os.environ.get("CUDA_VISIBLE_DEVICES") in HIDDEN:
        hidden = os.environ["CUDA_VISIBLE_DEVICES"]
        return f"CUDA_VISIBLE_DEVICES={hidden!r} hides every GPU; {ACCEPTED}"
    return None if found() else f"no GPU was found (nvidia-smi); {ACCEPTED}"


ACCEPTED = (
    "this environment was built with GPU=1; `make env` builds that of the processor, with which "
    "all runs are made again"
)

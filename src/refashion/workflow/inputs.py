"""What rules declare as inputs and resources, beside the files that stages hand to each other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from refashion.artifacts import next_attempt, report_attempt
from refashion.sources import closure as library
from refashion.sources import in_project
from refashion.workflow.resources import MEMORY_MB

__all__ = ["LOCK", "MEMORY_MB", "dataset", "library", "next_attempt", "notebook", "report_attempt"]

LOCK = in_project("envs/run.lock")


def dataset(name: str) -> Path:
    """File of the module of a dataset."""
    return in_project("src/refashion/datasets", f"{name}.py")


def notebook(name: str) -> Path:
    """File of a notebook of the project."""
    return in_project("notebooks", f"{name}.ipynb")


def texts(studies: Iterable[str]) -> list[Path]:
    """Templates of the report, and narratives of studies.

    A narrative that is missing costs its chapter, not the report.
    """
    narratives = [in_project("studies", study, "narrative.md") for study in studies]
    templates = [path for path in in_project("report").rglob("*") if path.is_file()]
    return [*filter(Path.exists, narratives), *sorted(templates)]

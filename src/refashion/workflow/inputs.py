"""Inputs and resources of rules, except the files that stages pass to each other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from refashion.artifacts import next_attempt, report_attempt
from refashion.execution import environment
from refashion.sources import closure as library
from refashion.sources import in_project
from refashion.spec.study import Study
from refashion.workflow.resources import MEMORY_MB

__all__ = ["LOCK", "MEMORY_MB", "library", "next_attempt", "notebook", "report_attempt"]

# Another file where TensorFlow computes on a GPU, so Snakemake makes all runs again.
LOCK = in_project(environment.lock())
# What a search and a judgement of any study depend on.
SEARCHING = (LOCK, *library("workflow.plan", "recovery.*", "figures.recovery"))
JUDGING = (
    LOCK,
    *library("workflow.plan", "judgement.*", "ledger.*", "checks.*", "runs.*", "figures.*"),
)


def notebook(name: str) -> Path:
    """Return the path of a notebook of the project."""
    return in_project("notebooks", f"{name}.ipynb")


def texts(studies: Iterable[Study]) -> list[Path]:
    """Return the paths of the report's templates and of the narratives of studies.

    A missing narrative is not an error: the report shows the problem in its chapter.
    """
    narratives = [study.folder / "narrative.md" for study in studies]
    templates = [path for path in in_project("report").rglob("*") if path.is_file()]
    return [*filter(Path.exists, narratives), *sorted(templates)]

"""What rules depend on besides the files that stages pass to each other, and their resources."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from refashion.artifacts import next_attempt, report_attempt
from refashion.execution import environment
from refashion.sources import closure, in_project, library_digest
from refashion.spec.study import Study
from refashion.workflow.resources import MEMORY_MB

__all__ = ["LOCK", "MEMORY_MB", "next_attempt", "notebook", "report_attempt"]

# Another file where TensorFlow computes on a GPU, so Snakemake makes all runs again.
LOCK = in_project(environment.lock())
# The modules that every run depends on, besides those of its own.
TRAINING = ("runs.cross_validation", "data.splits", "execution.notebook", "datasets")


@cache  # for the thousands of runs that may share a model
def code(*modules: str, also: tuple[Path, ...] = ()) -> str:
    """Return what a rule says of its code, as a parameter. It changes with the code.

    Were its modules inputs, each run would have fifty more, and Snakemake would take most of its
    time to look at them.

    Parameters
    ----------
    *modules
        Names within the library, see `sources.closure`.
    also
        More files; of these, only those of the library count.
    """
    return f"code {library_digest([*closure(*modules), *also])}"


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

"""Runs that are the author's own notebooks, as `study.yaml` states them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, JsonValue

from refashion import models, printed
from refashion.errors import choices, shown
from refashion.spec.fields import Group, Minutes, Strict, Text, Title
from refashion.spec.problems import Problem

# What a study states unless its notebooks bring their own data.
NEEDED = {
    "split": "a mapping with the keys classes, test, validation",
    "preprocess": "a mapping with the keys divide_by, or null",
}

# Keys of runs that have no model, and bring their own data.
OWN_DATA = ("notebook", "command", "results")


class NotebookRun(Strict):
    """A run that executes the author's own notebook."""

    title: Title
    group: Group
    minutes: Minutes = Field(
        description="rough duration on one core, in minutes; long runs start first"
    )
    notebook: Title = Field(description="a notebook (.ipynb) in the folder of the study")
    network: bool = Field(False, description="whether the notebook may use the network")
    requirements: Title | None = Field(
        None,
        description="a requirements.txt in the folder of the study, from which uv builds the "
        "environment of the notebook; null: that of refashion",
    )
    settings: dict[str, JsonValue] = Field(
        {}, description="values of names in the cell tagged `parameters`, if it has one"
    )
    assumes: dict[str, Text] = Field(
        {}, description="settings that the source does not state, and why this value"
    )

    @property
    def model(self) -> str:
        """The notebook stands for the model."""
        return self.notebook

    @property
    def preprocess(self) -> None:
        """It is in the notebook."""
        return


def brings_own_data(data: dict[str, Any]) -> bool:
    """Whether a study has no dataset because none of its runs has a model."""
    runs = data.get("runs")
    if data.get("dataset") is not None or not isinstance(runs, dict) or not runs:
        return False
    own = [run for run in runs.values() if isinstance(run, dict) and "like" not in run]
    return all(any(key in run for key in OWN_DATA) for run in own)


def missing_sections(data: dict[str, Any]) -> Iterator[Problem]:
    """Find what a study with models lacks, or what one of notebooks has too much."""
    if brings_own_data(data):
        for key in ("split", "preprocess", "confusion_matrix_train", "train_score"):
            if data.get(key):
                text = f"{shown(data[key])}; the runs bring their own data"
                yield Problem((key,), f"{text}; accepted: leave it out")
        return
    for key, accepted in NEEDED.items():
        if key not in data:
            yield Problem((key,), f"missing; accepted: {accepted}")
    if data.get("classes") is not None:
        text = f"{shown(data['classes'])}; the classes are those of the dataset"
        yield Problem(("classes",), f"{text}; accepted: leave it out, or split: {{classes: [...]}}")


def read_all(
    runs: Mapping[str, Any], stated: Any, folder: Path
) -> tuple[list[Problem], dict[str, int] | None]:
    """Read the notebooks of a study, and find the problems of their runs.

    Parameters
    ----------
    runs
        The runs, `like` resolved; those with a model are left out.
    stated
        The runs as the file states them.
    folder
        Folder of the study.

    Returns
    -------
    tuple
        The problems; and the number of cells of code, by run, or None if a notebook cannot be read.
    """
    problems: list[Problem] = []
    cells: dict[str, int] = {}
    of_notebooks = {name: run for name, run in runs.items() if isinstance(run, NotebookRun)}
    for name, run in of_notebooks.items():
        problems += _not_for_notebooks(name, stated[name])
        problems += _of_requirements(name, run, folder)
        try:
            content = printed.read_notebook(_inside(folder, run.notebook))
        except (ValueError, printed.NotebookFileError) as error:
            problems.append(Problem(("runs", name, "notebook"), str(error)))
            continue
        cells[name] = len(printed.code_cells(content))
        problems += _unknown_settings(name, run, printed.parameters(content))
    return problems, cells if len(cells) == len(of_notebooks) else None


def _not_for_notebooks(name: str, stated: Mapping[str, Any]) -> Iterator[Problem]:
    """Find keys of a run that is like a notebook, and cannot have them."""
    for key in ("model", "preprocess"):
        if "like" in stated and stated.get(key) is not None:
            text = f"the run {stated['like']} is a notebook; accepted: leave it out"
            yield Problem(("runs", name, key), text)


def _of_requirements(name: str, run: NotebookRun, folder: Path) -> Iterator[Problem]:
    """Find a file of requirements that is not there."""
    if run.requirements is None:
        return
    path, stated = folder / run.requirements, shown(run.requirements)
    # A link to itself is no file, and cannot be resolved.
    is_there = path.is_file() and path.resolve().is_relative_to(folder.resolve())
    if Path(run.requirements).is_absolute() or not is_there:
        found = sorted(each.name for each in folder.glob("*.txt"))
        text = f"{stated}; no such file in the folder of the study"
        yield Problem(("runs", name, "requirements"), f"{text}; {choices(run.requirements, found)}")


def _unknown_settings(name: str, run: NotebookRun, known: Sequence[str]) -> Iterator[Problem]:
    for setting in run.settings:
        if setting not in known:
            why = "unknown setting" if known else "the notebook has no cell tagged `parameters`"
            text = f"{why}; {choices(setting, known)}"
            yield Problem(("runs", name, "settings", setting), text)


def _inside(folder: Path, name: str) -> Path:
    """Return the path of a file in the folder of a study."""
    path = folder / name
    if not name.endswith(models.NOTEBOOK):
        raise ValueError(f"{shown(name)}; accepted: a file that ends in {models.NOTEBOOK}")
    # A link to itself cannot be resolved; reading it fails.
    is_there = path.exists()
    is_outside = is_there and not path.resolve().is_relative_to(folder.resolve())
    if Path(name).is_absolute() or ".." in Path(name).parts or is_outside:
        raise ValueError(f"{shown(name)}; accepted: a file in the folder of the study")
    return path

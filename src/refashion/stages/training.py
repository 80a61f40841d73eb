"""The stage of a run with one seed: train."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader

from refashion import artifacts
from refashion.artifacts import Layout, RunFolder
from refashion.errors import RefashionError
from refashion.runs import kept
from refashion.stages.datasets import repair_arrays, why_missing
from refashion.stages.planned import plan_of_job

if TYPE_CHECKING:
    import nbformat
    import numpy as np
else:
    nbformat = lazy_loader.load("nbformat")
    np = lazy_loader.load("numpy")

logger = logging.getLogger(__name__)

# Fields that are known only if the notebook has run to its end.
NOT_MEASURED = {
    "diverged": None,
    "epochs_run": None,
    "n_parameters": None,
    "fit_seconds": None,
    "predict_seconds": None,
    "peak_memory_mb": None,
}

Ended = dict[str, Any]
"""Status and error of a run, as in `run.json`."""


def train(
    recipe: str,
    attempt: int,
    seconds: int,
    notebook: Path,
    study: Path,
    layout: Layout,
    executions: int = 1,
) -> None:
    """Execute one run with one seed. A failed run is a result, so it raises no error.

    Parameters
    ----------
    recipe
        Canonical JSON, see `Plan.recipe`.
    attempt
        Number of the attempt, from 1.
    seconds
        Time limit of each cell, in seconds.
    notebook
        The notebook to execute.
    study
        Folder of the study.
    layout
        Paths of the data and the results.
    executions
        How often the run may still be executed, this time included. With 0, nothing is executed:
        earlier jobs ended without a result, for example because they were killed, and that is
        recorded as a failure.

    Raises
    ------
    RefashionError
        The kernel was killed, and the run may be executed once more, with more memory.
    """
    job = RunJob(json.loads(recipe), seconds, notebook, study, layout)
    folder = job.folder
    folder.clear()
    place = kept.folder_of(recipe, attempt, job.prepared())
    if place and kept.restore(folder, place):
        logger.info("This run had finished before its job was ended; its results are kept.")
        return
    started = time.perf_counter()
    if executions:
        with suppress(FileNotFoundError):
            os.truncate(folder.log, 0)  # what an earlier job has left
        ended = job.execute()
    else:
        ended = job.leave_undone("failed", "JobEnded", _end_of_job(folder))
    if executions > 1 and (ended["error"] or {}).get("type") in artifacts.KILLED:
        raise RefashionError(f"{ended['error']['message']}; the job is started again")
    if ended["status"] in artifacts.FAILURES:
        logger.error("%s: %s", ended["error"]["type"], ended["error"]["message"])
        artifacts.log_failure(folder.failures, {**ended["error"], "status": ended["status"]})
    measured = _take_measurements(folder) if ended["status"] == "ok" else NOT_MEASURED
    record = {
        **ended,
        "attempt": attempt,
        **{name: job.recipe[name] for name in ("seed", "model", "settings", "threads")},
        **measured,
        "wall_seconds": time.perf_counter() - started,
    }
    artifacts.write_json(folder.run_json, {name: record[name] for name in artifacts.RUN_FIELDS})
    if place and ended["status"] == "ok":
        kept.keep(folder, place)


@dataclass(frozen=True)
class RunJob:
    """One run with one seed, to be executed.

    Attributes
    ----------
    recipe
        Parsed, see `Plan.recipe`.
    seconds
        Time limit of each cell, in seconds.
    notebook
        The notebook to execute.
    study
        Folder of the study.
    layout
        Paths of the data and the results.
    """

    recipe: Mapping[str, Any]
    seconds: int
    notebook: Path
    study: Path
    layout: Layout

    @property
    def folder(self) -> RunFolder:
        """Paths of the run's files."""
        return self.layout.run(self.recipe["study"], self.recipe["run"], self.recipe["seed"])

    @property
    def is_outside(self) -> bool:
        """Whether the run is a program, or results that are there."""
        return "command" in self.recipe or "results" in self.recipe

    def prepared(self) -> Path | None:
        """Return the description of the prepared data; None if there is none."""
        dataset = self.recipe["dataset"]
        data = self.layout.prepared(dataset) if dataset else None
        return data if data and data.exists() else None

    def execute(self) -> Ended:
        """Execute the run, and return its status and its error."""
        from refashion import models
        from refashion.execution import gpus

        is_notebook = not self.is_outside and models.is_notebook(self.recipe["model"])
        # Networks of Keras look for a GPU themselves, and results need none.
        needs_gpu = is_notebook or "command" in self.recipe
        if needs_gpu and (reason := gpus.why_none()):
            return self.leave_undone("failed", "NoGPU", reason)
        if self.is_outside:
            return self._take_outside()
        return self._execute_authored() if is_notebook else self._execute_model()

    def leave_undone(self, status: str, kind: str, why: str) -> Ended:
        """Leave a notebook that says why the run was not executed."""
        from refashion.execution.notebook import leave_note

        content = nbformat.v4.new_notebook() if self.is_outside else None
        leave_note(self.notebook, self.folder.notebook, why, content)
        return {"status": status, "error": {"type": kind, "message": why, "cell": None}}

    def _execute_model(self) -> Ended:
        """Execute the notebook that trains a model of this library, of the study, or a class."""
        from refashion import datasets
        from refashion.execution.notebook import execute

        dataset = self.recipe["dataset"]
        if reason := why_missing(self.layout, dataset):
            return self.leave_undone("no_data", "NoData", reason)
        source = datasets.module(dataset, self.study, self.layout.data)
        repair_arrays(source, self.layout, dataset)
        places = {"data": self.layout.data, "results": self.layout.results}
        folders = {name: str(path) for name, path in {"study_folder": self.study, **places}.items()}
        outcome = execute(
            self.notebook,
            self.folder.notebook,
            {**self.recipe, **folders},
            threads=self.recipe["threads"],
            seconds=self.seconds,
        )
        # A run has succeeded only if its files exist, whatever Papermill says.
        if outcome.status == "ok" and not self.folder.measurements.exists():
            return _failed("Incomplete", "the notebook saved no results")
        return asdict(outcome)

    def _execute_authored(self) -> Ended:
        """Execute an author's own notebook, and take in what it recorded."""
        from refashion.execution import environment, requirements
        from refashion.execution.authored import execute_authored
        from refashion.runs.recorded import adopt_recorded

        recipe, folder, own = self.recipe, self.folder, None
        if recipe["requirements"] is not None:
            asked = self.study / recipe["requirements"]
            place = environment.home() / "environments"
            try:
                own = requirements.built(asked, self.layout.pins, place)
            except requirements.EnvironmentBuildError as error:
                why = f"{recipe['requirements']}: no environment can be built from it: {error}"
                return self.leave_undone("failed", "Environment", why)
            artifacts.write_text(folder.requirements, own.lock.read_text())
        started = time.perf_counter()
        outcome = execute_authored(
            self.notebook,
            folder.notebook,
            recipe["settings"],
            study=self.study,
            place=folder.files,
            seed=recipe["seed"],
            network=recipe["network"],
            threads=recipe["threads"],
            seconds=self.seconds,
            own=own,
        )
        spent = {"fit_seconds": time.perf_counter() - started}
        if outcome.status == "ok":
            try:
                found = adopt_recorded(folder, recipe["classes"])
            except ValueError as error:
                return _failed("Recorded", f"refashion.record: {error}")
            artifacts.write_json(folder.measurements, found | spent)
        return asdict(outcome)

    def _take_outside(self) -> Ended:
        """Execute a program, or read results that are there, and take them in."""
        from refashion.execution.evidence import write_evidence
        from refashion.execution.programs import ProgramEnd, execute_program
        from refashion.runs import outside

        recipe, folder = self.recipe, self.folder
        program: ProgramEnd | None = None
        ended: Ended = {"status": "ok", "error": None}
        started = time.perf_counter()
        if "command" in recipe:
            program = execute_program(recipe, self.study, folder, self.seconds)
            ended = asdict(program.outcome)
        spent = {"fit_seconds": time.perf_counter() - started if program else None}
        if ended["status"] == "ok":
            try:
                truth = self.true_answers()
                if program:
                    found = outside.take_left(folder, recipe["classes"], truth, program.printed)
                else:
                    found = self._take_results(truth)
                artifacts.write_json(folder.measurements, found | spent)
            except (OSError, ValueError, RefashionError) as error:
                ended = _failed("Results", str(error))
        digests = artifacts.read_json(folder.sources) if folder.sources.exists() else {}
        facts = {"run": f"{recipe['study']}/{recipe['run']}", "seed": recipe["seed"]}
        tables = {
            "Run": [(name, str(value)) for name, value in facts.items()],
            "Settings": [(name, json.dumps(value)) for name, value in recipe["settings"].items()],
            "Files and their SHA-256": [*digests.items()],
        }
        title = "Results of a program" if program else "Results that were there"
        shown = (program.command, program.printed) if program else (None, "")
        write_evidence(folder.notebook, title, tables, ended["error"], *shown)
        return ended

    def _take_results(self, truth: Mapping[str, np.ndarray] | None) -> dict[str, Any]:
        from refashion.runs.outside import take_results
        from refashion.spec.outside import ResultFiles
        from refashion.spec.result_files import find_results
        from refashion.spec.study import outside_folders

        seed = self.recipe["seed"]
        results = ResultFiles.model_validate_json(json.dumps(self.recipe["results"]))
        places = outside_folders(self.study, plan_of_job().config.data_dirs)
        found = find_results(results, places).get(seed)
        if found is None:
            raise ValueError(f"the results of seed {seed} are not there any more")
        return take_results(self.folder, self.recipe["classes"], truth, results, found)

    def true_answers(self) -> dict[str, np.ndarray] | None:
        """Return the true answers of each split, if the study has data; none in a smoke run.

        A split that is drawn anew with each seed of ours is not that of somebody else's results.
        """
        from refashion import datasets
        from refashion.runs.outside import true_answers
        from refashion.spec.split import has_same_examples

        recipe, layout = self.recipe, self.layout
        if recipe["dataset"] is None or recipe["examples"]:
            return None
        if why_missing(layout, recipe["dataset"]):
            return None
        source = datasets.module(recipe["dataset"], self.study, layout.data)
        found = true_answers(layout, recipe, source, self.study)
        split = plan_of_job().config.studies[recipe["study"]].split
        return {name: answers for name, answers in found.items() if has_same_examples(split, name)}


def _end_of_job(folder: RunFolder) -> str:
    lines = folder.log.read_text(errors="replace").splitlines() if folder.log.exists() else []
    said = f"; the last line of its log: {lines[-1]}" if lines else ""
    return (
        "the job ended without a result, perhaps because the machine ran out of memory, or the "
        f"job out of its time on a cluster{said}"
    )


def _failed(kind: str, message: str) -> Ended:
    return {"status": "failed", "error": {"type": kind, "message": message, "cell": None}}


def _take_measurements(folder: RunFolder) -> dict[str, Any]:
    measured = artifacts.read_json(folder.measurements)
    folder.measurements.unlink()
    return measured

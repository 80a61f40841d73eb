"""The stages of the workflow, one function each, called by the rule of the same name."""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader

from refashion import artifacts
from refashion.artifacts import Layout, RunFolder
from refashion.errors import RefashionError

if TYPE_CHECKING:
    from refashion.workflow.plan import Plan

# Every job imports this module, so what takes long to import is left to the stages that need it.
if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
else:
    np = lazy_loader.load("numpy")
    pd = lazy_loader.load("pandas")

logger = logging.getLogger(__name__)

# Limit for the notebooks that train nothing. That of the runs may be short on purpose.
DISPLAY_SECONDS = 3600

# What a process that scores runs is handed at a time.
RUNS = 10

# What a run knows only once its notebook has come to its end.
NOT_MEASURED = {
    "diverged": None,
    "epochs_run": None,
    "n_parameters": None,
    "fit_seconds": None,
    "predict_seconds": None,
    "peak_memory_mb": None,
}


def fetch(dataset: str) -> None:
    """Bring the files of a dataset into the data folder, or say why they cannot be had.

    Raises
    ------
    RefashionError
        They cannot be had, and the configuration says `on_missing_data: fail`.
    """
    from refashion import datasets
    from refashion.data import fetching

    plan = _plan()
    fetched = fetching.fetch(
        datasets.module(dataset), plan.layout.raw(dataset), plan.config.data_dirs
    )
    if fetched.status != "available":
        failure = {"reason": fetched.reason}
        artifacts.log_failure(plan.layout.fetch_failures(dataset), failure)
        if plan.config.on_missing_data == "fail":
            raise RefashionError(fetched.reason)
    artifacts.write_json(plan.layout.fetch(dataset), asdict(fetched))


def prepare(dataset: str) -> None:
    """Turn the files of a dataset into arrays that runs map into memory instead of parsing.

    Raises
    ------
    RefashionError
        The files have been damaged since they were fetched, and cannot be had again.
    """
    from refashion import datasets
    from refashion.data.arrays import save_arrays

    layout = _plan().layout
    fetched = artifacts.read_json(layout.fetch(dataset))
    prepared: dict[str, Any] = {"status": fetched["status"], "reason": fetched["reason"]}
    shutil.rmtree(layout.arrays(dataset), ignore_errors=True)
    if fetched["status"] == "available":
        _mend_files(layout, dataset)
        arrays = datasets.module(dataset).read(layout.raw(dataset))
        prepared["arrays"] = save_arrays(arrays, layout.arrays(dataset))
    artifacts.write_json(layout.prepared(dataset), prepared)


def explore(dataset: str, notebook: Path) -> None:
    """Execute the notebook that shows a dataset."""
    plan = _plan()
    output = plan.layout.explore(dataset)
    if reason := _missing(plan.layout, dataset):
        from refashion.execution.notebook import leave_note

        leave_note(notebook, output, reason)
        return
    _mend(plan.layout, dataset)
    _execute_or_raise(notebook, output, {"dataset": dataset, "data": str(plan.config.data)}, plan)


def judge(study: str, notebook: Path) -> None:
    """Execute the notebook that judges a study."""
    plan = _plan()
    parameters = {"study": study, "overrides": dict(plan.overrides)}
    _execute_or_raise(notebook, plan.layout.judge(study), parameters, plan)


def _execute_or_raise(notebook: Path, output: Path, parameters: dict[str, Any], plan: Plan) -> None:
    from refashion.execution.notebook import execute

    outcome = execute(
        notebook,
        output,
        parameters,
        threads=plan.config.threads,
        seconds=DISPLAY_SECONDS,
    )
    if outcome.error:
        raise RefashionError(f"{notebook} failed: {outcome.error['message']}; see {output}")


def _mend(layout: Layout, dataset: str) -> None:
    """Make arrays again that something has damaged since they were made.

    Raises
    ------
    RefashionError
        They cannot be made again as they were.
    """
    from refashion.data.arrays import damaged_arrays, save_arrays

    described = artifacts.read_json(layout.prepared(dataset))["arrays"]
    folder = layout.arrays(dataset)
    damaged = damaged_arrays(described, folder)
    if not damaged:
        return
    from refashion import datasets

    names = ", ".join(map(str, damaged))
    logger.warning("Damaged since it was made, and made again: %s", names)
    _mend_files(layout, dataset)
    save_arrays(datasets.module(dataset).read(layout.raw(dataset)), folder)
    if damaged_arrays(described, folder):
        raise RefashionError(
            f"{names}: damaged, and cannot be made again as before (its code has changed since); "
            f"remove {folder.parent} and call again"
        )


def _mend_files(layout: Layout, dataset: str) -> None:
    """Fetch files again that something has damaged since they were fetched.

    Raises
    ------
    RefashionError
        They cannot be had again.
    """
    from refashion import datasets
    from refashion.data import fetching

    module, raw = datasets.module(dataset), layout.raw(dataset)
    if fetching.is_whole(module, raw):
        return
    fetched = fetching.fetch(module, raw, _plan().config.data_dirs)
    if fetched.status != "available":
        raise RefashionError(
            f"{raw}: damaged since it was fetched. {fetched.reason}\n"
            f"Or remove {raw.parent} to go on without it."
        )


def _plan() -> Plan:
    from refashion.workflow.plan import Plan

    return Plan.of_job()


def _missing(layout: Layout, dataset: str) -> str | None:
    prepared = artifacts.read_json(layout.prepared(dataset))
    return None if prepared["status"] == "available" else prepared["reason"]


def train(
    recipe: str,
    attempt: int,
    seconds: int,
    notebook: Path,
    layout: Layout,
    tries: int = 1,
) -> None:
    """Execute one run with one seed. A failure of the run is a result, and no error here.

    Parameters
    ----------
    recipe
        Canonical JSON, see `Plan.recipe`.
    attempt
        Number of the attempt, from 1.
    seconds
        Time limit.
    notebook, layout
        What is executed, and where the data and the results lie.
    tries
        How many times the command has tried this. From the second on nothing is executed: a job
        that ends without a result, as one that is killed, is recorded as the failure that it is.
    """
    given = json.loads(recipe)
    folder = layout.run(given["study"], given["run"], given["seed"])
    folder.clear()
    started = time.perf_counter()
    if tries > 1:
        ended = _not_executed(notebook, folder, "failed", "JobEnded", _end_of_job(folder))
        artifacts.log_failure(folder.failures, {**ended["error"], "status": ended["status"]})
    elif reason := _missing(layout, given["dataset"]):
        ended = _not_executed(notebook, folder, "no_data", "NoData", reason)
    else:
        _mend(layout, given["dataset"])
        ended = _execute_run(given, seconds, notebook, layout, folder)
    measured = _take_measurements(folder) if ended["status"] == "ok" else NOT_MEASURED
    record = {
        **ended,
        "attempt": attempt,
        **{name: given[name] for name in ("seed", "model", "settings", "threads")},
        **measured,
        "wall_seconds": time.perf_counter() - started,
    }
    artifacts.write_json(folder.run_json, {name: record[name] for name in artifacts.RUN_FIELDS})


def _end_of_job(folder: RunFolder) -> str:
    lines = folder.log.read_text(errors="replace").splitlines() if folder.log.exists() else []
    said = f"; the last line of its log is: {lines[-1]}" if lines else ""
    return f"its job ended without a result, perhaps because the machine ran out of memory{said}"


def _not_executed(
    notebook: Path, folder: RunFolder, status: str, kind: str, why: str
) -> dict[str, Any]:
    from refashion.execution.notebook import leave_note

    leave_note(notebook, folder.notebook, why)
    return {"status": status, "error": {"type": kind, "message": why, "cell": None}}


def _execute_run(
    given: dict[str, Any], seconds: int, notebook: Path, layout: Layout, folder: RunFolder
) -> dict[str, Any]:
    from refashion.execution.notebook import execute

    folders = {"data": str(layout.data), "results": str(layout.results)}
    outcome = asdict(
        execute(
            notebook,
            folder.notebook,
            {**given, **folders},
            threads=given["threads"],
            seconds=seconds,
        )
    )
    # Papermill's word is not enough: a run has succeeded when its files are there.
    if outcome["status"] == "ok" and not folder.measurements.exists():
        error = {"type": "Incomplete", "message": "the notebook saved no result", "cell": None}
        outcome = {"status": "failed", "error": error}
    if outcome["status"] != "ok":
        logger.error("%s: %s", outcome["error"]["type"], outcome["error"]["message"])
        artifacts.log_failure(folder.failures, {**outcome["error"], "status": outcome["status"]})
    return outcome


def _take_measurements(folder: RunFolder) -> dict[str, Any]:
    measured = artifacts.read_json(folder.measurements)
    folder.measurements.unlink()
    return measured


def evaluate(study: str, processes: int) -> None:
    """Score the predictions of every run of a study, in several processes.

    Raises
    ------
    RefashionError
        A model ignores its seed, so that its runs say nothing of chance.
    """
    from refashion import datasets
    from refashion.processes import shared_by
    from refashion.runs import evaluation

    plan = _plan()
    whole = plan.config.studies[study]
    score = partial(
        evaluation.score_run,
        datasets.module(whole.dataset).TASK,
        whole.classes,
        confusion_matrix_train=whole.confusion_matrix_train,
    )
    executions = [(run, seed) for name, run, seed in plan.executions if name == study]
    folders = [plan.layout.run(study, run, seed) for run, seed in executions]
    with shared_by(processes) as pool:
        found = list(pool.map(score, folders, chunksize=RUNS))
    rows: list[dict[str, Any]] = []
    scored: dict[str, list[RunFolder]] = {}
    for (run, seed), folder, scores in zip(executions, folders, found, strict=True):
        rows += evaluation.tidy(study, run, seed, scores)
        if scores:
            scored.setdefault(run, []).append(folder)
    _check_seeds(plan, study, scored)
    columns = ["study", "run", "seed", "split", "metric", "value"]
    frame = pd.DataFrame(rows, columns=columns)
    artifacts.write_csv(plan.layout.metrics(study), frame, artifacts.NOT_A_NUMBER)


def _check_seeds(plan: Plan, study: str, scored: Mapping[str, Sequence[RunFolder]]) -> None:
    from refashion import models
    from refashion.runs import evaluation

    for run, folders in scored.items():
        model = plan.config.studies[study].runs[run].model
        if not models.module(model).DETERMINISTIC and evaluation.is_seed_ignored(folders):
            raise RefashionError(
                f"{study}/{run}: all seeds give identical predictions: the seed is not applied. "
                f"See where src/refashion/models/{model}.py uses its seed, or whether it has to "
                "say DETERMINISTIC = True"
            )


def report(lock: Path, processes: int) -> None:
    """Gather the ledger, describe where the results come from, and render the report."""
    from refashion import sources
    from refashion.ledger.rows import write_ledger
    from refashion.render import render
    from refashion.workflow import provenance

    plan = _plan()
    layout, studies = plan.layout, plan.config.studies
    rows = [row for study in studies for row in artifacts.read_json(layout.study_verdicts(study))]
    fetched = {dataset: layout.fetch(dataset) for dataset in plan.datasets}
    write_ledger(rows, layout)
    artifacts.write_json(layout.config, plan.config.model_dump(mode="json"))
    artifacts.write_json(
        layout.manifest,
        provenance.manifest(plan.config, provenance.dataset_hashes(fetched), lock),
    )
    render.render(plan.config, layout, processes, sources.in_project())

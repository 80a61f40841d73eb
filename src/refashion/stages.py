"""The stages of the workflow: one function each, called by the rule of the same name."""

from __future__ import annotations

import json
import logging
import math
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader

from refashion import artifacts
from refashion.artifacts import Layout, RunFolder
from refashion.errors import ConfigError, RefashionError
from refashion.runs import kept

if TYPE_CHECKING:
    from refashion.workflow.plan import Plan

# Every job imports this module, so stages import slow libraries only when they need them.
if TYPE_CHECKING:
    import nbformat
    import numpy as np
    import pandas as pd
else:
    nbformat = lazy_loader.load("nbformat")
    np = lazy_loader.load("numpy")
    pd = lazy_loader.load("pandas")

logger = logging.getLogger(__name__)

# Time limit of notebooks that train nothing. The limit of runs may be short on purpose.
DISPLAY_SECONDS = 3600

# Number of runs that a process scores at a time.
RUNS = 10

# Fields that are known only if the notebook has run to its end.
NOT_MEASURED = {
    "diverged": None,
    "epochs_run": None,
    "n_parameters": None,
    "fit_seconds": None,
    "predict_seconds": None,
    "peak_memory_mb": None,
}


def fetch(dataset: str) -> None:
    """Fetch the files of a dataset into the data folder, or record why that failed.

    Raises
    ------
    RefashionError
        The dataset is not available, and the configuration says `on_missing_data: fail`.
    """
    from refashion.data import fetching

    plan = _plan()
    fetched = fetching.fetch(plan.source(dataset), plan.layout.raw(dataset), plan.config.data_dirs)
    if fetched.status != "available":
        failure = {"reason": fetched.reason}
        artifacts.log_failure(plan.layout.fetch_failures(dataset), failure)
        if plan.config.on_missing_data == "fail":
            raise RefashionError(fetched.reason)
    artifacts.write_json(plan.layout.fetch(dataset), asdict(fetched))


def prepare(dataset: str) -> None:
    """Convert the files of a dataset to arrays, which runs map into memory instead of parsing.

    What is found in a dataset that a study describes, such as its classes, is recorded with them.

    Raises
    ------
    RefashionError
        The files were damaged after they were fetched, and cannot be fetched again.
    """
    from refashion.data.arrays import save_arrays

    plan = _plan()
    layout, source = plan.layout, plan.source(dataset)
    fetched = artifacts.read_json(layout.fetch(dataset))
    prepared: dict[str, Any] = {"status": fetched["status"], "reason": fetched["reason"]}
    shutil.rmtree(layout.arrays(dataset), ignore_errors=True)
    if fetched["status"] == "available":
        _repair_files(source, layout, dataset)
        if plan.is_described(dataset):
            content = source.content(layout.raw(dataset))
            prepared |= {"version": source.version, "facts": source.facts(content)}
            arrays = content.arrays
        else:
            arrays = source.read(layout.raw(dataset))
        prepared["arrays"] = save_arrays(arrays, layout.arrays(dataset))
    artifacts.write_json(layout.prepared(dataset), prepared)
    if plan.is_described(dataset):
        _check_again(layout, dataset)


def _check_again(layout: Layout, dataset: str) -> None:
    """Validate the studies again, which know the classes of a described dataset only now.

    If a study does not fit them, its runs have no data, and the report says why. The next command
    tries again.
    """
    try:
        _plan()
    except ConfigError as error:
        logger.error("%s", error)
        failure = {"reason": str(error)}
        artifacts.log_failure(layout.fetch_failures(dataset), failure)
        artifacts.write_json(layout.prepared(dataset), {"status": "unavailable", **failure})


def explore(dataset: str, notebook: Path) -> None:
    """Execute the notebook that shows a dataset. Its failure does not stop the workflow.

    Raises
    ------
    RefashionError
        Damaged data cannot be repaired.
    """
    from refashion.execution.notebook import execute, leave_note

    plan = _plan()
    output, failed = plan.layout.explore(dataset), plan.layout.explore_error(dataset)
    failed.unlink(missing_ok=True)
    if reason := _missing(plan.layout, dataset):
        leave_note(notebook, output, reason)
        return
    _repair_arrays(plan.source(dataset), plan.layout, dataset)
    folders = {"study_folder": str(plan.folder_of(dataset)), "data": str(plan.config.data)}
    parameters = {"dataset": dataset, "texts": plan.texts(dataset), **folders}
    threads = plan.config.threads
    outcome = execute(notebook, output, parameters, threads=threads, seconds=DISPLAY_SECONDS)
    if outcome.error:
        logger.error("%s: %s", outcome.error["type"], outcome.error["message"])
        artifacts.log_failure(plan.layout.explore_failures(dataset), outcome.error)
        artifacts.write_json(failed, outcome.error)


def audit_source(study: str) -> None:
    """Check the numbers of a study's source against each other.

    A source that cannot be read costs no report: the ledger says why.
    """
    from refashion.audit.command import SECONDS
    from refashion.audit.record import source_record
    from refashion.render.text.time_limit import time_limit

    plan = _plan()
    with time_limit(SECONDS):
        found = source_record(plan.document_of(study))
    if fault := found.get("fault"):
        logger.error("%s", fault)
    artifacts.write_json(plan.layout.audit(study), found)


def judge(study: str, notebook: Path) -> None:
    """Execute the notebook that judges a study.

    Raises
    ------
    RefashionError
        The notebook failed.
    """
    plan = _plan()
    parameters = {"study": study, "overrides": dict(plan.overrides)}
    _execute_or_raise(notebook, plan.layout.judge(study), parameters, plan)


def recover(study: str, name: str, notebook: Path) -> None:
    """Execute the notebook that searches for open settings. Its failure stops nothing else."""
    from refashion.execution.notebook import execute, leave_note

    plan = _plan()
    layout, search = plan.layout, plan.config.studies[study].recover[name]
    output, result = layout.recovery_notebook(study, name), layout.recovery(study, name)
    result.unlink(missing_ok=True)
    dataset = plan.dataset_of(study)
    if dataset and (reason := _missing(layout, dataset)):
        leave_note(notebook, output, reason)
        artifacts.write_json(result, {"status": "no_data", "error": {"message": reason}})
        return
    if dataset:
        _repair_arrays(plan.source(dataset), layout, dataset)
    # The search ends by itself; the last of its trials may take as long as a run.
    seconds = math.ceil(60 * (search.minutes + plan.config.limits.minutes))
    parameters = {"study": study, "name": name, "overrides": dict(plan.overrides)}
    outcome = execute(notebook, output, parameters, threads=plan.config.threads, seconds=seconds)
    error = outcome.error
    if error is None and not result.exists():
        error = {"type": "Incomplete", "message": "the notebook saved no result", "cell": None}
    if error:
        logger.error("%s: %s", error["type"], error["message"])
        artifacts.log_failure(layout.recovery_failures(study, name), error)
        artifacts.write_json(result, {"status": "failed", "error": error})


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


def _repair_arrays(source: Any, layout: Layout, dataset: str) -> None:
    """Prepare arrays again if they were damaged.

    Raises
    ------
    RefashionError
        The new arrays differ from the old ones.
    """
    from refashion.data.arrays import damaged_arrays, save_arrays

    described = artifacts.read_json(layout.prepared(dataset))["arrays"]
    folder = layout.arrays(dataset)
    damaged = damaged_arrays(described, folder)
    if not damaged:
        return
    if not hasattr(source, "read"):  # only the facts about a dataset that the study describes
        source = _plan().source(dataset)
    names = ", ".join(map(str, damaged))
    logger.warning("Damaged, preparing again: %s", names)
    _repair_files(source, layout, dataset)
    save_arrays(source.read(layout.raw(dataset)), folder)
    if damaged_arrays(described, folder):
        raise RefashionError(
            f"{names}: damaged, and cannot be restored because the code of the dataset has "
            f"changed; remove {folder.parent} and rerun the command"
        )


def _repair_files(source: Any, layout: Layout, dataset: str) -> None:
    """Fetch files again if they were damaged.

    Raises
    ------
    RefashionError
        They are not available any more.
    """
    from refashion.data import fetching

    raw = layout.raw(dataset)
    if fetching.is_complete(source, raw):
        return
    fetched = fetching.fetch(source, raw, _plan().config.data_dirs)
    if fetched.status != "available":
        raise RefashionError(
            f"{raw}: damaged after it was fetched. {fetched.reason}\n"
            f"Or remove {raw.parent} to continue without this dataset."
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
    given = json.loads(recipe)
    folder = layout.run(given["study"], given["run"], given["seed"])
    folder.clear()
    place = kept.folder_of(recipe, attempt, _prepared(given, layout))
    if place and kept.restore(folder, place):
        logger.info("This run had finished before its job was ended; its results are kept.")
        return
    started = time.perf_counter()
    if executions:
        with suppress(FileNotFoundError):
            os.truncate(folder.log, 0)  # what an earlier job has left
        ended = _ended(given, seconds, notebook, study, layout, folder)
    else:
        content = nbformat.v4.new_notebook() if _is_outside(given) else None
        why = "JobEnded", _end_of_job(folder)
        ended = _not_executed(notebook, folder, "failed", *why, content)
    if executions > 1 and (ended["error"] or {}).get("type") in artifacts.KILLED:
        raise RefashionError(f"{ended['error']['message']}; the job is started again")
    if ended["status"] in artifacts.FAILURES:
        logger.error("%s: %s", ended["error"]["type"], ended["error"]["message"])
        artifacts.log_failure(folder.failures, {**ended["error"], "status": ended["status"]})
    measured = _take_measurements(folder) if ended["status"] == "ok" else NOT_MEASURED
    record = {
        **ended,
        "attempt": attempt,
        **{name: given[name] for name in ("seed", "model", "settings", "threads")},
        **measured,
        "wall_seconds": time.perf_counter() - started,
    }
    artifacts.write_json(folder.run_json, {name: record[name] for name in artifacts.RUN_FIELDS})
    if place and ended["status"] == "ok":
        kept.keep(folder, place)


def _is_outside(given: dict[str, Any]) -> bool:
    return "command" in given or "results" in given


def _prepared(given: dict[str, Any], layout: Layout) -> Path | None:
    data = layout.prepared(given["dataset"]) if given["dataset"] else None
    return data if data and data.exists() else None


def _ended(
    given: dict[str, Any],
    seconds: int,
    notebook: Path,
    study: Path,
    layout: Layout,
    folder: RunFolder,
) -> dict[str, Any]:
    """Execute a run, and return its status and its error."""
    from refashion import datasets, models
    from refashion.execution import gpus

    if _is_outside(given):
        if "command" in given and (reason := gpus.why_none()):
            content = nbformat.v4.new_notebook()
            return _not_executed(notebook, folder, "failed", "NoGPU", reason, content)
        return _take_outside(given, seconds, study, layout, folder)
    if models.is_notebook(given["model"]):
        if reason := gpus.why_none():  # networks of Keras look for it themselves
            return _not_executed(notebook, folder, "failed", "NoGPU", reason)
        return _execute_authored(given, seconds, notebook, study, layout, folder)
    if reason := _missing(layout, given["dataset"]):
        return _not_executed(notebook, folder, "no_data", "NoData", reason)
    _repair_arrays(datasets.module(given["dataset"], study, layout.data), layout, given["dataset"])
    return _execute_run(given, seconds, notebook, study, layout, folder)


def _end_of_job(folder: RunFolder) -> str:
    lines = folder.log.read_text(errors="replace").splitlines() if folder.log.exists() else []
    said = f"; the last line of its log: {lines[-1]}" if lines else ""
    return (
        "the job ended without a result, perhaps because the machine ran out of memory, or the "
        f"job out of its time on a cluster{said}"
    )


def _not_executed(
    notebook: Path, folder: RunFolder, status: str, kind: str, why: str, content: Any = None
) -> dict[str, Any]:
    from refashion.execution.notebook import leave_note

    leave_note(notebook, folder.notebook, why, content)
    return {"status": status, "error": {"type": kind, "message": why, "cell": None}}


def _execute_run(
    given: dict[str, Any],
    seconds: int,
    notebook: Path,
    study: Path,
    layout: Layout,
    folder: RunFolder,
) -> dict[str, Any]:
    from refashion.execution.notebook import execute

    places = {"study_folder": study, "data": layout.data, "results": layout.results}
    folders = {name: str(place) for name, place in places.items()}
    outcome = asdict(
        execute(
            notebook,
            folder.notebook,
            {**given, **folders},
            threads=given["threads"],
            seconds=seconds,
        )
    )
    # A run has succeeded only if its files exist, whatever Papermill says.
    if outcome["status"] == "ok" and not folder.measurements.exists():
        outcome = _failed("Incomplete", "the notebook saved no results")
    return outcome


def _execute_authored(
    given: dict[str, Any],
    seconds: int,
    notebook: Path,
    study: Path,
    layout: Layout,
    folder: RunFolder,
) -> dict[str, Any]:
    """Execute an author's own notebook, and take in what it recorded."""
    from refashion.execution import environment, requirements
    from refashion.execution.authored import execute_authored
    from refashion.runs.recorded import adopt_recorded

    own = None
    if given["requirements"] is not None:
        try:
            asked, place = study / given["requirements"], environment.home() / "environments"
            own = requirements.built(asked, layout.pins, place)
        except requirements.EnvironmentBuildError as error:
            why = f"{given['requirements']}: no environment can be built from it: {error}"
            return _not_executed(notebook, folder, "failed", "Environment", why)
        artifacts.write_text(folder.requirements, own.lock.read_text())
    started = time.perf_counter()
    outcome = asdict(
        execute_authored(
            notebook,
            folder.notebook,
            given["settings"],
            study=study,
            place=folder.files,
            seed=given["seed"],
            network=given["network"],
            threads=given["threads"],
            seconds=seconds,
            own=own,
        )
    )
    spent = {"fit_seconds": time.perf_counter() - started}
    if outcome["status"] == "ok":
        try:
            found = adopt_recorded(folder, given["classes"])
            artifacts.write_json(folder.measurements, found | spent)
        except ValueError as error:
            outcome = _failed("Recorded", f"refashion.record: {error}")
    return outcome


def _take_outside(
    given: dict[str, Any], seconds: int, study: Path, layout: Layout, folder: RunFolder
) -> dict[str, Any]:
    """Execute a program, or read results that are there, and take them in."""
    from refashion.execution.evidence import write_evidence
    from refashion.execution.programs import ProgramEnd, execute_program
    from refashion.runs import outside

    ended: ProgramEnd | None = None
    outcome: dict[str, Any] = {"status": "ok", "error": None}
    started = time.perf_counter()
    if "command" in given:
        ended = execute_program(given, study, folder, seconds)
        outcome = asdict(ended.outcome)
    spent = {"fit_seconds": time.perf_counter() - started if ended else None}
    if outcome["status"] == "ok":
        try:
            truth = _true_answers(given, study, layout)
            if ended:
                found = outside.take_left(folder, given["classes"], truth, ended.printed)
            else:
                found = _take_results(given, study, folder, truth)
            artifacts.write_json(folder.measurements, found | spent)
        except (OSError, ValueError, RefashionError) as error:
            outcome = _failed("Results", str(error))
    digests = artifacts.read_json(folder.sources) if folder.sources.exists() else {}
    facts = {"run": f"{given['study']}/{given['run']}", "seed": given["seed"]}
    tables = {
        "Run": [(name, str(value)) for name, value in facts.items()],
        "Settings": [(name, json.dumps(value)) for name, value in given["settings"].items()],
        "Files and their SHA-256": [*digests.items()],
    }
    title = "Results of a program" if ended else "Results that were there"
    shown = (ended.command, ended.printed) if ended else (None, "")
    write_evidence(folder.notebook, title, tables, outcome["error"], *shown)
    return outcome


def _take_results(
    given: dict[str, Any], study: Path, folder: RunFolder, truth: Mapping[str, np.ndarray] | None
) -> dict[str, Any]:
    from refashion.runs.outside import take_results
    from refashion.spec.outside import ResultFiles
    from refashion.spec.result_files import find_results
    from refashion.spec.study import outside_folders

    results = ResultFiles.model_validate_json(json.dumps(given["results"]))
    places = outside_folders(study, _plan().config.data_dirs)
    found = find_results(results, places).get(given["seed"])
    if found is None:
        raise ValueError(f"the results of seed {given['seed']} are not there any more")
    return take_results(folder, given["classes"], truth, results, found)


def _true_answers(
    given: dict[str, Any], study: Path, layout: Layout
) -> dict[str, np.ndarray] | None:
    """Return the true answers of each split, if the study has data; none in a smoke run.

    A split that is drawn anew with each seed of ours is not that of somebody else's results.
    """
    from refashion import datasets
    from refashion.runs.outside import true_answers
    from refashion.spec.split import has_same_examples

    if given["dataset"] is None or given["examples"] or _missing(layout, given["dataset"]):
        return None
    source = datasets.module(given["dataset"], study, layout.data)
    found = true_answers(layout, given, source, study)
    split = _plan().config.studies[given["study"]].split
    return {name: answers for name, answers in found.items() if has_same_examples(split, name)}


def _failed(kind: str, message: str) -> dict[str, Any]:
    return {"status": "failed", "error": {"type": kind, "message": message, "cell": None}}


def _take_measurements(folder: RunFolder) -> dict[str, Any]:
    measured = artifacts.read_json(folder.measurements)
    folder.measurements.unlink()
    return measured


def evaluate(study: str, processes: int) -> None:
    """Compute the metrics of every run of a study, in several processes.

    Raises
    ------
    RefashionError
        A stochastic model gives the same predictions with all seeds.
    """
    from refashion.processes import shared_by
    from refashion.runs import evaluation

    plan = _plan()
    whole = plan.config.studies[study]
    score = partial(
        evaluation.score_run,
        whole.dataset_module.TASK,
        whole.classes,
        confusion_matrix_train=whole.confusion_matrix_train,
        asked=whole.asked_metrics,
    )
    executions = [(run, seed) for name, run, seed in plan.executions if name == study]
    folders = [plan.layout.run(study, run, seed) for run, seed in executions]
    with shared_by(processes) as pool:
        found = list(pool.map(score, folders, chunksize=RUNS))
    rows: list[dict[str, Any]] = []
    scored: dict[str, list[RunFolder]] = {}
    for (run, seed), folder, scores in zip(executions, folders, found, strict=True):
        rows += evaluation.tidy(study, run, seed, scores, folder)
        if scores:
            scored.setdefault(run, []).append(folder)
    _check_seeds(plan, study, scored)
    has_folds = any("fold" in row for row in rows)
    columns = ["study", "run", "seed", *["fold"] * has_folds, "split", "metric", "value"]
    frame = pd.DataFrame(rows, columns=columns).fillna({"fold": ""})
    artifacts.write_csv(plan.layout.metrics(study), frame, artifacts.NAN)


def _check_seeds(plan: Plan, study: str, scored: Mapping[str, Sequence[RunFolder]]) -> None:
    from refashion.runs import evaluation

    for run, folders in scored.items():
        model = plan.config.studies[study].model_module(run)
        # An estimator declares nothing: whether its seeds agree is found out when it is judged.
        if model.DETERMINISTIC is False and evaluation.is_seed_ignored(folders):
            raise RefashionError(
                f"{study}/{run}: all seeds give identical predictions, so the model ignores its "
                f"seed. Use the seed in {model.__file__}, or set DETERMINISTIC = True there"
            )


def report(lock: Path, processes: int) -> None:
    """Collect the ledger, write the manifest, and render the report."""
    from refashion import sources
    from refashion.ledger import rows
    from refashion.render import render
    from refashion.workflow import provenance

    plan = _plan()
    layout, studies = plan.layout, plan.config.studies
    entries = [
        entry for study in studies for entry in rows.read(layout.study_verdicts(study), plan.config)
    ]
    fetched = {dataset: layout.fetch(dataset) for dataset in plan.datasets}
    rows.write_ledger(entries, layout)
    artifacts.write_json(layout.config, plan.config.model_dump(mode="json"))
    artifacts.write_json(
        layout.manifest,
        provenance.manifest(
            plan.config,
            provenance.dataset_hashes(fetched),
            lock,
            provenance.result_hashes(plan.config, layout),
        ),
    )
    render.render(plan.config, layout, processes, sources.in_project())

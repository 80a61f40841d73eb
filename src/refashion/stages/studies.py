"""The stages of whole studies: evaluate, audit_source, recover, judge, report."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader

from refashion import artifacts
from refashion.artifacts import RunFolder
from refashion.errors import RefashionError
from refashion.stages.datasets import repair_arrays, why_missing
from refashion.stages.planned import DISPLAY_SECONDS, plan_of_job

if TYPE_CHECKING:
    import pandas as pd

    from refashion.workflow.plan import Plan
else:
    pd = lazy_loader.load("pandas")

logger = logging.getLogger(__name__)

# Number of runs that a process scores at a time.
RUNS = 10


def evaluate(study: str, processes: int) -> None:
    """Compute the metrics of every run of a study, in several processes.

    Raises
    ------
    RefashionError
        A stochastic model gives the same predictions with all seeds.
    """
    from refashion.processes import shared_by
    from refashion.runs import evaluation

    plan = plan_of_job()
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


def audit_source(study: str) -> None:
    """Check the numbers of a study's source against each other.

    A source that cannot be read costs no report: the ledger says why.
    """
    from refashion.audit.command import SECONDS
    from refashion.audit.record import source_record
    from refashion.render.text.time_limit import time_limit

    plan = plan_of_job()
    with time_limit(SECONDS):
        found = source_record(plan.document_of(study))
    if fault := found.get("fault"):
        logger.error("%s", fault)
    artifacts.write_json(plan.layout.audit(study), found)


def recover(study: str, name: str, notebook: Path) -> None:
    """Execute the notebook that searches for open settings. Its failure stops nothing else."""
    from refashion.execution.notebook import execute, leave_note

    plan = plan_of_job()
    layout, search = plan.layout, plan.config.studies[study].recover[name]
    output, result = layout.recovery_notebook(study, name), layout.recovery(study, name)
    result.unlink(missing_ok=True)
    dataset = plan.dataset_of(study)
    if dataset and (reason := why_missing(layout, dataset)):
        leave_note(notebook, output, reason)
        artifacts.write_json(result, {"status": "no_data", "error": {"message": reason}})
        return
    if dataset:
        repair_arrays(plan.source(dataset), layout, dataset)
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


def judge(study: str, notebook: Path) -> None:
    """Execute the notebook that judges a study.

    Raises
    ------
    RefashionError
        The notebook failed.
    """
    plan = plan_of_job()
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


def report(lock: Path, processes: int) -> None:
    """Collect the ledger, write the manifest, and render the report."""
    from refashion import sources
    from refashion.ledger import rows
    from refashion.render import render
    from refashion.workflow import provenance

    plan = plan_of_job()
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

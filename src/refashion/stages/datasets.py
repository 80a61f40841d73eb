"""The stages of a dataset: fetch, prepare, explore; and its repair."""

from __future__ import annotations

import logging
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.errors import ConfigError, RefashionError
from refashion.stages.planned import DISPLAY_SECONDS, plan_of_job

logger = logging.getLogger(__name__)


def fetch(dataset: str) -> None:
    """Fetch the files of a dataset into the data folder, or record why that failed.

    Raises
    ------
    RefashionError
        The dataset is not available, and the configuration says `on_missing_data: fail`.
    """
    from refashion.data import fetching

    plan = plan_of_job()
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

    plan = plan_of_job()
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
        plan_of_job()
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

    plan = plan_of_job()
    output, failed = plan.layout.explore(dataset), plan.layout.explore_error(dataset)
    failed.unlink(missing_ok=True)
    if reason := why_missing(plan.layout, dataset):
        leave_note(notebook, output, reason)
        return
    repair_arrays(plan.source(dataset), plan.layout, dataset)
    folders = {"study_folder": str(plan.folder_of(dataset)), "data": str(plan.config.data)}
    parameters = {"dataset": dataset, "texts": plan.texts(dataset), **folders}
    threads = plan.config.threads
    outcome = execute(notebook, output, parameters, threads=threads, seconds=DISPLAY_SECONDS)
    if outcome.error:
        logger.error("%s: %s", outcome.error["type"], outcome.error["message"])
        artifacts.log_failure(plan.layout.explore_failures(dataset), outcome.error)
        artifacts.write_json(failed, outcome.error)


def why_missing(layout: Layout, dataset: str) -> str | None:
    prepared = artifacts.read_json(layout.prepared(dataset))
    return None if prepared["status"] == "available" else prepared["reason"]


def repair_arrays(source: Any, layout: Layout, dataset: str) -> None:
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
        source = plan_of_job().source(dataset)
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
    fetched = fetching.fetch(source, raw, plan_of_job().config.data_dirs)
    if fetched.status != "available":
        raise RefashionError(
            f"{raw}: damaged after it was fetched. {fetched.reason}\n"
            f"Or remove {raw.parent} to continue without this dataset."
        )

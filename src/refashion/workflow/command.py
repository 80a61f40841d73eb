"""What a snakemake command does before its first job and after its last one."""

from __future__ import annotations

import gc
import shlex
import shutil
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import snakemake.common
import snakemake.rules
from snakemake.persistence import PersistenceBase
from snakemake_interface_common.exceptions import WorkflowError

from refashion import scratch
from refashion.artifacts import remove_unfinished
from refashion.backends import kept_answers
from refashion.errors import ConfigError
from refashion.execution import environment, requirements
from refashion.runs import kept
from refashion.sources import in_project
from refashion.workflow import (
    folders,
    inputs,
    kernel_server,
    lock,
    profiles,
    progress,
    provenance,
    remote_jobs,
    resources,
    signals,
    timestamps,
)
from refashion.workflow.plan import Plan

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

# Folders of the project with files that are inputs of rules.
INPUTS = ("src", "notebooks", "report", "envs")

ANSWERS = Path(".snakemake/refashion-answers")

# Snakemake would import pandas to ask whether a parameter is a table, and no rule has one.
PersistenceBase._serialize_param = PersistenceBase._serialize_param_builtin

# For each job, Snakemake would inspect again which parameters the functions of its rule have.
_parameters_of = cache(snakemake.common.get_function_params)
snakemake.common.get_function_params = snakemake.rules.get_function_params = _parameters_of

# New objects after which Python looks for garbage. By its own number, it would look through the
# jobs again and again while they are planned, and they all stay.
NEW_OBJECTS = 50_000


def begin(workflow: Workflow, overrides: Mapping[str, Any]) -> Plan:
    """Load the plan, lock the working folder, and clean up after commands that were killed.

    Before the first job, `start_jobs` is called; after the last one, `conclude`. Jobs, dry
    runs and commands that only show something change nothing.

    Parameters
    ----------
    workflow
        The Snakemake workflow, while it reads the Snakefile.
    overrides
        Values given with `--config`.

    Returns
    -------
    Plan
        The validated configuration.

    Raises
    ------
    WorkflowError
        The configuration or the profile is not valid, or another command is running in the folder.
    """
    gc.set_threshold(NEW_OBJECTS)
    try:
        lock.check_installation(workflow)
        if workflow.is_main_process:
            profiles.check(sys.argv[1:])
        kept_answers.keep_in(ANSWERS)
        plan = Plan.load(overrides)
        plan.check_folders()
    except ConfigError as error:
        raise WorkflowError(str(error)) from None
    # A command that can be pasted into a shell, without the path of snakemake.
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    if holder := lock.lock_folder(workflow, command):
        raise WorkflowError(f"This folder is in use by {holder}. Wait for it to end, or stop it.")
    own = (plan.layout.data, plan.layout.results)
    code = *map(in_project, INPUTS), *(study.folder for study in plan.config.studies.values())
    timestamps.correct_future(workflow, *code, *own)
    plan.publish()
    if workflow.output_settings.dryrun:
        progress.describe(plan, workflow)
    requirements.publish()
    # The nodes of a cluster often have no network. On one machine, every rule is local.
    workflow.localrules("fetch")
    if workflow.remote_exec:
        kept.publish(environment.home(), code, inputs.LOCK)
        kernel_server.serve_group(plan)
    if lock.executes(workflow):
        provenance.publish(command)
        for folder in own:
            folders.mark(folder)
            remove_unfinished(folder)
        scratch.remove_left_behind()
        _ = plan.executions  # asks for the seeds of estimators, which is to be saved with the rest
        kept_answers.save()
    workflow.onstart(lambda log: start_jobs(workflow, plan))
    workflow.onsuccess(lambda log: conclude(plan))
    return plan


def start_jobs(workflow: Workflow, plan: Plan) -> None:
    """Announce the jobs, limit them to the available memory, and start the kernel server.

    Parameters
    ----------
    workflow
        The Snakemake workflow, with the jobs that are about to run.
    plan
        The validated configuration.
    """
    at_a_time = min(resources.share_memory(workflow), resources.share_gpu(workflow))
    progress.announce(plan, workflow, at_a_time)
    resources.end_with_last_job(workflow)
    signals.end_jobs_with_command(workflow.local_exec)
    remote_jobs.keep_in_sight(workflow)
    lock.stay_alive()
    kernel_server.serve_workflow(plan, workflow)


def conclude(plan: Plan) -> None:
    """Log where the report is and what failed; see `progress.conclude`."""
    shutil.rmtree(kept.all_places(environment.home()), ignore_errors=True)
    progress.conclude(plan)

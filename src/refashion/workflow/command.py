"""A command of Snakemake: what it does before its first job and after its last one."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snakemake_interface_common.exceptions import WorkflowError

from refashion import scratch
from refashion.artifacts import remove_unfinished
from refashion.errors import ConfigError
from refashion.sources import in_project
from refashion.workflow import (
    folders,
    kernel_server,
    lock,
    progress,
    provenance,
    resources,
    signals,
    timestamps,
)
from refashion.workflow.plan import Plan

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

# Folders of the project whose files are inputs of rules.
INPUTS = ("src", "notebooks", "studies", "report", "envs")


def begin(workflow: Workflow, overrides: Mapping[str, Any]) -> Plan:
    """Load the plan, hold the working folder, and clear away what earlier commands have left.

    Jobs and commands that only look change nothing.

    Parameters
    ----------
    workflow
        Snakemake's, while it reads the Snakefile.
    overrides
        What `--config` gives.

    Raises
    ------
    WorkflowError
        The configuration cannot be used, or another command is at work in the folder.
    """
    try:
        lock.check_installation(workflow)
        plan = Plan.load(overrides)
        plan.check_folders()
    except ConfigError as error:
        raise WorkflowError(str(error)) from None
    # As it can be given again: quoted, and wherever Snakemake lies.
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    if holder := lock.hold_folder(workflow, command):
        raise WorkflowError(f"This folder is in use by {holder}. Wait for it, or end it first.")
    own = (plan.layout.data, plan.layout.results)
    timestamps.bring_back(workflow, *map(in_project, INPUTS), *own)
    plan.publish()
    if lock.executes(workflow):
        provenance.announce(command)
        for folder in own:
            folders.mark(folder)
            remove_unfinished(folder)
        scratch.remove_left_behind()
    return plan


def start_jobs(workflow: Workflow, plan: Plan) -> None:
    """Tell what there is to do, share the memory, and start the kernel server.

    Parameters
    ----------
    workflow
        Snakemake's, with the jobs that are about to be run.
    plan
        What was asked for.
    """
    progress.announce(plan, workflow, resources.share_memory(workflow))
    resources.end_with_last_job(workflow)
    signals.end_jobs_with_command()
    kernel_server.serve_workflow(plan, workflow)


def conclude(plan: Plan) -> None:
    """Tell where the report is and what has failed; see `progress.conclude`."""
    progress.conclude(plan)

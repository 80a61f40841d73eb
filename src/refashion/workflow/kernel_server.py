"""Starts the kernel server of a workflow, where it can serve and is worth it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from refashion.execution import environment
from refashion.execution.kernels import wire

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

    from refashion.workflow.plan import Plan

logger = logging.getLogger(__name__)

PROVISIONER_VARIABLE = "JUPYTER_DEFAULT_PROVISIONER_NAME"
PROVISIONER = "refashion-warm"
GROUP = "jupyter_client.kernel_provisioners"

# What notebooks import, or what is imported when they show something. Keras before TensorFlow,
# which else loads it halfway. Nothing of this project: it may be edited while the server lives.
LIBRARIES = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "pydantic._internal._discriminated_union",
    "pandas.core.methods.to_dict",
    "pandas.io.formats.string",
    "keras",
    "tensorflow",
    "tensorflow.python.data.ops.zip_op",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.neural_network",
    "sklearn.preprocessing",
    "scipy.stats",
    "pandas",
    "pandas.io.formats.csvs",
    "pandas.io.formats.html",
    "matplotlib.pyplot",
    "seaborn",
    "pydantic.json_schema",
    "yaml",
    "lazy_loader",
    "pooch",
    "tenacity",
)

# A server lives as long as someone holds it.
_SERVERS: list[subprocess.Popen] = []

# For a single run, it would only do what the run's kernel does.
FEWEST_RUNS = 2


def serve_workflow(plan: Plan, workflow: Workflow) -> None:
    """Start a server for the jobs of this workflow, unless plain kernels will do.

    Parameters
    ----------
    plan
        What was asked for.
    workflow
        Snakemake's, with the jobs that are about to be run.
    """
    # The user's choice, unless it is one that only another environment has.
    if os.environ.get(PROVISIONER_VARIABLE) not in entry_points(group=GROUP).names:
        os.environ.pop(PROVISIONER_VARIABLE, None)
    runs = sum(job.rule.name == "train" for job in workflow.dag.needrun_jobs())
    deployment = workflow.deployment_settings
    # Jobs in an environment of their own have other libraries.
    is_ours = not (deployment and deployment.deployment_method)
    is_here = workflow.is_main_process and workflow.local_exec and not workflow.touch
    if is_here and is_ours and runs >= FEWEST_RUNS and can_serve(plan.config.threads):
        _SERVERS.append(start(plan.config.threads, plan.layout.log("kernels", "server")))


def can_serve(threads: int) -> bool:
    """Whether a server can run here, and the jobs would find it.

    With more than one thread, libraries start them when they are imported, which rules out to
    fork.
    """
    return (
        sys.platform == "linux"
        and threads == 1
        and PROVISIONER_VARIABLE not in os.environ
        and bool(entry_points(group=GROUP, name=PROVISIONER))
    )


def start(threads: int, log: Path, libraries: Sequence[str] = LIBRARIES) -> subprocess.Popen:
    """Start a server in the background, and tell the jobs by the environment where it is.

    Parameters
    ----------
    threads
        Of every kernel.
    log
        Where the server's own output goes.
    libraries
        Modules that it imports.

    Returns
    -------
    subprocess.Popen
        The server. It ends when this process ends, or when its `stdin` is closed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    # Bound here, so that whoever asks early waits instead of finding nobody.
    with wire.listen() as listener, log.open("wb") as output:
        os.environ[wire.ADDRESS_VARIABLE] = wire.address(listener)
        os.environ[PROVISIONER_VARIABLE] = PROVISIONER
        descriptor = listener.fileno()
        module = "refashion.execution.kernels.server"
        return subprocess.Popen(
            [sys.executable, "-m", module, str(descriptor), str(os.getpid()), *libraries],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=environment.kernel_environment(
                os.environ, threads, environment.home(), Path(os.devnull)
            ),
            pass_fds=[descriptor],
            start_new_session=True,
        )

"""Start of the kernel server, if it can run here and saves time."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from snakemake.target_jobs import parse_target_jobs_cli_args

from refashion.execution import environment
from refashion.execution.kernels import wire

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

    from refashion.workflow.plan import Plan

logger = logging.getLogger(__name__)

PROVISIONER_VARIABLE = "JUPYTER_DEFAULT_PROVISIONER_NAME"
PROVISIONER = "refashion-warm"
GROUP = "jupyter_client.kernel_provisioners"

# Modules that networks import. Keras comes before TensorFlow, which would otherwise import it only
# in part.
KERAS = ("keras", "tensorflow", "tensorflow.python.data.ops.zip_op")

# Modules that notebooks import, or that are imported when they display something. Modules of this
# project are missing, because they may be edited while the server runs.
LIBRARIES = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "pydantic._internal._discriminated_union",
    "pandas.core.methods.to_dict",
    "pandas.io.formats.string",
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

# A server ends when its process object is deleted.
_SERVERS: list[subprocess.Popen] = []

# For a single run, the server would save no time.
FEWEST_RUNS = 2


def serve_workflow(plan: Plan, workflow: Workflow) -> None:
    """Start a server for the jobs of this workflow, unless plain kernels are as good.

    Parameters
    ----------
    plan
        The validated configuration.
    workflow
        The Snakemake workflow, with the jobs that are about to run.
    """
    # Keep a provisioner that the user chose, unless this environment does not have it.
    if os.environ.get(PROVISIONER_VARIABLE) not in entry_points(group=GROUP).names:
        os.environ.pop(PROVISIONER_VARIABLE, None)
    runs = [job.wildcards for job in workflow.dag.needrun_jobs() if job.rule.name == "train"]
    deployment = workflow.deployment_settings
    # Jobs in an environment of their own have other libraries.
    is_ours = not (deployment and deployment.deployment_method)
    is_here = workflow.is_main_process and workflow.local_exec and not workflow.touch
    if is_here and is_ours and len(runs) >= FEWEST_RUNS and can_serve(plan.config.threads):
        is_keras = any(plan.uses_keras(run.study, run.run) for run in runs)
        log = plan.layout.log("kernels", "server")
        _SERVERS.append(start(plan.config.threads, log, _libraries(is_keras)))


def serve_group(plan: Plan) -> None:
    """Start a server for a group of runs that share this job of a cluster.

    Parameters
    ----------
    plan
        The validated configuration.
    """
    # Slurm's executor runs a process for each run of the group; they inherit the server's address.
    # Snakemake reads the Snakefile before it knows what to do.
    given = [word for word in sys.argv if word.startswith("train:")]
    runs = [job.wildcards_dict for job in parse_target_jobs_cli_args(given)]
    if len(runs) >= FEWEST_RUNS and can_serve(plan.config.threads):
        is_keras = any(plan.uses_keras(run["study"], run["run"]) for run in runs)
        _SERVERS.append(start(plan.config.threads, None, _libraries(is_keras)))


def _libraries(is_keras: bool) -> tuple[str, ...]:
    # A process that has used CUDA must not fork, and TensorFlow may do so when it is imported.
    is_shared = is_keras and not environment.is_for_gpu()
    return (*KERAS, *LIBRARIES) if is_shared else LIBRARIES


def can_serve(threads: int) -> bool:
    """Return whether a server can run here and jobs would use it.

    Parameters
    ----------
    threads
        Threads of each run. With more than one, libraries start threads when they are imported, so
        the server could not fork.
    """
    return (
        sys.platform == "linux"
        and threads == 1
        and PROVISIONER_VARIABLE not in os.environ
        and bool(entry_points(group=GROUP, name=PROVISIONER))
    )


def start(threads: int, log: Path | None, libraries: Sequence[str]) -> subprocess.Popen:
    """Start a server in the background, and put its address in the environment for the jobs.

    Parameters
    ----------
    threads
        Threads of each kernel.
    log
        File for the output of the server; None for the output of this process.
    libraries
        Modules that the server imports.

    Returns
    -------
    subprocess.Popen
        The server. It ends when this process ends, or when its `stdin` is closed.
    """
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
    # The socket is bound here, so that an early job waits for the server instead of missing it.
    with wire.listen() as listener, log.open("wb") if log else nullcontext() as output:
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

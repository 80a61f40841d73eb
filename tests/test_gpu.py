"""An environment for a GPU: what is installed, shared, recorded and refused. None needs a GPU."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from refashion.artifacts import Layout
from refashion.backends import keras as backend
from refashion.changes.environment import compare_environment
from refashion.errors import RefashionError
from refashion.execution import environment, gpus
from refashion.render.front import summary
from refashion.stages.training import RunJob
from refashion.workflow import kernel_server, provenance, resources
from refashion.workflow.plan import Plan

MODEL = "NVIDIA H100 80GB HBM3"


@pytest.fixture
def with_gpu_packages(tmp_path, monkeypatch):
    """Stand for an environment of `make env GPU=1`."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    (tmp_path / "environment").mkdir()
    (tmp_path / "environment" / "gpu.stamp").touch()


@pytest.fixture
def says(tmp_path, monkeypatch):
    """Put a made-up program first in the path."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    def make(name, text, status=0):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\necho '{text}'\nexit {status}\n")
        path.chmod(0o755)

    return make


@pytest.fixture
def driver(says):
    says("nvidia-smi", f"{MODEL}, 550.54.15")


# What is installed.


@pytest.fixture
def make(project, tmp_path):
    """`make -n` in a copy of the project that has an environment."""
    folder = tmp_path / "project"
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    shutil.copytree(project / "envs", folder / "envs")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(project / name, folder)

    def run(*words, stamps=()):
        for name in stamps:
            (folder / ".venv" / f"{name}.stamp").write_text(f"{folder.resolve()}\n")
        command = ["make", "--dry-run", "--directory", folder, *words]
        own = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
        return subprocess.run(command, env=own, capture_output=True, text=True)

    return run


@pytest.mark.parametrize(
    ("words", "stamps", "lock", "is_removed"),
    [
        (["env"], ["run"], None, False),
        (["env", "GPU=1"], ["run"], "gpu", True),
        (["env", "GPU=1"], ["run", "gpu"], None, False),
        (["env"], ["run", "gpu"], "run", True),
        (["report", "GPU=0"], ["run", "gpu"], "run", True),
        # The installation of the packages for a GPU was interrupted.
        (["env"], ["gpu"], "run", True),
        (["env", "GPU=1"], ["gpu"], "gpu", False),
    ],
)
def test_each_environment_is_built_alone_from_its_own_lock_file(
    make, words, stamps, lock, is_removed
):
    done = make(*words, stamps=stamps)
    assert done.returncode == 0, done.stderr
    found = re.findall(r"-r envs/(run|gpu)\.lock", done.stdout)
    assert found == ([lock] if lock else [])
    assert ('[ -z "FORCE" ] || rm -rf .venv' in done.stdout) == is_removed
    if lock == "gpu":  # an interrupted installation is known as one
        assert done.stdout.index("gpu.stamp") < done.stdout.index("-r envs/gpu.lock")


def test_what_make_cannot_build_is_refused_before_it_begins(make, says):
    assert "GPU=yes; accepted: GPU=1" in make("env", "GPU=yes", stamps=["run"]).stderr
    says("uname", "Darwin")
    refused = make("report", "GPU=1", stamps=["run"])
    assert refused.returncode and "only for Linux on x86_64" in refused.stderr


def pins(path):
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def test_the_two_lock_files_differ_in_tensorflow_alone(project):
    processor, gpu = (pins(project / lock) for lock in (environment.LOCK, environment.LOCK_OF_GPU))
    assert processor.pop("tensorflow-cpu") == gpu["tensorflow"]
    assert processor.items() <= gpu.items()
    assert {name.split("-")[0] for name in gpu.keys() - processor.keys()} == {"nvidia"}
    # Tools are installed over either of them.
    assert "tensorflow" not in " ".join(pins(project / "envs/dev.lock"))


# What runs see and share.


def test_kernels_are_deterministic_and_share_the_memory(with_gpu_packages, tmp_path, monkeypatch):
    given = {"PATH": "/bin", "CUDA_VISIBLE_DEVICES": "1"}
    seen = environment.kernel_environment(given, 1, tmp_path, tmp_path)
    assert seen.items() >= environment.FIXED_ON_GPU.items()
    assert environment.recorded(given).items() >= environment.FIXED_ON_GPU.items()
    monkeypatch.undo()
    without = environment.kernel_environment(given, 1, tmp_path, tmp_path)
    assert seen.keys() - without.keys() == environment.FIXED_ON_GPU.keys()
    assert seen["CUDA_VISIBLE_DEVICES"] == without["CUDA_VISIBLE_DEVICES"] == "1"


def test_runs_of_the_two_environments_have_other_inputs(with_gpu_packages, monkeypatch):
    assert environment.lock() == "envs/gpu.lock"
    monkeypatch.undo()
    assert environment.lock() == "envs/run.lock"


def test_only_what_may_compute_on_a_gpu_takes_a_share_of_it(
    project, with_gpu_packages, monkeypatch
):
    plan = Plan.load({"studies": ["softmax_vs_cnn"], "groups": "all"}, project, project)
    wanted = {"softmax": 1, "cnn": 1, "sklearn_mlp": 0}
    assert {run: plan.gpu("softmax_vs_cnn", run) for run in wanted} == wanted
    monkeypatch.undo()
    assert {plan.gpu("softmax_vs_cnn", run) for run in wanted} == {0}


class Workflow:
    """The part of a Snakemake workflow that has resources."""

    def __init__(self, local_exec=True, **given):
        self.local_exec = local_exec
        self.global_resources = {}
        for name, value in given.items():
            self.register_resource(name, value)

    def register_resource(self, name, value):
        self.global_resources[name] = SimpleNamespace(value=value)


def test_one_run_at_a_time_has_the_gpu_unless_more_are_allowed(with_gpu_packages, monkeypatch):
    workflow = Workflow()
    assert resources.share_gpu(workflow) == workflow.global_resources["gpu"].value == 1
    assert resources.share_gpu(Workflow(gpu=3)) == 3
    on_cluster = Workflow(local_exec=False)
    assert resources.share_gpu(on_cluster) == sys.maxsize and not on_cluster.global_resources
    monkeypatch.undo()
    workflow = Workflow()
    assert resources.share_gpu(workflow) == sys.maxsize and not workflow.global_resources


def test_tensorflow_for_a_gpu_is_not_shared_by_forks(with_gpu_packages, monkeypatch):
    assert "tensorflow" not in kernel_server._libraries(is_keras=True)
    monkeypatch.undo()
    assert "tensorflow" in kernel_server._libraries(is_keras=True)


# What is found, and recorded.


def test_gpus_are_named_with_their_driver(says, monkeypatch):
    says("nvidia-smi", f"{MODEL}, 550.54.15\nNVIDIA L4, 550.54.15")
    assert gpus.found() == [f"{MODEL}, driver 550.54.15", "NVIDIA L4, driver 550.54.15"]
    says("nvidia-smi", "NVIDIA-SMI has failed because it could not reach the driver", status=9)
    assert gpus.found() == []
    says("nvidia-smi", "No devices were found")
    assert gpus.found() == []


def test_gpus_are_named_without_nvidia_smi(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpus.found(tmp_path) == []
    information = tmp_path / "gpus" / "0000:01:00.0" / "information"
    information.parent.mkdir(parents=True)
    information.write_text(f"Model: \t\t {MODEL}\nIRQ:   \t\t 16\n")
    module = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC"
    (tmp_path / "version").write_text(f"{module} 2024\nGCC version: 12.2.0\n")
    assert gpus.found(tmp_path) == [f"{MODEL}, driver 550.54.15"]


def test_the_manifest_names_the_gpus_and_the_lock_file(
    project, with_gpu_packages, driver, monkeypatch
):
    config = Plan.load({}, project, project).config
    lock = project / environment.lock()
    found = provenance.manifest(config, {}, lock)
    assert found["gpus"] == [f"{MODEL}, driver 550.54.15"]
    assert found["environment"]["TF_DETERMINISTIC_OPS"] == "1"
    assert summary._gpus(found) == [("GPU", f"{MODEL}, driver 550.54.15")]
    monkeypatch.undo()
    without = provenance.manifest(config, {}, project / environment.lock())
    assert "gpus" not in without and not summary._gpus(without)
    assert without["lock_sha256"] != found["lock_sha256"]
    sides = [SimpleNamespace(manifest=side, config={}) for side in (found, without)]
    assert {"gpus", "lock_sha256"} <= {change.name for change in compare_environment(*sides)}


# What is refused.


def test_a_network_that_finds_no_gpu_is_not_trained_on_the_processor():
    devices = ["GPU:0"]
    library = SimpleNamespace(
        config=SimpleNamespace(list_physical_devices=lambda kind: devices if kind == "GPU" else [])
    )
    backend.require_gpu(library)
    devices.clear()
    with pytest.raises(RefashionError, match="finds no GPU"):
        backend.require_gpu(library)


@pytest.mark.parametrize("own", [{"command": ["python3", "a.py"]}, {"model": "a.ipynb"}])
def test_a_notebook_or_program_without_a_gpu_is_not_executed(
    own, project, with_gpu_packages, says, tmp_path
):
    says("nvidia-smi", "", status=9)
    recipe = {"study": "mine", "run": "own", "seed": 0, "model": "", **own}
    notebook = project / "notebooks" / "train.ipynb"
    job = RunJob(recipe, 1, notebook, tmp_path, Layout(tmp_path / "results"))
    folder = job.folder
    folder.path.mkdir(parents=True)
    ended = job.execute()
    assert ended["status"] == "failed" and "no GPU was found" in ended["error"]["message"]
    assert "Not executed" in "".join(json.loads(folder.notebook.read_text())["cells"][0]["source"])


def test_a_hidden_gpu_is_none(with_gpu_packages, driver, monkeypatch):
    assert gpus.why_none() is None
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert "CUDA_VISIBLE_DEVICES='-1'" in gpus.why_none()
    monkeypatch.undo()
    assert gpus.why_none() is None  # in an environment for the processor, none is needed


def test_a_processor_needs_no_program_to_be_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpus.why_none() is None and gpus.recorded() == {}
    assert Path(sys.prefix, "gpu.stamp").exists() is False

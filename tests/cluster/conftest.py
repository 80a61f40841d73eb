"""A Slurm cluster of two nodes on this machine, a folder to run in, and results of a local run."""

import importlib.util
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from support import slurm
from support.on_cluster import FORESTS, SMOKE, OnCluster


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory) -> Iterator[slurm.Slurm]:
    if missing := slurm.missing():
        pytest.skip(f"no {', '.join(missing)} here; on Debian: apt install slurm-wlm munge")
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip("the executors of clusters are not installed: make env CLUSTER=1")
    with slurm.cluster(tmp_path_factory.mktemp("slurm")) as made:
        yield made


@pytest.fixture(scope="session")
def whole(cluster, tmp_path_factory, project, data) -> Iterator[OnCluster]:
    folder = OnCluster(tmp_path_factory.mktemp("on a cluster"), project, data, cluster)
    yield folder
    for process in folder.processes():
        with suppress(psutil.Error):
            process.kill()


@pytest.fixture(scope="session")
def local(whole) -> dict:
    """The bits of the same runs without a cluster, by study."""
    found = {}
    for study in (SMOKE, FORESTS):
        whole.anew(study)
        command = whole.start_training("--cores", "2")
        told = command.communicate(timeout=300)[0]
        assert command.returncode == 0, told
        found[study] = whole.bits()
    return found


@pytest.fixture
def folder(whole, local) -> Iterator[OnCluster]:
    whole.anew()
    notebook = whole.path / "notebooks" / "train.ipynb"
    before = notebook.read_bytes()
    yield whole
    notebook.write_bytes(before)
    for node in slurm.NODES:
        whole.cluster.call("scontrol", "update", f"nodename={node}", "state=resume")

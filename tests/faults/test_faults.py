"""Whatever happens to a command, the same command afterwards comes to the same results."""

import os
import random
import re
import signal
import subprocess
import time
from contextlib import contextmanager

import nbformat
import pytest

WARM_OR_PLAIN = {"warm": {}, "plain": {"JUPYTER_DEFAULT_PROVISIONER_NAME": "local-provisioner"}}


def converges(folder, undisturbed):
    """No half-written file and no process is left, and the command then comes to its end."""
    assert folder.broken_files() == []
    assert folder.all_gone() == []
    folder.again()
    assert folder.scores() == undisturbed


def training(folder):
    """The jobs that execute the notebook of a run."""
    return folder.find("refashion train")


def kernels(folder):
    """Kernels, forked from the server or not, but not the server itself."""
    jobs = {job.pid for job in training(folder)}
    servers = {server.pid for server in folder.find("kernels.server")}
    parents = jobs | servers
    return [p for p in folder.processes() if p.ppid() in parents and p.pid not in servers]


def snakemake(folder):
    return [p for p in folder.find("snakemake", "--cores") if "refashion train" not in p.cmdline()]


VICTIMS = {
    "a kernel": kernels,
    "a runner": training,
    "the kernel server": lambda folder: folder.find("kernels.server"),
    "snakemake": lambda folder: snakemake(folder)[:1],
}


@pytest.mark.parametrize("kind", WARM_OR_PLAIN)
@pytest.mark.parametrize("victim", VICTIMS)
def test_kill_9(folder, undisturbed, victim, kind, monkeypatch):
    if (victim, kind) == ("the kernel server", "plain"):
        pytest.skip("plain kernels have no server")
    for name, value in WARM_OR_PLAIN[kind].items():
        monkeypatch.setitem(folder.environment, name, value)
    command = folder.start()
    folder.wait_for(lambda: training(folder) and VICTIMS[victim](folder))
    time.sleep(random.uniform(0, 4))
    for process in VICTIMS[victim](folder)[:1]:
        process.kill()
    told = command.communicate(timeout=180)[0]
    # Where nobody needed the victim any more, or could do without it, all is there.
    assert command.returncode != 0 or folder.scores() == undisturbed, told
    converges(folder, undisturbed)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("whole_group", [True, False])
def test_a_signal_ends_everything_at_once(folder, undisturbed, number, whole_group):
    command = folder.start()
    folder.wait_for(lambda: kernels(folder))
    time.sleep(random.uniform(0, 3))
    # Ctrl-C reaches all that runs in the foreground of a terminal; a manager tells one process.
    os.killpg(command.pid, number) if whole_group else command.send_signal(number)
    command.communicate(timeout=15)
    assert command.returncode != 0
    converges(folder, undisturbed)


def test_two_commands_at_once(folder, undisturbed):
    first = folder.start()
    folder.wait_for(lambda: training(folder))
    second = folder.snakemake(f"results={folder.results}")
    assert second.returncode != 0
    assert f"in use by process {snakemake(folder)[0].pid}" in second.stdout
    assert "Traceback" not in second.stdout
    assert folder.planned(f"results={folder.results}")["train"] == 2  # a dry run may look
    assert first.wait(timeout=180) == 0
    assert folder.scores() == undisturbed


def change_the_notebook(folder, monkeypatch, code):
    """Put a cell before the training, in this folder alone."""
    path = folder.path / "notebooks" / "train.ipynb"
    before = path.read_text()
    notebook = nbformat.reads(before, as_version=4)
    # After the parameters, which Papermill needs in their place.
    place = next(
        i for i, c in enumerate(notebook.cells) if "parameters" in c.metadata.get("tags", [])
    )
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(code))
    nbformat.write(notebook, path)
    return lambda: path.write_text(before)


@pytest.mark.parametrize(
    ("code", "options", "told"),
    [
        ("while True: pass", ["limits={examples: 300, epochs: 1, minutes: 0.1}"], "Timeout"),
        ("import os; os.kill(os.getpid(), 9)", [], "KernelKilled"),
        (
            "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32)); "
            "bytearray(2**36)",
            [],
            "MemoryError",
        ),
    ],
)
def test_a_cell_that_never_comes_to_its_end(folder, undisturbed, monkeypatch, code, options, told):
    restore = change_the_notebook(folder, monkeypatch, code)
    try:
        done = folder.snakemake(f"results={folder.results}", *options)
    finally:
        restore()
    assert done.returncode != 0 and told in done.stdout
    assert "Traceback" not in done.stdout
    converges(folder, undisturbed)


def test_200_mb_printed_by_a_cell(folder, undisturbed, monkeypatch):
    code = "for _ in range(200): print('x' * 10**6)"
    restore = change_the_notebook(folder, monkeypatch, code)
    try:
        done = folder.snakemake(f"results={folder.results}")
    finally:
        restore()
    assert done.returncode == 0, done.stdout[-3000:]
    assert folder.scores() == undisturbed
    study = folder.path / folder.results / "cnn_vs_gru"
    assert (study / "cnn/seed-0/train.ipynb").stat().st_size < 5e6
    page = folder.path / folder.results / "report/notebooks/cnn_vs_gru/cnn/seed-0.html"
    assert page.stat().st_size < 5e6


@contextmanager
def disk(path, options):
    """Mount a disk in memory at a path."""
    path.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a disk, and not in every container")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(path)], check=False)


# Full while results are written, from the first notebook to the report; while files are fetched;
# while arrays are prepared of them.
FULL = {"results": ("300k", "1m", "3m"), "data": ("1m", "70m")}


@pytest.mark.parametrize("key", FULL)
def test_a_full_disk(folder, undisturbed, key):
    overrides = {"results": folder.results, "data": "data"}
    overrides |= {key: f"{key}/on-a-small-disk"}
    folder.results = overrides["results"]
    place = folder.path / overrides[key]
    call = [f"{name}={value}" for name, value in overrides.items()]
    with disk(place, "size=4k"):
        for size in FULL[key]:
            subprocess.run(["mount", "-o", f"remount,size={size}", str(place)], check=True)
            done = folder.snakemake(*call)
            assert done.returncode != 0
            assert re.search("No space left on device|Not enough free space", done.stdout)
            assert "Traceback" not in done.stdout
            assert folder.broken_files() == []
        subprocess.run(["mount", "-o", "remount,size=600m", str(place)], check=True)
        assert folder.all_gone() == []
        done = folder.snakemake(*call)
        assert done.returncode == 0, done.stdout
        assert folder.scores() == undisturbed


def test_data_corrupted_under_the_same_time_stamp(folder, undisturbed):
    arrays = folder.layout.arrays("fashion_mnist")
    victim = arrays / "train_x.npy"
    stat = victim.stat()
    spoilt = bytearray(victim.read_bytes())
    spoilt[-1] ^= 255
    victim.write_bytes(spoilt)
    os.utime(victim, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    done = folder.snakemake(f"results={folder.results}")
    assert done.returncode == 0, done.stdout
    assert folder.scores() == undisturbed


ODD = {
    "locale": {"LC_ALL": "C", "LANG": "tr_TR.UTF-8", "PYTHONUTF8": "0"},
    "time zone": {"TZ": "Pacific/Chatham"},
    "no home": {"HOME": "/proc/nowhere"},
}


@pytest.mark.parametrize("oddity", ODD)
def test_odd_surroundings(folder, undisturbed, oddity, monkeypatch):
    for name, value in ODD[oddity].items():
        monkeypatch.setitem(folder.environment, name, value)
    done = folder.snakemake(f"results={folder.results}")
    assert done.returncode == 0, done.stdout
    assert folder.scores() == undisturbed


def test_a_home_that_is_read_only(folder, undisturbed, tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setitem(folder.environment, "HOME", str(home))
    with disk(home, "ro"):
        done = folder.snakemake(f"results={folder.results}")
    assert done.returncode == 0, done.stdout
    assert folder.scores() == undisturbed


def test_a_strict_umask_and_a_clock_set_back(folder, undisturbed):
    before = os.umask(0o077)
    try:
        # What was made later than now: all that there is seems to come from the future.
        future = time.time() + 3600
        for path in (folder.path / "src").rglob("*.py"):
            os.utime(path, (future, future))
        done = folder.snakemake(f"results={folder.results}")
        assert done.returncode == 0, done.stdout
    finally:
        os.umask(before)
        for path in (folder.path / "src").rglob("*.py"):
            os.utime(path)
    assert folder.scores() == undisturbed

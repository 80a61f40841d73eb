"""Warm kernels: isolated, replaced by plain ones where there are none, and never left behind."""

import io
import os
import signal
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import nbformat
import psutil
import pytest
from jupyter_client.provisioning import KernelProvisionerFactory

from refashion.execution import environment
from refashion.execution.kernels import provisioner, wire
from refashion.execution.notebook import execute
from refashion.workflow import kernel_server

EVERY = (*kernel_server.KERAS, *kernel_server.LIBRARIES)
LIGHT = ("ipykernel.kernelapp", "numpy")

is_installed = bool(entry_points(group=kernel_server.GROUP, name=kernel_server.PROVISIONER))
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only"),
    pytest.mark.skipif(not is_installed, reason="the project is installed without its provisioner"),
]

SERVE = f"""
import sys
from pathlib import Path
from refashion.workflow import kernel_server as service
server = service.start(1, Path(sys.argv[1]), {LIGHT!r})
print("server", server.pid, flush=True)
"""

EXECUTE = """
import sys
from pathlib import Path
from refashion import lifetime
from refashion.execution.notebook import execute
from refashion.execution import environment
lifetime.exit_on_signals()
execute(Path(sys.argv[2]), Path(sys.argv[3]), {}, threads=1, seconds=300, echo=sys.stdout)
"""

SLEEP = "import os, time\nprint('kernel', os.getpid(), flush=True)\ntime.sleep(600)"


@pytest.fixture(autouse=True)
def same_environment(monkeypatch, tmp_path):
    """Have an environment that is that of the server, and leave it as it was."""
    for name in (kernel_server.PROVISIONER_VARIABLE, wire.ADDRESS_VARIABLE):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    hide_pytest()
    own = environment.kernel_environment(os.environ, 1, environment.home(), tmp_path)
    for name in os.environ.keys() - own.keys():
        monkeypatch.delenv(name)
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    yield
    KernelProvisionerFactory.clear_instance()


@pytest.fixture
def server(tmp_path):
    """A server that imports little, for one test."""
    with kernel_server.start(1, tmp_path / "server.log", LIGHT) as process:
        yield process
        process.stdin.close()
        assert process.wait(timeout=20) is not None


@pytest.fixture
def write(tmp_path):
    """Write a notebook of some cells."""

    def make(*cells):
        notebook = nbformat.v4.new_notebook()
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        notebook.metadata["language_info"] = {"name": "python"}
        first = nbformat.v4.new_code_cell("", metadata={"tags": ["parameters"]})
        notebook.cells = [first, *(nbformat.v4.new_code_cell(cell) for cell in cells)]
        path = tmp_path / "source.ipynb"
        nbformat.write(notebook, path)
        return path

    return make


@pytest.fixture
def run(write, tmp_path):
    """Execute some cells; give the outcome and what they printed."""

    def execute_cells(*cells, threads=1):
        hide_pytest()
        # Jupyter reads the name of the provisioner once in the life of a process.
        KernelProvisionerFactory.clear_instance()
        echo, output = io.StringIO(), tmp_path / "executed.ipynb"
        outcome = execute(write(*cells), output, {}, threads=threads, seconds=60, echo=echo)
        return outcome, echo.getvalue().strip()

    return execute_cells


def with_folder(folder):
    """Where Python looks for modules, with a folder of the test."""
    return f"{environment.SOURCE}{os.pathsep}{folder}"


def parent_of_a_kernel(run):
    outcome, printed = run("import os; print(os.getppid())")
    assert outcome.status == "ok", outcome.error
    return int(printed)


def is_gone(pid, seconds=10):
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return True
    _, alive = psutil.wait_procs([process], timeout=seconds)
    return not alive or process.status() == psutil.STATUS_ZOMBIE


def told(process, word):
    """Wait for a line of a process that begins with a word; give the number after it."""
    return int(next(line for line in process.stdout if line.startswith(word)).split()[1])


def hide_pytest():
    """Take away what pytest sets anew for each phase of a test: to a server, it is a difference."""
    os.environ.pop("PYTEST_CURRENT_TEST", None)


def fork(*command, **options):
    hide_pytest()
    launcher = ["-m", "ipykernel_launcher", "--IPKernelApp.connection_file=unused.json"]
    return provisioner.fork([sys.executable, *(command or launcher)], **options)


def start(script, *arguments):
    hide_pytest()
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )


def test_the_project_registers_its_provisioner(project):
    registered = tomllib.loads((project / "pyproject.toml").read_text())["project"]["entry-points"]
    module, _, name = registered[kernel_server.GROUP][kernel_server.PROVISIONER].partition(":")
    assert (module, name) == (provisioner.__name__, provisioner.WarmProvisioner.__name__)


def test_no_server_is_started_where_it_cannot_serve(monkeypatch):
    assert kernel_server.can_serve(1)
    assert not kernel_server.can_serve(2)  # libraries start threads when they are imported
    monkeypatch.setenv(kernel_server.PROVISIONER_VARIABLE, "of the user")
    assert not kernel_server.can_serve(1)


def test_nothing_of_a_run_is_seen_by_the_next(server, run, tmp_path):
    leave = """
        import builtins, os, random, signal, sys, threading, time
        import numpy as np
        np.marker = builtins.marker = sys.marker = True
        os.environ["MARKER"] = "1"
        os.chdir("/")
        os.umask(0o27)
        random.seed(1), np.random.seed(1), np.seterr(all="raise")
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        sys.path.append("/marker")
        kept = open(PATH, "w")
        threading.Thread(target=time.sleep, args=[1]).start()
        print(random.random(), np.random.random())
    """
    look = """
        import builtins, os, random, signal, sys, threading
        from pathlib import Path
        import numpy as np
        found = [hasattr(np, "marker"), hasattr(builtins, "marker"), hasattr(sys, "marker")]
        opened = [os.path.realpath(f) for f in Path("/proc/self/fd").iterdir()]
        found += ["MARKER" in os.environ, "/marker" in sys.path, PATH in opened]
        found += [signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN, "kept" in globals()]
        found += [np.geterr()["over"] == "raise"]
        print(any(found), Path.cwd(), oct(os.umask(0)), random.random(), np.random.random())
    """
    path = f"PATH = {str(tmp_path / 'kept')!r}\n"
    cells = [path + "\n".join(line.strip() for line in cell.splitlines()) for cell in (leave, look)]
    umask = os.umask(0o22)
    os.umask(umask)
    _, seeded = run(cells[0])
    looks = [run(cells[1])[1].split() for _ in range(2)]
    for seen in looks:
        assert seen[:3] == ["False", str(Path.cwd()), oct(umask)]
    draws = [seeded.split(), *(seen[3:] for seen in looks)]
    assert len({draw for pair in draws for draw in pair}) == 6


def test_a_kernel_is_forked_from_the_server_and_alone_in_its_session(server, run, tmp_path):
    cell = "import os; print(os.getppid(), os.getsid(0) == os.getpid(), os.environ['IPYTHONDIR'])"
    _, printed = run(cell)
    parent, leads, folder = printed.split()
    assert (int(parent), leads) == (server.pid, "True")
    assert folder != str(tmp_path / "private")


def test_a_kernel_has_no_descriptor_of_the_server_or_of_another_kernel(server, run):
    listing = "import os, psutil; print(len(psutil.Process().net_connections('unix')))"
    alone = run(listing)[1]
    other = fork()
    try:
        assert run(listing)[1] == alone
    finally:
        other.kill()
        other.wait()


def test_modules_of_the_project_are_imported_anew(server, run):
    _, printed = run("import sys; print([m for m in sys.modules if m.startswith('refashion')])")
    assert printed == "[]"


def test_what_a_kernel_did_not_flush_is_written(server, run, tmp_path):
    run(f"file = open({str(tmp_path / 'late')!r}, 'w'); print(file.write('late'))")
    assert (tmp_path / "late").read_text() == "late"


def test_what_libraries_print_goes_to_the_log_of_the_job(server, write, tmp_path):
    path = write("import os; print(os.write(2, b'from C'))")
    hide_pytest()
    done = subprocess.run(
        [sys.executable, "-c", EXECUTE, "", path, tmp_path / "executed.ipynb"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "from C" in done.stderr
    assert "plain kernel" not in done.stderr


def test_other_threads_take_a_plain_kernel(server, run, caplog):
    _, printed = run("import os; print(os.getppid(), os.environ['OMP_NUM_THREADS'])", threads=2)
    assert printed.split() == [str(os.getpid()), "2"]
    assert "other values of MKL_NUM_THREADS" in caplog.text


def test_without_a_server_a_plain_kernel_is_started(run, monkeypatch):
    assert parent_of_a_kernel(run) == os.getpid()
    monkeypatch.setenv(kernel_server.PROVISIONER_VARIABLE, kernel_server.PROVISIONER)
    monkeypatch.setenv(wire.ADDRESS_VARIABLE, "nobody")
    assert parent_of_a_kernel(run) == os.getpid()


def test_a_server_that_was_killed_ends_its_kernels_and_is_replaced_by_plain_ones(
    server, run, write, tmp_path, caplog
):
    outcome, _ = run(f"import os; os.kill({server.pid}, 9)", "import time; time.sleep(60)")
    assert (outcome.status, outcome.error["type"]) == ("failed", "KernelKilled")
    assert "The kernel server has ended, and the kernel with it" in caplog.text
    assert parent_of_a_kernel(run) == os.getpid()
    assert "Starting a plain kernel: cannot connect to the kernel server" in caplog.text


def test_a_server_that_cannot_import_leaves_plain_kernels(run, tmp_path, monkeypatch):
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit('cannot be imported')")
    monkeypatch.setattr(environment, "SOURCE", with_folder(tmp_path))
    log = tmp_path / "server.log"
    with kernel_server.start(1, log, ["broken"]):
        assert parent_of_a_kernel(run) == os.getpid()
    assert "cannot be imported" in log.read_text()


def test_threads_of_a_library_rule_out_to_fork(run, tmp_path, caplog, monkeypatch):
    (tmp_path / "busy.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=[600], daemon=True).start()"
    )
    monkeypatch.setattr(environment, "SOURCE", with_folder(tmp_path))
    hide_pytest()
    with kernel_server.start(1, tmp_path / "server.log", ["busy"]) as process:
        assert parent_of_a_kernel(run) == os.getpid()
        process.stdin.close()
    assert "has started threads" in caplog.text


MALFORMED = {
    "no JSON": b"{",
    "nothing": b"",
    "no text": b"\xff\xfe",
    "a list": b"[1, 2]",
    "deep": b"[" * 100_000,
    "no request": b'{"signal": 9}',
    "no command": b'{"command": [], "environment": {}, "folder": "/", "umask": 18}',
    "a null": b'{"command": ["/bin/\\u0000"], "environment": {}, "folder": "/", "umask": 18}',
    "wrong types": b'{"command": [1, 2, 3], "environment": {"A": 1}, "folder": "/", "umask": 18}',
    "a further field": b'{"command": ["a"], "environment": {}, "folder": "/", "umask": 18, "x": 1}',
}


@pytest.mark.parametrize("message", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_message_ends_no_server(server, run, message):
    with wire.connect(os.environ[wire.ADDRESS_VARIABLE]) as connection:
        connection.sendall(message)
        connection.settimeout(20)
        answer, _ = wire.receive(connection)
    assert answer is None or "refused" in answer
    assert parent_of_a_kernel(run) == server.pid


@pytest.mark.parametrize("number", [0, -1, 10**9, "9", None, True, 9.5])
def test_a_malformed_signal_ends_its_own_kernel_alone(server, run, number):
    if number is True and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        pytest.skip("under nohup, every process ignores SIGHUP")
    kernel = fork()
    wire.send(kernel.connection, {"signal": number})
    assert kernel.wait(timeout=20) == (-signal.SIGHUP if number is True else -signal.SIGKILL)
    assert parent_of_a_kernel(run) == server.pid


def test_a_killed_kernel_is_reported_as_killed(server, run):
    outcome, _ = run("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert (outcome.status, outcome.error["type"]) == ("failed", "KernelKilled")


def test_the_exit_code_of_a_kernel_is_known(server):
    kernel = fork()
    assert kernel.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        kernel.wait(timeout=0.1)
    kernel.kill()
    assert (kernel.wait(timeout=20), kernel.poll()) == (-signal.SIGKILL, -signal.SIGKILL)
    kernel.terminate()  # of one that has ended, as with Popen
    with pytest.raises(provisioner.NoKernelError, match="it cannot run the command"):
        fork("-c", "pass")
    with pytest.raises(provisioner.NoKernelError, match="does not support pass_fds"):
        fork(pass_fds=[3])


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_kernel_dies_with_the_job_that_asked_for_it(server, write, tmp_path, how):
    job = start(EXECUTE, "", write(SLEEP), tmp_path / "executed.ipynb")
    kernel = told(job, "kernel")
    assert psutil.Process(kernel).ppid() == server.pid
    job.send_signal(how)
    job.wait(timeout=20)
    assert is_gone(kernel)
    assert server.poll() is None


def test_server_and_kernels_die_with_the_workflow(write, tmp_path):
    workflow = start(SERVE + EXECUTE, tmp_path / "log", write(SLEEP), tmp_path / "executed.ipynb")
    server, kernel = told(workflow, "server"), told(workflow, "kernel")
    assert psutil.Process(kernel).ppid() == server
    workflow.kill()
    workflow.wait()
    assert is_gone(server)
    assert is_gone(kernel)


def test_a_server_dies_with_the_workflow_also_while_it_imports(tmp_path):
    (tmp_path / "endless.py").write_text("import time; time.sleep(600)")
    path = "from refashion.execution import environment\nenvironment.SOURCE = "
    script = f"{path}{with_folder(tmp_path)!r}\n{SERVE.replace('ipykernel.kernelapp', 'endless')}"
    workflow = start(script, tmp_path / "log")
    server = told(workflow, "server")
    workflow.wait()
    assert is_gone(server)


TRAINING = """
import hashlib
import numpy as np
from refashion.runs import training
from refashion.data.splits import Examples
draw = np.random.default_rng(0)
def examples(n):
    return Examples(draw.random((n, *SHAPE), dtype=np.float32), draw.integers(0, 3, n))
splits = {"train": examples(200), "validation": examples(50), "test": examples(50)}
model = training.build(
    MODEL, SETTINGS, task="classification", input_shape=SHAPE, n_outputs=3, seed=5, threads=1
)
result = training.fit(model, splits, "classification", True)
found = [a.tobytes() for a in result.arrays().values()]
if result.history is not None:
    found.append(result.history.drop(columns="seconds").to_csv().encode())
print(hashlib.sha256(b"".join(found)).hexdigest())
"""

DENSE = {
    "widths": [16],
    "activation": "relu",
    "batch_normalization": True,
    "dropout": [0.2],
    "l2": 0,
    "output_activation": "softmax",
    "optimizer": "adam",
    "learning_rate": 0.001,
    "momentum": 0,
    "loss": "sparse_categorical_crossentropy",
    "batch_size": 20,
    "epochs": 3,
    "schedule": None,
    "early_stopping": None,
    "keep_best": False,
}
LOGISTIC = {"C": 1, "max_iter": 100, "solver": "lbfgs"}


@pytest.mark.slow
def test_the_bits_are_those_of_plain_kernels(run, tmp_path):
    cells = [
        f"SHAPE, MODEL, SETTINGS = (30,), {model!r}, {settings!r}\n{TRAINING}"
        for model, settings in [
            ("dense", DENSE),
            ("sklearn.linear_model.LogisticRegression", LOGISTIC),
        ]
    ]
    plain = [run(cell)[1].splitlines()[-1] for cell in cells]
    hide_pytest()
    with kernel_server.start(1, tmp_path / "server.log", EVERY) as server:
        assert parent_of_a_kernel(run) == server.pid
        warm = [run(cell)[1].splitlines()[-1] for cell in [*cells, cells[0]]]
        server.stdin.close()
    assert len(set(plain)) == 2
    assert warm == [*plain, plain[0]]


@pytest.mark.slow
def test_figures_are_shown_in_a_warm_kernel(write, tmp_path, monkeypatch):
    """With all that the server imports: a backend loaded there would show nothing in a kernel."""
    figure = "import matplotlib.pyplot as plt\nplt.subplots();"
    output = tmp_path / "executed.ipynb"
    hide_pytest()
    KernelProvisionerFactory.clear_instance()
    with kernel_server.start(1, tmp_path / "server.log", EVERY) as server:
        source = write("import os; print(os.getppid())", figure, figure)
        execute(source, output, {}, threads=1, seconds=60, echo=io.StringIO())
        server.stdin.close()
    _, parent, *figures = nbformat.read(output, as_version=4).cells
    assert int(parent.outputs[0].text) == server.pid
    assert ["image/png" in cell.outputs[0].data for cell in figures] == [True, True]

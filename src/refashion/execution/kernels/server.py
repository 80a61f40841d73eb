"""The kernel server: a process that imports libraries, executes nothing, and forks kernels.

`workflow.kernel_server.start` runs it as a process with DESCRIPTOR, PARENT and MODULES. It
answers one request after the other, and ends with the process that started it. It stays a single
thread all its life, for only one that is alone can be forked.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import importlib.util
import os
import selectors
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

from refashion.execution.kernels import wire

LAUNCHER = ["-m", "ipykernel_launcher"]

# These may differ from job to job: they are read by nobody before a kernel is at work.
PASSING = {
    *("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JPY_PARENT_PID", "JPY_SESSION_NAME"),
    *("TMPDIR", "TMP", "TEMPDIR", "TEMP", "PWD", "OLDPWD", "SHLVL", "_"),
    # Readline sets them, for instance.
    *("COLUMNS", "LINES"),
    # Snakemake sets them for libraries that are not ours; OpenBLAS has a variable of its own.
    *("GOTO_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"),
}

PR_SET_PDEATHSIG = 1

STDIN, STDOUT, STDERR = range(3)


def run(descriptor: int, parent: int, *modules: str) -> None:
    """Serve at a listening socket until `parent` ends; then, or in a forked kernel, return."""
    die_with(parent)
    before = dict(os.environ)
    load(modules)
    listener = socket.socket(fileno=descriptor)
    server = os.getpid()
    if fork := Server(listener, before).serve():
        os.setsid()
        die_with(server)
        become_kernel(*fork, changes(before, os.environ))


def die_with(parent: int) -> None:
    """Have the system kill this process when its parent ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # it has ended before


def load(modules: tuple[str, ...]) -> None:
    """Import modules, and leave them in memory pages that all kernels share."""
    for name in modules:
        # A library that is not there is missed by the notebook that needs it.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


def lasting(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables that a library may have read while it was imported."""
    return {name: value for name, value in environment.items() if name not in PASSING}


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """Variables that were set in between, as libraries do when they are imported."""
    return {name: value for name, value in after.items() if before.get(name) != value}


class Server:
    """Forks a kernel for each request, and ends it with the one who asked.

    Parameters
    ----------
    listener
        Where requests come in.
    environment
        In which the libraries were imported.
    """

    def __init__(self, listener: socket.socket, environment: Mapping[str, str]) -> None:
        self.listener = listener
        self.environment = lasting(environment)
        self.kernels: dict[socket.socket, int] = {}
        self.watches: dict[int, socket.socket] = {}
        self.selector = selectors.DefaultSelector()
        self._watch(listener, self._accept)
        # The parent holds the other end and never writes: it is readable when the parent is gone.
        self._watch(STDIN, self._end)
        self.is_over = False

    def serve(self) -> tuple[wire.Request, list[int]] | None:
        """Serve until the end; in a forked kernel, return at once what was asked for."""
        while not self.is_over:
            for key, _ in self.selector.select():
                # What was done for one may have closed another.
                is_open = self.selector.get_map().get(key.fileobj) is key
                if is_open and (fork := key.data(key.fileobj)):
                    return fork
        return None

    def _watch(self, source: socket.socket | int, action: object) -> None:
        self.selector.register(source, selectors.EVENT_READ, action)

    def _end(self, lifeline: int) -> None:
        for pid in self.kernels.values():
            send_signal(pid, signal.SIGKILL)
        self.is_over = True

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        if wire.is_own(connection):
            self._watch(connection, self._answer)
        else:
            connection.close()

    def _answer(self, connection: socket.socket) -> tuple[wire.Request, list[int]] | None:
        if connection in self.kernels:
            self._pass_on(connection)
            return None
        message, streams = wire.receive(connection)
        request = wire.Request.read(message)
        reason = self.objection(request) if request else "it was asked for no kernel"
        if request and not reason:
            try:
                pid = os.fork()
            except OSError as error:
                reason = f"the system lets it fork no kernel ({error.strerror})"
            else:
                if pid == 0:
                    self._let_go()
                    return request, streams
                self._keep(connection, pid)
        if reason:
            self._tell(connection, {"refused": reason})
            self._forget(connection)
        for stream in streams:
            os.close(stream)
        return None

    def _keep(self, connection: socket.socket, pid: int) -> None:
        watch = os.pidfd_open(pid)
        self.kernels[connection] = pid
        self.watches[watch] = connection
        self._watch(watch, self._reap)
        self._tell(connection, {"pid": pid})

    def objection(self, request: wire.Request) -> str | None:
        """Say why a kernel forked from here would differ from a plain one, if it would."""
        python, *launcher = request.command[:3]
        if launcher != LAUNCHER or not is_same_python(python):
            return f"it forks no kernel like {' '.join(request.command[:3])}"
        wanted = lasting(request.environment)
        if differing := {name for name, _ in wanted.items() ^ self.environment.items()}:
            return f"it has been started with other values of {', '.join(sorted(differing))}"
        if len(list(Path("/proc/self/task").iterdir())) > 1:
            return "a library that it has imported has started threads"
        return None

    def _pass_on(self, connection: socket.socket) -> None:
        message, _ = wire.receive(connection)
        number = message and message.get("signal")
        if number in set(signal.Signals):
            send_signal(self.kernels[connection], number)
        else:
            # Who asked has ended, however that came: nobody needs the kernel.
            send_signal(self.kernels[connection], signal.SIGKILL)
            self.selector.unregister(connection)

    def _reap(self, watch: int) -> None:
        connection = self.watches.pop(watch)
        pid = self.kernels.pop(connection)
        # Not only the kernel, but what it has started. As long as it is not reaped, the number
        # can be nobody else's.
        send_signal(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        self.selector.unregister(watch)
        os.close(watch)
        self._tell(connection, {"exit": os.waitstatus_to_exitcode(status)})
        self._forget(connection)

    @staticmethod
    def _tell(connection: socket.socket, message: dict) -> None:
        with contextlib.suppress(ConnectionError):
            wire.send(connection, message)

    def _forget(self, connection: socket.socket) -> None:
        with contextlib.suppress(KeyError):
            self.selector.unregister(connection)
        connection.close()

    def _let_go(self) -> None:
        """Close, in a forked kernel, what belongs to the server."""
        for key in list(self.selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        for watch in self.watches:
            os.close(watch)
        for connection in self.kernels:
            connection.close()
        self.selector.close()


def is_same_python(python: str) -> bool:
    """Whether a path is that of this interpreter in this environment."""
    asked, own = Path(python), Path(sys.executable)
    return asked.parent == own.parent and asked.resolve() == own.resolve()


def send_signal(pid: int, number: int) -> None:
    """Signal a kernel and all that it has started."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        os.kill(pid, number)  # it is so new that it leads no group yet


def become_kernel(
    request: wire.Request, streams: list[int], set_by_libraries: Mapping[str, str]
) -> None:
    """Turn this forked process into what a plain kernel would be, and run it to its end."""
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
        os.close(stream)
    os.environ.clear()
    os.environ.update({**request.environment, **set_by_libraries})
    os.chdir(request.folder)
    os.umask(request.umask)
    tempfile.tempdir = None
    # Python's own generator sees to it when it is forked.
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    python, _, launcher, *arguments = request.command
    sys.executable = python
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"
    found = importlib.util.find_spec(launcher)
    sys.argv = [str(found and found.origin), *arguments, parent]
    # Modules of this project may have been edited since.
    for name in [name for name in sys.modules if name.split(".")[0] == "refashion"]:
        del sys.modules[name]

    from ipykernel import kernelapp

    kernelapp.launch_new_instance()
    leave()


def leave() -> None:
    """End as Python does, but for taking its objects apart, which copies all shared memory."""
    threading._shutdown()  # type: ignore[attr-defined]  # private: docs/decisions/private-names.md
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


# Not a command of `refashion`, which would start threads and import what kernels must not share.
if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])

"""The kernel server: a process that imports libraries and forks kernels.

`workflow.kernel_server.start` starts it with the arguments DESCRIPTOR, PARENT and MODULES. It
answers one request at a time, and ends with the process that started it. It never starts a thread,
because a process with several threads cannot be forked safely.
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

# Variables that may differ between jobs, because only a running kernel reads them.
TRANSIENT = {
    *("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JPY_PARENT_PID", "JPY_SESSION_NAME"),
    *("TMPDIR", "TMP", "TEMPDIR", "TEMP", "PWD", "OLDPWD", "SHLVL", "_"),
    # Set by Readline, for instance.
    *("COLUMNS", "LINES"),
    # Set by Snakemake for libraries that are not used; OpenBLAS has a variable of its own.
    *("GOTO_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"),
}

PR_SET_PDEATHSIG = 1

# Jupyter kills a kernel that needs longer to shut down.
CONTROL_SECONDS = 2

STDIN, STDOUT, STDERR = range(3)


def run(descriptor: int, parent: int, *modules: str) -> None:
    """Serve requests until the parent process ends; in a forked kernel, run the kernel.

    Parameters
    ----------
    descriptor
        File descriptor of the listening socket.
    parent
        Process ID of the parent.
    *modules
        Modules to import.
    """
    die_with(parent)
    before = dict(os.environ)
    load(modules)
    listener = socket.socket(fileno=descriptor)
    server = os.getpid()
    if fork := Server(listener, before).serve():
        os.setsid()
        die_with(server)
        become_kernel(*fork, changed(before, os.environ))


def die_with(parent: int) -> None:
    """Have the kernel of the system kill this process when its parent ends.

    Parameters
    ----------
    parent
        Process ID of the parent. If it has already ended, this process exits.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def load(modules: tuple[str, ...]) -> None:
    """Import modules, and exclude them from garbage collection so that forks share their memory."""
    for name in modules:
        # If a library is missing, the notebook that needs it reports the error.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


def relevant(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a library may have read while it was imported."""
    return {name: value for name, value in environment.items() if name not in TRANSIENT}


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that differ; libraries set some when they are imported."""
    return {name: value for name, value in after.items() if before.get(name) != value}


class Server:
    """A server that forks a kernel for each request, and ends it when its client ends.

    Parameters
    ----------
    listener
        Listening socket.
    environment
        Environment in which the libraries were imported.
    """

    def __init__(self, listener: socket.socket, environment: Mapping[str, str]) -> None:
        self.listener = listener
        self.environment = relevant(environment)
        self.kernels: dict[socket.socket, int] = {}
        self.watches: dict[int, socket.socket] = {}
        self.selector = selectors.DefaultSelector()
        self._watch(listener, self._accept)
        # The parent holds the other end of this pipe and never writes, so the pipe becomes readable
        # when the parent ends.
        self._watch(STDIN, self._end)
        self.is_over = False

    def serve(self) -> tuple[wire.Request, list[int]] | None:
        """Serve requests until the parent ends.

        Returns
        -------
        tuple or None
            None in the server; in a forked kernel, its request and its standard streams.
        """
        while not self.is_over:
            for key, _ in self.selector.select():
                # An earlier action may have closed this one.
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
        reason = self.objection(request) if request else "not a valid request"
        if request and not reason:
            try:
                pid = os.fork()
            except OSError as error:
                reason = f"fork failed ({error.strerror})"
            else:
                if pid == 0:
                    self._close_all()
                    return request, streams
                self._track(connection, pid)
        if reason:
            self._send(connection, {"refused": reason})
            self._close(connection)
        for stream in streams:
            os.close(stream)
        return None

    def _track(self, connection: socket.socket, pid: int) -> None:
        watch = os.pidfd_open(pid)
        self.kernels[connection] = pid
        self.watches[watch] = connection
        self._watch(watch, self._reap)
        self._send(connection, {"pid": pid})

    def objection(self, request: wire.Request) -> str | None:
        """Return the reason why a forked kernel would differ from a plain one, or None."""
        python, *launcher = request.command[:3]
        if launcher != LAUNCHER or not is_same_python(python):
            return f"it cannot run the command {' '.join(request.command[:3])}"
        wanted = relevant(request.environment)
        if differing := {name for name, _ in wanted.items() ^ self.environment.items()}:
            return f"it was started with other values of {', '.join(sorted(differing))}"
        if len(list(Path("/proc/self/task").iterdir())) > 1:
            return "an imported library has started threads"
        return None

    def _pass_on(self, connection: socket.socket) -> None:
        message, _ = wire.receive(connection)
        number = message and message.get("signal")
        if number in set(signal.Signals):
            send_signal(self.kernels[connection], number)
        else:
            # The client has ended, so nobody needs the kernel.
            send_signal(self.kernels[connection], signal.SIGKILL)
            self.selector.unregister(connection)

    def _reap(self, watch: int) -> None:
        connection = self.watches.pop(watch)
        pid = self.kernels.pop(connection)
        # End the kernel's child processes too. Until the kernel is reaped, no other process can
        # get its ID.
        send_signal(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        self.selector.unregister(watch)
        os.close(watch)
        self._send(connection, {"exit": os.waitstatus_to_exitcode(status)})
        self._close(connection)

    @staticmethod
    def _send(connection: socket.socket, message: dict) -> None:
        with contextlib.suppress(ConnectionError):
            wire.send(connection, message)

    def _close(self, connection: socket.socket) -> None:
        with contextlib.suppress(KeyError):
            self.selector.unregister(connection)
        connection.close()

    def _close_all(self) -> None:
        """Close everything that belongs to the server, in a forked kernel."""
        for key in list(self.selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        for watch in self.watches:
            os.close(watch)
        for connection in self.kernels:
            connection.close()
        self.selector.close()


def is_same_python(python: str) -> bool:
    """Return whether a path is that of this interpreter in this environment."""
    asked, own = Path(python), Path(sys.executable)
    return asked.parent == own.parent and asked.resolve() == own.resolve()


def send_signal(pid: int, number: int) -> None:
    """Send a signal to a kernel and its child processes."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        os.kill(pid, number)  # it is so new that it has no process group yet


def become_kernel(
    request: wire.Request, streams: list[int], set_by_libraries: Mapping[str, str]
) -> None:
    """Turn this forked process into a kernel, and run it until it ends.

    Parameters
    ----------
    request
        The kernel that was requested.
    streams
        File descriptors of standard input, output and error.
    set_by_libraries
        Environment variables that libraries set when they were imported.
    """
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
        os.close(stream)
    os.environ.clear()
    os.environ.update({**request.environment, **set_by_libraries})
    os.chdir(request.folder)
    os.umask(request.umask)
    tempfile.tempdir = None
    # Python reseeds its own generator after a fork.
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    python, _, launcher, *arguments = request.command
    sys.executable = python
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"
    found = importlib.util.find_spec(launcher)
    sys.argv = [str(found and found.origin), *arguments, parent]
    # Modules of this project may have been edited since they were imported.
    for name in [name for name in sys.modules if name.split(".")[0] == "refashion"]:
        del sys.modules[name]

    from ipykernel import kernelapp

    kernelapp.launch_new_instance()
    # When it closes, it first stops the thread that publishes messages. If its control thread has
    # not yet published that the request to shut down is done, both wait until the kernel is killed.
    control = kernelapp.IPKernelApp.instance().control_thread
    control.stop()
    control.join(CONTROL_SECONDS)
    shut_down()


def shut_down() -> None:
    """Exit as Python does, but without destroying objects, which would copy all shared memory."""
    threading._shutdown()  # type: ignore[attr-defined]  # private: docs/decisions/private-names.md
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


# Not a command of `refashion`, which would start threads and import what kernels must not share.
if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])

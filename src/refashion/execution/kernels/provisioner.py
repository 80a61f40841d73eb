"""A Jupyter provisioner that asks the kernel server for a kernel, or starts a plain one."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from refashion.artifacts import umask
from refashion.execution.kernels import wire

logger = logging.getLogger(__name__)

# Time for the imports of the server, which a plain kernel would need too.
TIMEOUT_SECONDS = 120


class NoKernelError(Exception):
    """The server provides no kernel; the message says why."""


class ForkedKernel:
    """A kernel that the server has forked, with the interface of `subprocess.Popen`.

    Parameters
    ----------
    connection
        Connection to the server. The kernel ends when it is closed.
    pid
        Process ID of the kernel.
    """

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.connection = connection
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while the kernel is running."""
        return self._exit_code(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the kernel to end, and return its exit code.

        Parameters
        ----------
        timeout
            Longest wait in seconds; None for no limit.

        Raises
        ------
        subprocess.TimeoutExpired
            The kernel is still running.
        """
        code = self._exit_code(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("kernel", timeout or 0)
        return code

    def _exit_code(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self.connection.settimeout(timeout)
            try:
                message, _ = wire.receive(self.connection)
            except (BlockingIOError, TimeoutError):
                return None
            if message is None:
                logger.error("The kernel server has ended, and the kernel with it")
            self.returncode = message["exit"] if message else -signal.SIGKILL
            self.connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel and its child processes.

        Raises
        ------
        ProcessLookupError
            The kernel has ended.
        """
        if self.poll() is None:
            try:
                wire.send(self.connection, {"signal": number})
            except ConnectionError as error:
                raise ProcessLookupError("the kernel has ended") from error

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


class WarmProvisioner(LocalProvisioner):
    """A provisioner of forked kernels. It starts a plain kernel if the server provides none."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start a kernel.

        Parameters
        ----------
        cmd
            Command that starts a plain kernel.
        **kwargs
            Arguments of `subprocess.Popen`, and some of Jupyter.
        """
        # These are for provisioners; the others are for the process.
        wanted = {key: kwargs[key] for key in kwargs.keys() - {"extra_arguments", "kernel_id"}}
        try:
            kernel = fork(cmd, **wanted)
        except NoKernelError as error:
            logger.warning("Starting a plain kernel: %s", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.process = cast("subprocess.Popen", kernel)  # with the methods that Jupyter calls
        self.pid = kernel.pid
        # Jupyter would signal the process group, but only the server knows if it still exists.
        self.pgid = None
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info


def fork(
    command: list[str],
    env: dict[str, str] | None = None,
    cwd: str | None = None,
    **others: Any,
) -> ForkedKernel:
    """Ask the server of this workflow for a kernel.

    Parameters
    ----------
    command, env, cwd
        As for `subprocess.Popen`.
    **others
        Further arguments of `subprocess.Popen`, which the server does not support.

    Raises
    ------
    NoKernelError
        There is no server, or it refuses.
    """
    if others:
        raise NoKernelError(f"the kernel server does not support {', '.join(sorted(others))}")
    request = wire.Request(
        command=command,
        environment=dict(os.environ if env is None else env),
        folder=str(cwd or Path.cwd()),
        umask=umask(),
    )
    try:
        connection = wire.connect(os.environ.get(wire.ADDRESS_VARIABLE, ""))
    except OSError as error:
        raise NoKernelError(f"cannot connect to the kernel server ({error.strerror})") from None
    try:
        return ForkedKernel(connection, _ask(connection, request))
    except BaseException:
        connection.close()
        raise


def _ask(connection: socket.socket, request: wire.Request) -> int:
    connection.settimeout(TIMEOUT_SECONDS)
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        wire.send(connection, asdict(request), (nothing, 1, 2))
        answer, _ = wire.receive(connection)
    except TimeoutError:
        raise NoKernelError(
            f"the kernel server did not answer within {TIMEOUT_SECONDS} s"
        ) from None
    except OSError as error:
        raise NoKernelError(
            f"the connection to the kernel server failed ({error.strerror})"
        ) from None
    finally:
        os.close(nothing)
    if answer is None:
        raise NoKernelError("the kernel server has ended")
    if "refused" in answer:
        raise NoKernelError(f"the kernel server refused: {answer['refused']}")
    return answer["pid"]

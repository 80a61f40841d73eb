"""Jupyter's way to a warm kernel: ask the server, and start a plain kernel where it cannot help."""

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

from refashion.execution.kernels import wire

logger = logging.getLogger(__name__)

# For the server's imports. A plain kernel would have to do the same.
PATIENCE_SECONDS = 120


class NoKernelError(Exception):
    """The server gives no kernel; the message says why."""


class ForkedKernel:
    """A kernel that the server has forked, with the methods of `subprocess.Popen`.

    Parameters
    ----------
    connection
        To the server. The kernel ends when it is closed.
    pid
        Of the kernel.
    """

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.connection = connection
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Exit code of the kernel, negative for a signal; None as long as it lives."""
        return self._exit_code(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end of the kernel."""
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
        """Signal the kernel and all that it has started."""
        if self.poll() is None:
            try:
                wire.send(self.connection, {"signal": number})
            except ConnectionError as error:
                raise ProcessLookupError("the kernel has ended") from error

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel."""
        self.send_signal(signal.SIGKILL)


class WarmProvisioner(LocalProvisioner):
    """Provides a forked kernel, or a plain one."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start a kernel by a command."""
        # These are for provisioners; the others are for the process.
        wanted = {key: kwargs[key] for key in kwargs.keys() - {"extra_arguments", "kernel_id"}}
        try:
            kernel = fork(cmd, **wanted)
        except NoKernelError as error:
            logger.warning("A plain kernel is started, for %s", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.process = cast("subprocess.Popen", kernel)  # with the methods that Jupyter calls
        self.pid = kernel.pid
        # The number of the group is no way to signal it: only the server knows whether it lives.
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
        Further arguments for it, with which no server can serve.

    Raises
    ------
    NoKernelError
        There is no server, or it refuses.
    """
    if others:
        raise NoKernelError(f"the kernel server knows no {', '.join(sorted(others))}")
    request = wire.Request(
        command=command,
        environment=dict(os.environ if env is None else env),
        folder=str(cwd or Path.cwd()),
        umask=_umask(),
    )
    try:
        connection = wire.connect(os.environ.get(wire.ADDRESS_VARIABLE, ""))
    except OSError as error:
        raise NoKernelError(f"the kernel server cannot be reached ({error.strerror})") from None
    try:
        return ForkedKernel(connection, _ask(connection, request))
    except BaseException:
        connection.close()
        raise


def _ask(connection: socket.socket, request: wire.Request) -> int:
    connection.settimeout(PATIENCE_SECONDS)
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        wire.send(connection, asdict(request), (nothing, 1, 2))
        answer, _ = wire.receive(connection)
    except TimeoutError:
        raise NoKernelError("the kernel server takes too long") from None
    except OSError as error:
        raise NoKernelError(f"the kernel server cannot be asked ({error.strerror})") from None
    finally:
        os.close(nothing)
    if answer is None:
        raise NoKernelError("the kernel server has ended")
    if "refused" in answer:
        raise NoKernelError(f"the kernel server refuses: {answer['refused']}")
    return answer["pid"]


def _umask() -> int:
    # There is no way to read it but to set it.
    umask = os.umask(0o77)
    os.umask(umask)
    return umask

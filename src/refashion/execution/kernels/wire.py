"""The protocol between a provisioner and the server: JSON messages over a Unix socket.

The provisioner sends a `Request` with the standard streams of the kernel as file descriptors. The
server answers `{"pid": ...}` or `{"refused": reason}`. While the kernel runs, the provisioner may
send `{"signal": number}`; when it has ended, the server sends `{"exit": code}`. If either side
ends, the kernel ends too.

This module imports only the standard library, because the server imports it before it forks.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from dataclasses import dataclass

ADDRESS_VARIABLE = "REFASHION_KERNEL_SERVER"
"""Environment variable that tells jobs the address of the server."""

# Longer than any environment. The system refuses longer messages.
LONGEST = 1 << 20

N_STREAMS = 3
"""Standard input, output and error."""


@dataclass(frozen=True)
class Request:
    """A request for a kernel.

    Attributes
    ----------
    command
        Command that would start a plain kernel.
    environment, folder, umask
        Environment variables, working folder and file mode mask of the kernel.
    """

    command: list[str]
    environment: dict[str, str]
    folder: str
    umask: int

    @classmethod
    def read(cls, message: object) -> Request | None:
        """Convert a message to a request; return None if it is not valid."""
        match message:
            case {
                "command": [_, *_] as command,
                "environment": dict(environment),
                "folder": str(folder),
                "umask": int(umask),
            }:
                texts = [*command, *environment, *environment.values()]
                if all(isinstance(text, str) and "\0" not in text for text in texts):
                    return cls(command, environment, folder, umask)
        return None


def listen() -> socket.socket:
    """Listen at a random address.

    The address is in the abstract namespace, so no file is left behind, even if the server is
    killed.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(f"\0refashion-{os.urandom(16).hex()}")
    listener.listen(128)
    return listener


def address(listener: socket.socket) -> str:
    """Return the address of a listening socket as text for an environment variable."""
    return listener.getsockname()[1:].decode()


def connect(address: str) -> socket.socket:
    """Connect to a server of the same user.

    Raises
    ------
    OSError
        There is no such server.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * LONGEST)
        connection.connect(f"\0{address}")
        if not is_own(connection):
            raise PermissionError("the kernel server belongs to another user")
    except OSError:
        connection.close()
        raise
    return connection


def is_own(connection: socket.socket) -> bool:
    """Return whether the other side of a connection runs as the same user."""
    size = struct.calcsize("3i")
    _, user, _ = struct.unpack(
        "3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    )
    return user == os.getuid()


def send(connection: socket.socket, message: dict, descriptors: tuple[int, ...] = ()) -> None:
    """Send one message, with copies of file descriptors."""
    socket.send_fds(connection, [json.dumps(message).encode()], descriptors)


def receive(connection: socket.socket) -> tuple[dict | None, list[int]]:
    """Receive one message.

    Returns
    -------
    message
        The message, or None if the other side has ended or sent something invalid.
    descriptors
        File descriptors that came with it.
    """
    try:
        data, descriptors, _, _ = socket.recv_fds(connection, LONGEST, N_STREAMS)
    except ConnectionError:
        return None, []
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        message = None
    return (message if isinstance(message, dict) else None), descriptors

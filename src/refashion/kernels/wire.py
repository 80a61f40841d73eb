"""What a provisioner and the server say to each other: JSON messages over a Unix socket.

The request is a `Request`, with the standard streams of the kernel-to-be as file descriptors. The
answer is `{"pid": ...}` or `{"refused": reason}`. Then the server says `{"exit": code}` when the
kernel has ended, and takes `{"signal": number}` until then. If either side goes away, so does the
kernel.

Only the standard library is imported here, for the server imports this before it forks.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from dataclasses import dataclass

ADDRESS_VARIABLE = "REFASHION_KERNEL_SERVER"
"""Environment variable of the jobs: where the server listens."""

# More than any environment takes. A message longer than this is refused by the system.
LONGEST = 1 << 20

N_STREAMS = 3
"""Standard input, output and error."""


@dataclass(frozen=True)
class Request:
    """A kernel that is wanted.

    Attributes
    ----------
    command
        As a plain kernel would be started.
    environment, folder, umask
        Those of the kernel.
    """

    command: list[str]
    environment: dict[str, str]
    folder: str
    umask: int

    @classmethod
    def read(cls, message: object) -> Request | None:
        """Make a request of a message; None if it is none."""
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
    """Listen at a new address that no other program knows.

    The address is an abstract one: no file is left behind, whatever ends the server.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(f"\0refashion-{os.urandom(16).hex()}")
    listener.listen(128)
    return listener


def address(listener: socket.socket) -> str:
    """Address of a listening socket as text that fits into an environment variable."""
    return listener.getsockname()[1:].decode()


def connect(address: str) -> socket.socket:
    """Connect to a server of the same user.

    Raises
    ------
    OSError
        There is none.
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
    """Whether the other side runs as the same user."""
    size = struct.calcsize("3i")
    _, user, _ = struct.unpack(
        "3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    )
    return user == os.getuid()


def send(connection: socket.socket, message: dict, descriptors: tuple[int, ...] = ()) -> None:
    """Send one message, with copies of some file descriptors."""
    socket.send_fds(connection, [json.dumps(message).encode()], descriptors)


def receive(connection: socket.socket) -> tuple[dict | None, list[int]]:
    """Receive one message and the file descriptors with it.

    The message is None if the other side is gone, or talks of something else: whoever sends what
    is no message is not to be served.
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

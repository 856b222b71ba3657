"""Sockets on which services listen."""

import socket
from contextlib import suppress

HOST = "127.0.0.1"
"""Where everything of the course listens: this machine's own address, which no other machine reaches."""

Listener = socket.socket
BACKLOG = 128


def listen(usual: int) -> Listener:
    """A socket that listens on the `usual` port, or on any free one when that is taken; 0 stands for any."""
    with suppress(OSError):
        return listen_at(usual)
    return listen_at(0)


def listen_at(port: int) -> Listener:
    """A socket that listens on this port. Raises OSError where it is taken."""
    return socket.create_server((HOST, port), backlog=BACKLOG)


def port_of(listener: Listener) -> int:
    port: int = listener.getsockname()[1]
    return port

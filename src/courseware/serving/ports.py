"""Ports on this machine's own address."""

import socket

from courseware.errors import UsageError
from courseware.services.listening import HOST as HOST


def choose_port(wanted: int | None, usual: int) -> int:
    """The `wanted` port, or else the `usual` one, or any free one when that is taken.

    Raises UsageError when the wanted one is taken: whoever names a port relies on it.
    """
    if wanted is not None:
        if not is_free(wanted):
            raise UsageError(f"Port {wanted} is taken by another program. Choose another one, or leave --port out.")
        return wanted
    return usual if is_free(usual) else free_port()


def is_free(port: int) -> bool:
    """Whether a server could listen on this port right now."""
    with socket.socket() as probe:
        # As servers do it: a port whose last connections are only just closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
        return True


def free_port() -> int:
    """A port that the operating system has just found free."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port

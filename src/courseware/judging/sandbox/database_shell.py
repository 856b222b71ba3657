"""The judge's end of the process in the sandbox that works on the application's database (`inside/database.py`)."""

import json
import socket
import struct
import threading
import time
from collections.abc import Mapping
from typing import Any

LENGTH = struct.Struct("!I")
MOST_BYTES = 16 * 1024 * 1024
"""Of an answer."""
SECONDS = 60.0
"""For one request. SQLite gives up long before, by its work: only a process that is stopped takes longer."""
CHUNK = 1024 * 1024


class DatabaseShell:
    """Asks the process over its socket. It has the rights of the application, and its answers are bounded text."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._asking = threading.Lock()
        self._broken = ""

    def ask(self, request: Mapping[str, object]) -> dict[str, Any]:
        """The answer to a request, which is {"error": words} where none comes."""
        with self._asking:
            if not self._broken:
                try:
                    return self._exchange(json.dumps(request, default=_as_json).encode())
                except (OSError, ValueError, RecursionError) as error:
                    self._broken = f"the process that reads the database does not answer ({error})"
                    self._connection.close()
            return {"error": self._broken}

    def close(self) -> None:
        """Let the process end."""
        self._connection.close()

    def _exchange(self, content: bytes) -> dict[str, Any]:
        deadline = time.monotonic() + SECONDS
        self._connection.settimeout(SECONDS)
        self._connection.sendall(LENGTH.pack(len(content)) + content)
        (length,) = LENGTH.unpack(self._receive(LENGTH.size, deadline))
        if length > MOST_BYTES:
            raise ValueError(f"an answer of {length} bytes")
        answer = json.loads(self._receive(length, deadline), object_hook=_with_bytes)
        if not isinstance(answer, dict):
            raise ValueError("an answer that is no object")  # noqa: TRY004 - it is what came, not how we were called
        return answer

    def _receive(self, length: int, deadline: float) -> bytes:
        received = bytearray()
        while len(received) < length:
            self._connection.settimeout(max(0.001, deadline - time.monotonic()))
            chunk = self._connection.recv(min(CHUNK, length - len(received)))
            if not chunk:
                raise ValueError("it has ended")
            received += chunk
        return bytes(received)


def _as_json(value: object) -> object:
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    raise TypeError(f"{value!r} is nothing that a database can hold")


def _with_bytes(value: dict[str, Any]) -> object:
    return bytes.fromhex(value["bytes"]) if value.keys() == {"bytes"} and isinstance(value["bytes"], str) else value

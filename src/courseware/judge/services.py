"""The services that the application under judgement uses: they run here, and it finds them at its own 127.0.0.1."""

import socket
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from courseware.sandbox import SandboxKind
from courseware.services.catalogue import KINDS, Mapped, Service, filled, make
from courseware.services.listening import HOST, listen, port_of


class JudgeServices:
    """Services for one judgement, which outlive an application that is started again.

    In the sandbox they have their usual ports, which are the sandbox's own; without one, free ports of this machine.
    """

    def __init__(self, names: Iterable[str], mapped: Mapped, kind: SandboxKind) -> None:
        self._mapped = mapped
        self._stopping = ExitStack()
        self._by_name: dict[str, Service] = {}
        self._ports: dict[str, int] = {}
        with self._stopping:
            for name in names:
                self._by_name[name] = make(name)
                self._stopping.callback(self._by_name[name].stop)
                self._ports[name] = KINDS[name].port if kind == "bubblewrap" else self._serve_here(name)
            self._stopping = self._stopping.pop_all()
        self.ports_inside = tuple(self._ports.values()) if kind == "bubblewrap" else ()

    def environment(self) -> dict[str, str]:
        """The variables by which the application finds the services."""
        facts = {name: service.facts(HOST, self._ports[name]) for name, service in self._by_name.items()}
        return filled(self._mapped, facts)

    def serve(self, sockets: Sequence[socket.socket]) -> None:
        """Serves on sockets that listen on `ports_inside`."""
        for service, listener in zip(self._by_name.values(), sockets, strict=True):
            service.serve(listener)

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> Service:
        return self._by_name[name]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopping.close()

    def _serve_here(self, name: str) -> int:
        listener = listen(0)
        port = port_of(listener)
        self._by_name[name].serve(listener)
        return port

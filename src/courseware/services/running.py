"""Services that run together for one application, on ports of this machine, until they are all stopped."""

import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from courseware.errors import UsageError
from courseware.services.catalogue import KINDS, Facts, Kind, Mapped, Service, filled, make
from courseware.services.listening import HOST, Listener, listen, listen_at, port_of


@runtime_checkable
class HasPage(Protocol):
    """A service whose web page has a port of its own."""

    def show(self, listener: Listener) -> None:
        """Shows the page on this socket from now on."""


@dataclass(frozen=True)
class RunningService:
    """A service that was started. `page` is the address of its web page, if it has one."""

    kind: Kind
    service: Service
    facts: Facts
    page: str | None

    @property
    def address(self) -> str:
        """What to tell a person: the page, or else where the service is."""
        return self.page or self.facts.get("url") or f"{HOST}:{self.facts['port']}"


class RunningServices:
    """Starts services at once; leaving the block stops them, and so does a failure to start one.

    Raises UsageError where one cannot start.

    Args:
        names: which ones, as the catalogue names them.
        page_ports: the ports of web pages that somebody relies on; all others are the usual or free ones.
    """

    def __init__(self, names: Iterable[str], page_ports: Mapping[str, int] | None = None) -> None:
        self._stopping = ExitStack()
        with self._stopping:
            self.by_name = {name: self._start(name, (page_ports or {}).get(name)) for name in names}
            self._stopping = self._stopping.pop_all()

    def environment(self, mapped: Mapped) -> dict[str, str]:
        """The variables of an application that uses the services."""
        return filled(mapped, {name: running.facts for name, running in self.by_name.items()})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopping.close()

    def _start(self, name: str, page_port: int | None) -> RunningService:
        kind, service = KINDS[name], make(name)
        self._stopping.callback(service.stop)
        has_own_page = isinstance(service, HasPage)
        listener = self._listen(kind, kind.port, None if has_own_page else page_port)
        port = port_of(listener)
        service.serve(listener)
        page = None
        if isinstance(service, HasPage):
            shown = self._listen(kind, kind.page_port or 0, page_port)
            page = f"http://{HOST}:{port_of(shown)}"
            service.show(shown)
        elif kind.page_port is not None:
            page = f"http://{HOST}:{port}"
        return RunningService(kind, service, service.facts(HOST, port), page)

    @staticmethod
    def _listen(kind: Kind, usual: int, wanted: int | None) -> Listener:
        try:
            return listen(usual) if wanted is None else listen_at(wanted)
        except OSError as error:
            place = "" if wanted is None else f" on port {wanted}"
            raise UsageError(f"{kind.title} cannot start{place}: {os.strerror(error.errno or 0)}.") from error

"""The services there are, what each can tell an application, and how they are started together.

Nothing that a service needs is imported before it starts. A course says in `[application.services]` which variables of
the application's environment get which of these facts.
"""

import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from string import Formatter
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

from courseware.base.errors import UsageError
from courseware.services.servers import HOST, Listener, listen, listen_at, port_of

if TYPE_CHECKING:
    from courseware.services.servers import FaultMode, Listener

Facts = Mapping[str, str]
Mapped = Mapping[str, Mapping[str, str]]
"""For each service the variables that it fills, and their texts with facts in them, such as {"MAIL_PORT": "{port}"}."""


class Service(Protocol):
    """The interface of all services. A service serves on sockets that listen already."""

    def serve(self, listener: "Listener") -> None:
        """Serves the application on this socket from now on; several are possible."""

    def facts(self, host: str, port: int) -> Facts:
        """What an application has to know to use the service at this address."""

    def set_fault(self, mode: "FaultMode") -> None:
        """Sets the fault mode for new and existing connections."""

    def stop(self) -> None:
        """Ends all connections and threads. May be called again."""

    def forget(self) -> None:
        """Lets go of all that it keeps in memory."""


@dataclass(frozen=True)
class Kind:
    """One kind of service.

    `port` is the usual one. `page_port` is that of its web page, which is the same where the service is a web page
    itself, and None where there is none. `made_by` names its class as `module:class`.
    """

    title: str
    facts: tuple[str, ...]
    port: int
    page_port: int | None
    made_by: str


KINDS: Mapping[str, Kind] = {
    "mailbox": Kind(
        title="Mailbox",
        facts=("host", "port"),
        port=1025,
        page_port=8025,
        made_by="courseware.services.mailbox.service:Mailbox",
    ),
    "image_store": Kind(
        title="Image store",
        facts=("host", "port", "address", "cloud_name", "api_key", "api_secret"),
        port=8026,
        page_port=8026,
        made_by="courseware.services.image_store.service:ImageStore",
    ),
    "redis": Kind(
        title="Redis",
        facts=("host", "port", "url"),
        port=6380,
        page_port=None,
        made_by="courseware.services.redis.service:Redis",
    ),
}


def filled(mapped: Mapped, facts: Mapping[str, Facts]) -> dict[str, str]:
    """The variables of an application that uses these services, by name with their facts. Raises UsageError."""
    require_known(mapped)
    return {
        variable: text.format_map(known)
        for name, known in facts.items()
        for variable, text in mapped.get(name, {}).items()
    }


def require_known(mapped: Mapped) -> None:
    """Raise UsageError unless each service exists and is asked for nothing but its facts."""
    for name, variables in mapped.items():
        if name not in KINDS:
            raise UsageError(f"application.services: there is no service {name!r}; there are: {', '.join(KINDS)}.")
        for variable, text in variables.items():
            try:
                facts = [field for _, field, _, _ in Formatter().parse(text) if field is not None]
            except ValueError as error:
                raise UsageError(f"application.services.{name}: {variable} cannot be filled: {error}.") from None
            if unknown := [fact for fact in facts if fact not in KINDS[name].facts]:
                raise UsageError(
                    f"application.services.{name}: {variable} asks for {{{unknown[0]}}}. "
                    f"The facts of this service are: {', '.join(KINDS[name].facts)}."
                )


def make(name: str) -> Service:
    """A new service of this kind. Raises UsageError for an unknown one, or where a package is missing."""
    require_known({name: {}})
    module, _, made = KINDS[name].made_by.partition(":")
    try:
        service: Service = getattr(import_module(module), made)()
    except ImportError as error:
        raise UsageError(f"{KINDS[name].title} cannot start: the package {error.name} is not installed.") from error
    return service


@runtime_checkable
class HasPage(Protocol):
    """A service whose web page has a port of its own."""

    def show(self, listener: Listener) -> None:
        """Shows the page on this socket from now on."""


@runtime_checkable
class Clearable(Protocol):
    """A service whose data belongs to the application, and is worth nothing without the application's database."""

    def clear(self) -> None:
        """Forget the data, when the clients that are connected have gone."""


@runtime_checkable
class HasClock(Protocol):
    """A service in which something expires."""

    def move_clock(self, to: datetime | None) -> None:
        """Put the service's clock to this moment (timezone-aware), from where it runs on; None puts it right."""


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
        page_ports: the ports of web pages that somebody relies on, and of services without a page; all others are the
            usual or free ones.
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
        service, kind = make(name), KINDS[name]
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

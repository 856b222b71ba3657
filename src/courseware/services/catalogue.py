"""The services there are, and what each can tell an application. Nothing that they need is imported before one starts.

A course says in `[application.services]` which variables of the application's environment get which of these facts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from courseware.errors import UsageError

if TYPE_CHECKING:
    from courseware.services.listening import Listener
    from courseware.services.mood import Mood

Facts = Mapping[str, str]
Mapped = Mapping[str, Mapping[str, str]]
"""For each service the variables that it fills, and their texts with facts in them, such as {"MAIL_PORT": "{port}"}."""


class Service(Protocol):
    """What every service can do. It serves on sockets that listen already, whoever made them."""

    def serve(self, listener: "Listener") -> None:
        """Serves the application on this socket from now on; several are possible."""

    def facts(self, host: str, port: int) -> Facts:
        """What an application has to know to use the service at this address."""

    def become(self, mood: "Mood") -> None:
        """Treats whoever comes, and who is there, in another way from now on."""

    def stop(self) -> None:
        """Ends all connections and threads. May be called again."""


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
        made_by="courseware.services.mailbox.mailbox:Mailbox",
    ),
    "image_store": Kind(
        title="Image store",
        facts=("host", "port", "address", "cloud_name", "api_key", "api_secret"),
        port=8026,
        page_port=8026,
        made_by="courseware.services.image_store.image_store:ImageStore",
    ),
    "redis": Kind(
        title="Redis",
        facts=("host", "port", "url"),
        port=6380,
        page_port=None,
        made_by="courseware.services.redis.redis:Redis",
    ),
}


def filled(mapped: Mapped, facts: Mapping[str, Facts]) -> dict[str, str]:
    """The variables of an application that uses these services, by name with their facts."""
    return {
        variable: text.format_map(known)
        for name, known in facts.items()
        for variable, text in mapped.get(name, {}).items()
    }


def make(name: str) -> Service:
    """A new service of this kind. Raises UsageError where a package is missing."""
    module, _, made = KINDS[name].made_by.partition(":")
    try:
        service: Service = getattr(import_module(module), made)()
    except ImportError as error:
        raise UsageError(f"{KINDS[name].title} cannot start: the package {error.name} is not installed.") from error
    return service

"""The student's docker-compose.yml as a check sees it: data alone, nothing is started."""

import posixpath
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from courseware.base.tree import Tree
from courseware.checking.check import CheckFailed
from courseware.checking.deployment.schemas import first_violation
from courseware.checking.deployment.yaml_files import YamlFault, read_yaml

NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""Where Docker Compose looks for the file, the first one first."""
SHELL = ("CMD-SHELL",)
_VARIABLE = re.compile(r"\$\$|\$(?:(\w{1,100})|\{(\w{1,100})(?:(:?[-?+])([^{}]{0,500}))?\})")


@dataclass(frozen=True)
class ComposeService:
    """A service of the compose file.

    Args:
        environment: its variables, those of files of the project that `env_file` names included.
        depends_on: for each service that it waits for the condition, such as "service_healthy".
        healthcheck: the words of its health check, after CMD or `/bin/sh -c`; None without one.
        volumes: what is mounted, and where: the name or path, and the path in the container.
    """

    name: str
    data: Mapping[str, Any]
    environment: Mapping[str, str]
    depends_on: Mapping[str, str]
    healthcheck: tuple[str, ...] | None
    volumes: tuple[tuple[str, str], ...]

    @property
    def image(self) -> str | None:
        """The image that it is started from; None if one is built."""
        image = self.data.get("image")
        return None if image is None else substituted(str(image))

    @property
    def is_built(self) -> bool:
        """Whether its image is built from a Dockerfile."""
        return "build" in self.data

    @property
    def ports(self) -> tuple[str, ...]:
        """What it publishes, as written in the short form."""
        return tuple(_port(each) for each in self.data.get("ports") or ())


class Compose:
    """The compose file of a project. Each method raises CheckFailed for one that Docker Compose would refuse.

    Keys, from every method: `no_compose_file`, `not_yaml`, `yaml_too_large`, `not_a_compose_file`, `unknown_service`.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def must_be_read(self) -> None:
        """Docker Compose must be able to read it: YAML, the schema, and `depends_on` that names services."""
        assert self.data

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """The file as data, with `<<` carried out."""
        path = next((name for name in NAMES if name in self._tree), None)
        asked = f"{path or NAMES[-1]} to be read"
        if path is None:
            raise CheckFailed("no_compose_file", asked=asked, expected="the file", got="no such file")
        try:
            data = read_yaml(self._tree[path], merges=True)
        except YamlFault as fault:
            raise CheckFailed(fault.key, asked=asked, expected="YAML", got=str(fault)) from None
        violation = first_violation(data, "compose-spec")
        if violation is None and not (isinstance(data, dict) and data.get("services")):
            violation = "services: there are none"
        if violation is not None:
            raise CheckFailed("not_a_compose_file", asked=asked, expected="a compose file", got=violation)
        services: Mapping[str, Any] = data["services"]
        for name, service in services.items():
            for needed in _depends_on(service or {}):
                if needed not in services:
                    raise CheckFailed(
                        "unknown_service", asked=asked, expected=f"`depends_on` of {name} to name services", got=needed
                    )
        return dict(data)

    @property
    def services(self) -> Mapping[str, ComposeService]:
        """All services, by name."""
        return {name: self._service(name, data or {}) for name, data in self.data["services"].items()}

    def service(self, name: str) -> ComposeService:
        """The service of this name. Key: `no_service`."""
        services = self.services
        if name not in services:
            raise CheckFailed(
                "no_service",
                asked="the compose file to be read",
                expected=f"a service called {name}",
                got=f"the services {', '.join(services)}",
            )
        return services[name]

    def _service(self, name: str, data: Mapping[str, Any]) -> ComposeService:
        return ComposeService(
            name=name,
            data=data,
            environment=self._environment(data),
            depends_on=_depends_on(data),
            healthcheck=_healthcheck(data.get("healthcheck")),
            volumes=tuple(_volume(each) for each in data.get("volumes") or ()),
        )

    def _environment(self, data: Mapping[str, Any]) -> dict[str, str]:
        found: dict[str, str] = {}
        files = data.get("env_file") or ()
        for entry in [files] if isinstance(files, str) else files:
            path = posixpath.normpath(str(entry.get("path") if isinstance(entry, dict) else entry))
            found |= _env_file(self._tree.get(path, b""))
        environment = data.get("environment") or {}
        if isinstance(environment, list):
            environment = {name: value for name, _, value in (str(each).partition("=") for each in environment)}
        return found | {name: substituted(_text(value)) for name, value in environment.items()}


def substituted(text: str) -> str:
    """The text with the defaults of its variables, which Compose takes if the machine sets none."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        return match[4] if match[3] in ("-", ":-") else ""

    return _VARIABLE.sub(value, text)


def _text(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _depends_on(data: Mapping[str, Any]) -> dict[str, str]:
    needed = data.get("depends_on") or {}
    if isinstance(needed, list):
        return {str(name): "service_started" for name in needed}
    return {name: str((each or {}).get("condition", "service_started")) for name, each in needed.items()}


def _healthcheck(data: Mapping[str, Any] | None) -> tuple[str, ...] | None:
    if not data or data.get("disable") or not data.get("test"):
        return None
    test = data["test"]
    if isinstance(test, str):
        return ("/bin/sh", "-c", test)
    kind, *words = map(str, test)
    if kind == "NONE":
        return None
    return ("/bin/sh", "-c", *words) if kind in SHELL else tuple(words)


def _volume(entry: object) -> tuple[str, str]:
    if isinstance(entry, Mapping):
        return str(entry.get("source") or ""), str(entry.get("target") or "")
    parts = str(entry).split(":")
    return ("", parts[0]) if len(parts) == 1 else (parts[0], parts[1])


def _port(entry: object) -> str:
    if isinstance(entry, Mapping):
        published, target = entry.get("published"), entry.get("target")
        return f"{published}:{target}" if published else str(target)
    return substituted(str(entry))


def _env_file(content: bytes) -> dict[str, str]:
    """The variables of a file such as .env.example."""
    found = {}
    for line in content.decode(errors="replace").splitlines():
        name, sign, value = line.strip().removeprefix("export ").partition("=")
        if sign and not name.startswith("#"):
            words = []
            try:
                words = shlex.split(value, comments=True)
            except ValueError:
                words = [value]
            found[name.strip()] = " ".join(words)
    return found

"""The student's render.yaml as a check sees it: data alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from courseware.base.tree import Tree
from courseware.checking.check import CheckFailed
from courseware.checking.deployment.schemas import first_violation
from courseware.checking.deployment.yaml_files import YamlFault, read_yaml

PATH = "render.yaml"
ASKED = f"{PATH} to be read"


@dataclass(frozen=True)
class BlueprintService:
    """A service of the blueprint. `environment` has the entries of its variables by key."""

    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.data["name"])

    @property
    def type(self) -> str:
        """Such as "web" or "keyvalue"."""
        return str(self.data["type"])

    @property
    def runtime(self) -> str:
        return str(self.data.get("runtime") or self.data.get("env") or "")

    @property
    def health_check_path(self) -> str | None:
        """The path that Render polls; None where it only looks whether a port is open."""
        path = self.data.get("healthCheckPath")
        return None if path is None else str(path)

    @property
    def environment(self) -> Mapping[str, Mapping[str, Any]]:
        """The entry of each variable, such as {"key": ..., "value": ...} or {"key": ..., "fromDatabase": {...}}."""
        return {str(entry["key"]): entry for entry in self.data.get("envVars") or () if "key" in entry}

    @property
    def deploys_by_itself(self) -> bool:
        """Whether Render deploys each commit without waiting for its checks."""
        trigger = self.data.get("autoDeployTrigger")
        return trigger == "commit" if trigger is not None else self.data.get("autoDeploy") is not False


class Blueprint:
    """The blueprint of a project. Each method raises CheckFailed for one that Render would refuse.

    Keys, from every method: `no_blueprint`, `not_yaml`, `yaml_too_large`, `not_a_blueprint` and `unknown_reference`.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def must_be_read(self) -> None:
        """Render must be able to read it: YAML, the schema, and references that name services and databases."""
        assert self.data

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """The file as data."""
        if PATH not in self._tree:
            raise CheckFailed("no_blueprint", asked=ASKED, expected="the file", got="no such file")
        try:
            data = read_yaml(self._tree[PATH], merges=True)
        except YamlFault as fault:
            raise CheckFailed(fault.key, asked=ASKED, expected="YAML", got=str(fault)) from None
        if violation := first_violation(data, "render"):
            raise CheckFailed("not_a_blueprint", asked=ASKED, expected="a blueprint of Render", got=violation)
        _verify_references(data)
        return dict(data)

    @property
    def services(self) -> tuple[BlueprintService, ...]:
        """All services."""
        return tuple(BlueprintService(each) for each in self.data.get("services") or ())

    @property
    def databases(self) -> Mapping[str, Mapping[str, Any]]:
        """The databases, by name."""
        return {str(each["name"]): each for each in self.data.get("databases") or ()}

    def web(self, name: str | None = None) -> BlueprintService:
        """The web service, the first one or that of this name. Key: `no_web_service`."""
        for service in self.services:
            if service.type == "web" and name in (None, service.name):
                return service
        raise CheckFailed(
            "no_web_service",
            asked=ASKED,
            expected="a service with type: web" if name is None else f"a web service called {name}",
            got=", ".join(f"{each.type} {each.name}" for each in self.services) or "no service",
        )


def _verify_references(data: Mapping[str, Any]) -> None:
    known = {
        "fromDatabase": {str(each["name"]) for each in data.get("databases") or ()},
        "fromService": {str(each["name"]) for each in data.get("services") or ()},
        "fromGroup": {str(each["name"]) for each in data.get("envVarGroups") or ()},
    }
    for service in data.get("services") or ():
        for entry in service.get("envVars") or ():
            for kind, names in known.items():
                reference = entry.get(kind)
                name = reference.get("name") if isinstance(reference, dict) else reference
                if name is not None and str(name) not in names:
                    raise CheckFailed(
                        "unknown_reference",
                        asked=ASKED,
                        expected=f"{kind} of {entry.get('key', service['name'])} to name one of the file",
                        got=str(name),
                    )

"""The workflows of a project as data: files of .github/workflows, their jobs, steps and services."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import PurePosixPath
from typing import Any

from courseware.base.tree import Tree
from courseware.checking.check import CheckFailed
from courseware.checking.deployment.schemas import first_violation
from courseware.checking.deployment.yaml_files import YamlFault, read_yaml

FOLDER = ".github/workflows"
MOST_FILES = 10
MOST_JOBS = 40
FILTERS = ("branches", "branches-ignore", "tags", "tags-ignore", "paths", "paths-ignore", "types", "workflows")
ASKED = f"the files in {FOLDER}/ to be read"


@dataclass(frozen=True)
class Service:
    """A service container of a job. `ports` are those of the container, with the port of the machine for each.

    A port of the machine is None where GitHub would choose one.
    """

    name: str
    image: str
    ports: Mapping[int, int | None]
    options: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class JobStep:
    """A step of a job: it runs a script or uses an action."""

    name: str
    run: str | None
    uses: str | None
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Job:
    """A job of a workflow.

    Args:
        id: unique among all jobs: the id in the file, with the file's name before it if two files share the id.
        file: the path of its workflow.
        needs: the ids of the jobs that it waits for.
        data: the job as it stands in the file.
        workflow: the whole file.
    """

    id: str
    file: str
    needs: tuple[str, ...]
    data: Mapping[str, Any]
    workflow: Mapping[str, Any]

    @property
    def steps(self) -> tuple[JobStep, ...]:
        return tuple(_step(number, data) for number, data in enumerate(self.data.get("steps") or (), start=1))

    @property
    def services(self) -> Mapping[str, Service]:
        return {name: _service(name, data) for name, data in (self.data.get("services") or {}).items()}

    def mentions(self, text: str) -> bool:
        """Whether a value of the job, or of the workflow's `env`, contains the text."""
        return any(text in value for value in _texts([self.data, self.workflow.get("env")]))


@dataclass(frozen=True)
class WorkflowFile:
    """A workflow. `jobs` have the ids that they have in the file."""

    path: str
    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        """By which another workflow can refer to it."""
        return str(self.data.get("name") or self.path)

    @property
    def triggers(self) -> Mapping[str, Any]:
        """The events of `on` with their settings."""
        on = self.data["on"]
        if isinstance(on, str):
            return {on: {}}
        if isinstance(on, list):
            return {str(event): {} for event in on}
        return {event: settings or {} for event, settings in on.items()}

    @cached_property
    def jobs(self) -> Mapping[str, Mapping[str, Any]]:
        jobs: Mapping[str, Mapping[str, Any]] = self.data["jobs"]
        return jobs


def read_workflows(tree: Tree) -> tuple[WorkflowFile, ...]:
    """All workflows of a project. Raises CheckFailed for one that GitHub would refuse."""
    paths = sorted(
        path
        for path in tree
        if str(PurePosixPath(path).parent) == FOLDER and PurePosixPath(path).suffix in (".yml", ".yaml")
    )
    if not paths:
        raise CheckFailed("no_workflow", asked=ASKED, expected=f"a workflow in {FOLDER}/", got="no file there")
    if len(paths) > MOST_FILES:
        raise CheckFailed("yaml_too_large", asked=ASKED, expected=f"at most {MOST_FILES} files", got=str(len(paths)))
    found = tuple(_read(path, tree[path]) for path in paths)
    if (jobs := sum(len(each.jobs) for each in found)) > MOST_JOBS:
        raise CheckFailed("yaml_too_large", asked=ASKED, expected=f"at most {MOST_JOBS} jobs", got=str(jobs))
    return found


def jobs_of(workflows: tuple[WorkflowFile, ...]) -> tuple[Job, ...]:
    """The jobs of all workflows."""
    ids = [job for workflow in workflows for job in workflow.jobs]

    def unique(job: str, workflow: WorkflowFile) -> str:
        return job if ids.count(job) == 1 else f"{PurePosixPath(workflow.path).name}:{job}"

    return tuple(
        Job(
            id=unique(job, workflow),
            file=workflow.path,
            needs=tuple(unique(need, workflow) for need in needs_of(data)),
            data=data,
            workflow=workflow.data,
        )
        for workflow in workflows
        for job, data in workflow.jobs.items()
    )


def needs_of(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The jobs that a job waits for, by the ids in its file."""
    needs = data.get("needs") or ()
    return (needs,) if isinstance(needs, str) else tuple(map(str, needs))


def _read(path: str, content: bytes) -> WorkflowFile:
    try:
        data = read_yaml(content)
    except YamlFault as fault:
        raise CheckFailed(fault.key, asked=f"{path} to be read", expected="YAML", got=str(fault)) from None
    _unify_filters(data)
    if violation := first_violation(data, "github-workflows"):
        raise CheckFailed(
            "not_a_workflow", asked=f"{path} to be read", expected="a workflow of GitHub Actions", got=violation
        )
    workflow = WorkflowFile(path, data)
    _verify_needs(workflow)
    return workflow


def _unify_filters(data: Any) -> None:
    """Write `branches: main` as a list. GitHub takes both, the schema does not."""
    events = data.get("on") if isinstance(data, dict) else None
    for settings in events.values() if isinstance(events, dict) else ():
        for name in FILTERS:
            if isinstance(settings, dict) and isinstance(settings.get(name), str):
                settings[name] = [settings[name]]


def _verify_needs(workflow: WorkflowFile) -> None:
    needs = {job: needs_of(data) for job, data in workflow.jobs.items()}
    for job, wanted in needs.items():
        if missing := [need for need in wanted if need not in needs]:
            raise CheckFailed(
                "unknown_need",
                asked=f"{workflow.path} to be read",
                expected=f"`needs` of the job {job} to name jobs of the file: {', '.join(needs)}",
                got=missing[0],
            )
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        raise CheckFailed(
            "needs_in_a_circle",
            asked=f"{workflow.path} to be read",
            expected="jobs that do not wait for each other",
            got=" needs ".join(reversed(error.args[1])),
        ) from None


def _step(number: int, data: Mapping[str, Any]) -> JobStep:
    run, uses = data.get("run"), data.get("uses")
    first_line = str(run or uses or "").strip().split("\n", 1)[0]
    return JobStep(
        name=str(data.get("name") or first_line[:80] or f"step {number}"),
        run=None if run is None else str(run),
        uses=None if uses is None else str(uses),
        data=data,
    )


def _service(name: str, data: object) -> Service:
    known: Mapping[str, Any] = data if isinstance(data, Mapping) else {"image": data}
    ports: dict[int, int | None] = {}
    for entry in known.get("ports") or ():
        text = str(entry).partition("/")[0]
        machine, _, container = text.rpartition(":")
        if container.isdecimal() and int(container) < 2**16:
            ports[int(container)] = int(machine) if machine.isdecimal() and int(machine) < 2**16 else None
    environment = known.get("env")
    return Service(
        name=name,
        image=str(known.get("image") or ""),
        ports=ports,
        options=str(known.get("options") or ""),
        environment={key: str(value) for key, value in environment.items()} if isinstance(environment, dict) else {},
    )


def _texts(value: object) -> Iterator[str]:
    """All texts in the data, keys included."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as mapping:
                yield from map(str, mapping)
                waiting += mapping.values()
            case list() as items:
                waiting += items
            case str() as text:
                yield text
            case _:
                pass

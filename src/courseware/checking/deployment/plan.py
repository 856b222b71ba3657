"""Which jobs of the workflows run for an event, by GitHub's rules for triggers, `needs` and `if`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from courseware.checking.check import CheckFailed
from courseware.checking.deployment.expressions import BadExpression, Scope, condition_holds, fill, truth
from courseware.checking.deployment.patterns import is_selected
from courseware.checking.deployment.workflow_files import Job, JobStep, WorkflowFile, jobs_of

Result = Literal["success", "failure", "skipped"]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "student/project"
PULL_REQUEST_TYPES = ("opened", "synchronize", "reopened")
AFTER_ANOTHER = "workflow_run"
ON_TARGET = "pull_request_target"


@dataclass(frozen=True)
class Event:
    """What happens in a repository whose default branch is `main`. The commit changes a file in every folder.

    Args:
        name: of the event, as it stands in `on`.
        ref: the full reference, such as refs/heads/main.
        base: of a pull request the branch into which it is to be merged.
        head: of a pull request its own branch.
        payload: what `github.event` holds.
    """

    name: str
    ref: str
    base: str = ""
    head: str = ""
    payload: tuple[tuple[str, str], ...] = ()

    @classmethod
    def push(cls, branch: str) -> Self:
        """A commit is pushed to a branch."""
        return cls("push", f"refs/heads/{branch}")

    @classmethod
    def tag(cls, name: str) -> Self:
        """A tag is pushed."""
        return cls("push", f"refs/tags/{name}")

    @classmethod
    def pull_request(cls, branch: str, into: str = "main") -> Self:
        """A pull request is opened."""
        return cls("pull_request", "refs/pull/1/merge", base=into, head=branch)

    @property
    def ref_name(self) -> str:
        return self.ref.split("/", 2)[2]

    def __str__(self) -> str:
        if self.name == "pull_request":
            return f"a pull request from {self.head} into {self.base}"
        kind = "the tag" if self.ref.startswith("refs/tags/") else "the branch"
        return f"a push to {kind} {self.ref_name}"


@dataclass(frozen=True)
class Plan:
    """The results of all jobs, by id. A job of a workflow that the event does not trigger is skipped.

    `seen` is for each triggered job the event as its workflow gets it.
    """

    event: Event
    results: Mapping[str, Result]
    triggered: tuple[str, ...]
    seen: Mapping[str, Event] = field(default_factory=dict)

    @property
    def is_triggered(self) -> bool:
        """Whether the event starts a workflow."""
        return bool(self.triggered)

    def runs(self, job: str) -> bool:
        """Whether the job runs."""
        return self.results[job] != "skipped"

    def runs_step(self, job: Job, step: JobStep) -> bool:
        """Whether the job runs, and this step of it too if the steps before it pass. Raises CheckFailed for its `if`.

        Key: `bad_expression`.
        """
        if not self.runs(job.id):
            return False
        try:
            return condition_holds(step.data.get("if"), _scope_of_steps(self.seen[job.id], job))
        except BadExpression as error:
            raise bad_expression(job.file, f"the job {job.id}", error) from None


def plan(workflows: tuple[WorkflowFile, ...], event: Event, red: Collection[str] = ()) -> Plan:
    """Which jobs run for the event if the jobs `red` fail and all others pass. Raises CheckFailed, `bad_expression`."""
    jobs = jobs_of(workflows)
    results: dict[str, Result] = {job.id: "skipped" for job in jobs}
    seen: dict[str, Event] = {}
    triggered = [each for each in workflows if _is_triggered(each, event)]
    for workflow in triggered:
        own = [job for job in jobs if job.file == workflow.path]
        seen |= {job.id: _seen(workflow, event) for job in own}
        results |= _results(workflow, own, _seen(workflow, event), red)
    done = list(triggered)
    for workflow in workflows:  # those that wait for another workflow
        settings = workflow.triggers.get(AFTER_ANOTHER)
        if settings is None or workflow in done:
            continue
        for other in triggered:
            follow_up = _follow_up(settings, other, event, results, jobs)
            if follow_up is not None:
                own = [job for job in jobs if job.file == workflow.path]
                seen |= {job.id: follow_up for job in own}
                results |= _results(workflow, own, follow_up, red)
                done.append(workflow)
    return Plan(event, results, tuple(each.path for each in done), seen)


def contexts_of(event: Event, workflow: Mapping[str, Any]) -> dict[str, Any]:
    """The contexts that every condition of the workflow can use."""
    payload: dict[str, Any] = {"repository": {"default_branch": "main", "full_name": REPOSITORY}}
    if event.name in ("pull_request", ON_TARGET):
        payload |= {
            "number": 1.0,
            "action": "opened",
            "pull_request": {
                "number": 1.0, "title": "A change", "draft": False, "merged": False,
                "base": {"ref": event.base}, "head": {"ref": event.head, "repo": {"full_name": REPOSITORY}},
            },
        }  # fmt: skip
    elif event.name == AFTER_ANOTHER:
        payload["workflow_run"] = dict(event.payload)
    else:
        payload |= {"ref": event.ref, "head_commit": {"message": "A change"}}
    github = {
        "event_name": event.name, "ref": event.ref, "ref_name": event.ref_name, "base_ref": event.base,
        "ref_type": "tag" if event.ref.startswith("refs/tags/") else "branch", "head_ref": event.head,
        "sha": COMMIT, "repository": REPOSITORY, "repository_owner": "student", "actor": "student",
        "triggering_actor": "student", "workflow": workflow.get("name"), "run_id": "1", "run_number": "1",
        "run_attempt": "1", "job": None, "event": payload, "server_url": "https://github.com", "token": "",
    }  # fmt: skip
    return {"github": github, "vars": {}, "inputs": {}}


def contexts_of_steps(event: Event, job: Job) -> dict[str, Any]:
    """The contexts that the conditions of steps can use, before the first step. All jobs before it have passed."""
    return contexts_of(event, job.workflow) | {
        "matrix": _first_of_matrix(job.data),
        "strategy": {"job-index": 0.0, "job-total": 1.0},
        "runner": {"os": "Linux", "arch": "X64"},
        "needs": {need.rpartition(":")[2]: {"result": "success", "outputs": {}} for need in job.needs},
        "job": {"status": "success"},
        "steps": {},
        "env": {},
    }


def variables_in(env: object) -> Mapping[str, Any]:
    """The variables of an `env`. None for one that is an expression as a whole."""
    return env if isinstance(env, Mapping) else {}


def _first_of_matrix(data: Mapping[str, Any]) -> dict[str, Any]:
    """The first combination of a matrix."""
    matrix = (data.get("strategy") or {}).get("matrix")
    if not isinstance(matrix, Mapping):
        return {}
    first = {name: values[0] for name, values in matrix.items() if isinstance(values, list) and values}
    included = first.pop("include", {})
    first.pop("exclude", None)
    return first or dict(included)


def _scope_of_steps(event: Event, job: Job) -> Scope:
    """What the condition of a step sees when all steps before it have passed."""
    contexts = contexts_of_steps(event, job)
    functions = status_functions(success=True, failure=False)
    passed = {"outcome": "success", "conclusion": "success", "outputs": {}}
    contexts["steps"] = {str(step.data["id"]): passed for step in job.steps if "id" in step.data}
    for data in (job.workflow.get("env"), job.data.get("env")):
        for name, value in variables_in(data).items():
            contexts["env"][name] = fill(value, Scope({**contexts, "secrets": {}}, functions))
    return Scope(contexts, functions)


def status_functions(*, success: bool, failure: bool) -> dict[str, Any]:
    """The functions that tell how earlier jobs or steps ended."""
    return {
        "success": lambda: success,
        "failure": lambda: failure,
        "always": lambda: True,
        "cancelled": lambda: False,
    }


def is_tolerated(data: Mapping[str, Any], scope: Scope) -> bool:
    """Whether `continue-on-error` lets what comes later take a failure for a success."""
    value = data.get("continue-on-error", False)
    return truth(value) if not isinstance(value, str) else fill(value, scope) == "true"


def bad_expression(path: str, place: str, error: BadExpression) -> CheckFailed:
    """The failure of a check for an expression that GitHub would refuse."""
    return CheckFailed(
        "bad_expression",
        asked=f"the expressions in {path} to be evaluated",
        expected=f"an expression that GitHub can evaluate in {place}",
        got=str(error),
    )


def _seen(workflow: WorkflowFile, event: Event) -> Event:
    """The event as the workflow gets it. With `pull_request_target` a pull request comes with the base's reference."""
    if event.name == "pull_request" and ON_TARGET in workflow.triggers:
        return replace(event, name=ON_TARGET, ref=f"refs/heads/{event.base}")
    return event


def _is_triggered(workflow: WorkflowFile, event: Event) -> bool:
    settings = workflow.triggers.get(_seen(workflow, event).name)
    if settings is None:
        return False
    if event.name == "pull_request":
        types = settings.get("types")
        types = [types] if isinstance(types, str) else types
        if types is not None and not set(types) & set(PULL_REQUEST_TYPES):
            return False
        return _passes(settings, "branches", event.base)
    kind, other = ("tags", "branches") if event.ref.startswith("refs/tags/") else ("branches", "tags")
    if not _filters(settings, kind) and _filters(settings, other):
        return False
    return _passes(settings, kind, event.ref_name)


def _filters(settings: Mapping[str, Any], kind: str) -> bool:
    return kind in settings or f"{kind}-ignore" in settings


def _passes(settings: Mapping[str, Any], kind: str, name: str) -> bool:
    if kind in settings:
        return is_selected(name, _list(settings[kind]))
    return not is_selected(name, _list(settings.get(f"{kind}-ignore")))


def _list(value: Any) -> Sequence[str]:
    return [value] if isinstance(value, str) else [str(each) for each in value or ()]


def _follow_up(
    settings: Mapping[str, Any], other: WorkflowFile, event: Event, results: Mapping[str, Result], jobs: Sequence[Job]
) -> Event | None:
    """The event that starts a workflow after another one; None where it does not start."""
    if other.name not in _list(settings.get("workflows")):
        return None
    branch = event.head or event.ref_name
    types = settings.get("types")
    if types is not None and "completed" not in _list(types) and "requested" not in _list(types):
        return None
    if not _passes(settings, "branches", branch):
        return None
    failed = any(results[job.id] == "failure" for job in jobs if job.file == other.path)
    payload = (("conclusion", "failure" if failed else "success"), ("head_branch", branch), ("event", event.name))
    return Event(AFTER_ANOTHER, "refs/heads/main", payload=payload)


def _results(workflow: WorkflowFile, jobs: Sequence[Job], event: Event, red: Collection[str]) -> dict[str, Result]:
    """The results of the jobs of one workflow, each after those that it needs."""
    results: dict[str, Result] = {}
    counted: dict[str, Result] = {}
    """What later jobs see: a failure that is tolerated counts as a success."""
    ancestors: dict[str, set[str]] = {}
    waiting = list(jobs)
    while waiting:
        job = next(each for each in waiting if all(need in results for need in each.needs))
        waiting.remove(job)
        ancestors[job.id] = {*job.needs, *(each for need in job.needs for each in ancestors[need])}
        before = [counted[each] for each in ancestors[job.id]]
        contexts = contexts_of(event, workflow.data)
        contexts["needs"] = {need.rpartition(":")[2]: {"result": counted[need], "outputs": {}} for need in job.needs}
        success = all(each == "success" for each in before)
        scope = Scope(contexts, status_functions(success=success, failure="failure" in before))
        try:
            runs = condition_holds(job.data.get("if"), scope)
            result: Result = "skipped" if not runs else "failure" if job.id in red else "success"
            wider = Scope({**contexts, "matrix": {}, "strategy": {}}, scope.functions)
            tolerant = result == "failure" and is_tolerated(job.data, wider)
        except BadExpression as error:
            raise bad_expression(job.file, f"the job {job.id}", error) from None
        results[job.id] = result
        counted[job.id] = "success" if tolerant else result
    return results

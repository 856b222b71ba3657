"""Runs a job of a student's workflow: its scripts in the sandbox, under the shells of GitHub."""

import json
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from courseware.base.tree import Tree
from courseware.checking.check import CheckFailed
from courseware.checking.deployment.expressions import BadExpression, Scope, condition_holds, fill
from courseware.checking.deployment.job_run import Call, JobRun, Outcome, StepRun
from courseware.checking.deployment.plan import (
    COMMIT,
    REPOSITORY,
    Event,
    bad_expression,
    contexts_of_steps,
    is_tolerated,
    status_functions,
    variables_in,
)
from courseware.checking.deployment.workflow_files import Job, JobStep
from courseware.checking.time_limits import slowdown
from courseware.judging.deployment.job_services import Hook, JobServices, ports_of
from courseware.judging.sandbox import Limits, SandboxKind, bubblewrap
from courseware.judging.sandbox.command import MIB
from courseware.judging.sandbox.machine import Machine, MachineLost, start_machine

STEP_SECONDS = 60.0
HOOK_PORT = 18099
LIMITS = Limits(disk=64 * MIB, processes=128)
STUBS = (
    "python", "python3", "pip", "pip3", "uv", "uvx", "ruff", "mypy", "black", "flake8", "isort", "docker", "curl",
    "wget", "sudo", "apt-get", "git", "psql", "pg_isready", "redis-cli", "pre-commit", "codecov",
)  # fmt: skip
SHELLS: Mapping[str | None, tuple[str, ...]] = {
    None: ("bash", "-e", "-c"),
    "bash": ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"),
    "sh": ("sh", "-e", "-c"),
    "python": (sys.executable, "-c"),
}
PROJECT, OWN_STUBS, FILES = "project", "stubs", "files"
FILE_VARIABLES = ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
REPLACED = ("tests/", "test/")
MOST_CALLS = 500
_HOST = re.compile(r"[A-Za-z0-9][\w-]{0,60}")
_ASSIGNMENT = re.compile(r"^([A-Za-z_][\w-]{0,100})=(.*)$")
_LONG_ASSIGNMENT = re.compile(r"^([A-Za-z_][\w-]{0,100})<<(\S{1,100})$")


class JobRunning:
    """One job that runs.

    Args:
        secrets: what the secrets of the repository are.
        ports: for each service its port of the machine.
        variables: those that every step has.
    """

    def __init__(
        self,
        machine: Machine,
        job: Job,
        event: Event,
        secrets: Mapping[str, str],
        ports: Mapping[str, int],
        variables: Mapping[str, str],
    ) -> None:
        self._machine = machine
        self._job = job
        self._event = event
        self._contexts = contexts_of_steps(event, job)
        self._contexts["secrets"] = dict(secrets)
        self._contexts["runner"] |= {"temp": f"{machine.home}/tmp"}  # noqa: S108
        self._contexts["job"] |= {"services": {name: {"ports": {str(port): str(port)}} for name, port in ports.items()}}
        self._environment = dict(variables)
        self._paths: list[str] = []
        self._failed = False

    def run(self) -> tuple[StepRun, ...]:
        """Run all steps. Raises CheckFailed, `bad_expression` or `unknown_shell`."""
        try:
            for data in (self._job.workflow.get("env"), self._job.data.get("env")):
                self._add_variables(data)
            done = []
            for step in self._job.steps:
                done.append(self._run(step))
                self._failed |= done[-1].conclusion == "failure"
        except BadExpression as error:
            raise bad_expression(self._job.file, f"the job {self._job.id}", error) from None
        return tuple(done)

    @property
    def has_failed(self) -> bool:
        """Whether a step failed, and was not tolerated."""
        return self._failed

    def _run(self, step: JobStep) -> StepRun:
        scope = Scope(
            {name: value for name, value in self._contexts.items() if name != "secrets"},
            status_functions(success=not self._failed, failure=self._failed),
        )
        if not condition_holds(step.data.get("if"), scope):
            result = StepRun(step.name, "skipped", "skipped")
        elif step.run is None:
            result = StepRun(step.name, "not_run", "success")
        else:
            result = self._run_script(step, scope)
        identifier = step.data.get("id")
        if identifier is not None:
            outcome = "success" if result.outcome == "not_run" else result.outcome
            outputs = self._read_file("GITHUB_OUTPUT") if step.run is not None else {}
            self._contexts["steps"][str(identifier)] = {
                "outcome": outcome, "conclusion": result.conclusion, "outputs": outputs
            }  # fmt: skip
        return result

    def _run_script(self, step: JobStep, scope: Scope) -> StepRun:
        full = Scope(self._contexts, scope.functions)
        own = {name: fill(value, full) for name, value in variables_in(step.data.get("env")).items()}
        script = fill(step.run, full)
        defaults = [(each.get("defaults") or {}).get("run") or {} for each in (self._job.data, self._job.workflow)]
        shell = step.data.get("shell") or next((each["shell"] for each in defaults if "shell" in each), None)
        folder = step.data.get("working-directory") or next(
            (each["working-directory"] for each in defaults if "working-directory" in each), "."
        )
        if shell not in SHELLS:
            raise CheckFailed(
                "unknown_shell",
                asked=f"the step {step.name!r} of the job {self._job.id} to be run",
                expected="no `shell`, or bash, sh or python",
                got=str(shell),
            )
        variables = {**self._environment, **own}
        for name in FILE_VARIABLES:
            variables[name] = f"{self._machine.root}/{FILES}/{name}"
        self._machine.run(["rm", "-f", variables["GITHUB_OUTPUT"]], self._machine.environment({}), STEP_SECONDS)
        programs = [*self._paths, f"{self._machine.root}/{OWN_STUBS}"]
        place = f"{self._machine.root}/{PROJECT}/{fill(folder, full)}"
        try:
            finished = self._machine.run(
                [*SHELLS[shell], script],
                self._machine.environment(variables, programs),
                STEP_SECONDS * slowdown(),
                place,
            )
            code, text = finished.code, finished.text
            if code is None:
                text += f"\n(It took longer than {STEP_SECONDS:g} s.)"
        except MachineLost as lost:
            raise CheckFailed(
                "step_ended",
                asked=f"the step {step.name!r} of the job {self._job.id} to be run",
                expected="a step that comes to its end within the limits",
                got=str(lost),
            ) from None
        except OSError as error:
            code, text = None, str(error)
        outcome: Outcome = "success" if code == 0 else "failure"
        tolerated = outcome == "failure" and is_tolerated(step.data, full)
        self._environment |= self._read_file("GITHUB_ENV")
        self._contexts["env"] |= self._environment
        self._paths = [line for line in self._read("GITHUB_PATH").splitlines() if line][:20]
        return StepRun(step.name, outcome, "success" if tolerated else outcome, code, text)

    def _add_variables(self, data: object) -> None:
        scope = Scope(self._contexts, status_functions(success=True, failure=False))
        for name, value in variables_in(data).items():
            self._environment[name] = fill(value, scope)
            self._contexts["env"][name] = self._environment[name]

    def _read(self, name: str) -> str:
        path = f"{self._machine.root}/{FILES}/{name}"
        return self._machine.run(["cat", path], self._machine.environment({}), STEP_SECONDS).text

    def _read_file(self, name: str) -> dict[str, str]:
        """The assignments that a script has written into one of GitHub's files."""
        found: dict[str, str] = {}
        lines = iter(self._read(name).splitlines())
        for line in lines:
            if match := _LONG_ASSIGNMENT.match(line):
                value = []
                for each in lines:
                    if each == match[2]:
                        break
                    value.append(each)
                found[match[1]] = "\n".join(value)
            elif match := _ASSIGNMENT.match(line):
                found[match[1]] = match[2]
        return found


def run_job(
    tree: Tree,
    kind: SandboxKind,
    job: Job,
    event: Event,
    tests: Mapping[str, bytes],
    secrets: Mapping[str, str],
    failing: Collection[str],
    hook_status: int,
    started: Callable[[Machine], None],
) -> JobRun:
    """Run a job of the project `tree`, with `tests` in place of its tests.

    Args:
        secrets: what the secrets of the repository are. `{hook}` in a text stands for the URL of the deploy hook.
        failing: the programs whose stubs fail.
        hook_status: how the deploy hook answers.
        started: is told of the machine.
    """
    ports = ports_of(job.services)
    with ExitStack() as stack:
        machine = stack.enter_context(
            start_machine(
                lambda home: _files(tree, tests, failing, home),
                kind=kind,
                ports=[*ports.values(), HOOK_PORT],
                folders=[FILES, PROJECT],
                # Only a job in a container finds its services by their names.
                hosts=[name for name in job.services if _HOST.fullmatch(name)] if "container" in job.data else [],
                limits=LIMITS,
                exact_ports=True,
            )
        )
        started(machine)
        services = JobServices(job.services)
        stack.callback(services.stop)
        for name, port in ports.items():
            services.serve(name, machine.listeners[port])
        hook = Hook(machine.listeners[HOOK_PORT], hook_status)
        stack.callback(hook.stop)
        url = f"http://127.0.0.1:{machine.ports[HOOK_PORT]}{hook.path}"
        known = {name: text.replace("{hook}", url) for name, text in secrets.items()}
        running = JobRunning(machine, job, event, known, ports, _variables(machine, job, event))
        steps = running.run()
        printed = machine.run(["cat", f"{machine.root}/{FILES}/calls"], machine.environment({}), STEP_SECONDS).text
        return JobRun(
            result="failure" if running.has_failed else "success",
            steps=steps,
            calls=tuple(_calls(printed)),
            hook_calls=tuple(hook.calls),
            uses_of=services.uses_of,
        )


def _files(tree: Tree, tests: Mapping[str, bytes], failing: Collection[str], home: str) -> dict[str, bytes]:
    """What is laid out: the project, and the stubs."""
    kept = {path: content for path, content in tree.items() if not _is_of_tests(path)}
    stub = f"#!{sys.executable} -IS\n".encode() + bubblewrap.STUB.read_bytes()
    setup = {"failing": sorted(failing), "calls": f"{home}/image/{FILES}/calls", "python": sys.executable}
    return {
        **{f"{PROJECT}/{path}": content for path, content in {**kept, **tests}.items()},
        **{f"{OWN_STUBS}/{name}": stub for name in STUBS},
        f"{OWN_STUBS}/stubs.json": json.dumps(setup).encode(),
        f"{FILES}/calls": b"",
    }


def _is_of_tests(path: str) -> bool:
    return path.startswith(REPLACED) or Path(path).name in ("conftest.py", "pytest.ini", "tox.ini")


def _variables(machine: Machine, job: Job, event: Event) -> dict[str, str]:
    """The variables that GitHub sets for every step."""
    return {
        "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_REF": event.ref, "GITHUB_REF_NAME": event.ref_name,
        "GITHUB_SHA": COMMIT, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_EVENT_NAME": event.name,
        "GITHUB_JOB": job.id, "GITHUB_WORKSPACE": f"{machine.root}/{PROJECT}", "RUNNER_OS": "Linux",
        "RUNNER_TEMP": f"{machine.home}/tmp",  # noqa: S108
        "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip


def _calls(printed: str) -> Iterator[Call]:
    """The calls that the stubs have recorded. Lines that no stub writes are left out."""
    for line in printed.splitlines()[:MOST_CALLS]:
        try:
            match json.loads(line):
                case [str(program), list(arguments)]:
                    yield Call(program, tuple(map(str, arguments)))
        except (ValueError, RecursionError):
            continue

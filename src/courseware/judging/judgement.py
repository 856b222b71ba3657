"""Starts the submission's application, has the checks run against it, and puts the verdict together."""

import json
import secrets
import socket
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from courseware.base.tree import Tree, digest
from courseware.checking.check import CheckEntry
from courseware.course import Application, Course, Step, check_files
from courseware.course.checks import suite_files
from courseware.course.suites import correct_application
from courseware.judging.postgresql import PostgresDatabase, PostgresServer
from courseware.judging.runtime import JudgeServices, NoServer, RestartingServer, Runtime, StartOptions
from courseware.judging.sandbox import ApplicationCommand, RunningApplication, SandboxKind, available, start_application
from courseware.verdict import Verdict

if TYPE_CHECKING:
    from courseware.judging.suites import SuiteJudge

USUAL_SECONDS = 600.0
"""How long a judgement may take: many times what the slowest step takes."""
ADDRESS = "http://address-of-the-application.example"
"""The public base URL of the application. It is not real, so that links with any other host are detected."""


def judge(
    course: Course,
    step: Step,
    tree: Tree,
    *,
    stage: int | None = None,
    tasks: Collection[str] = (),
    checks: Collection[str] = (),
    hidden: bool = False,
    sandbox: SandboxKind | None = None,
    seed: int | None = None,
    first_tasks: Collection[str] = (),
    stop_at_failure: bool = False,
    seconds: float = USUAL_SECONDS,
    postgresql: PostgresServer | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Verdict:
    """The verdict about the project `tree` for `step`.

    Args:
        stage: the step after which the project stands, if it is a later one than `step`. It may use what that step
            brought, and has its environment: an application that sends messages needs its mailbox for every check.
        tasks: judge these tasks alone (and what their checks need); by default all.
        checks: run only these checks of the tasks, and what they need; by default all.
        hidden: run the hidden checks too.
        sandbox: the kind of sandbox. None takes bubblewrap if it works, else plain, which is for your own code only.
        seed: of the order of checks and of their data; None draws one. The verdict names it.
        first_tasks: run the checks of these tasks before the others, as far as their needs allow.
        stop_at_failure: run no more checks after the first that fails. The others are then shown as skipped.
        seconds: how long it may take. Then the application is ended, and the verdict is not valid.
        postgresql: a server on which each start of the application has an empty database, in place of the SQLite file.
            It is for the course's own code only: the application can do there what the user of the URL can do.
        say: is told how far the judge is, such as "bug 7 of 19", where that takes more than a few seconds.

    Raises:
        UsageError: for an unknown task, a sandbox that this machine does not have, or a server that does not answer.
    """
    for task in tasks:
        step.task(task)
    began = time.monotonic()
    judged_at = datetime.now(UTC)
    kind: SandboxKind = sandbox or ("bubblewrap" if available().bubblewrap else "plain")
    seed = secrets.randbelow(2**32) if seed is None else seed
    running = (
        started_suite(course, step, tree, hidden=hidden, kind=kind, seed=seed, say=say)
        if step.judges_tests
        else started_deployment(step, tree, kind=kind)
        if step.judges_deployment
        else started(course, tree, stage or step.number, kind, postgresql)
    )
    if step.lesson.suite:
        running = _with_suite(running, course, step, tree, hidden=hidden, kind=kind, seed=seed, say=say)
    with running as runtime:
        # Imported here: pytest takes a tenth of a second, in which the application is starting already.
        from courseware.judging.checks_run import run_checks
        from courseware.judging.deadline import Deadline

        deadline = Deadline(seconds - (time.monotonic() - began))
        with deadline.calling(runtime.end_for_good):
            run = run_checks(
                course,
                step,
                runtime,
                tasks=tasks,
                checks=checks,
                hidden=hidden,
                seed=seed,
                deadline=deadline,
                first_tasks=first_tasks,
                stop=stop_at_failure,
            )
        runtime.server.stop()  # its log is complete only then
        return Verdict(
            step=step.number,
            title=step.title,
            submission=digest(tree),
            checks_version=checks_version(course, step, hidden=hidden),
            judged_by=kind,
            judged_at=judged_at,
            seconds=round(time.monotonic() - began, 3),
            seed=seed,
            valid=run.valid,
            cut_short_after=seconds if run.is_cut_short else None,
            notes=run.faults,
            application=runtime.server.report(),
            tasks=run.task_results(),
            checks=run.results,
            judged=step.lesson.judges,
            suite=runtime.suite_report(),
        )


@contextmanager
def started(
    course: Course, tree: Tree, stage: int, kind: SandboxKind, postgresql: PostgresServer | None = None
) -> Iterator[Runtime]:
    """The project `tree` as it stands after step `stage`, whose application is starting, with the services it uses."""
    application = course.application_after(stage)
    with ExitStack() as stack:
        services = stack.enter_context(JudgeServices(course.services_after(stage), application.services, kind))
        command = application_command(application, services)
        if postgresql is None:
            database = None
        else:
            database = stack.enter_context(PostgresDatabase(postgresql, application.postgresql, kind))
            command = replace(command, database={}, service_ports=(*command.service_ports, *database.ports_inside))

        def serve(sockets: Sequence[socket.socket]) -> None:
            count = len(services.ports_inside)
            services.serve(sockets[:count])
            if database is not None:
                database.serve(sockets[count:])

        def start(options: StartOptions) -> RunningApplication:
            services.clear()
            own = {} if database is None else database.renew(other_row_order=options.other_row_order)
            environment = options.applied_to({**command.environment, **own})
            return start_application(
                tree,
                replace(command, environment=environment, other_row_order=options.other_row_order),
                kind=kind,
                processes=options.processes,
                serve=serve,
            )

        server = RestartingServer(start) if database is None else RestartingServer(start, database.drop_indexes)
        yield Runtime(stack.enter_context(server), services, command.environment)


@contextmanager
def started_suite(
    course: Course,
    step: Step,
    tree: Tree,
    *,
    hidden: bool,
    kind: SandboxKind,
    seed: int,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Runtime]:
    """The test suite in `tree`, which runs when a check asks for it. Nothing of an application in `tree` is used."""
    suite = _suite(course, step, tree, hidden=hidden, kind=kind, seed=seed, say=say)
    with JudgeServices((), {}, kind) as services:
        yield Runtime(NoServer(suite), services, {}, suite=suite)


@contextmanager
def _with_suite(
    running: AbstractContextManager[Runtime],
    course: Course,
    step: Step,
    tree: Tree,
    *,
    hidden: bool,
    kind: SandboxKind,
    seed: int,
    say: Callable[[str], None],
) -> Iterator[Runtime]:
    """The application that is starting, and the suite in `tree`. A course without solutions has no suite to judge."""
    with running as runtime:
        if course.application_folder.is_dir():
            suite = _suite(course, step, tree, hidden=hidden, kind=kind, seed=seed, say=say)
            runtime = replace(runtime, suite=suite)
        yield runtime


def _suite(
    course: Course, step: Step, tree: Tree, *, hidden: bool, kind: SandboxKind, seed: int, say: Callable[[str], None]
) -> "SuiteJudge":
    from courseware.judging.suites import suite_judge

    version = checks_version(course, step, hidden=hidden)
    suite = suite_judge(course, step, tree, checks_version=version, hidden=hidden, kind=kind, seed=seed)
    suite.say = say
    return suite


@contextmanager
def started_deployment(step: Step, tree: Tree, *, kind: SandboxKind) -> Iterator[Runtime]:
    """The deployment of the project `tree`, of which checks start what they need."""
    from courseware.judging.deployment import DeploymentJudge

    assert step.lesson.platform is not None
    with DeploymentJudge(tree, step.lesson.platform, kind) as deployment, JudgeServices((), {}, kind) as services:
        yield Runtime(NoServer(deployment), services, {}, deployment=deployment)


def catalogue(course: Course, step: Step, *, hidden: bool = False) -> tuple[CheckEntry, ...]:
    """The step's checks in the order of tasks and files. Raises CourseFault where the checks cannot be read."""
    from courseware.judging.checks_run import collect_checks

    return collect_checks(course, step, hidden=hidden)


def application_command(application: Application, services: JudgeServices) -> ApplicationCommand:
    """How the application is served, with these services."""
    address = {} if application.address_variable is None else {application.address_variable: ADDRESS}
    return ApplicationCommand(
        entrypoint=application.entrypoint,
        migrations=application.migrations,
        environment={**application.environment, **address, **services.environment()},
        database=application.database,
        imports=application.imports,
        service_ports=services.ports_inside,
    )


def checks_version(course: Course, step: Step, *, hidden: bool) -> str:
    """SHA-256 (hex) of the checks that judge this step, of all that they may import, and of what its application gets.

    That is the environment, and the services with the variables that they fill. The tests of a student run against the
    application of the course, so it is part of the version.
    """
    files = check_files(course, step, hidden=hidden)
    contents = {file.relative_to(course.root).as_posix(): file.read_bytes() for file in files}
    if step.suite_patterns:
        contents |= {f"application/{path}": content for path, content in correct_application(course, step).items()}
        unseen = suite_files(step, hidden=True) if step.lesson.suite else ()  # they judge what students see, too
        contents |= {f"suite/{file.relative_to(step.checks_folder).as_posix()}": file.read_bytes() for file in unseen}
    application = course.application_after(step.number)
    services = {name: application.services[name] for name in course.services_after(step.number)}
    given: dict[str, object] = {"environment": application.environment, "services": services}
    if step.lesson.platform is not None:
        given["platform"] = step.lesson.platform.model_dump()
    return digest({**contents, "given": json.dumps(given, sort_keys=True).encode()})

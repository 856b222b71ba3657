"""`course run`: serves the application of a step, again after every save, with the services that it uses."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from courseware.base.errors import UsageError
from courseware.cli.common import StepArgument, console, open_workspace

if TYPE_CHECKING:
    from courseware.course import Application, Course
    from courseware.services.registry import RunningServices
    from courseware.student.workspace import Workspace

USUAL_PORT = 8000


def run(
    step: StepArgument = None,
    port: Annotated[
        int | None,
        typer.Option(min=1024, max=65535, help="Serve on this port.", show_default=f"{USUAL_PORT}, or any free one"),
    ] = None,
    reference: Annotated[
        bool, typer.Option("--reference", help="Serve the step's reference. Without a step: the finished application.")
    ] = False,
    services: Annotated[
        bool,
        typer.Option("--services/--no-services", help="Start the stand-ins of the course, or use your own services."),
    ] = True,
    addresses: Annotated[bool, typer.Option("--addresses/--no-addresses", hidden=True)] = True,
    pages: Annotated[list[str] | None, typer.Option("--page", metavar="SERVICE:PORT", hidden=True)] = None,
) -> None:
    """Serve your application on this machine: migrate its database, start it, and restart it after every save."""
    from courseware.services.registry import RunningServices
    from courseware.services.servers import HOST
    from courseware.student.serving import choose_port, serve

    workspace = open_workspace()
    with _project(workspace, step, reference=reference) as project:
        application = project.application
        chosen = choose_port(port, USUAL_PORT)
        with RunningServices(project.services if services else (), _ports(pages or [])) as running:
            environment = {**project.environment, **running.environment(application.services)}
            if application.address_variable is not None:
                environment[application.address_variable] = f"http://{HOST}:{chosen}"
            if addresses:
                _print_addresses(project.title, f"http://{HOST}:{chosen}", running)
            serve(project.folder, application, chosen, environment)


@dataclass(frozen=True)
class _Project:
    """What is served: where it stands, what it is called, its services, and variables beside the course's."""

    folder: Path
    title: str
    application: "Application"
    services: tuple[str, ...]
    environment: Mapping[str, str]


@contextmanager
def _project(workspace: "Workspace", number: int | None, *, reference: bool) -> Iterator[_Project]:
    """The student's project, or a reference in a folder that is gone afterwards. Raises UsageError."""
    course = workspace.course
    if not reference:
        step = workspace.step(number)
        yield _Project(
            folder=workspace.require(step),
            title=f"Your application after step {step.number}",
            application=course.application_after(step.number),
            services=course.services_after(step.number),
            environment={},
        )
        return
    with tempfile.TemporaryDirectory(prefix="course-reference-") as temporary:
        yield _reference(course, number, Path(temporary))


def _reference(course: "Course", number: int | None, folder: Path) -> _Project:
    """Writes the reference after a step, or the finished application, with a database of its own."""
    from courseware.base.tree import read_tree, write_tree
    from courseware.course.stages import finish

    tree = read_tree(course.application_folder) if number is None else finish(course, course.step(number).number)
    if not tree:
        raise UsageError("There is no reference here: this copy of the course has no solutions.")
    write_tree(tree, folder)
    return _Project(
        folder=folder,
        title="The finished application" if number is None else f"The reference of step {number}",
        application=course.application_after(course.stages[-1].number if number is None else number),
        services=tuple(course.application.services) if number is None else course.services_after(number),
        environment=course.application.database_at(folder / "reference.sqlite3"),
    )


def _ports(pages: list[str]) -> dict[str, int]:
    """The ports of pages, which are said as in mailbox:8025."""
    return {name: int(port) for name, _, port in (page.partition(":") for page in pages)}


def _print_addresses(title: str, address: str, running: "RunningServices") -> None:
    lines = {title: address, "Try it out (Swagger UI)": f"{address}/docs"}
    lines |= {service.kind.title: service.address for service in running.by_name.values()}
    width = max(map(len, lines)) + 2
    screen = console()
    for name, place in lines.items():
        screen.print(f"{name:<{width}}{place}", soft_wrap=True)
    screen.print("Ctrl-C ends everything.\n" if running.by_name else "Ctrl-C ends it.\n")

"""`course run`: serves the application of a step, again after every save."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from courseware.cli.common import StepArgument, console, open_workspace

USUAL_PORT = 8000


def run(
    step: StepArgument = None,
    port: Annotated[
        int | None,
        typer.Option(min=1024, max=65535, help="Serve on this port.", show_default=f"{USUAL_PORT}, or any free one"),
    ] = None,
    reference: Annotated[bool, typer.Option("--reference", help="Serve the reference of the step instead.")] = False,
    addresses: Annotated[bool, typer.Option("--addresses/--no-addresses", hidden=True)] = True,
) -> None:
    """Serve your application on this machine: migrate its database, start it, and start it again on every save."""
    from courseware.project_tree import finish, write_tree
    from courseware.serving import choose_port, serve

    workspace = open_workspace()
    asked = workspace.step(step)
    chosen = choose_port(port, USUAL_PORT)
    if not reference:
        folder = workspace.require(asked)
        if addresses:
            _print_addresses(f"Your application after step {asked.number}", chosen)
        serve(folder, workspace.course.application, chosen)
        return
    with tempfile.TemporaryDirectory(prefix="course-reference-") as temporary:
        write_tree(finish(workspace.course, asked.number), Path(temporary))
        _print_addresses(f"The reference of step {asked.number}", chosen)
        serve(Path(temporary), workspace.course.application, chosen)


def _print_addresses(what: str, port: int) -> None:
    from courseware.serving.ports import HOST

    screen = console()
    screen.print(f"{what}:  http://{HOST}:{port}", soft_wrap=True)
    screen.print(f"Try it out (Swagger UI):  http://{HOST}:{port}/docs", soft_wrap=True)
    screen.print("Ctrl-C ends it.\n")

"""`course lab`: opens JupyterLab on a step, with the application running beside it, until Ctrl-C."""

from typing import TYPE_CHECKING, Annotated

import typer

from courseware.cli.common import busy, console, open_workspace, step_number

if TYPE_CHECKING:
    from courseware.student.lab import Addresses


def lab(
    step: Annotated[
        int | None,
        typer.Argument(
            parser=step_number,
            metavar="STEP",
            help="The step's number. Default: the last one that you used, or the first.",
        ),
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser or not.")] = True,
    port: Annotated[
        int | None,
        typer.Option(min=1024, max=65535, help="JupyterLab's port.", show_default="8888, or any free one"),
    ] = None,
    application_port: Annotated[
        int | None,
        typer.Option(min=1024, max=65535, help="Your application's port.", show_default="8000, or any free one"),
    ] = None,
) -> None:
    """Open JupyterLab on a step: its notebook, the files to edit, a terminal, and your application running."""
    from courseware.student.lab import Lab
    from courseware.student.lab.processes import interrupted_once

    workspace = open_workspace()
    if step is None:
        step = workspace.progress.current_step or workspace.course.steps[0].number
    asked = workspace.course.step(step)
    with busy("Writing the files of the step …"):
        workspace.start(asked)
    running = Lab(workspace, asked)
    with interrupted_once():
        try:
            with busy("Starting JupyterLab and your application …"):
                addresses = running.start(browser=browser, port=port, application_port=application_port)
            _print_addresses(f"Step {asked.number}: {asked.title}", addresses)
            running.wait()
        except KeyboardInterrupt:
            pass  # Ctrl-C, SIGTERM or a closed terminal: the way in which this is meant to end.
        finally:
            with busy("Stopping JupyterLab and your application …"):
                running.stop()


def _print_addresses(title: str, addresses: "Addresses") -> None:
    screen = console()
    screen.print(f"\n{title}", style="bold")
    screen.print(f"  JupyterLab        {addresses.lab}", soft_wrap=True)
    screen.print(f"  your application  {addresses.application}", soft_wrap=True)
    screen.print(f"  its Swagger UI    {addresses.documentation}", soft_wrap=True)
    for name, page in (*addresses.pages.items(), *addresses.services.items()):
        screen.print(f"  {name.lower():<18}{page}", soft_wrap=True)
    screen.print("\nCtrl-C ends everything. What your application prints comes below.\n")

"""`course start`: lays a step out in the workspace."""

from typing import Annotated

import typer

from courseware.cli.common import RequiredStepArgument, console, open_workspace


def start(
    step: RequiredStepArgument,
    from_mine: Annotated[
        bool,
        typer.Option(
            "--from-mine",
            help="Carry your own work on the step before forward, instead of beginning from its reference. What the "
            "step changes is merged into a copy of it (by git); where both changed the same place, both are kept.",
        ),
    ] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Start anew; your work is kept in a dated backup.")] = False,
) -> None:
    """Lay a step out in workspace/, ready to work on. Work that is there already is never touched."""
    workspace = open_workspace()
    asked = workspace.course.step(step)
    laid_out = workspace.start(asked, reset=reset, from_mine=from_mine)
    from courseware.views.terminal import laid_out_view

    before = None if laid_out.before is None else workspace.status(laid_out.before)
    console().print(laid_out_view(asked, laid_out, workspace.course.root, before), end="")

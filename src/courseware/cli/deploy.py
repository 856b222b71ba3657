"""`course deploy`: brings your release up on this machine as a platform would."""

import sys
from typing import Annotated

import typer

from courseware.base.errors import UsageError
from courseware.cli.common import FAILED, HELD, SandboxOption, StepArgument, console, open_workspace

USUAL_PORT = 8000
HELP = "Enter deploys your files again, r and Enter rolls back, Ctrl-C ends everything."


def deploy(
    step: StepArgument = None,
    port: Annotated[
        int | None,
        typer.Option(min=1024, max=65535, help="Serve at this port.", show_default=f"{USUAL_PORT}, or any free one"),
    ] = None,
    sandbox: SandboxOption = None,
) -> int:
    """Build the image of your project as far as its files go, start it, and serve it when it is healthy.

    PostgreSQL and Redis are real servers. A release that does not become healthy is ended, and the last healthy one
    stays. The exit code is 0 if a release was served at the end.
    """
    from courseware.judging.sandbox import SandboxKind, available
    from courseware.services.servers import choose_port, listen_at
    from courseware.student.hosting import Hosting

    workspace = open_workspace()
    chosen = workspace.step(step)
    platform = chosen.lesson.platform
    if platform is None:
        raise UsageError(f"Step {chosen.number} deploys nothing. Say the step that does, such as: course deploy 7")
    workspace.require(chosen)
    wanted = available().bubblewrap if sandbox is None else sandbox
    kind: SandboxKind = "bubblewrap" if wanted else "plain"
    screen = console()

    def say(text: str) -> None:
        screen.print(text, soft_wrap=True)

    with Hosting(platform, kind, listen_at(choose_port(port, USUAL_PORT)), say) as hosting:
        hosting.deploy(workspace.submission(chosen).tree)
        say(HELP)
        for line in sys.stdin:
            if line.strip().lower() in ("r", "rollback"):
                hosting.roll_back()
            else:
                hosting.deploy(workspace.submission(chosen).tree)
        return FAILED if hosting.serving is None else HELD

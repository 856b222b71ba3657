"""What several verbs share: the workspace they work in, their arguments, the consoles, and the sign of being busy."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from courseware.workspace import Workspace


def step_number(text: str) -> int:
    """The number of a step as it was typed; "1.2", which is a task, is a mistake near at hand."""
    if text.isascii() and text.isdecimal():
        return int(text)
    step, _, task = text.partition(".")
    advice = f" For task {text} say: {step} {text}" if step.isdecimal() and task.isalnum() else ""
    raise typer.BadParameter(f"{text!r} is not the number of a step, such as 1.{advice}")


StepArgument = Annotated[
    int | None,
    typer.Argument(parser=step_number, metavar="STEP", help="The step's number; the one worked on last if left out."),
]
RequiredStepArgument = Annotated[int, typer.Argument(parser=step_number, metavar="STEP", help="The step's number.")]
EachStepArgument = Annotated[
    int | None,
    typer.Argument(parser=step_number, metavar="STEP", help="This step alone.", show_default="every step"),
]
JobsOption = Annotated[
    int,
    typer.Option(
        "--jobs", "-j", min=1, help="Judgements at a time.", show_default="one more than there are processors"
    ),
]
USUAL_JOBS = (os.cpu_count() or 1) + 1
"""A part of each judgement is waiting, so that one more finds room."""
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
SandboxOption = Annotated[
    bool | None,
    typer.Option(
        "--sandbox/--plain",
        help="Insist on the sandbox, or do without it (for your own code). Default: the sandbox where there is one.",
    ),
]


def open_workspace() -> Workspace:
    """The workspace of the course that the current folder belongs to. Raises UsageError."""
    from courseware.course import find_course
    from courseware.workspace import Workspace

    return Workspace(find_course())


def console(*, stderr: bool = False) -> Console:
    """A console that takes every text as it is: no markup, no emoji names, no colours of its own invention."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def print_json(value: Any) -> None:
    """Prints a value as JSON in ASCII, in which nothing can steer a terminal."""
    print(json.dumps(value, indent=2))


@contextmanager
def busy(sentence: str) -> Iterator[None]:
    """Shows on a terminal that something is going on; elsewhere nothing.

    It is shown from a thread, so that what goes on need not wait until Rich is imported.
    """
    if not sys.stderr.isatty():
        yield
        return
    over = threading.Event()
    sign = threading.Thread(target=_show_until, args=(over, sentence), name="busy", daemon=True)
    sign.start()
    try:
        yield
    finally:
        over.set()
        sign.join()


def _show_until(over: threading.Event, sentence: str) -> None:
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

    spinner = Spinner("dots", Text(sentence))
    with Live(spinner, console=console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False):
        over.wait()

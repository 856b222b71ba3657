"""What several verbs share: exit codes, the workspace, arguments, consoles, and progress of a long piece of work."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

HELD = 0
FAILED = 1
WRONG_USE = 2
FAULT = 3
STOPPED = 130


if TYPE_CHECKING:
    from rich.console import Console

    from courseware.student.workspace import Workspace


def step_number(text: str) -> int:
    """The number of a step as it was typed; "1.2", which is a task, is a mistake near at hand."""
    if text.isascii() and text.isdecimal():
        return int(text)
    step, _, task = text.partition(".")
    advice = f" For task {text} say: {step} {text}" if step.isdecimal() and task.isalnum() else ""
    raise typer.BadParameter(f"{text!r} is not the number of a step, such as 1.{advice}")


StepArgument = Annotated[
    int | None,
    typer.Argument(parser=step_number, metavar="STEP", help="The step's number. Default: the last one that you used."),
]
RequiredStepArgument = Annotated[int, typer.Argument(parser=step_number, metavar="STEP", help="The step's number.")]
EachStepArgument = Annotated[
    int | None,
    typer.Argument(parser=step_number, metavar="STEP", help="Only this step.", show_default="every step"),
]
JobsOption = Annotated[
    int,
    typer.Option(
        "--jobs", "-j", min=1, help="Judgements at the same time.", show_default="one more than there are processors"
    ),
]
TimeLimitOption = Annotated[
    float, typer.Option("--time-limit", min=1, metavar="SECONDS", help="Timeout of one judgement.")
]
USUAL_TIME_LIMIT = 600.0
USUAL_JOBS = (os.cpu_count() or 1) + 1
"""A part of each judgement is waiting, so that one more finds room."""
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
SandboxOption = Annotated[
    bool | None,
    typer.Option(
        "--sandbox/--plain",
        help="Require the sandbox, or run your own code without it. Default: with the sandbox if there is one.",
    ),
]


def open_workspace() -> Workspace:
    """The workspace of the course that the current folder belongs to. Raises UsageError."""
    from courseware.course import find_course
    from courseware.student.workspace import Workspace

    return Workspace(find_course())


def console(*, stderr: bool = False) -> Console:
    """A console that takes every text as it is: no markup, no emoji names, no colours of its own invention."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def print_json(value: Any) -> None:
    """Prints a value as JSON in ASCII, in which nothing can steer a terminal."""
    print(json.dumps(value, indent=2))


listeners: list[Callable[[str], None]] = []
"""Who is told how far a command is, beside the terminal: the resident process adds one."""


@contextmanager
def busy(sentence: str) -> Iterator[Callable[[str], None]]:
    """Shows on a terminal that something is going on; elsewhere nothing. Yields what takes a text that says how far.

    It is shown from a thread, so that what goes on need not wait until Rich is imported.
    """
    texts = [""]

    def say(text: str) -> None:
        texts.append(text)
        for listener in listeners:
            listener(text)

    if not sys.stderr.isatty():
        yield say
        return
    over = threading.Event()
    sign = threading.Thread(target=_show_until, args=(over, sentence, texts), name="busy", daemon=True)
    sign.start()
    try:
        yield say
    finally:
        over.set()
        sign.join()


def _show_until(over: threading.Event, sentence: str, texts: list[str]) -> None:
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

    spinner = Spinner("dots", Text(sentence))
    with Live(spinner, console=console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False):
        while not over.wait(UPDATE_SECONDS):
            spinner.update(text=Text(f"{sentence} {texts[-1]}".rstrip()))


UPDATE_SECONDS = 0.1
LINE_SECONDS = 5.0


class Counter:
    """How much is done, how fast it goes, and how much of it needs a look."""

    def __init__(self, what: str, total: int) -> None:
        self.total = total
        self.done = 0
        self.failures = 0
        self._what = what
        self._began = time.monotonic()

    def count(self, *, failed: bool = False) -> None:
        """One more is done."""
        self.done += 1
        self.failures += failed
        self.show()

    def show(self) -> None:
        """Shows it, if it is time to."""

    def sentence(self) -> str:
        speed = self.done / max(time.monotonic() - self._began, 0.001)
        left = f"{self.total - self.done} left" if self.done < self.total else "none left"
        look = f", {self.failures} {'needs' if self.failures == 1 else 'need'} a look" if self.failures else ""
        return f"{self._what}: {self.done} of {self.total} done, {left}, {speed:.1f} a second{look}"


class LineCounter(Counter):
    """For a pipe or a file: a line every few seconds, and one at the end."""

    _shown = 0.0

    def show(self) -> None:
        now = time.monotonic()
        if self.done == self.total or now - self._shown >= LINE_SECONDS:
            self._shown = now
            print(self.sentence(), file=sys.stderr, flush=True)


@contextmanager
def counting(what: str, total: int) -> Iterator[Counter]:
    """Counts up to `total` while the block runs."""
    if not sys.stderr.isatty():
        yield LineCounter(what, total)
        return
    from rich.progress import BarColumn, Progress, TextColumn

    with Progress(
        BarColumn(), TextColumn("{task.description}", markup=False), console=console(stderr=True), transient=True
    ) as progress:

        class BarCounter(Counter):
            def show(self) -> None:
                progress.update(bar, completed=self.done, description=self.sentence())

        counter = BarCounter(what, total)
        bar = progress.add_task(counter.sentence(), total=total)
        yield counter

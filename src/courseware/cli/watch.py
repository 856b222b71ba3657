"""`course watch`: judges on every save; keys show a hint or the list of checks."""

from __future__ import annotations

import os
import queue
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from courseware.base.errors import UsageError
from courseware.cli.common import SandboxOption, StepArgument, console, open_workspace

SAVED = "saved"
KEYS = "h hint   l list of checks   q quit"


@contextmanager
def keys(pressed: Callable[[str], None]) -> Iterator[bool]:
    """Calls `pressed` from a thread with every key during the block; yields False, and does nothing, without terminal.

    Ctrl-C stays what it is. Where the terminal has gone, the keys end.
    """
    if not sys.stdin.isatty():
        yield False
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    over, end = os.pipe()
    reader = threading.Thread(target=_read, args=(terminal, over, pressed), name="keys", daemon=True)
    try:
        tty.setcbreak(terminal)
        reader.start()
        yield True
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
        os.close(end)
        reader.join()
        os.close(over)


def _read(terminal: int, over: int, pressed: Callable[[str], None]) -> None:
    while True:
        ready, _, _ = select.select([terminal, over], [], [])
        if over in ready:
            return
        try:
            typed = os.read(terminal, 32)
        except OSError:
            return
        if not typed:
            return
        for key in typed.decode(errors="replace"):
            pressed(key)


if TYPE_CHECKING:
    from watchfiles import Change

    from courseware.course import Step
    from courseware.student.workspace import Workspace
    from courseware.verdict import Verdict


def watch(step: StepArgument = None, sandbox: SandboxOption = None) -> None:
    """Judge after every save. Keys: h for the next hint, l for the list of checks, q to quit."""
    workspace = open_workspace()
    asked = workspace.step(step)
    workspace.require(asked)
    events: queue.Queue[str] = queue.Queue()
    try:
        with _saves(workspace, asked, events), keys(events.put) as has_keys:
            _Watch(workspace, asked, sandbox, has_keys=has_keys).run(events)
    except KeyboardInterrupt:
        console().print()


class _Watch:
    """One run of `course watch`: the last verdict, and what to do about each event."""

    def __init__(self, workspace: Workspace, step: Step, sandbox: bool | None, *, has_keys: bool) -> None:
        self._workspace = workspace
        self._step = step
        self._sandbox = sandbox
        self._help = KEYS if has_keys else "Ctrl-C quits"
        self._verdict: Verdict | None = None
        self._screen = console()

    def run(self, events: queue.Queue[str]) -> None:
        """Judges now and after every save, until q. What came several times meanwhile is done once."""
        deeds = {SAVED: self._judge, "h": self._hint, "l": self._list}
        waiting = [SAVED]
        while "q" not in waiting:
            for event in dict.fromkeys(waiting):
                deeds.get(event, _do_nothing)()
            waiting = [events.get()]
            while not events.empty():
                waiting.append(events.get())

    def _judge(self) -> None:
        from courseware.cli.check import judge_workspace, remarks
        from courseware.views.terminal import verdict_view

        self._screen.rule()
        try:
            submission, self._verdict = judge_workspace(self._workspace, self._step, sandbox=self._sandbox)
        except UsageError as error:
            self._verdict = None
            self._say(str(error))
        else:
            self._screen.print(verdict_view(self._verdict, self._step), end="")
            for remark in remarks(submission, self._step):
                self._say(remark)
        self._say(f"Waiting for a save.   {self._help}")

    def _hint(self) -> None:
        from courseware.cli.workspace import next_hints
        from courseware.judging.judgement import catalogue
        from courseware.verdict import Outcome
        from courseware.views.terminal import hint_view

        checks = () if self._verdict is None else self._verdict.checks
        failed = next((check.id for check in checks if check.outcome is Outcome.FAILED), None)
        if failed is None:
            self._say("There is no failed check to give a hint for.")
            return
        entry = next(entry for entry in catalogue(self._workspace.course, self._step) if entry.id == failed)
        hints = next_hints(self._workspace, entry)
        self._say(entry.sentence)
        self._screen.print(hint_view(failed, hints, len(entry.hints)))

    def _list(self) -> None:
        from courseware.views.terminal import checks_view

        if self._verdict is None:
            self._say("Nothing was judged yet.")
        else:
            self._screen.print(checks_view(self._verdict))

    def _say(self, sentence: str) -> None:
        from courseware.views.terminal import shown

        self._screen.print(shown(sentence, "dim"))


def _do_nothing() -> None:
    """What other keys do."""


@contextmanager
def _saves(workspace: Workspace, step: Step, events: queue.Queue[str]) -> Iterator[None]:
    """Puts SAVED into `events`, once for each burst of changes to the step's project.

    The whole workspace is watched, because `course start --reset` replaces the step's folder by another.
    """
    from watchfiles import watch as changes

    counts = partial(is_saved_work, workspace.folder(step).resolve())
    over = threading.Event()

    def follow() -> None:
        for _ in changes(workspace.root, watch_filter=counts, stop_event=over, rust_timeout=200):
            events.put(SAVED)

    follower = threading.Thread(target=follow, name="saves", daemon=True)
    follower.start()
    try:
        yield
    finally:
        over.set()
        follower.join()


def is_saved_work(folder: Path, change: Change, path: str) -> bool:
    """Whether a changed file is part of the project in `folder`: written by a person, and not about the lesson."""
    from watchfiles import DefaultFilter

    from courseware.base.tree import is_generated
    from courseware.course.stages import is_handed_in

    if not Path(path).is_relative_to(folder) or not DefaultFilter()(change, path):
        return False
    inside = Path(path).relative_to(folder)
    return is_handed_in(inside.as_posix()) and not any(is_generated(part) for part in inside.parts)

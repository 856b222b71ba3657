"""The pytest plugin that runs checks: it orders them, keeps the application up, and notes what became of each."""

import random
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import zip_longest

import pytest

from courseware.checking.check import MARKER, CheckDeclaration, CheckEntry, CheckFailed
from courseware.course import Step
from courseware.judging.runtime import REFERENCE, SQLITE, USUAL, NeedsReference, NeedsSqlite, Runtime, StartOptions
from courseware.verdict import Failure, Outcome

SHOWN_CHARACTERS = 1000
LONGEST_TEXT = 4000
"""Characters that a verdict holds of each part of a failure."""
SECOND_PROCESS = "second_application"
"""The fixture for which the application runs in two processes."""


@dataclass
class Note:
    """What is known of one check so far. `outcome` is None until it was run, or skipped for what it needs."""

    outcome: Outcome | None = None
    failure: Failure | None = None
    needs_failed: str | None = None
    detail: str | None = None
    seconds: float = 0.0


@dataclass
class CheckRun:
    """One run's checks and what became of them, by id. `faults` are the course's own mistakes.

    `has_started` says whether the application was up when the first check was due. If not, no check runs.
    `is_interrupted`: the user pressed Ctrl-C.
    """

    entries: dict[str, CheckEntry] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    has_started: bool = False
    is_interrupted: bool = False


class JudgePlugin:
    """Runs the step's checks of these `tasks` (all without any) against `runtime`; without one it only collects them.

    Of these it runs only `checks`, if some are given, and what they need. With `stop` no check is run after the first
    that fails.
    """

    def __init__(
        self,
        step: Step,
        runtime: Runtime | None,
        *,
        seed: int,
        tasks: Collection[str] = (),
        checks: Collection[str] = (),
        first_tasks: Collection[str] = (),
        stop: bool = False,
    ) -> None:
        self.run = CheckRun()
        self._step = step
        self._runtime = runtime
        self._tasks = tasks
        self._checks = checks
        self._starts: dict[str, StartOptions] = {}
        self._seed = seed
        self._last_start: int | None = None
        """The number of restarts before the start that the last check had."""
        self._is_alone = False
        """Whether no check before the present one had its start of the application."""
        self._first_tasks = first_tasks
        self._stop = stop

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", f"{MARKER}(declaration): a check of the course")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.run.faults.append(f"The checks in {report.nodeid} cannot be read: {report.longrepr}")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        by_id: dict[str, pytest.Item] = {}
        for item in items:
            self._register(item, by_id)
        self._find_wrong_needs()
        self.run.notes = {key: Note() for key in self.run.entries}
        if self.run.faults:
            items.clear()
            return
        wanted = [entry.id for entry in self.run.entries.values() if self._is_wanted(entry)]
        random.Random(self._seed).shuffle(wanted)  # noqa: S311 - an order to repeat, not a secret
        wanted.sort(key=lambda key: self.run.entries[key].task not in self._first_tasks)
        ordered = in_order(wanted, {key: entry.needs for key, entry in self.run.entries.items()}, self._starts)
        # A visible failure shows what the application answers, so the application must not know hidden data by then.
        ordered.sort(key=lambda key: not self.run.entries[key].visible)
        self.run.entries = {key: entry for key, entry in self.run.entries.items() if key in ordered}
        items[:] = [by_id[key] for key in ordered]

    def _is_wanted(self, entry: CheckEntry) -> bool:
        is_of_a_task = not self._tasks or entry.task in self._tasks
        return is_of_a_task and (not self._checks or entry.id in self._checks)

    def _register(self, item: pytest.Item, by_id: dict[str, pytest.Item]) -> None:
        marker = item.get_closest_marker(MARKER)
        sentence = (getattr(item, "function", item).__doc__ or "").strip()
        identifier = item.name.removeprefix("test_")
        if marker is None or not sentence or identifier in by_id:
            self.run.faults.append(f"{item.nodeid} needs @check(...), a docstring and a name of its own.")
            return
        declaration: CheckDeclaration = marker.args[0]
        if declaration.task not in (task.id for task in self._step.tasks):
            self.run.faults.append(f"The check {identifier} is for task {declaration.task!r}, which there is not.")
            return
        by_id[identifier] = item
        self._starts[identifier] = StartOptions(
            variables=tuple(sorted(declaration.environment.items())),
            processes=2 if SECOND_PROCESS in getattr(item, "fixturenames", ()) else 1,
            only_for=identifier if declaration.fresh_start else None,
            other_row_order=declaration.other_row_order,
        )
        self.run.entries[identifier] = CheckEntry(
            id=identifier,
            task=declaration.task,
            sentence=" ".join(sentence.split()),
            points=declaration.points,
            hints=declaration.hints,
            needs=declaration.needs,
            environment=declaration.environment,
            fresh_start=declaration.fresh_start,
            other_row_order=declaration.other_row_order,
            visible=not item.path.is_relative_to(self._step.hidden_checks_folder),
        )

    def _find_wrong_needs(self) -> None:
        for entry in self.run.entries.values():
            for need in entry.needs:
                if need not in self.run.entries:
                    self.run.faults.append(f"The check {entry.id} needs {need!r}, which there is not.")
                elif entry.visible and not self.run.entries[need].visible:
                    self.run.faults.append(f"The check {entry.id} is visible and needs {need!r}, which is hidden.")
        try:
            TopologicalSorter({entry.id: entry.needs for entry in self.run.entries.values()}).prepare()
        except CycleError as error:
            self.run.faults.append(f"These checks need each other: {', '.join(error.args[1])}.")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Runs the checks, or none where nothing can be judged. Pytest takes True for "done"."""
        runtime = self._runtime
        if runtime is not None and not self.run.faults:
            self.run.has_started = runtime.server.ensure_running().phase == "ready"
            if self.run.has_started:
                self._run_checks(runtime, session)
        return True

    def _run_checks(self, runtime: Runtime, session: pytest.Session) -> None:
        """Hidden checks come after all visible ones, and the first of them begins with a fresh start."""
        previous_is_visible = True
        for item, following in zip_longest(session.items, session.items[1:]):
            identifier = item.name.removeprefix("test_")
            is_visible = self.run.entries[identifier].visible
            if previous_is_visible and not is_visible:
                runtime.server.give_up()
            previous_is_visible = is_visible
            self._attempt(runtime, item, following, second=False)
            if self._is_to_be_repeated(runtime, item):
                runtime.server.give_up()
                self.run.notes[identifier].outcome = None
                self._attempt(runtime, _again(item), following, second=True)
            if runtime.time_limits.has_timed_out:
                runtime.server.give_up()
            is_stopped = self._stop and self.run.notes[identifier].outcome is Outcome.FAILED
            if is_stopped or session.shouldstop or session.shouldfail:
                return

    def _attempt(self, runtime: Runtime, item: pytest.Item, following: pytest.Item | None, *, second: bool) -> None:
        runtime.time_limits.begin(second=second)
        self._is_alone = False
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)

    def _is_to_be_repeated(self, runtime: Runtime, item: pytest.Item) -> bool:
        """Whether a check has waited in vain, or the application has ended, perhaps because of checks before it."""
        failed = self.run.notes[item.name.removeprefix("test_")].outcome is Outcome.FAILED
        return failed and (runtime.time_limits.has_timed_out or (runtime.server.has_ended and not self._is_alone))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tells Ctrl-C from the exceptions of the same kind with which pytest ends a run by itself."""
        self.run.is_interrupted = excinfo.type is KeyboardInterrupt

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        identifier = item.name.removeprefix("test_")
        for need in self.run.entries[identifier].needs:
            if self.run.notes[need].outcome is not Outcome.PASSED:
                self.run.notes[identifier].needs_failed = need
                pytest.skip(f"needs {need}")
        assert self._runtime is not None
        server = self._runtime.server
        report = server.ensure_running(self._starts[identifier])
        self._is_alone = server.restarts != self._last_start
        self._last_start = server.restarts
        if report.phase != "ready":
            raise CheckFailed(
                "application_ended" if self._starts[identifier] == USUAL else "start_failed",
                asked="the application to start again",
                expected="an application that is up",
                got=f"none ({report.phase}): {report.text[-SHOWN_CHARACTERS:]}",
            )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        identifier = item.name.removeprefix("test_")
        note = self.run.notes[identifier]
        note.seconds += call.duration
        if call.excinfo is not None:
            self._note_exception(note, self._starts[identifier], call.excinfo, report)
        elif call.when == "call":
            note.outcome = Outcome.PASSED
        return report

    @staticmethod
    def _note_exception(
        note: Note, start: StartOptions, exception: pytest.ExceptionInfo[BaseException], report: pytest.TestReport
    ) -> None:
        error = exception.value
        if isinstance(error, pytest.skip.Exception) and note.needs_failed is not None:
            note.outcome = Outcome.SKIPPED
        elif isinstance(error, NeedsSqlite):
            note.outcome, note.needs_failed = Outcome.SKIPPED, SQLITE
        elif isinstance(error, NeedsReference):
            note.outcome, note.needs_failed = Outcome.SKIPPED, REFERENCE
        elif isinstance(error, CheckFailed):
            note.outcome = Outcome.FAILED
            asked = ", ".join(filter(None, (_bounded(error.asked), str(start))))
            note.failure = Failure(
                key=error.key, asked=asked, expected=_bounded(error.expected), got=_bounded(error.got)
            )
        else:
            note.outcome = Outcome.ERROR
            note.detail = str(report.longrepr)


def _bounded(text: str) -> str:
    """The text, or its beginning: an application decides how long what it answers is."""
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def _again(item: pytest.Item) -> pytest.Item:
    """The same check, to be run once more."""
    assert isinstance(item, pytest.Function)
    assert item.parent is not None
    repeated: pytest.Item = pytest.Function.from_parent(item.parent, name=item.name, callobj=item.obj)
    return repeated


def in_order(
    wanted: Sequence[str], needs: Mapping[str, Sequence[str]], starts: Mapping[str, StartOptions]
) -> list[str]:
    """`wanted` and all that it needs, each after what it needs.

    Checks that can share a start of the application stand together as far as that allows.
    """
    needed: dict[str, Sequence[str]] = {}
    missing = list(wanted)
    while missing:
        identifier = missing.pop()
        if identifier not in needed:
            needed[identifier] = needs[identifier]
            missing += needs[identifier]
    rank = {identifier: place for place, identifier in enumerate(dict.fromkeys((*wanted, *needed)))}
    sorter = TopologicalSorter(needed)
    sorter.prepare()
    ready: list[str] = []
    ordered: list[str] = []
    start = USUAL
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=rank.__getitem__)
        chosen = next((key for key in ready if starts[key] == start), ready[0])
        start = starts[chosen]
        ready.remove(chosen)
        ordered.append(chosen)
        sorter.done(chosen)
    return ordered

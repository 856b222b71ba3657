"""Runs pytest over a step's checks, in this process and undisturbed by the user's own pytest settings."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from courseware.base.errors import UsageError
from courseware.checking.check import CheckEntry
from courseware.course import Course, Step, Task
from courseware.judging.fixtures import Fixtures
from courseware.judging.pytest_plugin import CheckRun, JudgePlugin, Note
from courseware.judging.runtime import Runtime
from courseware.verdict import CheckResult, Outcome, TaskResult

# Off: what writes to the terminal or to the disk, and what a check has no use for.
UNUSED_PLUGINS = (
    "cacheprovider", "terminal", "logging", "faulthandler", "doctest", "unittest", "junitxml", "pastebin",
    "stepwise", "tmpdir", "monkeypatch", "recwarn", "debugging", "setuponly", "setupplan", "warnings",
    "unraisableexception", "threadexception",  # the first would swallow a Ctrl-C that Python drops
)  # fmt: skip


class CourseFault(UsageError):
    """The course's own checks are broken: no verdict can be given."""


@dataclass(frozen=True)
class FinishedRun:
    """What became of the checks that were run for these tasks, and of those that they needed."""

    tasks: tuple[Task, ...]
    results: tuple[CheckResult, ...]
    faults: tuple[str, ...]

    @property
    def valid(self) -> bool:
        return not self.faults and all(result.outcome is not Outcome.ERROR for result in self.results)

    def task_results(self) -> tuple[TaskResult, ...]:
        return tuple(self._task_result(task.id, task.title) for task in self.tasks if self._of(task.id))

    def _of(self, task: str) -> list[CheckResult]:
        return [result for result in self.results if result.task == task]

    def _task_result(self, identifier: str, title: str) -> TaskResult:
        checks = self._of(identifier)
        return TaskResult(
            id=identifier,
            title=title,
            points=sum(check.points for check in checks),
            points_possible=sum(check.points_possible for check in checks),
            held=all(check.outcome is Outcome.PASSED for check in checks),
        )


def run_checks(
    course: Course,
    step: Step,
    runtime: Runtime,
    *,
    task: str | None,
    hidden: bool,
    seed: int,
) -> FinishedRun:
    """Runs the checks of `task` (or of the whole step) and what they need, in an order drawn from `seed`."""
    plugin = JudgePlugin(step, runtime, task=task, seed=seed)
    _pytest(course, step, plugin, Fixtures(runtime, seed), hidden=hidden)
    run = plugin.run
    results = tuple(_result(entry, run.notes[entry.id]) for entry in _by_task(step, run))
    tasks = step.tasks if task is None else (step.task(task),)
    return FinishedRun(tasks, results, tuple(run.faults))


def collect_checks(course: Course, step: Step, *, hidden: bool) -> tuple[CheckEntry, ...]:
    """The step's checks. Raises CourseFault."""
    plugin = JudgePlugin(step, None, task=None, seed=0)
    _pytest(course, step, plugin, hidden=hidden)
    if plugin.run.faults:
        raise CourseFault(plugin.run.faults[0])
    return tuple(_by_task(step, plugin.run))


def _by_task(step: Step, run: CheckRun) -> list[CheckEntry]:
    tasks = [task.id for task in step.tasks]
    return sorted(run.entries.values(), key=lambda entry: (tasks.index(entry.task), not entry.visible))


def _result(entry: CheckEntry, note: Note) -> CheckResult:
    held = note.outcome is Outcome.PASSED
    return CheckResult(
        id=entry.id,
        task=entry.task,
        sentence=entry.sentence,
        visible=entry.visible,
        outcome=note.outcome,
        points=entry.points if held else 0,
        points_possible=entry.points,
        failure=note.failure if note.outcome is Outcome.FAILED else None,
        needs_failed=note.needs_failed,
        first_hint=entry.hints[0] if note.outcome is Outcome.FAILED else None,
        hints=len(entry.hints),
        detail=note.detail,
        seconds=round(note.seconds, 4),
    )


def _pytest(course: Course, step: Step, plugin: JudgePlugin, *others: object, hidden: bool) -> None:
    folders = [step.checks_folder, step.hidden_checks_folder] if hidden else [step.checks_folder]
    files = [str(file) for folder in folders for file in sorted(folder.glob("test_*.py"))]
    if not files:
        raise CourseFault(f"Step {step.number} has no checks in {step.checks_folder}.")
    checks = str(course.root / "checks")
    arguments = [
        "-c", os.devnull, "--rootdir", checks, "--confcutdir", checks, "-o", f"pythonpath={checks}",
        "--import-mode=importlib", "--disable-plugin-autoload", "--capture=no", "--strict-markers",
        *(argument for name in UNUSED_PLUGINS for argument in ("-p", f"no:{name}")),
    ]  # fmt: skip
    with _without_pytest_settings(), _forgetting_modules_of(course.root / "checks"):
        code = pytest.main([*arguments, *files], plugins=[plugin, *others])
    if code == pytest.ExitCode.INTERRUPTED and not plugin.run.faults:
        raise KeyboardInterrupt  # pytest keeps it to itself, and what was not run would look skipped


@contextmanager
def _without_pytest_settings() -> Iterator[None]:
    """Hides the caller's PYTEST_ADDOPTS and PYTEST_PLUGINS, which would change how checks are run."""
    hidden = {name: os.environ.pop(name) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS") if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)


@contextmanager
def _forgetting_modules_of(folder: Path) -> Iterator[None]:
    """Lets the next run read the checks anew: another course's, or an author's who has just edited them."""
    before = set(sys.modules)
    own = {path.stem for path in folder.iterdir()}
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)  # None for a folder of helpers
            if name.partition(".")[0] in own and (file is None or Path(file).is_relative_to(folder)):
                del sys.modules[name]

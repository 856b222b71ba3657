"""Runs pytest over a step's checks, in this process and undisturbed by the user's own pytest settings."""

import os
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from types import ModuleType

import pytest

from courseware.base.errors import UsageError
from courseware.checking.check import CheckEntry
from courseware.course import Course, Step, Task
from courseware.judging.deadline import Deadline, DeadlinePlugin
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
ENDS = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
"""How pytest ends when it has run the checks."""


class CourseFault(UsageError):
    """The course's own checks are broken: no verdict can be given."""


@dataclass(frozen=True)
class FinishedRun:
    """What became of the checks that were run for these tasks, and of those that they needed.

    `is_cut_short`: some were not run, because the time for the judgement was over.
    """

    tasks: tuple[Task, ...]
    results: tuple[CheckResult, ...]
    faults: tuple[str, ...]
    is_cut_short: bool = False

    @property
    def valid(self) -> bool:
        return (
            not self.faults
            and not self.is_cut_short
            and all(result.outcome is not Outcome.ERROR for result in self.results)
        )

    def task_results(self) -> tuple[TaskResult, ...]:
        return tuple(self._task_result(task.id, task.title) for task in self.tasks)

    def _of(self, task: str) -> list[CheckResult]:
        return [result for result in self.results if result.task == task]

    def _task_result(self, identifier: str, title: str) -> TaskResult:
        checks = self._of(identifier)
        return TaskResult(
            id=identifier,
            title=title,
            points=sum(check.points for check in checks),
            points_possible=sum(check.points_possible for check in checks),
            held=bool(checks) and all(check.outcome is Outcome.PASSED for check in checks),
        )


def run_checks(
    course: Course,
    step: Step,
    runtime: Runtime,
    *,
    tasks: Collection[str],
    checks: Collection[str] = (),
    hidden: bool,
    seed: int,
    deadline: Deadline,
    first_tasks: Collection[str] = (),
    stop: bool = False,
) -> FinishedRun:
    """Runs the checks of these `tasks` (of all without any) and what they need, in an order drawn from `seed`.

    Of these it runs only `checks`, if some are given. Those of `first_tasks` come first. With `stop` the run ends after
    the first check that fails. No check begins after the deadline.
    """
    plugin = JudgePlugin(step, runtime, tasks=tasks, checks=checks, seed=seed, first_tasks=first_tasks, stop=stop)
    run = plugin.run
    limit = DeadlinePlugin(deadline, run)
    fixtures = Fixtures(runtime, seed, is_suite_expected=bool(step.suite_patterns))
    run_pytest(course, step, plugin, fixtures, limit, hidden=hidden)
    is_cut_short = limit.has_cut_short
    judged = tuple(task for task in step.tasks if not tasks or task.id in tasks)
    run.faults += (not is_cut_short and _not_run(run, stop=stop)) or _uncounted(judged, run, hidden=hidden)
    results = tuple(_result(entry, run.notes[entry.id]) for entry in _by_task(step, run))
    return FinishedRun(judged, results, tuple(run.faults), is_cut_short)


def _not_run(run: CheckRun, *, stop: bool) -> list[str]:
    """A fault if a selected check was not run although the application had started.

    With `stop` a failure ends the run, and what was not run because of it is no fault.
    """
    missing = [name for name in run.entries if run.notes[name].outcome is None]
    is_stopped = stop and any(note.outcome is Outcome.FAILED for note in run.notes.values())
    if run.faults or not run.has_started or not missing or is_stopped:
        return []
    return [f"{len(missing)} of {len(run.entries)} checks did not run, for example {missing[0]}."]


def _uncounted(tasks: Sequence[Task], run: CheckRun, *, hidden: bool) -> list[str]:
    """A fault for each task without a check, or whose checks, with the hidden ones, do not make its points."""
    if run.faults:
        return []
    faults = []
    for task in tasks:
        points = [entry.points for entry in run.entries.values() if entry.task == task.id]
        if not points:
            faults.append(f"Task {task.id} has no check.")
        elif hidden and not isclose(sum(points), task.points):
            faults.append(f"Task {task.id} is worth {task.points} points, but the checks found make {sum(points):g}.")
    return faults


def collect_checks(course: Course, step: Step, *, hidden: bool) -> tuple[CheckEntry, ...]:
    """The step's checks. Raises CourseFault."""
    plugin = JudgePlugin(step, None, seed=0)
    run_pytest(course, step, plugin, hidden=hidden)
    if plugin.run.faults:
        raise CourseFault(plugin.run.faults[0])
    return tuple(_by_task(step, plugin.run))


def _by_task(step: Step, run: CheckRun) -> list[CheckEntry]:
    tasks = [task.id for task in step.tasks]
    return sorted(run.entries.values(), key=lambda entry: (tasks.index(entry.task), not entry.visible))


def _result(entry: CheckEntry, note: Note) -> CheckResult:
    outcome = note.outcome or Outcome.SKIPPED
    held = outcome is Outcome.PASSED
    return CheckResult(
        id=entry.id,
        task=entry.task,
        sentence=entry.sentence,
        visible=entry.visible,
        outcome=outcome,
        points=entry.points if held else 0,
        points_possible=entry.points,
        failure=note.failure if outcome is Outcome.FAILED else None,
        needs_failed=note.needs_failed,
        first_hint=entry.hints[0] if outcome is Outcome.FAILED else None,
        hints=len(entry.hints),
        detail=note.detail,
        seconds=round(note.seconds, 4),
    )


def run_pytest(course: Course, step: Step, plugin: JudgePlugin, *others: object, hidden: bool) -> None:
    """Run pytest in the folder of the checks. Where it does not run the checks to their end, `plugin` has a fault.

    Paths of files are relative to that folder: pytest reads `[` and `::` in an argument as a part of a test's name.
    """
    checks = course.root / "checks"
    folders = [step.checks_folder, step.hidden_checks_folder] if hidden else [step.checks_folder]
    files = [str(file.relative_to(checks)) for folder in folders for file in sorted(folder.glob("test_*.py"))]
    if not files:
        raise CourseFault(f"Step {step.number} has no checks in {step.checks_folder}.")
    if sys.flags.optimize > 1:
        raise CourseFault("Python runs without docstrings, which checks need. Unset PYTHONOPTIMIZE, or set it to 1.")
    arguments = [
        "-c", os.devnull, "--rootdir", ".", "--confcutdir", ".",
        "--import-mode=importlib", "--assert=plain", "--disable-plugin-autoload", "--capture=no", "--strict-markers",
        *(argument for name in UNUSED_PLUGINS for argument in ("-p", f"no:{name}")),
    ]  # fmt: skip
    with _without_pytest_settings(), _importing_from(checks), chdir(checks):
        code = pytest.main([*arguments, *files], plugins=[plugin, *others])
    if plugin.run.is_interrupted:
        raise KeyboardInterrupt  # pytest keeps it to itself, and what was not run would look skipped
    if code not in ENDS and not plugin.run.faults:
        plugin.run.faults.append(
            f"pytest ended with code {int(code)} and did not run the checks. It says why on stderr."
        )


@contextmanager
def _without_pytest_settings() -> Iterator[None]:
    """Hides the caller's variables for pytest, such as PYTEST_ADDOPTS, which would change how checks are run."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("PYTEST_")}
    try:
        yield
    finally:
        os.environ.update(hidden)


@contextmanager
def _importing_from(folder: Path) -> Iterator[None]:
    """Lets checks import the modules of this folder, and hides modules of the same names that were imported before.

    The next run reads them again: they may belong to another course, or an author may have edited them.
    """
    own = {path.stem for path in folder.iterdir()}
    hidden = _forget(own)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        _forget(own)
        sys.modules.update(hidden)


def _forget(names: Collection[str]) -> dict[str, ModuleType]:
    """Remove modules and packages of these names, with all below them, from those imported. Returns them."""
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in names}

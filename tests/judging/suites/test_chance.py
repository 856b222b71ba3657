"""Suites that fail at random, in a model without a sandbox: how many bugs they seem to find."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from courseware.course.suites import Bug, Faulty, PlacedBug
from courseware.judging.sandbox.suite_process import SuitePackage
from courseware.judging.suites.bugs import BugRuns
from courseware.judging.suites.correct import CorrectRuns
from courseware.judging.suites.planning import Planner
from courseware.judging.suites.running import ReportedTest, SuiteRun, SuiteRunner

BUGS = 6
TRIALS = 60
BASE = {"app/code.py": b"def work():\n    return 1\n"}
MOST = 0.08
"""The share of bugs that a random suite may seem to find: measured/judging_student_tests.md calculates 7 % at most."""


class RandomRunner(SuiteRunner):
    """Runs nothing: each test fails with a probability, whatever the application."""

    def __init__(self, tests: int, probability: float, rng: random.Random) -> None:
        super().__init__("plain", {}, lambda _: {}, ())
        self._tests = [f"test_a.py::test_{number}" for number in range(tests)]
        self._probability = probability
        self._rng = rng

    def run(self, package: SuitePackage, is_enough: Callable[[SuiteRun], bool] = lambda _: False) -> SuiteRun:
        run = SuiteRun(collected=tuple(self._tests), begun=True)
        for test in [*package.order, *(test for test in self._tests if test not in set(package.order))]:
            outcome = "failed" if self._rng.random() < self._probability else "passed"
            run.reports[test] = ReportedTest(outcome, "", frozenset({0}))  # type: ignore[arg-type]
            if is_enough(run):
                run.stopped = True
                return run
        run.ended = True
        return run


@pytest.fixture(scope="module")
def applications() -> Faulty:
    bugs = [
        Bug(id=f"bug_{number}", family="A", variant="first", file="app/code.py", find="1", replace="2",
            reached_in="work", why="A bug.")
        for number in range(BUGS)
    ]  # fmt: skip
    return Faulty(BASE, {"first": dict(BASE)}, {bug.id: PlacedBug(bug, "1.1", visible=True) for bug in bugs})


@pytest.mark.parametrize(
    ("tests", "probability"), [(1, 0.2), (10, 0.02), (10, 0.2), (10, 0.5), (100, 0.002), (100, 0.02), (100, 0.5)]
)
def test_random_suite_seems_to_find_few_bugs(applications: Faulty, tests: int, probability: float) -> None:
    rng = random.Random(f"{tests} {probability}")  # noqa: S311
    found = 0
    with ThreadPoolExecutor(1) as workers:
        for seed in range(TRIALS):
            planner = Planner(applications, {}, "app", seed)
            runner = RandomRunner(tests, probability, rng)
            correct = CorrectRuns(planner, runner, workers)
            correct.judge(lambda _: None)
            bugs = [placed.bug for placed in applications.bugs.values()]
            results = BugRuns(planner, runner, workers, correct).judge(bugs, lambda _: None)
            found += sum(result.noticed_by is not None for result in results.values())
    assert found / (TRIALS * BUGS) <= MOST

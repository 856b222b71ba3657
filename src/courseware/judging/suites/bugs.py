"""The runs against bugs, and the control runs that confirm what they show."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, replace

from courseware.checking.suite import BugRun, Obstacle
from courseware.course.suites import Bug
from courseware.judging.suites.correct import CorrectRuns
from courseware.judging.suites.planning import ORDINARY, Circumstances, Planner
from courseware.judging.suites.running import SuiteRun, SuiteRunner

MOST_ROUNDS = 2
REPETITIONS = 2
"""How often a catch of an unsteady suite must repeat itself, in the run with the bug and in the control run."""
SAMPLE = 2
"""The number of catches that are repeated. If one gives another result, the suite is flaky."""

Group = tuple[frozenset[str], str]
"""The tests that reach a bug, and its variant. Bugs that share both share the order of the tests: one control run."""


@dataclass(frozen=True)
class _Caught:
    """A bug run in which a test failed."""

    bug: Bug
    test: str
    run: BugRun


class BugRuns:
    """Runs the valid tests against bugs.

    A catch counts only if the same test, after the same tests as in the run with the bug, passes on the same variant
    without the bug. So a suite gains nothing from the order of the tests, which is all that differs from other runs.
    """

    def __init__(self, planner: Planner, runner: SuiteRunner, workers: Executor, correct: CorrectRuns) -> None:
        self._planner = planner
        self._runner = runner
        self._workers = workers
        self._correct = correct
        self._refused: dict[str, set[str]] = {}
        """For each bug the tests whose catch did not hold."""

    def judge(self, bugs: Iterable[Bug], say: Callable[[str], None]) -> dict[str, BugRun]:
        """Do the runs for these bugs. `say` is told how far they are."""
        waiting = list(bugs)
        total = len(waiting)
        found: dict[str, BugRun] = {}
        for number in range(MOST_ROUNDS):
            caught = []
            futures = {self._workers.submit(self._run, bug, f"round {number}"): bug for bug in waiting}
            for done in as_completed(futures):
                bug, result = futures[done], done.result()
                found[bug.id] = result
                if number == 0:
                    say(f"bug {len(found)} of {total}")
                if result.noticed_by is not None:
                    caught.append(_Caught(bug, result.noticed_by, result))
            if caught:
                say("the same tests without the bugs")
            waiting = self._not_confirmed(caught, f"round {number}")
            if not waiting:
                return found
        for bug in waiting:
            found[bug.id] = replace(found[bug.id], noticed_by=None, obstacle=UNCONFIRMED)
        return found

    def _reaching(self, bug: Bug) -> list[str]:
        """The valid tests that reach the bug."""
        refused = self._refused.get(bug.id, ())
        reports = self._correct.first.reports
        valid = {test: reports[test] for test in self._correct.state.passing if test not in refused}
        return self._planner.reaching(bug, valid)

    def _order(self, bug: Bug) -> tuple[str, ...]:
        """The order of all tests. Those that reach the bug come first."""
        reaching = self._reaching(bug)
        others = [test for test in self._correct.state.tests if test not in set(reaching)]
        return (*reaching, *self._planner.shuffled(others, "others"))

    def _group(self, bug: Bug) -> Group:
        return frozenset(self._reaching(bug)), bug.variant

    def _run(self, bug: Bug, purpose: str) -> BugRun:
        reaching = self._reaching(bug)
        if not reaching:
            return BugRun()
        package = self._planner.with_bug(bug, self._order(bug), f"bug {bug.id} {purpose}")
        run = self._runner.run(package, lambda run: _knows_enough(run, reaching))
        failed = next((test for test in reaching if run.failed(test)), None)
        passed = tuple(test for test in reaching if test in run.reports and not run.failed(test))
        result = BugRun(reached_by=tuple(reaching), noticed_by=failed, passed=passed)
        if run.collected is not None and set(run.collected) != set(self._correct.state.tests):
            return replace(result, noticed_by=None, obstacle=OTHER_TESTS)
        if failed is None and len(passed) < len(reaching):
            return replace(result, obstacle=_broken_off(run))
        return result

    def _not_confirmed(self, caught: list[_Caught], purpose: str) -> list[Bug]:
        """The bugs whose catch does not hold. The test that failed is then refused for them."""
        groups: dict[Group, list[_Caught]] = {}
        for each in caught:
            groups.setdefault(self._group(each.bug), []).append(each)
        passed = self._workers.map(lambda group: self._passing(groups[group], purpose), groups)
        passing: Mapping[Group, set[str]] = dict(zip(groups, passed, strict=True))
        controlled_well = [each for each in caught if each.test in passing[self._group(each.bug)]]
        confirmed = {each.bug.id for each in self._repeated(controlled_well, purpose)}
        failed = [each for each in caught if each.bug.id not in confirmed]
        for each in failed:
            self._refused.setdefault(each.bug.id, set()).add(each.test)
        return [each.bug for each in failed]

    def _passing(self, caught: list[_Caught], purpose: str) -> set[str]:
        """Which of these tests pass on the variant without the bug, after the same tests."""
        bug = caught[0].bug
        tests = {each.test for each in caught}
        circumstances = Circumstances(bug.variant, self._order(bug), ORDINARY)
        package = self._planner.correct(circumstances, f"control {bug.id} {purpose}")
        run = self._runner.run(package, lambda run: tests <= run.reports.keys())
        if set(run.collected or ()) != set(self._correct.state.tests):
            return set()
        return {test for test in tests if test in run.reports and run.reports[test].outcome == "passed"}

    def _repeated(self, caught: list[_Caught], purpose: str) -> list[_Caught]:
        """The catches that repeat themselves. Of a steady suite a sample is tried."""
        if self._correct.is_steady:
            sample = self._planner.shuffled([each.bug.id for each in caught], "sample")[:SAMPLE]
            tried = [each for each in caught if each.bug.id in sample]
            if all(self._workers.map(lambda each: self._fails_again(each, f"{purpose} sample"), tried)):
                return caught
            self._correct.is_steady = False
        holds = self._workers.map(lambda each: self._is_repeated(each, purpose), caught)
        return [each for each, is_repeated in zip(caught, holds, strict=True) if is_repeated]

    def _is_repeated(self, caught: _Caught, purpose: str) -> bool:
        """Whether the test fails each time with the bug, and passes each time without it."""
        return all(
            self._fails_again(caught, f"{purpose} again {number}")
            and caught.test in self._passing([caught], f"{purpose} again {number}")
            for number in range(REPETITIONS)
        )

    def _fails_again(self, caught: _Caught, purpose: str) -> bool:
        package = self._planner.with_bug(caught.bug, self._order(caught.bug), f"bug {caught.bug.id} {purpose}")
        return self._runner.run(package, lambda run: caught.test in run.reports).failed(caught.test)


def _knows_enough(run: SuiteRun, reaching: list[str]) -> bool:
    """Whether one of the tests that reach the bug failed, or all of them passed."""
    return any(run.failed(test) for test in reaching) or all(test in run.reports for test in reaching)


def _broken_off(run: SuiteRun) -> Obstacle:
    at = f" It was in {run.running}." if run.running else ""
    return Obstacle("bug_not_judged", "a run of the tests that comes to its end", f"{run.why}{at}")


OTHER_TESTS = Obstacle("bug_not_judged", "the same tests in every run", "another set of tests")
UNCONFIRMED = Obstacle(
    "bug_not_judged",
    "a test that fails because of the bug each time, and passes on the correct application",
    "different tests that fail at times, also on the correct application",
)

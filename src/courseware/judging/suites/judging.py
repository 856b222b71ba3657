"""Judges one suite: what the checks of a step are told about it, run when the first of them asks."""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor

from courseware.base.tree import Tree, digest
from courseware.checking.suite import BugRun, InvalidTest, SuiteState
from courseware.course import Course, Step
from courseware.course.suites import Faulty, PlacedBug, faulty_applications, suite_of
from courseware.judging.sandbox import SandboxKind
from courseware.judging.suites.bugs import BugRuns
from courseware.judging.suites.correct import MOST_TESTS, CorrectRuns
from courseware.judging.suites.planning import Planner
from courseware.judging.suites.running import SuiteRunner
from courseware.verdict import SuiteBug, SuiteReport, SuiteTest

WORKERS = os.cpu_count() or 1
MOST_KNOWN = 8
"""The number of judges that are kept, with their results."""
LONGEST_NAME = 300
"""Characters that a verdict holds of the name of a test, which a suite can make as long as it likes."""
Say = Callable[[str], None]


class SuiteJudge:
    """Judges one suite. It implements `courseware.checking.suite.JudgedSuite`.

    Args:
        seed: determines orders, and the variants of the runs.
    """

    def __init__(self, applications: Faulty, suite: Tree, package: str, runner: SuiteRunner, seed: int) -> None:
        self.applications = applications
        self.files = suite
        self.wanted: Collection[str] = tuple(applications.bugs)
        """The bugs that are judged together when the first is asked for."""
        self.say: Say = lambda _: None
        """Is told how far the runs are."""
        self._runner = runner
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="suite")
        planner = Planner(applications, suite, package, seed)
        self._correct = CorrectRuns(planner, runner, self._workers)
        self._bug_runs = BugRuns(planner, runner, self._workers, self._correct)
        self._state: SuiteState | None = None
        self._alone: tuple[InvalidTest, ...] | None = None
        self._bugs: dict[str, BugRun] = {}
        self._asking = threading.RLock()

    @property
    def cpu_seconds(self) -> float:
        """The processor time of all runs in the sandbox."""
        return self._runner.cpu_seconds

    @property
    def is_asked_for(self) -> bool:
        """Whether a check has had the suite run."""
        return self._state is not None

    @property
    def is_over(self) -> bool:
        """Whether the runs were ended for good."""
        return self._runner.is_over

    @property
    def log(self) -> str:
        """The end of what the first run printed."""
        return self._correct.first.log

    def state(self) -> SuiteState:
        """The result of the runs on correct variants."""
        with self._asking:
            if self._state is None:
                self._correct.judge(lambda text: self.say(text))
                self._state = self._correct.state
            return self._state

    def alone(self) -> tuple[InvalidTest, ...]:
        """The tests that pass with the whole suite and fail when their file is run alone."""
        with self._asking:
            if self._alone is None:
                self.state()
                self.say("each file alone")
                self._alone = self._correct.alone()
            return self._alone

    def bug(self, identifier: str) -> BugRun:
        """The result for this bug. Raises KeyError if the course has none of this id."""
        wanted = self.applications.bugs[identifier]
        with self._asking:
            if identifier not in self._bugs:
                self.state()
                ids = dict.fromkeys((*self.wanted, wanted.bug.id))
                left = [self.applications.bugs[each].bug for each in ids if each not in self._bugs]
                self._bugs |= self._bug_runs.judge(left, lambda text: self.say(text))
            return self._bugs[identifier]

    def report(self) -> SuiteReport:
        """What is known of the suite, for the verdict. The bugs are those that were wanted and judged."""
        state = self._state or SuiteState()
        places = {test: number for number, test in enumerate(state.tests)}
        invalid = {each.test: each for each in state.invalid}
        judged = [identifier for identifier in self.applications.bugs if identifier in self._bugs]
        return SuiteReport(
            tests=tuple(_test(test, invalid.get(test), test in state.passing) for test in state.tests[:MOST_TESTS]),
            bugs=tuple(
                _bug(self.applications.bugs[each], self._bugs[each], places) for each in judged if each in self.wanted
            ),
        )

    def end(self) -> None:
        """End all runs for good. May be called from another thread."""
        self._runner.end()


def _test(test: str, invalid: InvalidTest | None, is_passing: bool) -> SuiteTest:
    shown = test[-LONGEST_NAME:]
    if invalid is not None:
        return SuiteTest(id=shown, state=invalid.cause, text=f"It fails {invalid.where}: {invalid.text}")
    return SuiteTest(id=shown, state="valid" if is_passing else "skipped")


def _bug(placed: PlacedBug, run: BugRun, places: Mapping[str, int]) -> SuiteBug:
    tried = {run.noticed_by, *run.passed}
    return SuiteBug(
        check=placed.bug.id,
        family=placed.bug.family,
        task=placed.task,
        visible=placed.visible,
        caught_by=None if run.noticed_by is None else places[run.noticed_by],
        passed=tuple(sorted(places[test] for test in run.passed)),
        untried=tuple(sorted(places[test] for test in run.reached_by if test not in tried)),
        judged=run.obstacle is None,
    )


_known: "OrderedDict[tuple[object, ...], SuiteJudge]" = OrderedDict()
_changing_known = threading.Lock()


def suite_judge(
    course: Course, step: Step, tree: Tree, *, checks_version: str, hidden: bool, kind: SandboxKind, seed: int
) -> SuiteJudge:
    """The judge of the suite in a submission. Raises UsageError where the variants or bugs of the course are wrong.

    The same suite, checks and seed have the same judge as long as this process remembers it: no run is repeated.
    """
    suite = suite_of(tree, step)
    key = (digest(suite), checks_version, hidden, kind, seed)
    with _changing_known:
        known = _known.pop(key, None)
        if known is None or known.is_over:
            known = new_judge(course, step, suite, hidden=hidden, kind=kind, seed=seed)
        _known[key] = known
        while len(_known) > MOST_KNOWN:
            _known.popitem(last=False)
    return known


def new_judge(course: Course, step: Step, suite: Tree, *, hidden: bool, kind: SandboxKind, seed: int) -> SuiteJudge:
    """A judge that has judged nothing yet."""
    application = course.application_after(step.number)
    runner = SuiteRunner(kind, application.environment, application.database_at, step.imports)
    package = application.entrypoint.partition(":")[0].partition(".")[0]
    return SuiteJudge(faulty_applications(course, step, hidden=hidden), suite, package, runner, seed)

"""The runs on correct variants: which tests there are, which of them are invalid, and why."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import PurePosixPath

from courseware.checking.suite import Cause, InvalidTest, Obstacle, SuiteState
from courseware.judging.suites.planning import Circumstances, Planner
from courseware.judging.suites.running import RUN_SECONDS, SuiteRun, SuiteRunner

MOST_TESTS = 120
Done = tuple[Circumstances, SuiteRun]
Begun = tuple[Circumstances, Future[SuiteRun]]


class CorrectRuns:
    """Runs the suite on correct variants. `state` and `first` hold the result after `judge`."""

    def __init__(self, planner: Planner, runner: SuiteRunner, workers: Executor) -> None:
        self._planner = planner
        self._runner = runner
        self._workers = workers
        self._runs: list[Done] = []
        self.state = SuiteState()
        self.first = SuiteRun()
        """The first run, which shows what each test reaches."""
        self.is_steady = True
        """Whether no test passed in one run and failed in an equal one."""

    def judge(self, say: Callable[[str], None]) -> None:
        """Do the runs and note what they show."""
        say("correct application 1 of 4")
        abandoned = threading.Event()
        try:
            running, others = self._start(abandoned)
            self.first = running.result()
            obstacle = _not_collected(self.first) or _broken_off(self.first)
            tests = self.first.collected or ()
            if obstacle is not None or not tests:
                self.state = SuiteState(tests=tests, obstacle=obstacle)
                return
            self._runs = [(self._planner.first(), self.first)]
            for number, (circumstances, other) in enumerate(others, start=2):
                say(f"correct application {number} of 4")
                self._runs.append((circumstances, other.result()))
        finally:
            abandoned.set()
        obstacle = next(
            filter(None, (_broken_off(run) or _others_collected(run, tests) for _, run in self._runs)), None
        )
        if obstacle is not None:
            self.state = SuiteState(tests=tests, obstacle=obstacle)
            return
        invalid = {each.test: each for each in self._invalid(tests)}
        self.is_steady = all(each.cause != "chance" for each in invalid.values())
        self.state = SuiteState(
            tests=tests,
            invalid=tuple(invalid[test] for test in tests if test in invalid),
            passing=tuple(test for test in tests if self._passed_always(test)),
            left_behind=tuple(sorted({path for _, run in self._runs for path in run.left})),
        )

    def _start(self, abandoned: threading.Event) -> tuple[Future[SuiteRun], list[Begun]]:
        """Start the runs. The others need no more of the first than its tests, so they do not wait for its end.

        They end when `abandoned` is set.
        """
        known = threading.Event()
        tests: list[str] = []

        def follow(run: SuiteRun) -> bool:
            if run.collected is not None and not known.is_set():
                tests.extend(() if _has_too_many(run) else run.collected)
                known.set()
            return _has_too_many(run)

        first = self._workers.submit(self._runner.run, self._planner.correct(self._planner.first(), "first"), follow)
        first.add_done_callback(lambda _: known.set())
        known.wait()
        others = []
        for number, circumstances in enumerate(self._planner.others(tests) if tests else ()):
            package = self._planner.correct(circumstances, f"correct {number}")
            begun = self._workers.submit(self._runner.run, package, lambda _: abandoned.is_set())
            others.append((circumstances, begun))
        return first, others

    def alone(self) -> tuple[InvalidTest, ...]:
        """The tests that pass with the whole suite and fail when their file is run alone."""
        files = list(dict.fromkeys(test.partition("::")[0] for test in self.state.passing))
        if len(files) < 2:
            return ()
        packages = [self._planner.correct(self._planner.first(), f"alone {file}", file) for file in files]
        found = []
        for file, run in zip(files, self._workers.map(self._runner.run, packages), strict=True):
            for test in self.state.passing:
                if test.partition("::")[0] == file and (test not in run.reports or run.failed(test)):
                    text = run.reports[test].text if test in run.reports else _why_not_run(run)
                    found.append(InvalidTest(test, "order", text, f"when {PurePosixPath(file).name} is run alone"))
        return tuple(found)

    def _passed_always(self, test: str) -> bool:
        return all(run.reports[test].outcome == "passed" for _, run in self._runs)

    def _invalid(self, tests: Sequence[str]) -> Iterable[InvalidTest]:
        """The tests that failed at least once, with the difference between the runs that makes them fail."""
        pairs: dict[tuple[int, int], list[str]] = {}
        for test in tests:
            failed = [number for number, (_, run) in enumerate(self._runs) if run.failed(test)]
            passed = [number for number in range(len(self._runs)) if number not in failed]
            if failed and passed:
                pairs.setdefault((failed[0], passed[0]), []).append(test)
            elif failed:
                pairs.setdefault((0, 0), []).append(test)
        for (failed_in, passed_in), these in pairs.items():
            yield from self._explained(self._runs[failed_in], self._runs[passed_in][0], these)

    def _explained(self, failed: Done, passed: Circumstances, tests: list[str]) -> Iterable[InvalidTest]:
        """Repeat the failed run with one difference at a time, until each of the tests passes."""
        circumstances, run = failed
        text = {test: run.reports[test].text for test in tests}
        for cause, tried in _trials(circumstances, passed):
            package = self._planner.correct(tried, f"{cause} {tried.variant} {tried.date}")
            repeated = self._runner.run(package, _has_reported(tests))
            explained = [test for test in tests if not repeated.failed(test)]
            yield from (InvalidTest(test, cause, text[test], _where(cause, circumstances)) for test in explained)
            tests = [test for test in tests if test not in explained]
            if not tests:
                return
        where = _where("application", circumstances)
        yield from (InvalidTest(test, "application", text[test], where) for test in tests)


def _has_reported(tests: Iterable[str]) -> Callable[[SuiteRun], bool]:
    """Whether a run has reported all of these tests."""
    wanted = set(tests)
    return lambda run: wanted <= run.reports.keys()


def _trials(failed: Circumstances, passed: Circumstances) -> Iterable[tuple[Cause, Circumstances]]:
    """What to repeat in place of the failed run, and the cause that it shows if a test passes then."""
    if failed == passed:  # the tests fail in every run
        yield "date", replace(failed, date=None)
        return
    yield "chance", failed
    yield "date", replace(failed, date=passed.date)
    yield "order", replace(failed, order=passed.order)


def _where(cause: Cause, circumstances: Circumstances) -> str:
    date = "today" if circumstances.date is None else f"{circumstances.date:%Y-%m-%d}"
    match cause:
        case "application":
            return "on a correct application"
        case "order":
            return "in another order"
        case "date":
            return f"on {date}"
        case "chance":
            return "in one of two equal runs"


def _has_too_many(run: SuiteRun) -> bool:
    return run.collected is not None and len(run.collected) > MOST_TESTS


def _not_collected(run: SuiteRun) -> Obstacle | None:
    if run.errors:
        place, text = run.errors[0]
        return Obstacle("not_collected", "files of tests that pytest can read", f"{place}: {text}")
    if _has_too_many(run):
        return Obstacle("too_many_tests", f"at most {MOST_TESTS} tests", f"{len(run.collected or ())} tests")
    return None


def _broken_off(run: SuiteRun) -> Obstacle | None:
    if run.timed_out:
        at = f" It was in {run.running}." if run.running else ""
        return Obstacle("took_too_long", f"a run of all tests within {RUN_SECONDS:g} s", f"{run.why}{at}")
    if not run.ended or run.why is not None or not run.is_complete:
        return Obstacle("ended_early", "a run of pytest that comes to its end by itself", _why_not_run(run))
    return None


def _others_collected(run: SuiteRun, tests: Sequence[str]) -> Obstacle | None:
    if set(run.collected or ()) == set(tests):
        return None
    return Obstacle(
        "not_collected",
        "the same tests in every run",
        f"{len(run.collected or ())} tests in one run, {len(tests)} before",
    )


def _why_not_run(run: SuiteRun) -> str:
    at = f" It was in {run.running}." if run.running else ""
    return f"{run.why or 'Some tests were not reported.'}{at}" if not run.errors else f"{run.errors[0][1]}"

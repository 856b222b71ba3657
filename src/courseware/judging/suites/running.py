"""One run of a suite, as the judge follows it: it reads the reports, and ends the run when it knows enough."""

import json
import os
import select
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from courseware.checking.time_limits import slowdown
from courseware.judging.sandbox import SandboxKind
from courseware.judging.sandbox.suite_process import SUITE_LIMITS, SuitePackage, SuiteProcess, start_suite

RUN_SECONDS = 30.0
"""How long one run may take, on a machine that has nothing else to do."""
MOST_BYTES = 1024 * 1024
"""Of all that one run may report."""
CHUNK = 64 * 1024
WATCH_SECONDS = 0.5
STARTS = 3
"""How often a run is started until it begins. On a busy machine the sandbox may not answer in time."""
ENDS = (0, 1, 5)
"""The exit codes of pytest with which it has run all tests; 5 says that there are none."""

ReportedOutcome = Literal["passed", "failed", "skipped"]
OUTCOMES: tuple[ReportedOutcome, ...] = ("passed", "failed", "skipped")


class SandboxFault(Exception):
    """The judge could not run a suite. It says nothing about the suite."""


@dataclass(frozen=True)
class ReportedTest:
    """What a run reported about one test: the submission's word."""

    outcome: ReportedOutcome
    text: str
    reached: frozenset[int]


@dataclass
class SuiteRun:
    """What is known of a run so far.

    Args:
        collected: the tests that pytest has collected; None before.
        errors: for each file that cannot be read its path and the end of what pytest said.
        reports: what became of each test, in the order in which they ran.
        ended: whether the run reported its end with all tests run.
        stopped: whether the judge ended it because it knew enough.
        why: why it broke off, in words; None where it did not.
        timed_out: whether the reason is that it took too long.
        left: the files that the run left in the project's folder.
        log: the end of what it printed.
    """

    collected: tuple[str, ...] | None = None
    errors: tuple[tuple[str, str], ...] = ()
    reports: dict[str, ReportedTest] = field(default_factory=dict)
    ended: bool = False
    stopped: bool = False
    why: str | None = None
    timed_out: bool = False
    left: tuple[str, ...] = ()
    log: str = ""
    begun: bool = False
    running: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the run came to its end, and reported each of its tests once."""
        return self.ended and self.why is None and self.reports.keys() == set(self.collected or ())

    def failed(self, test: str) -> bool:
        return test in self.reports and self.reports[test].outcome == "failed"


class SuiteRunner:
    """Runs suites in the sandbox. `end` may be called from another thread: then no run goes on.

    Args:
        environment: the variables of the application.
        database: the variables for the path of a database.
        imports: libraries to import once for all runs.
    """

    def __init__(
        self,
        kind: SandboxKind,
        environment: Mapping[str, str],
        database: Callable[[Path], Mapping[str, str]],
        imports: Sequence[str],
    ) -> None:
        self.kind = kind
        self._environment = environment
        self._database = database
        self._imports = imports
        self.is_over = False
        """Whether the runs were ended for good."""
        self.cpu_seconds = 0.0
        """The processor time of all runs in the sandbox."""
        self._running: set[SuiteProcess] = set()
        self._changing = threading.Lock()

    def run(self, package: SuitePackage, is_enough: Callable[[SuiteRun], bool] = lambda _: False) -> SuiteRun:
        """Run a suite to its end, or until the judge knows enough. Raises SandboxFault.

        A run that does not begin is started again: nothing of the suite has been run then.
        """
        for _ in range(STARTS):
            run = self._run_once(package, is_enough)
            if self.is_over:
                raise SandboxFault("The time for the judgement is over.")
            if run.begun:
                return run
        raise SandboxFault(f"The tests could not be started. {run.why or ''} {run.log}".strip())

    def _run_once(self, package: SuitePackage, is_enough: Callable[[SuiteRun], bool]) -> SuiteRun:
        if self.is_over:
            raise SandboxFault("The time for the judgement is over.")
        process = start_suite(package, self._environment, self._database, self._imports, kind=self.kind)
        with self._changing:
            self._running.add(process)
            if self.is_over:
                process.kill()
        run = SuiteRun()
        try:
            _Follower(process, run, is_enough).follow()
        finally:
            with self._changing:
                self._running.discard(process)
            killed = process.why_killed()
            process.close()
            spent = process.cpu_seconds()
            with self._changing:
                self.cpu_seconds += spent
        if killed and not run.stopped:
            run.why = killed
        return run

    def end(self) -> None:
        """End all runs for good."""
        self.is_over = True
        with self._changing:
            for process in self._running:
                process.kill()


class _Follower:
    """Takes in what one process reports and prints, and notes it in `run`."""

    def __init__(self, process: SuiteProcess, run: SuiteRun, is_enough: Callable[[SuiteRun], bool]) -> None:
        self._process = process
        self._run = run
        self._is_enough = is_enough
        self._rest = b""
        self._bytes = 0
        self._printed = bytearray()
        self._printed_bytes = 0

    def follow(self) -> None:
        """Return when the run is over."""
        begun = time.monotonic()
        deadline = begun + RUN_SECONDS * slowdown()
        run, process = self._run, self._process
        sources = {process.reports, process.log}
        for source in sources:
            os.set_blocking(source, False)
        while process.reports in sources and run.why is None and not run.stopped:
            left = deadline - time.monotonic()
            if left <= 0:
                run.timed_out = True
                run.why = f"It took longer than {RUN_SECONDS:g} s."
                break
            for source in select.select(list(sources), [], [], min(left, WATCH_SECONDS))[0]:
                if not (self._take_reports() if source == process.reports else self._take_log()):
                    sources.discard(source)
            run.stopped = run.stopped or self._is_enough(run)
        if run.why is None and not run.stopped and not run.ended:
            run.why = "The process of the tests ended before all tests had run."
            # On a busy machine the limit of processor time ends an endless loop before the deadline.
            run.timed_out = time.monotonic() - begun > SUITE_LIMITS.cpu_seconds - 1
        if process.log in sources:
            self._take_log()
        process.kill()
        run.log = self._printed.decode(errors="replace")

    def _take_reports(self) -> bool:
        """False at the end of the reports."""
        received = self._read(self._process.reports)
        if received is None:
            return True
        self._bytes += len(received)
        if self._bytes > MOST_BYTES:
            self._run.why = "It reported more than a suite of tests can report."
            return True
        *lines, self._rest = (self._rest + received).split(b"\n")
        for line in lines:
            try:
                self._take(json.loads(line))
            except (ValueError, TypeError, KeyError, RecursionError):
                self._run.why = "It wrote into the channel of the judge."
                return True
            if self._is_enough(self._run):
                self._run.stopped = True
                return True
        return bool(received)

    def _take(self, message: Any) -> None:
        """Note a report. Raises ValueError, TypeError or KeyError for what the runner would not write."""
        run = self._run
        match message:
            case {"begun": True} if not run.begun:
                run.begun = True
            case {"collected": list(tests), "errors": list(errors)} if run.collected is None:
                run.collected = tuple(_text(test) for test in tests)
                run.errors = tuple((_text(place), _text(text)) for place, text in errors)
            case {"started": str(test)}:
                run.running = test
            case {"test": str(test), "outcome": outcome, "text": str(text), "reached": list(reached)}:
                if run.collected is None or test in run.reports or outcome not in OUTCOMES:
                    raise ValueError
                run.reports[test] = ReportedTest(outcome, text, frozenset(int(number) for number in reached))
                run.running = None
            case {"end": int(code), "left": list(left)} if not run.ended:
                run.ended = True
                run.left = tuple(_text(path) for path in left)
                if code not in ENDS and not run.errors:
                    run.why = f"pytest stopped before all tests had run (exit code {code})."
            case _:
                raise ValueError

    def _take_log(self) -> bool:
        """False at the end of the log."""
        printed = self._read(self._process.log)
        if printed is None:
            return True
        self._printed += printed
        del self._printed[: -SUITE_LIMITS.log_kept]
        self._printed_bytes += len(printed)
        if self._printed_bytes > SUITE_LIMITS.log:
            self._run.why = f"It printed more than {SUITE_LIMITS.log // 1024 // 1024} MiB."
        return bool(printed)

    @staticmethod
    def _read(descriptor: int) -> bytes | None:
        """What is there: nothing at the end, None where nothing is there yet."""
        with suppress(BlockingIOError):
            return os.read(descriptor, CHUNK)
        return None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value

"""A student's test suite, as the checks of a step that judges tests see it.

The judge runs the suite against correct variants of the application and against variants with one bug each. A check
asks for one property of the suite. A test that fails on a correct variant is invalid: it catches no bug.
"""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from courseware.base.tree import Tree
from courseware.checking.check import CheckFailed

SHOWN_TESTS = 5
BROKEN_OFF = ("ended_early", "took_too_long")
"""The keys of runs that did not come to their end."""
ORDINARY = "the tests to be run against a correct application"

Cause = Literal["application", "order", "date", "chance"]
"""What makes a test fail on a correct variant: the application as such, the order, the date, or chance."""


@dataclass(frozen=True)
class InvalidTest:
    """A test that failed on a correct variant.

    Args:
        test: its pytest node id.
        cause: which difference between the runs made it fail.
        text: the end of what pytest said about the failure. It comes from the submission.
        where: the circumstances of the run in words, such as "on 2028-02-29".
    """

    test: str
    cause: Cause
    text: str
    where: str


@dataclass(frozen=True)
class Obstacle:
    """Why a suite could not be judged: the key and the words of the failure."""

    key: str
    expected: str
    got: str


@dataclass(frozen=True)
class SuiteState:
    """What the runs on correct variants showed.

    Args:
        tests: the node ids of all tests, in the order in which pytest collects them.
        obstacle: why the suite was not judged; None where it was.
        invalid: the tests that catch nothing, because they failed on a correct variant.
        passing: the valid tests that passed on every correct variant.
        left_behind: files that the suite left in the project's folder.
    """

    tests: tuple[str, ...] = ()
    obstacle: Obstacle | None = None
    invalid: tuple[InvalidTest, ...] = ()
    passing: tuple[str, ...] = ()
    left_behind: tuple[str, ...] = ()


@dataclass(frozen=True)
class BugRun:
    """What the valid tests did with one bug.

    Args:
        reached_by: the valid tests that execute the function with the bug.
        noticed_by: the first test that failed and passes in the same run on the correct variant; None without one.
        passed: the tests that executed the function and passed.
        obstacle: why the bug was not judged; None where it was.
    """

    reached_by: tuple[str, ...] = ()
    noticed_by: str | None = None
    passed: tuple[str, ...] = ()
    obstacle: Obstacle | None = None


class JudgedSuite(Protocol):
    """What the judge knows of a suite. Each method runs what has not been run yet."""

    @property
    def files(self) -> Tree:
        """The files of the suite."""

    def state(self) -> SuiteState:
        """The result of the runs on correct variants."""

    def alone(self) -> tuple[InvalidTest, ...]:
        """The tests that pass with the whole suite and fail when their file is run alone."""

    def bug(self, identifier: str) -> BugRun:
        """The result for this bug. Raises KeyError if the course has none of this id."""


class Suite:
    """The suite under judgement. Each method raises CheckFailed unless the suite has the property.

    Only `must_have_tests` and `must_end_in_time` hold for a suite that could not be judged. So the other checks should
    need a check that calls them.

    Args:
        judged: what the judge knows of the suite.
        check: the id of the check, which is also the id of its bug.
    """

    def __init__(self, judged: JudgedSuite, check: str) -> None:
        self._judged = judged
        self._check = check

    def must_have_tests(self, least: int = 1) -> None:
        """pytest must collect at least `least` tests, without an error, and no more than the judge takes.

        Keys: `not_collected`, `too_many_tests`, `no_tests`, `too_few_tests`; `ended_early` or `took_too_long` if a run
        ended before it had collected any test.
        """
        state = self._judged.state()
        if state.obstacle is not None and (state.obstacle.key not in BROKEN_OFF or not state.tests):
            raise self._not_judged(state.obstacle)
        if state.obstacle is None and len(state.tests) < least:
            raise CheckFailed(
                "too_few_tests" if state.tests else "no_tests",
                asked="pytest to collect the tests",
                expected=f"at least {_counted(least)}",
                got=_counted(len(state.tests)),
            )

    def must_end_in_time(self) -> None:
        """Every run on a correct variant must come to its end in time. Keys: `ended_early`, `took_too_long`.

        A suite without tests ends in time, so the check needs one that calls `must_have_tests`.
        """
        state = self._judged.state()
        if state.obstacle is not None and state.obstacle.key in BROKEN_OFF:
            raise self._not_judged(state.obstacle)

    def must_pass_everywhere(self) -> None:
        """Every test must pass on every correct variant. Key: `fails_on_correct`."""
        self._refuse_invalid(
            "application",
            "fails_on_correct",
            "tests that pass on every correct application; these tests demand something that the contract does not fix",
        )

    def must_pass_shuffled(self) -> None:
        """Every test must pass in every order. Key: `depends_on_order`."""
        self._refuse_invalid("order", "depends_on_order", "tests that pass in every order")

    def must_pass_on_other_dates(self) -> None:
        """Every test must pass on every date. Key: `depends_on_date`."""
        self._refuse_invalid("date", "depends_on_date", "tests that pass on every date")

    def must_not_be_unstable(self) -> None:
        """Every test must have the same result each time that the same run is repeated. Key: `unstable`."""
        self._refuse_invalid("chance", "unstable", "tests with the same result on every run")

    def must_pass_each_file_alone(self) -> None:
        """Every test must pass when pytest runs its file alone. Key: `fails_alone`."""
        self._judged_state()
        self._refuse(self._judged.alone(), "fails_alone", "each file of tests to be run alone", "tests that pass alone")

    def must_leave_nothing_behind(self) -> None:
        """The suite must leave no file in the project's folder. Key: `files_left`."""
        left = self._judged_state().left_behind
        if left:
            raise CheckFailed(
                "files_left",
                asked="the tests to be run in the project's folder",
                expected="no new file there afterwards (use the fixture tmp_path, or a database in memory)",
                got=_listed(left),
            )

    def must_import_only(self, names: Collection[str]) -> None:
        """The tests may import these names of the application alone, such as "app.main.create_app" or "app.models".

        A module in `names` allows all names in it. Modules of other packages are always allowed.
        Key: `forbidden_import`.
        """
        packages = {name.partition(".")[0] for name in names}
        found = [
            f"{path}: {name}"
            for path, content in self._judged.files.items()
            if path.endswith(".py")
            for name in _imported(content)
            if name.partition(".")[0] in packages and not _is_allowed(name, names)
        ]
        if found:
            raise CheckFailed(
                "forbidden_import",
                asked="the files of the tests to be read",
                expected=f"imports of these names of the application alone: {', '.join(sorted(names))}",
                got=_listed(found),
            )

    def must_catch(self) -> None:
        """A valid test must fail because of the bug that has the id of the check.

        Keys: `no_valid_tests`, `bug_not_reached`, `bug_not_noticed`; `bug_not_judged` if the run broke off.
        """
        state = self._judged_state()
        asked = "the tests to be run against an application with this bug"
        expected = "a test that fails because of the bug, and passes on every correct application"
        if not state.passing:
            raise CheckFailed(
                "no_valid_tests",
                asked=asked,
                expected=expected,
                got=f"{_counted(len(state.tests))}, none of which passes on every correct application",
            )
        run = self._judged.bug(self._check)
        if run.obstacle is not None:
            raise self._not_judged(run.obstacle)
        if run.noticed_by is not None:
            return
        if not run.reached_by:
            raise CheckFailed(
                "bug_not_reached",
                asked=asked,
                expected=expected,
                got=f"no valid test runs the code with the bug; you have {_counted(len(state.passing), 'valid test')}",
            )
        raise CheckFailed(
            "bug_not_noticed",
            asked=asked,
            expected=expected,
            got=f"{_counted(len(run.reached_by))} with this code in use, and no failure: {_listed(run.reached_by)}",
        )

    def _judged_state(self) -> SuiteState:
        state = self._judged.state()
        if state.obstacle is not None:
            raise self._not_judged(state.obstacle)
        return state

    def _refuse_invalid(self, cause: Cause, key: str, expected: str) -> None:
        tests = [each for each in self._judged_state().invalid if each.cause == cause]
        self._refuse(tests, key, ORDINARY, expected)

    @staticmethod
    def _refuse(tests: Sequence[InvalidTest], key: str, asked: str, expected: str) -> None:
        if not tests:
            return
        shown = [f"{each.test} fails {each.where}: {each.text}" for each in tests[:SHOWN_TESTS]]
        more = [f"and {len(tests) - SHOWN_TESTS} more"] if len(tests) > SHOWN_TESTS else []
        raise CheckFailed(key, asked=asked, expected=expected, got="\n".join([*shown, *more]))

    @staticmethod
    def _not_judged(obstacle: Obstacle) -> CheckFailed:
        return CheckFailed(obstacle.key, asked=ORDINARY, expected=obstacle.expected, got=obstacle.got)


def _counted(number: int, noun: str = "test") -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN_TESTS} more" if len(names) > SHOWN_TESTS else ""
    return f"{', '.join(names[:SHOWN_TESTS])}{more}"


def _imported(source: bytes) -> Iterator[str]:
    """The full names that a file imports. A file that is no Python imports nothing: pytest reports it."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_allowed(name: str, names: Collection[str]) -> bool:
    """Whether the name, or a module that contains it, is among `names`."""
    parts = name.split(".")
    return any(".".join(parts[:length]) in names for length in range(1, len(parts) + 1))

"""Which runs a suite gets: on which variant, in which order, on which date."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from courseware.base.tree import Tree
from courseware.course.suites import Bug, Faulty
from courseware.judging.sandbox.suite_process import SuitePackage
from courseware.judging.suites.compiling import MARK, compiled, differing_files, marks_of
from courseware.judging.suites.running import ReportedTest

ORDINARY = datetime(2027, 5, 12, 10, tzinfo=UTC)
OTHER_DATES = (
    datetime(2027, 12, 28, 10, tzinfo=UTC),
    datetime(2027, 2, 28, 10, tzinfo=UTC),
    datetime(2028, 2, 29, 10, tzinfo=UTC),
)


@dataclass(frozen=True)
class Circumstances:
    """What differs between two runs of a suite on correct applications.

    Args:
        variant: the name of the variant; None for the application before the step.
        order: the tests to run first, in this order.
        date: the date and time at the beginning; None for the real time.
    """

    variant: str | None
    order: tuple[str, ...]
    date: datetime | None


class Planner:
    """Makes the packages of the runs of one suite. The `seed` determines everything.

    Args:
        package: the folder of the application's modules.
    """

    def __init__(self, applications: Faulty, suite: Tree, package: str, seed: int) -> None:
        self.applications = applications
        self._suite = suite
        self._package = package
        self._seed = seed
        self._differing = differing_files(applications)
        self._marks = marks_of(applications)
        names = sorted(applications.variants)
        random.Random(f"{seed}:variants").shuffle(names)  # noqa: S311 - an order to repeat, not a secret
        self._names = names

    def first(self) -> Circumstances:
        """The run that shows which tests there are: as a student runs them."""
        return Circumstances(None, (), ORDINARY)

    def others(self, tests: Sequence[str]) -> list[Circumstances]:
        """The other runs on correct variants: each variant, another order and another date each time.

        The first order is the reverse one. So each two tests run in both orders, whatever the seed.
        """
        orders = [tuple(reversed(tests)), *(self.shuffled(tests, f"correct {n}") for n in range(1, len(OTHER_DATES)))]
        return [
            Circumstances(self._names[number % len(self._names)], order, date)
            for number, (order, date) in enumerate(zip(orders, OTHER_DATES, strict=True))
        ]

    def shuffled(self, tests: Sequence[str], purpose: str) -> tuple[str, ...]:
        """The tests in an order drawn from the seed."""
        order = list(tests)
        random.Random(f"{self._seed}:{purpose}").shuffle(order)  # noqa: S311
        return tuple(order)

    def mark(self, bug: Bug) -> int:
        """The number that the function with the bug reports."""
        return self._marks[bug.file][bug.reached_in]

    def reaching(self, bug: Bug, tests: Mapping[str, ReportedTest]) -> list[str]:
        """The tests that run the function with the bug. The first are those that run the fewest other functions."""
        mark = self.mark(bug)
        found = [test for test, report in tests.items() if mark in report.reached]
        return sorted(found, key=lambda test: len(tests[test].reached))

    def correct(self, circumstances: Circumstances, purpose: str, file: str | None = None) -> SuitePackage:
        """A run on a correct application. With `file` pytest reads this file alone."""
        name = circumstances.variant
        tree = self.applications.base if name is None else self.applications.variants[name]
        return self._packed(tree, circumstances, purpose, file)

    def with_bug(self, bug: Bug, order: Sequence[str], purpose: str) -> SuitePackage:
        """A run on the bug's variant with the bug."""
        return self._packed(
            self.applications.with_bug(bug), Circumstances(bug.variant, tuple(order), ORDINARY), purpose, None
        )

    def _packed(self, tree: Tree, circumstances: Circumstances, purpose: str, file: str | None) -> SuitePackage:
        modules, others = compiled(tree, self._package, self._differing, self._marks, f"{self._seed}:{purpose}")
        return SuitePackage(
            files={**others, **self._suite},
            modules=modules,
            order=circumstances.order,
            arguments=[file or "."],
            clock=None if circumstances.date is None else circumstances.date.timestamp(),
            mark=MARK,
            application=f"{self._package}/",
        )

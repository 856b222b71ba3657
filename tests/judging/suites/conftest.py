"""Suites for the third step of the miniature course, and their verdicts."""

from collections.abc import Callable, Mapping

import pytest

from courseware.course import Course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.judging.sandbox import SandboxKind
from courseware.verdict import Verdict

STEP = 3
SEED = 5
Judged = Callable[..., Verdict]


@pytest.fixture(params=[pytest.param("bubblewrap", marks=pytest.mark.bubblewrap), "plain"])
def kind(request: pytest.FixtureRequest) -> SandboxKind:
    """Each of the two sandboxes."""
    found: SandboxKind = request.param
    return found


@pytest.fixture
def reference(tested_course: Course) -> dict[str, bytes]:
    """The project with the suite of the reference."""
    return finish(tested_course, STEP)


@pytest.fixture
def judged(tested_course: Course, reference: Mapping[str, bytes]) -> Judged:
    """Judges the reference with other files in its suite: texts by path below tests/, None removes a file.

    `alone`: the suite consists of these files alone.
    """

    def judge_suite(
        files: Mapping[str, str | None],
        kind: SandboxKind = "plain",
        *,
        alone: bool = False,
        seed: int = SEED,
        hidden: bool = True,
        tasks: tuple[str, ...] = (),
    ) -> Verdict:
        tree = {path: content for path, content in reference.items() if not (alone and path.startswith("tests/"))}
        for path, text in files.items():
            tree.pop(f"tests/{path}", None)
            if text is not None:
                tree[f"tests/{path}"] = text.encode()
        return judge(tested_course, tested_course.step(STEP), tree, hidden=hidden, sandbox=kind, seed=seed, tasks=tasks)

    return judge_suite


def failures(verdict: Verdict) -> dict[str, str]:
    """The key of each failed check."""
    assert verdict.valid, (verdict.notes, [check.detail for check in verdict.checks])
    return {check.id: check.failure.key for check in verdict.checks if check.failure is not None}


def caught(verdict: Verdict) -> list[str]:
    """The bugs that the suite found."""
    assert verdict.valid, (verdict.notes, [check.detail for check in verdict.checks])
    assert verdict.suite is not None
    found = [bug.check for bug in verdict.suite.bugs if bug.caught_by is not None]
    passed = {check.id for check in verdict.checks if check.outcome == "passed"}
    assert set(found) == passed & {bug.check for bug in verdict.suite.bugs}
    return found

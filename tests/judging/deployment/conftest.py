"""The deployment of the miniature course, and its verdicts with other files.

Each run has a sample of the tests, in bubblewrap. COURSE_TESTS=all adds all others, and the plain sandbox.
"""

from collections.abc import Callable, Mapping

import pytest

from courseware.course import Course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.judging.sandbox import SandboxKind
from courseware.verdict import Verdict

from ...sampling import EVERYTHING

STEP = 3
Judged = Callable[..., Verdict]


KINDS = [pytest.param("bubblewrap", marks=pytest.mark.bubblewrap), *(["plain"] if EVERYTHING else [])]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> SandboxKind:
    """The sandboxes in which releases are tried."""
    found: SandboxKind = request.param
    return found


@pytest.fixture
def reference(deployed_course: Course) -> dict[str, bytes]:
    """The project with the deployment of the reference."""
    return finish(deployed_course, STEP)


@pytest.fixture
def judged(deployed_course: Course, reference: Mapping[str, bytes]) -> Judged:
    """Judges the reference with other files: texts or bytes by path, None removes a file."""

    def judge_deployment(
        files: Mapping[str, str | bytes | None],
        kind: SandboxKind = "plain",
        *,
        tasks: tuple[str, ...] = (),
        checks: tuple[str, ...] = (),
    ) -> Verdict:
        tree = dict(reference)
        for path, content in files.items():
            tree.pop(path, None)
            if content is not None:
                tree[path] = content.encode() if isinstance(content, str) else content
        step = deployed_course.step(STEP)
        return judge(deployed_course, step, tree, sandbox=kind, seed=5, tasks=tasks, checks=checks, hidden=True)

    return judge_deployment


def failures(verdict: Verdict) -> dict[str, str]:
    """The key of each failed check."""
    assert verdict.valid, (verdict.notes, [check.detail for check in verdict.checks])
    return {check.id: check.failure.key for check in verdict.checks if check.failure is not None}

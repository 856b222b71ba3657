"""The step of the miniature course holds: reference, starter, known mistakes.

Each run tries what a quick verification does. COURSE_TESTS=all tries all known mistakes, in both sandboxes.
"""

import pytest

from courseware.author import claims, faults, prove
from courseware.course import Course
from courseware.judging.sandbox import SandboxKind

from ...sampling import EVERYTHING


def test_its_files_are_right(deployed_course: Course) -> None:
    assert list(faults(deployed_course, (deployed_course.step(3),))) == []


@pytest.mark.long
def test_reference_starter_and_mistakes_are_judged_as_they_should_be(
    deployed_course: Course, kind: SandboxKind
) -> None:
    tried = list(claims(deployed_course, (deployed_course.step(3),), quick=not EVERYTHING))
    findings = list(prove(deployed_course.root, tried, jobs=1, sandbox=kind, seed=5))
    assert len(findings) == len(tried) > 6
    assert [(finding.claim, finding) for finding in findings if not finding.holds] == []

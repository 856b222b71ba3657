"""The step of the miniature course holds: reference, starter, known mistakes."""

import pytest

from courseware.author import claims, faults, prove
from courseware.course import Course
from courseware.judging.sandbox import SandboxKind


def test_its_files_are_right(deployed_course: Course) -> None:
    assert list(faults(deployed_course, (deployed_course.step(3),))) == []


@pytest.mark.long
@pytest.mark.parametrize("kind", [pytest.param("bubblewrap", marks=pytest.mark.bubblewrap), "plain"])
def test_reference_starter_and_mistakes_are_judged_as_they_should_be(
    deployed_course: Course, kind: SandboxKind
) -> None:
    everything = list(claims(deployed_course, (deployed_course.step(3),)))
    findings = list(prove(deployed_course.root, everything, jobs=1, sandbox=kind, seed=5))
    assert len(findings) == len(everything) > 6
    assert [(finding.claim, finding) for finding in findings if not finding.holds] == []

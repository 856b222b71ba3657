"""The variables of an application: a step's own ones, and those of a check, for which the application starts again."""

import pytest

from courseware.course import Course, load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.judging.sandbox import SandboxKind

KINDS = [pytest.param("bubblewrap", marks=pytest.mark.bubblewrap), "plain"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_gives_its_environment_to_the_application_from_then_on(course: Course, kind: SandboxKind) -> None:
    with (course.root / "lessons/step_2_clock/lesson.toml").open("a") as lesson:
        lesson.write('[environment]\nGREETING = "Welcome"\n')
    course = load_course(course.root)
    tree = finish(course, 2)
    assert judge(course, course.step(1), tree, sandbox=kind).held
    later = judge(course, course.step(1), tree, stage=2, sandbox=kind)
    failure = later.checks[0].failure
    assert failure is not None
    assert failure.got.startswith('greeting = "Welcome, ')

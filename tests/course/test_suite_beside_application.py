"""A step that judges an application and tests: what the tests run against, and what is handed out."""

from pathlib import Path

import pytest

from courseware.base.errors import UsageError
from courseware.classroom.kit.contents import kit_files
from courseware.course import Course, Step, check_files, load_course
from courseware.course.stages import finish
from courseware.course.suites import correct_application, faulty_applications, suite_of
from courseware.judging.judgement import checks_version, judge
from courseware.verdict import Outcome

SUITE = 'suite = ["tests/contract/**"]\nhands_in = ["tests/**"]\noptional = true\n'
LESSON = "lessons/step_3_testing/lesson.toml"


@pytest.fixture
def course(tested_course: Course) -> Course:
    """The small course, whose last step judges an application and the tests in one folder."""
    path = tested_course.root / LESSON
    text = path.read_text()
    assert text.count('judges = "tests"\n') == 1
    hands_in = next(line for line in text.splitlines() if line.startswith("hands_in"))
    path.write_text(text.replace('judges = "tests"\n', "").replace(f"{hands_in}\n", SUITE))
    return load_course(tested_course.root)


@pytest.fixture
def step(course: Course) -> Step:
    return course.step(3)


def test_tests_run_against_the_reference_without_any_tests(course: Course, step: Step) -> None:
    base = correct_application(course, step)
    reference = finish(course, 3)
    assert not any(path.startswith("tests/") for path in base)
    assert base == {path: content for path, content in reference.items() if not path.startswith("tests/")}
    assert faulty_applications(course, step, hidden=False).base == base


def test_suite_is_only_what_the_step_names(step: Step) -> None:
    tree = {"tests/contract/test_a.py": b"", "tests/test_b.py": b"", "app/main.py": b""}
    assert list(suite_of(tree, step)) == ["tests/contract/test_a.py"]


def test_variants_contain_the_solution_so_they_are_not_handed_out(course: Course, step: Step) -> None:
    handed_out = {path.relative_to(course.root).as_posix() for path in check_files(course, step, hidden=False)}
    judging = {path.relative_to(course.root).as_posix() for path in check_files(course, step, hidden=True)}
    unseen = {path for path in judging if "/variants/" in path or "/bugs/" in path}
    assert unseen
    assert not unseen & handed_out


def test_version_of_the_checks_changes_with_a_variant(course: Course, step: Step) -> None:
    before = checks_version(course, step, hidden=False)
    variant = next(step.checks_folder.glob("variants/*/app/*.py"))
    variant.write_text(variant.read_text() + "\n")
    assert checks_version(course, step, hidden=False) != before


def test_step_that_judges_tests_alone_names_no_suite(course: Course) -> None:
    path = course.root / LESSON
    path.write_text('judges = "tests"\n' + path.read_text())
    with pytest.raises(UsageError, match="has no `suite`"):
        load_course(course.root)


def test_kit_skips_the_checks_of_tests(tmp_path: Path) -> None:
    """Its course has no application to run the tests against. The verdict is valid, and says what is missing."""
    whole = load_course(Path(__file__).parents[2])
    for path, content in kit_files(whole, len(whole.steps)).items():
        if not path.startswith("src/"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(content)
    kit = load_course(tmp_path)
    step = next(step for step in kit.steps if step.lesson.suite)
    assert not list(step.checks_folder.glob("variants"))
    check = "contract_tests_are_collected"
    verdict = judge(kit, step, finish(whole, step.number), tasks=["8.5"], checks=[check])
    assert verdict.valid
    [result] = verdict.checks
    assert (result.outcome, result.needs_failed) == (
        Outcome.SKIPPED,
        "the application of the course, which is not handed out before its solution",
    )

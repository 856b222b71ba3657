"""`course verify` finds every way in which a course can be wrong."""

import json
import shutil
from pathlib import Path

import pytest

from courseware.author import Finding, claims, faults, prove
from courseware.author.verification import Kind
from courseware.base.errors import UsageError
from courseware.base.tree import write_tree
from courseware.course import Course, load_course
from courseware.course.stages import finish
from courseware.judging.judgement import catalogue

MINIATURE = Path(__file__).parent.parent / "miniature_course"
STEP = "step_1_greeting"
MISTAKES = f"checks/{STEP}/mistakes/task_1.toml"
MISTAKES_2 = f"checks/{STEP}/mistakes/task_2.toml"


@pytest.fixture
def root(course: Course) -> Path:
    """Where a course stands that may be spoilt."""
    return course.root


def spoil(root: Path, file: str, find: str, replace: str) -> Course:
    """The course after this replacement in one of its files."""
    path = root / file
    text = path.read_text()
    assert find in text
    path.write_text(text.replace(find, replace))
    return load_course(root)


def findings(course: Course) -> list[Finding]:
    """What comes of the claims about step 1 of the course."""
    about = list(claims(course, (course.step(1),)))
    return list(prove(course.root, about, jobs=2, sandbox="plain", seed=None))


def broken(course: Course) -> dict[str, str]:
    """The claims about step 1 that do not hold, with the first contradiction of each."""
    return {finding.claim.name: finding.contradictions[0] for finding in findings(course) if not finding.holds}


def test_miniature_course_is_right() -> None:
    course = load_course(MINIATURE)
    assert list(faults(course, course.steps)) == []
    everything = list(claims(course, course.steps))
    done = list(prove(MINIATURE, everything, jobs=2, sandbox="plain", seed=None))
    assert [finding for finding in done if not finding.holds] == []
    assert len(done) == len(everything) == 4 + 3 + 2 + 4


def test_step_that_judges_tests_is_right(tested_course: Course) -> None:
    """The reference finds all bugs, the starter none, and each bad suite fails the checks that it should."""
    steps = (tested_course.step(3),)
    assert list(faults(tested_course, steps)) == []
    done = list(prove(tested_course.root, list(claims(tested_course, steps)), jobs=2, sandbox="plain", seed=None))
    assert [(finding.claim.name, finding.contradictions) for finding in done if not finding.holds] == []
    assert len(done) == 3 + 3 + 11


def test_in_quick_claims_each_visible_check_judges_one_mistake(course: Course) -> None:
    step = course.step(1)
    quick = [claim for claim in claims(course, (step,), quick=True) if claim.kind is Kind.MISTAKE]
    assert {claim.name: (claim.checks, claim.hidden, claim.failures) for claim in quick} == {
        "keeps_spaces": (("refuses_blank_name",), False, {"refuses_blank_name": "blank_accepted"}),
        "greets_everybody_alike": (("greets",), False, {"greets": "wrong_greeting"}),
    }
    assert sorted(check.id for check in catalogue(course, step)) == sorted(
        each for claim in quick for each in claim.checks
    )
    assert all(finding.holds for finding in prove(course.root, quick, jobs=2, sandbox="plain", seed=None))


def test_quick_stages_are_judged_by_their_own_step(course: Course) -> None:
    quick = [claim for claim in claims(course, course.steps, quick=True) if claim.kind is Kind.REFERENCE]
    full = [claim for claim in claims(course, course.steps) if claim.kind is Kind.REFERENCE]
    assert [(claim.name, claim.step) for claim in full if claim not in quick] == [("finish(2)", 1)]


def test_reference_that_fails_a_check_is_found(root: Path) -> None:
    course = spoil(root, "solutions/greeter/app/greeting.py", "return 422", "return 400")
    assert "finish(1)" in broken(course)


def test_finished_application_that_fails_a_check_of_an_earlier_step_is_found(root: Path) -> None:
    main = "solutions/greeter/app/main.py"
    (root / "solutions/superseded/after_step_1/app/main.py").write_text((root / main).read_text())
    course = spoil(root, main, '"/greeting": greet', '"/greetings": greet')
    assert "the finished application" in broken(course)


def test_starter_that_holds_a_check_is_found(root: Path) -> None:
    starter = root / "starter" / STEP / "app/greeting.py"
    shutil.copy(root / "solutions/greeter/app/greeting.py", starter)
    assert "passed" in broken(load_course(root))["start(1)"]


@pytest.mark.parametrize(
    ("find", "replace", "said"),
    [
        ('greets = "wrong_greeting"', 'greets = "other_key"', "greets says wrong_greeting, not other_key"),
        ('greets = "wrong_greeting"', 'trims_name = "not_trimmed"', "greets says wrong_greeting: asked"),
        ('replace = ", you!"', 'replace = ", {name}!"', "greets did not fail"),
    ],
)
def test_mistake_that_is_caught_otherwise_than_told_is_found(root: Path, find: str, replace: str, said: str) -> None:
    course = spoil(root, MISTAKES, find, replace)
    assert broken(course)["greets_everybody_alike"].startswith(said)


def test_mistake_that_does_not_start_is_found(root: Path) -> None:
    course = spoil(root, MISTAKES, 'replace = ", you!"', "replace = '}'")
    assert broken(course)["greets_everybody_alike"].startswith("the application did not start: import")


def test_alternative_that_loses_points_is_found(root: Path) -> None:
    course = spoil(root, f"checks/{STEP}/alternatives/one_file/app/main.py", "422", "400")
    assert broken(course)["one_file"].startswith("refuses_blank_name says blank_accepted: asked")


@pytest.mark.parametrize(
    ("file", "find", "replace", "said"),
    [
        (MISTAKES, 'find = ", {name}!"', 'find = "name"', "occurs"),
        (MISTAKES, 'id = "keeps_spaces"', 'id = "takes_blank_names"', "takes_blank_names stands there 2 times"),
        (MISTAKES, '{ greets = "wrong_greeting" }', '["greets"]', r"write fails = \{ check_id"),
        (MISTAKES, 'file = "app/greeting.py"', 'file = "app/greeting.py"\nsays = "a"', r"write fails = \{ check_id"),
        (MISTAKES, '{ greets = "wrong_greeting" }', "{}", "fails"),
        (MISTAKES_2, 'why = "Nothing is refused."', "", "why"),
        (f"checks/{STEP}/alternatives/one_file/alternative.toml", "app/greeting.py", "app/none.py", "removes app/none"),
    ],
)
def test_specimen_that_does_not_fit_is_wrong_use(root: Path, file: str, find: str, replace: str, said: str) -> None:
    course = spoil(root, file, find, replace)
    with pytest.raises(UsageError, match=said):
        list(claims(course, course.steps))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mistakes.toml", r"one file per task\. Move them to .*mistakes/task_N"),
        ("mistakes/task_9.toml", "no task of step 1"),
    ],
)
def test_mistakes_in_a_file_of_no_task_are_wrong_use(root: Path, name: str, said: str) -> None:
    shutil.copy(root / MISTAKES, root / "checks" / STEP / name)
    with pytest.raises(UsageError, match=said):
        list(claims(load_course(root), load_course(root).steps))


SOLUTION_LINES = (MINIATURE / "solutions/greeter/app/greeting.py").read_text().splitlines()[-5:]
HIDDEN_LINES = (MINIATURE / "checks" / STEP / "hidden/test_greeting_hidden.py").read_text().splitlines()[-4:]


@pytest.mark.parametrize(
    ("file", "find", "replace", "said"),
    [
        (f"lessons/{STEP}/lesson.toml", "adds = [", 'adds = ["x.py", ', "x.py is wrongly in `adds`"),
        (f"lessons/{STEP}/lesson.toml", "adds = [", 'adds = ["app/clock.py", ', "app/clock.py is wrongly in `adds`"),
        (f"lessons/{STEP}/lesson.toml", "given = [", 'given = ["app/web.py", ', "app/web.py is wrongly in `given`"),
        (
            f"lessons/{STEP}/lesson.toml",
            "given = [",
            'given = ["app/greeting.py", ',
            "app/greeting.py is wrongly in `given`",
        ),
        (f"lessons/{STEP}/lesson.toml", "points = 6", "points = 7", "worth 7 points, but its checks make 6"),
        (f"lessons/{STEP}/lesson.toml", 'id = "1.a"', 'id = "2.a"', "2.a is in step 1"),
        (f"starter/{STEP}/app/greeting.py", "422 when it is blank", "what then?", "greet differs"),
        (f"starter/{STEP}/app/greeting.py", "query: dict[str, str]", "query: object", "greet differs"),
        (f"starter/{STEP}/app/greeting.py", "def greet(", "def hail(", "greet is only in the solution"),
        (MISTAKES, '{ trims_name = "not', '{ greets = "not', "No mistake fails the check trims"),
        (MISTAKES, ', refuses_blank_name = "blank_accepted" }', " }", "keeps_spaces fails hidden checks alone"),
        (MISTAKES, '{ trims_name = "not', '{ trims = "not', "trims, which does not exist"),
        (MISTAKES, '{ greets = "', '{ refuses_blank_name = "', "stands with task 1.1. Its first check is of task 1.2"),
        ("checks/step_2_clock/test_clock.py", "test_tells_date", "test_greets", "2 checks are called greets"),
        (f"lessons/{STEP}/README.md", "#", "\n".join([*SOLUTION_LINES, "#"]), "README.md gives away"),
        (f"checks/{STEP}/test_greeting.py", '"""Greeting."""', "\n".join(["'''", *HIDDEN_LINES, "'''"]), "gives away"),
        (
            "notebooks/step_1_greeting.ipynb",
            '"# step_1_greeting\\n"',
            json.dumps("\n".join(SOLUTION_LINES)),
            "ipynb gives away",
        ),
    ],
)
def test_fault_in_the_files_is_found(root: Path, file: str, find: str, replace: str, said: str) -> None:
    course = spoil(root, file, find, replace)
    assert any(said in fault for fault in faults(course, course.steps))


@pytest.mark.parametrize(
    ("number", "path", "said"),
    [
        (0, "app/web.py", "step 1 leaves it as it is"),
        (1, "app/clock.py", "no such file after step 1"),
        (2, "app/web.py", "after_step_2: no later step can change"),
        (3, "app/web.py", "after_step_3: no later step can change"),
    ],
)
def test_superseded_copy_without_use_is_found(root: Path, number: int, path: str, said: str) -> None:
    course = load_course(root)
    write_tree({path: finish(course, 2)[path]}, course.superseded_folder(number))
    assert any(said in fault for fault in faults(course, course.steps))


def test_file_that_a_later_step_deletes_is_no_useless_copy(root: Path) -> None:
    course = load_course(root)
    write_tree({"app/deleted.py": b""}, course.superseded_folder(1))
    assert not any("app/deleted.py" in fault for fault in faults(course, course.steps))


def test_starter_that_repeats_the_reference_is_found(root: Path) -> None:
    course = load_course(root)
    (root / f"starter/{STEP}/app/main.py").write_bytes(finish(course, 1)["app/main.py"])
    assert any("starter's app/main.py is the reference's own" in fault for fault in faults(course, course.steps))


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        (f"{STEP}/test_greeting.py", "from step_2_clock.dates import DATE", "imports step_2_clock.dates"),
        (f"{STEP}/asking.py", "from step_2_clock import dates", "imports step_2_clock.dates"),
        ("conftest.py", "import step_1_greeting.asking", "imports step_1_greeting.asking"),
        (
            "step_2_clock/test_clock.py",
            "from step_1_greeting import asking, test_greeting",
            "imports step_1_greeting.test",
        ),
    ],
)
def test_import_that_the_version_of_the_checks_does_not_cover_is_found(
    root: Path, file: str, line: str, said: str
) -> None:
    (root / "checks/step_2_clock/dates.py").write_text('DATE = "2028-02-29"\n')
    path = root / "checks" / file
    path.write_text(f"{path.read_text()}\n\n{line}\n")
    course = load_course(root)
    assert [fault for fault in faults(course, course.steps) if f"{file} {said}" in fault]

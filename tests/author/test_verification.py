"""`course verify` finds every way in which a course can be wrong."""

import json
import shutil
from pathlib import Path

import pytest

from courseware.author import Finding, claims, faults, prove
from courseware.base.errors import UsageError
from courseware.course import Course, load_course
from courseware.course.stages import finish

MINIATURE = Path(__file__).parent.parent / "miniature_course"
STEP = "step_1_greeting"


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


def test_reference_that_fails_a_check_is_found(root: Path) -> None:
    course = spoil(root, "solutions/greeter/app/greeting.py", "return 422", "return 400")
    assert "finish(1)" in broken(course)


def test_finished_application_that_fails_a_check_of_an_earlier_step_is_found(root: Path) -> None:
    main = "solutions/greeter/app/main.py"
    (root / "solutions/step_1_greeting/app/main.py").write_text((root / main).read_text())
    course = spoil(root, main, '"/greeting": greet', '"/greetings": greet')
    assert "the finished application" in broken(course)


def test_starter_that_holds_a_check_is_found(root: Path) -> None:
    starter = root / "starter" / STEP / "app/greeting.py"
    shutil.copy(root / "solutions/greeter/app/greeting.py", starter)
    assert "passed" in broken(load_course(root))["start(1)"]


@pytest.mark.parametrize(
    ("find", "replace", "said"),
    [
        ('says = "wrong_greeting"', 'says = "other_key"', "greets says wrong_greeting, not other_key"),
        ('fails = ["greets"]', 'fails = ["refuses_blank_name"]', "greets says wrong_greeting: asked"),
        ('replace = ", you!"', 'replace = ", {name}!"', "greets did not fail"),
    ],
)
def test_mistake_that_is_caught_otherwise_than_told_is_found(root: Path, find: str, replace: str, said: str) -> None:
    course = spoil(root, f"checks/{STEP}/mistakes.toml", find, replace)
    assert broken(course)["greets_everybody_alike"].startswith(said)


def test_mistake_that_does_not_start_is_found(root: Path) -> None:
    course = spoil(root, f"checks/{STEP}/mistakes.toml", 'replace = ", you!"', "replace = '}'")
    assert broken(course)["greets_everybody_alike"].startswith("the application did not start: import")


def test_alternative_that_loses_points_is_found(root: Path) -> None:
    course = spoil(root, f"checks/{STEP}/alternatives/one_file/app/main.py", "422", "400")
    assert broken(course)["one_file"].startswith("refuses_blank_name says blank_accepted: asked")


@pytest.mark.parametrize(
    ("file", "find", "replace", "said"),
    [
        (f"checks/{STEP}/mistakes.toml", 'find = ", {name}!"', 'find = "name"', "occurs"),
        (f"checks/{STEP}/mistakes.toml", 'id = "keeps_spaces"', 'id = "takes_blank_names"', "twice"),
        (f"checks/{STEP}/mistakes.toml", 'says = "wrong_greeting"', 'says = ["a", "b"]', "as many as"),
        (f"checks/{STEP}/mistakes.toml", 'why = "Nothing is refused."', "", "why"),
        (f"checks/{STEP}/alternatives/one_file/alternative.toml", "app/greeting.py", "app/none.py", "removes app/none"),
    ],
)
def test_specimen_that_does_not_fit_is_wrong_use(root: Path, file: str, find: str, replace: str, said: str) -> None:
    course = spoil(root, file, find, replace)
    with pytest.raises(UsageError, match=said):
        list(claims(course, course.steps))


SOLUTION_LINES = (MINIATURE / "solutions/greeter/app/greeting.py").read_text().splitlines()[-5:]
HIDDEN_LINES = (MINIATURE / "checks" / STEP / "hidden/test_greeting_hidden.py").read_text().splitlines()[-4:]


@pytest.mark.parametrize(
    ("file", "find", "replace", "said"),
    [
        (f"lessons/{STEP}/lesson.toml", 'changes = ["app/main.py"]', "changes = []", "app/main.py is missing from"),
        (
            f"lessons/{STEP}/lesson.toml",
            '"app/greeting.py"]\nch',
            '"app/greeting.py", "x.py"]\nch',
            "x.py is wrongly in",
        ),
        (f"lessons/{STEP}/lesson.toml", "given = [", 'given = ["app/web.py", ', "app/web.py is wrongly in `given`"),
        (
            f"lessons/{STEP}/lesson.toml",
            "given = [",
            'given = ["app/greeting.py", ',
            "app/greeting.py is wrongly in `given`",
        ),
        (f"lessons/{STEP}/lesson.toml", "points = 6", "points = 7", "worth 7 points, but its checks make 6"),
        (f"starter/{STEP}/app/greeting.py", "422 when it is blank", "what then?", "greet differs"),
        (f"starter/{STEP}/app/greeting.py", "query: dict[str, str]", "query: object", "greet differs"),
        (f"starter/{STEP}/app/greeting.py", "def greet(", "def hail(", "greet is only in the solution"),
        (
            f"checks/{STEP}/mistakes.toml",
            'fails = ["trims_name"]',
            'fails = ["greets"]',
            "No mistake fails the check trims",
        ),
        (f"checks/{STEP}/mistakes.toml", 'fails = ["trims_name"]', 'fails = ["trims"]', "trims, which does not exist"),
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


def test_starter_that_repeats_the_reference_is_found(root: Path) -> None:
    course = load_course(root)
    (root / f"starter/{STEP}/app/main.py").write_bytes(finish(course, 1)["app/main.py"])
    assert any("starter's app/main.py is the reference's own" in fault for fault in faults(course, course.steps))

"""The variables of an application: a step's own ones, and those of a check, for which the application starts again."""

import pytest

from courseware.base.errors import UsageError
from courseware.course import Course, load_course
from courseware.course.stages import finish
from courseware.judging.judgement import catalogue, judge
from courseware.judging.sandbox import SandboxKind
from courseware.verdict import Verdict

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


# It refuses the third greeting of a start, where it has been told to.
LIMITED = '''"""How people are greeted: not too often, where LIMIT says how often."""

import os

from app.web import Reply

LIMIT = int(os.environ.get("LIMIT", "0"))
greeted = 0


def greet(query: dict[str, str]) -> Reply:
    """A greeting; 429 after LIMIT of them."""
    global greeted
    greeted += 1
    print("greeting number", greeted, flush=True)
    if LIMIT and greeted > LIMIT:
        return 429, {"detail": "That was too often."}
    return 200, {"greeting": os.environ.get("GREETING", "no greeting")}
'''
CHECKS = '''"""A limit that is off unless a check switches it on."""

from collections.abc import Mapping

from courseware.checking import Application, Request, check

GREETING = Request("GET", "/greeting")
LIMIT_ON = {"LIMIT": "2"}


@check(task="1.1", points=1, hints=("Read LIMIT.",), environment=LIMIT_ON)
def test_limits(application: Application) -> None:
    """The third greeting is refused."""
    for _ in range(3):
        answer = application.send(GREETING)
    answer.expect_status(429, key="not_limited")


@check(task="1.1", points=1, hints=("Read LIMIT.",), environment=dict(LIMIT_ON), needs=("greets",))
def test_refuses_politely(application: Application, environment: Mapping[str, str]) -> None:
    """A refusal says why."""
    assert environment["LIMIT"] == "2"
    for _ in range(3):
        answer = application.send(GREETING)
    answer.expect_value("detail", equals="That was too often.", key="no_reason")


@check(task="1.1", points=1, hints=("Read LIMIT.",))
def test_greets(application: Application, environment: Mapping[str, str]) -> None:
    """Greetings are not limited by default."""
    assert "LIMIT" not in environment
    for _ in range(3):
        application.send(GREETING).expect_value("greeting", equals="Hello", key="limited")


@check(task="1.2", points=1, hints=("Have a default.",), environment={"GREETING": None})
def test_needs_no_setting(application: Application, environment: Mapping[str, str]) -> None:
    """A greeting does not need GREETING."""
    assert "GREETING" not in environment
    application.send(GREETING).expect_value("greeting", equals="no greeting", key="no_default")
'''


@pytest.fixture
def limiting(course: Course) -> Course:
    """The miniature course with checks that switch a limit on."""
    write_checks(course, CHECKS)
    return course


def write_checks(course: Course, text: str) -> None:
    (course.step(1).checks_folder / "test_greeting.py").write_text(text, encoding="utf-8")


def judged(course: Course, greeting: str, **options: object) -> Verdict:
    """The verdict about step 1 with this greeting."""
    tree = {**finish(course, 1), "app/greeting.py": greeting.encode()}
    verdict = judge(course, course.step(1), tree, **{"sandbox": "plain", **options})  # type: ignore[arg-type]
    assert verdict.valid, verdict
    return verdict


def failures(verdict: Verdict) -> dict[str, str]:
    """The key of every check that failed."""
    return {check.id: check.failure.key for check in verdict.checks if check.failure is not None}


@pytest.mark.parametrize("kind", KINDS)
def test_a_check_has_its_own_environment_in_any_order(limiting: Course, kind: SandboxKind) -> None:
    for seed in range(3):
        assert judged(limiting, LIMITED, sandbox=kind, seed=seed).held


@pytest.mark.parametrize(
    ("find", "replace", "expected"),
    [
        ("greeted > LIMIT", "greeted > LIMIT + 4", {"limits": "not_limited", "refuses_politely": "no_reason"}),
        ('"LIMIT", "0"', '"LIMIT", "2"', {"greets": "limited"}),
        ('environ.get("GREETING", "no greeting")', 'environ["GREETING"]', {"needs_no_setting": "no_default"}),
    ],
)
def test_a_mistake_in_one_environment_fails_its_checks_in_any_order(
    limiting: Course, find: str, replace: str, expected: dict[str, str]
) -> None:
    assert find in LIMITED
    for seed in range(2):
        assert failures(judged(limiting, LIMITED.replace(find, replace, 1), seed=seed)) == expected


def test_checks_of_equal_environments_share_a_start_and_all_of_its_log_is_kept(limiting: Course) -> None:
    for seed in range(2):
        log = judged(limiting, LIMITED, seed=seed).application.log
        assert log.count("The application was started again") == 2
        assert "started again with LIMIT=2" in log
        assert "started again without GREETING" in log
        assert "greeting number 6" in log, "the two checks of the limit were not run in one start"


def test_a_failure_names_the_variables(limiting: Course) -> None:
    verdict = judged(limiting, LIMITED.replace("429", "200"))
    failure = next(check.failure for check in verdict.checks if check.id == "limits")
    assert failure is not None
    assert failure.asked == "GET /greeting, with LIMIT=2"


@pytest.mark.parametrize("kind", KINDS)
def test_a_start_that_fails_with_the_variables_fails_their_checks_alone(limiting: Course, kind: SandboxKind) -> None:
    broken = LIMITED.replace("greeted = 0", "greeted = 0 if not LIMIT else [][LIMIT]")
    for seed in range(2):
        verdict = judged(limiting, broken, sandbox=kind, seed=seed)
        assert verdict.application.started
        assert verdict.application.failure is None
        assert failures(verdict) == {"limits": "start_failed", "refuses_politely": "start_failed"}
        assert verdict.points == 2
        failure = next(check.failure for check in verdict.checks if check.id == "limits")
        assert failure is not None
        assert failure.asked == "the application to start again, with LIMIT=2"
        assert "IndexError: list index out of range" in failure.got


def test_an_application_that_ends_in_one_environment_is_up_in_the_others(limiting: Course) -> None:
    ending = LIMITED.replace("return 429", "os._exit(3)\n        return 429")
    expected = {"limits": "application_ended", "refuses_politely": "application_ended"}
    for seed in range(2):
        assert failures(judged(limiting, ending, seed=seed)) == expected


def test_a_variable_that_is_no_text_is_told_to_the_author(limiting: Course) -> None:
    write_checks(limiting, CHECKS.replace('{"LIMIT": "2"}', '{"LIMIT": True}'))
    with pytest.raises(UsageError, match="The value of LIMIT in a check's environment must be text or None"):
        catalogue(limiting, limiting.step(1))

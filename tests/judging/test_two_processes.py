"""Checks that ask two processes of the application, which share one Redis and one database."""

import pytest

from courseware.course import Course, load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.judging.sandbox import SandboxKind
from courseware.verdict import Verdict

KINDS = [pytest.param("bubblewrap", marks=pytest.mark.bubblewrap), "plain"]

# Counts greetings in Redis, for all processes, and keeps names in a file, for all processes too.
GREETING = '''"""How people are greeted: three times at most, where limits are on, by a name that is kept."""

import os
import sqlite3
from datetime import UTC, datetime

from redis import Redis

from app.web import Reply

redis = Redis.from_url(os.environ["REDIS_URL"])
names = sqlite3.connect("names.sqlite3", isolation_level=None, check_same_thread=False)
names.execute("create table if not exists names (name text)")
LIMIT = int(os.environ.get("LIMIT", "0"))


def greet(query: dict[str, str]) -> Reply:
    """A greeting for the last name that was told, and how many greetings there were."""
    greeted = redis.incr("greeted")
    if LIMIT and greeted > LIMIT:
        return 429, {"detail": "That was too often."}
    if "name" in query:
        names.execute("insert into names values (?)", [query["name"]])
    found = names.execute("select name from names order by rowid desc").fetchone()
    return 200, {"greeting": found[0] if found else "nobody", "greeted": greeted, "year": str(datetime.now(UTC).year)}
'''
CHECKS = '''"""Two processes."""

from datetime import UTC, datetime

from courseware.checking import Application, Clock, Request, check, expect

GREETING = Request("GET", "/greeting")


@check(task="1.1", points=1, hints=("Count in Redis.",), environment={"LIMIT": "3"}, fresh_start=True)
def test_counts_for_all_processes(application: Application, second_application: Application) -> None:
    """Greetings of both processes count."""
    for _ in range(2):
        application.send(GREETING).expect_status(200, key="too_strict")
    second_application.send(GREETING).expect_status(200, key="too_strict")
    second_application.send(GREETING).expect_status(429, key="not_shared")
    application.send(GREETING).expect_status(429, key="not_shared")


@check(task="1.1", points=1, hints=("Keep names in the database.",))
def test_keeps_names_for_all_processes(application: Application, second_application: Application) -> None:
    """What one process is told the other one knows."""
    application.send(Request("GET", "/greeting", query={"name": "Ada"}))
    second_application.send(GREETING).expect_value("greeting", equals="Ada", key="not_known")


@check(task="1.2", points=1, hints=("Ask for the time.",))
def test_has_one_clock(application: Application, second_application: Application, clock: Clock) -> None:
    """Both have the same time."""
    clock.move(datetime(2031, 7, 1, tzinfo=UTC))
    for process in (application, second_application):
        process.send(GREETING).expect_value("year", equals="2031", key="wrong_time")


@check(task="1.2", points=1, hints=("Begin with nothing.",), fresh_start=True)
def test_begins_with_nothing(application: Application) -> None:
    """A start finds an empty database and an empty Redis."""
    answer = application.send(GREETING)
    answer.expect_value("greeting", equals="nobody", key="old_database")
    answer.expect_value("greeted", equals=1, key="old_redis")


@check(task="1.2", points=1, hints=("Greet.",))
def test_greets(application: Application) -> None:
    """One process greets."""
    application.send(Request("GET", "/greeting", query={"name": "Grace"})).expect_status(200, key="wrong_status")
'''


@pytest.fixture
def course(course: Course) -> Course:
    """The miniature course with Redis in its first step, and checks for two processes."""
    about, lesson = course.root / "lessons/course.toml", course.root / "lessons/step_1_greeting/lesson.toml"
    about.write_text(about.read_text() + '[application.services.redis]\nREDIS_URL = "{url}"\n')
    lesson.write_text('needs = ["redis"]\n' + lesson.read_text())
    (course.step(1).checks_folder / "test_greeting.py").write_text(CHECKS, encoding="utf-8")
    return load_course(course.root)


def judged(course: Course, kind: SandboxKind, greeting: str, seed: int) -> Verdict:
    tree = {**finish(course, 1), "app/greeting.py": greeting.encode()}
    verdict = judge(course, course.step(1), tree, sandbox=kind, seed=seed)
    assert verdict.valid, verdict
    return verdict


def failures(verdict: Verdict) -> dict[str, str]:
    """The key of every check that failed."""
    return {check.id: check.failure.key for check in verdict.checks if check.failure is not None}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_shared_holds_in_any_order(course: Course, kind: SandboxKind) -> None:
    for seed in range(3):
        assert failures(judged(course, kind, GREETING, seed)) == {}


@pytest.mark.parametrize(
    ("find", "replace", "expected"),
    [
        ('incr("greeted")', 'incr(f"greeted by {os.getpid()}")', {"counts_for_all_processes": "not_shared"}),
        ("names.sqlite3", ":memory:", {"keeps_names_for_all_processes": "not_known"}),
        ("datetime.now(UTC).year", "2024", {"has_one_clock": "wrong_time"}),
    ],
)
def test_what_is_not_shared_fails_its_check_in_any_order(
    course: Course, find: str, replace: str, expected: dict[str, str]
) -> None:
    assert find in GREETING
    for seed in range(2):
        assert failures(judged(course, "plain", GREETING.replace(find, replace, 1), seed)) == expected


def test_a_failure_names_the_process(course: Course) -> None:
    verdict = judged(course, "plain", GREETING.replace("names.sqlite3", ":memory:"), 1)
    failure = next(check.failure for check in verdict.checks if check.id == "keeps_names_for_all_processes")
    assert failure is not None
    assert failure.asked == "GET /greeting to process 2, in 2 processes"


@pytest.mark.parametrize("kind", KINDS)
def test_an_application_that_cannot_run_twice_fails_these_checks_alone(course: Course, kind: SandboxKind) -> None:
    alone = GREETING + "\nwith open('running', 'x'):\n    pass\n"
    verdict = judged(course, kind, alone, 1)
    assert verdict.application.started
    assert failures(verdict) == {
        "counts_for_all_processes": "start_failed",
        "keeps_names_for_all_processes": "start_failed",
        "has_one_clock": "start_failed",
    }
    failure = verdict.checks[0].failure
    assert failure is not None
    assert "FileExistsError" in failure.got


def test_checks_share_a_start_with_as_many_processes(course: Course) -> None:
    for seed in range(2):
        log = judged(course, "plain", GREETING, seed).application.log
        assert log.count("The application was started again in 2 processes.") == 1
        assert log.count("The application was started again with LIMIT=3, in 2 processes.") == 1

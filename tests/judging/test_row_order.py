"""Checks that do not depend on the order in which SQLite happens to find rows."""

import pytest

from courseware.course import Course, load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.judging.sandbox import SandboxKind

DATABASE = """
[application.database]
PEOPLE = "{path}"
"""
MAIN = '''"""People in the order of their names."""

import os
import sqlite3

from app.web import Application, Reply


def create_app() -> Application:
    with connect() as database:
        database.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, team, name, mail, UNIQUE (team, mail))")
        database.execute("CREATE INDEX people_by_name ON people (team, name, id)")
        database.execute("INSERT INTO people (team, name, mail) VALUES (1, 'b', 'z'), (1, 'a', 'y'), (1, 'a', 'x')")
    return Application({"/all": everybody})


def connect() -> sqlite3.Connection:
    return sqlite3.connect(os.environ["PEOPLE"], isolation_level=None)


def everybody(query: dict[str, str]) -> Reply:
    rows = connect().execute("SELECT id, name FROM people WHERE team = 1 ORDER BY name, id")
    return 200, {"ids": " ".join(str(identifier) for identifier, _ in rows)}
'''
CHECKS = '''"""People."""

from courseware.checking import Application, Request, check


@check(task="1.1", points=4, hints=("Order them.",))
def test_usual_order(application: Application) -> None:
    """People come in the order of their names."""
    application.send(Request("GET", "/all")).expect_value("ids", equals="2 3 1", key="wrong_order")


@check(task="1.2", points=3, hints=("Leave nothing open.",), other_row_order=True)
def test_nothing_open(application: Application) -> None:
    """They do so in whatever order the database finds them."""
    application.send(Request("GET", "/all")).expect_value("ids", equals="2 3 1", key="order_left_open")
'''
KINDS = [pytest.param("bubblewrap", marks=pytest.mark.bubblewrap), "plain"]


@pytest.fixture
def course(course: Course) -> Course:
    """The miniature course with a database."""
    about = course.root / "lessons/course.toml"
    about.write_text(about.read_text() + DATABASE)
    (course.root / "checks/step_1_greeting/test_greeting.py").write_text(CHECKS)
    return load_course(course.root)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("order", "failed"),
    [
        ("ORDER BY name, id", {}),
        ("ORDER BY name", {"nothing_open": "order_left_open"}),
        ("", {"nothing_open": "order_left_open"}),
        ("ORDER BY id", {"usual_order": "wrong_order", "nothing_open": "order_left_open"}),
    ],
)
def test_an_order_that_is_left_open_is_found(
    course: Course, kind: SandboxKind, order: str, failed: dict[str, str]
) -> None:
    main = MAIN.replace("ORDER BY name, id", order).encode()
    verdict = judge(course, course.step(1), {**finish(course, 1), "app/main.py": main}, sandbox=kind)
    assert verdict.valid
    assert {check.id: check.failure.key for check in verdict.checks if check.failure is not None} == failed
    if failed:
        [failure] = [check.failure for check in verdict.checks if check.id == "nothing_open"]
        assert failure is not None
        assert "PRAGMA reverse_unordered_selects" in failure.asked


def test_a_database_that_cannot_be_changed_fails_the_check(course: Course) -> None:
    locked = MAIN.replace("    return Application", "    global lock\n    lock = connect()\n    return Application", 1)
    locked = locked.replace("lock = connect()", 'lock = connect()\n    lock.execute("BEGIN IMMEDIATE")')
    verdict = judge(course, course.step(1), {**finish(course, 1), "app/main.py": locked.encode()}, sandbox="plain")
    assert verdict.valid
    assert {check.id: check.failure.key for check in verdict.checks if check.failure is not None} == {
        "nothing_open": "start_failed"
    }

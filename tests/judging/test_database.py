"""Checks that read and edit the application's database from outside, and judge the SQL that it sends."""

import pytest

from courseware.course import Course, load_course
from courseware.course.stages import finish
from courseware.judging.judgement import judge
from courseware.judging.sandbox import SandboxKind
from courseware.verdict import Outcome, Verdict

DATABASE = """
[application.database]
PEOPLE = "{path}"
"""
MAIN = '''"""People and the day on which they celebrate."""

import os
import signal
import sqlite3
import _sqlite3

from app.web import Application, Reply

PATH = os.environ["PEOPLE"]
TABLE = "CREATE TABLE IF NOT EXISTS people (id INTEGER PRIMARY KEY, name TEXT UNIQUE, day INTEGER, code TEXT UNIQUE)"
INDEX = "CREATE INDEX IF NOT EXISTS people_by_day ON people (day)"
OUT_OF_SIGHT = _sqlite3.connect(PATH, check_same_thread=False)
kept: dict[str, str] = {}


def connect() -> sqlite3.Connection:
    return sqlite3.connect(PATH, isolation_level=None, timeout=1)


def create_app() -> Application:
    with connect() as database:
        database.execute(TABLE)
        database.execute(INDEX)
    return Application({"/add": add, "/on": on})


def add(query: dict[str, str]) -> Reply:
    """Keep somebody."""
    with connect() as database:
        database.execute("INSERT INTO people (name, day, code) VALUES (?, ?, hex(randomblob(16)))",
                         (query["name"], query["day"]))
    return 200, {}


def on(query: dict[str, str]) -> Reply:
    """Who celebrates on a day."""
    day = int(query["day"])
    database = connect()
    return 200, {"names": ",".join(name for name, in found(database, day))}


def found(database: sqlite3.Connection, day: int) -> list[tuple[str]]:
    return database.execute("SELECT name FROM people WHERE day = ?", (day,)).fetchall()
'''
FOUND = 'return database.execute("SELECT name FROM people WHERE day = ?", (day,)).fetchall()'
CHECKS = '''"""People."""

from random import Random

import pytest

from courseware.checking import Application, Database, Request, check, expect


@pytest.fixture
def name(application: Application, random: Random) -> str:
    """Somebody who celebrates on day 7."""
    name = f"ada{random.randrange(10**9)}"
    application.send(Request("GET", "/add", query={"name": name, "day": 7})).expect_status(200, key="not_added")
    return name


def names_on(application: Application, day: int) -> list[str]:
    answer = application.send(Request("GET", "/on", query={"day": day})).expect_status(200, key="not_answered")
    return answer.typed(str, "names").split(",")


@check(task="1.1", points=2, hints=("Ask the database.",))
def test_sees_edits(application: Application, database: Database, name: str) -> None:
    """An edited row is seen at once."""
    row = database.row_holding(name, 7)
    database.change(row, {name: name.upper()})
    expect(name.upper() in names_on(application, 7), "not_seen", asked="day 7", expected=name.upper(), got="others")
    database.execute('DELETE FROM "people" WHERE name = ?', [name.upper()])
    left = database.query("SELECT name FROM people WHERE name = ?", [name.upper()])
    expect(left == [], "not_deleted", asked="the row", expected="that it is gone", got=left)


@check(task="1.1", points=2, hints=("Use an index.",))
def test_uses_an_index(application: Application, database: Database, name: str) -> None:
    """People are found through an index."""
    row = database.row_holding(name, 7)
    other = database.row_holding(name, row.cells["code"])
    expect(row == other, "rows_differ", asked=name, expected=row, got=other)
    database.copy(row, 20_000, {name: lambda number: f"{name}-{number}", 7: lambda number: 100 + number % 365})
    with database.recording() as recording:
        names = names_on(application, 107)
    expect(len(names) >= 54, "wrong_names", asked="day 107", expected="54 at least", got=len(names))
    recording.expect_indexed(row.table, finds=names, most_instructions=4_000, asked="day 107", key="no_index")


@check(task="1.2", points=2, hints=("Do not write.",))
def test_only_reads(application: Application, database: Database, name: str) -> None:
    """A question is one statement."""
    with database.recording() as recording:
        names_on(application, 7)
    sent = [statement.sql for statement in recording.selects]
    expect(len(sent) == 1, "more_statements", asked="day 7", expected="one SELECT", got=sent)
    with database.recording() as nothing:
        pass
    expect(nothing.statements == (), "leftovers", asked="nothing", expected="no statement", got=nothing.statements)


@check(task="1.2", points=1, hints=("Ask the same database.",))
def test_shares_the_database(
    application: Application, second_application: Application, database: Database, name: str
) -> None:
    """Both processes show what is in the one database."""
    with database.recording() as recording:
        found = [name in names_on(each, 7) for each in (application, second_application)]
    expect(all(found), "not_shared", asked="day 7", expected=name, got=found)
    sent = len(recording.selects)
    expect(sent == 2, "more_statements", asked="day 7", expected="one SELECT in each process", got=sent)
'''
ALL = {"sees_edits", "uses_an_index", "only_reads", "shares_the_database"}
KINDS = [pytest.param("bubblewrap", marks=pytest.mark.bubblewrap), "plain"]


@pytest.fixture
def course(course: Course) -> Course:
    """The miniature course with a database."""
    about = course.root / "lessons/course.toml"
    about.write_text(about.read_text() + DATABASE)
    (course.root / "checks/step_1_greeting/test_greeting.py").write_text(CHECKS)
    return load_course(course.root)


def judged(course: Course, main: str, kind: SandboxKind, seed: int = 1) -> Verdict:
    verdict = judge(
        course, course.step(1), {**finish(course, 1), "app/main.py": main.encode()}, sandbox=kind, seed=seed
    )
    assert verdict.valid, [check.detail for check in verdict.checks]
    assert {check.id for check in verdict.checks} == ALL
    return verdict


def failures(verdict: Verdict) -> dict[str, str]:
    """What failed, by the check's id."""
    assert all(check.outcome in (Outcome.PASSED, Outcome.FAILED) for check in verdict.checks)
    return {check.id: check.failure.key for check in verdict.checks if check.failure is not None}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_right_holds(course: Course, kind: SandboxKind, seed: int) -> None:
    assert failures(judged(course, MAIN, kind, seed)) == {}


RIGHT = [
    'return database.execute("SELECT p.name FROM people AS p WHERE p.day IN (?, ?)", (day, day)).fetchall()',
    'return database.execute("WITH d(n) AS (VALUES (?)) SELECT name FROM d JOIN people ON day = n", (day,)).fetchall()',
    """database.create_function("own", 1, lambda name: name.casefold())
    return database.execute("SELECT name FROM people WHERE day = ? ORDER BY own(name)", (day,)).fetchall()""",
    """database.execute("PRAGMA journal_mode = WAL")
    return database.execute("SELECT name FROM people WHERE day = ?", (day,)).fetchall()""",
]


@pytest.mark.parametrize("way", RIGHT)
def test_other_ways_hold_too(course: Course, way: str) -> None:
    assert failures(judged(course, MAIN.replace(FOUND, way), "plain")) == {}


WRONG = {
    "reads all": (
        'return [(name,) for name, of in database.execute("SELECT name, day FROM people") if of == day]',
        {"uses_an_index": "no_index"},
    ),
    "reads all through an index": (
        """rows = database.execute("SELECT name, day FROM people WHERE day > -1")
    return [(name,) for name, of in rows if of == day]""",
        {"uses_an_index": "no_index"},
    ),
    "one statement for each row": (
        """ids = [number for number, in database.execute("SELECT id FROM people WHERE day > -1")]
    rows = [database.execute("SELECT name, day FROM people WHERE id = ?", (n,)).fetchone() for n in ids]
    return [(name,) for name, of in rows if of == day]""",
        {"uses_an_index": "no_index", **dict.fromkeys(("only_reads", "shares_the_database"), "more_statements")},
    ),
    "cannot use the index": (
        'return database.execute("SELECT name FROM people WHERE day + 0 = ?", (day,)).fetchall()',
        {"uses_an_index": "no_index"},
    ),
    "remembers": (
        """if day not in kept:
        kept[day] = database.execute("SELECT name FROM people WHERE day = ?", (day,)).fetchall()
    return kept[day]""",
        None,
    ),
    "asks out of sight": (
        'return OUT_OF_SIGHT.execute("SELECT name FROM people WHERE day = ?", (day,)).fetchall()',
        {"uses_an_index": "no_index", **dict.fromkeys(("only_reads", "shares_the_database"), "more_statements")},
    ),
    "makes a statement up": (
        """recorder = sqlite3.connect.__self__
    recorder._note("SELECT name FROM people WHERE day = -5")
    return OUT_OF_SIGHT.execute("SELECT name FROM people").fetchall()""",
        {"uses_an_index": "no_index"},
    ),
    "records nothing that is text": (
        """recorder = sqlite3.connect.__self__
    recorder._statements, recorder._count = {"SELECT": 1}, "many"
    return OUT_OF_SIGHT.execute("SELECT name FROM people WHERE day = ?", (day,)).fetchall()""",
        dict.fromkeys(("uses_an_index", "only_reads", "shares_the_database"), "database_unreadable"),
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_fails(course: Course, wrong: str) -> None:
    way, expected = WRONG[wrong]
    found = failures(judged(course, MAIN.replace(FOUND, way), "plain"))
    assert found
    assert expected is None or found == expected


ADDED = """    with connect() as database:
        database.execute("INSERT INTO"""
SPOILED = {
    "another file": "    open(PATH, 'wb').write(b'no database' * 1000)\n    return 200, {}\n",
    "cut": "    os.truncate(PATH, 4096)\n    return 200, {}\n",
    "no file": "    os.unlink(PATH)\n    return 200, {}\n",
    "locked": "    OUT_OF_SIGHT.execute('BEGIN EXCLUSIVE')\n    return 200, {}\n",
    "a pipe": "    os.unlink(PATH)\n    os.mkfifo(PATH)\n    return 200, {}\n",
    "a view without end": (
        "    OUT_OF_SIGHT.executescript('DROP TABLE people; CREATE TABLE people (name TEXT AS (7)); '\n"
        "    'CREATE VIEW n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n')\n"
        "    return 200, {}\n"
    ),
}


@pytest.mark.parametrize("spoiled", SPOILED)
@pytest.mark.parametrize("kind", KINDS)
def test_a_database_that_cannot_be_used_is_the_students_failure(
    course: Course, kind: SandboxKind, spoiled: str
) -> None:
    verdict = judged(course, MAIN.replace(ADDED, SPOILED[spoiled] + ADDED, 1), kind)
    assert not [check.id for check in verdict.checks if check.outcome is Outcome.PASSED and check.id != "only_reads"]
    assert set(failures(verdict)) >= {"sees_edits", "uses_an_index"}


@pytest.mark.bubblewrap
def test_to_end_the_process_that_reads_gains_nothing(course: Course) -> None:
    killing = MAIN.replace(ADDED, "    os.kill(-1, signal.SIGKILL)\n" + ADDED, 1)
    assert failures(judged(course, killing, "bubblewrap")) == {
        "sees_edits": "database_unreadable",
        "uses_an_index": "database_unreadable",
        "shares_the_database": "application_ended",
    }


def test_a_check_of_a_database_that_the_course_does_not_name_is_the_courses_fault(course: Course) -> None:
    about = course.root / "lessons/course.toml"
    about.write_text(about.read_text().replace(DATABASE, "").rstrip() + '\nPEOPLE = "people.sqlite3"\n')
    course = load_course(course.root)
    verdict = judge(course, course.step(1), {**finish(course, 1), "app/main.py": MAIN.encode()}, sandbox="plain")
    assert not verdict.valid
    assert not verdict.held
    assert {check.outcome for check in verdict.checks} == {Outcome.ERROR}
    assert all("[application.database]" in (check.detail or "") for check in verdict.checks)

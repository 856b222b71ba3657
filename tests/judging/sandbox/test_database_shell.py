"""The process that works on an application's database: what it reads, changes and refuses, on real SQLite files."""

import json
import socket
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from courseware.checking import CheckFailed, Database, Recording, Row, Statement
from courseware.judging.sandbox.bubblewrap import DATABASE
from courseware.judging.sandbox.database_shell import LENGTH, DatabaseShell


def load_inside() -> Any:
    """The module that runs in the sandbox."""
    spec = spec_from_file_location("inside_database", DATABASE)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


inside = load_inside()


class Served:
    """A database file, as the judge reaches it. Nothing is recorded."""

    def __init__(self, path: Path) -> None:
        ours, theirs = socket.socketpair()
        self.shell = DatabaseShell(ours)
        self._thread = threading.Thread(target=inside.serve, args=(theirs, str(path)))
        self._thread.start()

    def ask_database(self, request: Mapping[str, object]) -> Mapping[str, Any]:
        return self.shell.ask(request)

    def check_migrations(self) -> tuple[int, str]:
        return 0, ""

    def record_sql(self) -> None:
        """Does nothing."""

    def recorded_sql(self) -> Mapping[str, Any]:
        return {}

    def close(self) -> None:
        self.shell.close()
        self._thread.join()


SCHEMA = """
CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, email TEXT UNIQUE, day INT, photo BLOB,
                     shout TEXT AS (upper(name)));
CREATE INDEX people_by_day ON people (day);
CREATE TABLE "odd ""name" (key TEXT PRIMARY KEY, "a b" TEXT) WITHOUT ROWID;
CREATE TABLE identified (id BLOB PRIMARY KEY, text_id TEXT UNIQUE, hex_id TEXT UNIQUE, number INT UNIQUE, of TEXT);
CREATE TABLE pairs (one INT, other INT, of TEXT, PRIMARY KEY (one, other));
INSERT INTO people (name, email, day, photo) VALUES ('Ada', 'ada@example.com', 7, x'00ff');
INSERT INTO people (name, email, day) VALUES ('Олена', 'o@example.com', NULL);
INSERT INTO "odd ""name" VALUES ('k', 'odd value');
INSERT INTO pairs VALUES (1, 2, 'a pair');
"""


class Lying(Served):
    """A process that answers each query with these rows."""

    def __init__(self, path: Path, rows: list[list[object]]) -> None:
        super().__init__(path)
        self.rows = rows

    def ask_database(self, _request: Mapping[str, object]) -> Mapping[str, Any]:
        return {"rows": self.rows}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a file?mode=memory#.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)
        known = uuid.UUID(int=7)
        values = (known.bytes, str(known), known.hex, 5, "identified")
        connection.execute("INSERT INTO identified VALUES (?, ?, ?, ?, ?)", values)
        connection.commit()
    return path


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    served = Served(file)
    yield Database(served)
    served.close()


def test_rows_of_all_kinds(database: Database) -> None:
    rows = database.query("SELECT name, day, photo FROM people ORDER BY id")
    assert rows == [("Ada", 7, b"\x00\xff"), ("Олена", None, None)]
    assert database.query("SELECT ?, ?, ?", [1.5, b"\x01", None]) == [(1.5, b"\x01", None)]
    assert database.query("SELECT CAST(x'ff41' AS TEXT)") == [("\\xffA",)]


def test_edits_are_committed(database: Database, file: Path) -> None:
    assert database.execute("UPDATE people SET day = ? WHERE day = ?", [8, 7]) == 1
    assert database.execute_many("INSERT INTO people (name) VALUES (?)", [["a"], ["b"]]) == 2
    assert database.execute("DELETE FROM people WHERE name = 'a'") == 1
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT name, day FROM people ORDER BY id").fetchall() == [
            ("Ada", 8), ("Олена", None), ("b", None),
        ]  # fmt: skip


def test_a_statement_that_fails_changes_nothing(database: Database) -> None:
    with pytest.raises(CheckFailed, match="UNIQUE"):
        database.execute_many("INSERT INTO people (email) VALUES (?)", [["new"], ["ada@example.com"]])
    assert database.query("SELECT count(*) FROM people") == [(2,)]


def test_a_query_cannot_write(database: Database) -> None:
    with pytest.raises(CheckFailed, match="readonly"):
        database.query("DELETE FROM people RETURNING name")


@pytest.mark.parametrize("table", ["people", 'odd "name', "identified", "pairs"])
def test_a_row_is_found_changed_and_copied_whatever_its_key(database: Database, table: str) -> None:
    value = {"people": "Ada", 'odd "name': "odd value", "identified": "identified", "pairs": "a pair"}[table]
    row = database.row_holding(value)
    assert row.table == table
    database.change(row, {value: "changed"})
    changed = database.row_holding("changed")
    assert {name: "changed" if cell == value else cell for name, cell in row.cells.items()} == changed.cells
    with pytest.raises(CheckFailed, match="row_missing"):
        database.change(row, {value: "again"})
    different: dict[Any, Any] = {2: lambda number: 100 + number} if table == "pairs" else {}
    database.copy(changed, 300, different)
    column = next(name for name, cell in changed.cells.items() if cell == "changed")
    name = table.replace('"', '""')
    assert database.query(f'SELECT count(*) FROM "{name}" WHERE "{column}" = ?', ["changed"]) == [(301,)]  # noqa: S608


def test_a_row_that_is_not_there_or_there_twice(database: Database) -> None:
    database.execute("INSERT INTO people (name, day) VALUES ('Ada', 9)")
    for values in (["nobody"], ["Ada"], ["Ada", "o@example.com"]):
        with pytest.raises(CheckFailed, match="row_missing"):
            database.row_holding(*values)
    assert database.row_holding("Ada", 9).cells["email"] is None


SEARCHES = [
    "SELECT * FROM people WHERE day IN (1, 2)",
    "SELECT p.* FROM people AS p WHERE p.day BETWEEN 1 AND 2 ORDER BY name",
    "WITH d(n) AS (VALUES (1), (2)) SELECT people.* FROM d JOIN people ON day = n",
    "SELECT * FROM people WHERE day = 1 OR id = 5",
    "SELECT name, row_number() OVER (ORDER BY name) FROM people WHERE day = 3",
    "SELECT * FROM people WHERE email = 'ada@example.com'",
    "SELECT * FROM people WHERE day = 3 AND own(name) ORDER BY name COLLATE own",
]
SCANS = [
    "SELECT * FROM people",
    "SELECT p.name FROM people AS p WHERE p.name = 'Ada'",
    "SELECT count(*) FROM people",
    "SELECT day FROM people ORDER BY day",
    "SELECT * FROM people WHERE day + 0 = 7",
    "SELECT * FROM people NOT INDEXED WHERE day = 7",
    "SELECT EXISTS (SELECT 1 FROM people WHERE name = 'nobody')",
    "SELECT * FROM (SELECT * FROM people) WHERE own(day) = 7",
]


@pytest.mark.parametrize("sql", SEARCHES + SCANS)
def test_what_is_searched_and_what_is_scanned(database: Database, sql: str) -> None:
    statement = recorded(database, sql).selects[0]
    assert statement.read == {"people"}
    assert statement.scanned == ({"people"} if sql in SCANS else frozenset())
    assert statement.plan


def recorded(database: Database, *statements: str) -> Recording:
    recording = Recording(database._examine)
    recording.take({"statements": list(statements), "count": len(statements)})
    return recording


def test_work_grows_with_the_rows_that_are_read(database: Database) -> None:
    database.copy(database.row_holding("Ada"), 5_000, {7: lambda number: number % 365})
    every_row = "SELECT *, … FROM people WHERE day >= 0 ORDER BY day, name".replace("…", ", ".join(["name"] * 300))
    few, all_of_them = recorded(database, "SELECT * FROM people WHERE day = 9", every_row).selects
    assert len(few.rows) == 14
    assert few.instructions < 1_000
    assert len(all_of_them.rows) == 5_001
    assert all_of_them.instructions > 25_000
    with pytest.raises(CheckFailed) as failed:
        recorded(database, every_row).expect_indexed(
            "people", finds=[], most_instructions=9_000, asked="all", key="slow"
        )
    assert "SEARCH people USING INDEX" in failed.value.got
    assert failed.value.got.endswith("WHERE day >= 0 ORDER BY day, name")
    assert len(failed.value.got) < 2_000


def test_what_a_record_must_hold(database: Database) -> None:
    def failure(recording: Recording, finds: list[str]) -> str:
        with pytest.raises(CheckFailed) as failed:
            recording.expect_indexed("people", finds=finds, most_instructions=1_000, asked="day 7", key="no_index")
        assert failed.value.key == "no_index"
        return failed.value.got

    indexed = "SELECT name FROM people WHERE day = 7"
    recorded(database, indexed).expect_indexed(
        "people", finds=["Ada"], most_instructions=1_000, asked="day 7", key="no_index"
    )
    assert "no statements" in failure(recorded(database), [])
    assert "1 statements, none" in failure(recorded(database, "INSERT INTO people DEFAULT VALUES"), [])
    assert "1 statements, none" in failure(recorded(database, "SELECT 'Ada'"), ["Ada"])
    assert "SCAN people" in failure(recorded(database, indexed, "SELECT name FROM people"), ["Ada"])
    assert "1 rows without it" in failure(recorded(database, indexed), ["Ada", "Олена"])
    too_many = Recording(database._examine)
    too_many.take({"statements": [indexed] * 300, "count": 5_000})
    assert "5000 statements" in failure(too_many, ["Ada"])
    for broken in ({}, {"statements": "SELECT 1", "count": 1}, {"error": "gone"}):
        with pytest.raises(CheckFailed, match="database_unreadable"):
            Recording(database._examine).take(broken)
    for sql in ("SELECT * FROM nowhere", "SELECT (", "WITH x AS (SELECT 1) DELETE FROM people"):
        with pytest.raises(CheckFailed, match="database_unreadable"):
            _ = Statement(sql, database._examine).rows


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT"


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (f"{ENDLESS} count(*) FROM n", "interrupted"),
        (f"{ENDLESS} hex(zeroblob(100000)) FROM n", "16 MiB"),
        ("SELECT zeroblob(900000000)", "too big"),
        ("SELECT load_extension('x')", "not authorized|no such function"),
        ("SELECT * FROM nowhere", "no such table"),
        ("SELECT 1; SELECT 2", "one statement"),
        ("SELECT '\ud800'", "surrogates"),
        ("SELECT 'a\0b'", "null character"),
    ],
)
def test_what_takes_too_much_or_cannot_be_done(database: Database, sql: str, words: str) -> None:
    with pytest.raises(CheckFailed, match=words):
        database.query(sql)
    assert database.query("SELECT 1") == [(1,)]


@pytest.mark.parametrize("answer", [b"[]", b"{", b'{"rows": 1}', b'{"rows": [1]}', b"[" * 100_000, None])
def test_answers_that_are_none(answer: bytes | None) -> None:
    ours, theirs = socket.socketpair()
    with theirs, closing(DatabaseShell(ours)) as shell:
        theirs.sendall(LENGTH.pack(2**31) if answer is None else LENGTH.pack(len(answer)) + answer)

        class Hostile(Served):
            def __init__(self) -> None:
                self.shell = shell

        with pytest.raises(CheckFailed, match="database_unreadable"):
            Database(Hostile()).query("SELECT 1")


def test_the_recorder_keeps_the_first_statements_with_their_parameters(tmp_path: Path) -> None:
    known = sqlite3.connect, sqlite3.dbapi2.connect
    recorder = inside.Recorder()
    try:
        with closing(sqlite3.connect(tmp_path / "file")) as connection:
            connection.execute("CREATE TABLE t (a, b)")
            recorder.start()
            connection.execute("INSERT INTO t VALUES (?, ?)", (1, "it's"))
            connection.executemany("INSERT INTO t VALUES (?, 2)", [(n,) for n in range(500)])
            record = recorder.stop()
            connection.execute("SELECT 1")
    finally:
        sqlite3.connect, sqlite3.dbapi2.connect = known
    assert "INSERT INTO t VALUES (1, 'it''s')" in record["statements"]
    assert len(record["statements"]) == inside.MOST_STATEMENTS
    assert record["count"] == 502
    assert "SELECT 1" not in record["statements"]
    json.dumps(record)


@pytest.mark.parametrize("rows", [[[]], [["people", None]], [[b"\xff"]], [[None] * 9]])
def test_rows_of_another_width_fail_the_check(file: Path, rows: list[list[object]]) -> None:
    with closing(Lying(file, rows)) as server, pytest.raises(CheckFailed):
        Database(server).row_holding("Ada")
    with closing(Lying(file, rows)) as server, pytest.raises(CheckFailed):
        Database(server).copy(Row("people", {"name": "Ada"}), 1, {})

"""The database of the application as a check sees it: rows are read and edited behind the application's back."""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from courseware.checking.check import CheckFailed
from courseware.checking.sql import SHOWN_CHARACTERS, Recording, Scalar, rows_in, unreadable

TABLES = """
SELECT name FROM pragma_table_list
WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite|_%' ESCAPE '|' ORDER BY name
"""
COLUMNS = "SELECT name, upper(type), pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid"
ALONE_UNIQUE = """
SELECT max(columns.name) FROM pragma_index_list(?) AS indexes, pragma_index_info(indexes.name) AS columns
WHERE indexes."unique" GROUP BY indexes.name HAVING count(*) = 1
"""
DIFFERENT = "New upgrade operations detected"
"""How `alembic check` begins its last line where models and migrations differ."""


class Server(Protocol):
    """The running application with its database, as the sandbox offers it."""

    def ask_database(self, request: Mapping[str, object]) -> Mapping[str, Any]:
        """What the process that works on the database answers; {"error": words} where it cannot."""

    def record_sql(self) -> None:
        """Record the SQL that the application sends from now on."""

    def recorded_sql(self) -> Mapping[str, Any]:
        """Stop that. The `statements`, as texts, and their `count`; {"error": words} where there is no record."""

    def check_migrations(self) -> tuple[int, str]:
        """The exit code of `alembic check` in the sandbox, and the end of what it said."""


@dataclass(frozen=True)
class Row:
    """A row as it was found: its table, and what stood in each column that is stored."""

    table: str
    cells: Mapping[str, Scalar]


class Database:
    """The SQLite database of the application, read and edited behind its back.

    The names of tables and columns are the student's. So a check looks for a row by what stands in it, and edits it by
    replacing values. Checks share the database: each works with rows of its own.

    Whatever goes wrong fails the check: a file that is no database, one that the application keeps locked, or a query
    that does not come to an end. A process of the judge's own in the sandbox does the work, so that a file which a
    submission has prepared harms no other program, and the submission cannot change what is read.

    Example, "the answer is cached":
        row = database.row_holding(contact["email"], contact["last_name"])
        before = application.send(BIRTHDAYS).json
        database.change(row, {contact["last_name"]: "Behind your back"})
        expect(application.send(BIRTHDAYS).json == before, "not_cached", ...)

    Example, "the rows are found through an index":
        database.copy(row, 20_000, {contact["email"]: lambda number: f"{number}@example.com"})
        with database.recording() as recording:
            answer = application.send(BIRTHDAYS)
        shown = [contact["email"] for contact in answer.json]
        recording.expect_indexed(row.table, finds=shown, most_instructions=10_000, asked=..., key="no_index")
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    def query(self, sql: str, parameters: Sequence[Scalar] = ()) -> list[tuple[Scalar, ...]]:
        """The rows of a SELECT with `?` for each parameter."""
        return rows_in(self._ask(sql, do="query", sql=sql, parameters=parameters), asked=sql)

    def execute(self, sql: str, parameters: Sequence[Scalar] = ()) -> int:
        """Carry out an INSERT, UPDATE or DELETE and commit it. Returns how many rows it changed."""
        return self.execute_many(sql, [parameters])

    def execute_many(self, sql: str, rows: Sequence[Sequence[Scalar]]) -> int:
        """Carry out a statement for each of these rows of parameters, in one transaction. 20,000 take about 0.3 s."""
        changed = self._ask(sql, do="execute", sql=sql, rows=rows).get("changed")
        if not isinstance(changed, int):
            raise unreadable(sql, "an answer without a number of rows")
        return changed

    def expect_migrated(self, *, table: str | None = None, key: str) -> None:
        """Fails the check unless `alembic check` finds that the models of the application match its migrations.

        With `table`, differences that concern other tables alone are allowed: a later step may have begun with them.
        """
        code, said = self._server.check_migrations()
        lines = said.strip().splitlines() or [f"exit code {code}"]
        is_elsewhere = table is not None and DIFFERENT in lines[-1] and not re.search(rf"\b{table}\b", lines[-1])
        if code and not is_elsewhere:
            # The beginning names the first difference; the rest describes its columns.
            got = lines[-1].removeprefix("FAILED: ")[:SHOWN_CHARACTERS]
            raise CheckFailed(key, asked="alembic check", expected="that models and migrations match", got=got)

    def row_holding(self, *values: Scalar, key: str = "row_missing") -> Row:
        """The one row of any table in whose columns all these values stand. Fails the check for none or several."""
        found: list[Row] = []
        for (table,) in self._rows(TABLES, width=1):
            names = [name for name, _, _, hidden in self._columns(str(table)) if not hidden]
            listed = ", ".join(map(quoted, names))
            condition = " AND ".join(f"? IN ({listed})" for _ in values)
            sql = f"SELECT {listed} FROM {quoted(str(table))} WHERE {condition} LIMIT 2"  # noqa: S608 - names are quoted
            rows = self._rows(sql, values, width=len(names))
            found += [Row(str(table), dict(zip(names, row, strict=True))) for row in rows]
        if len(found) != 1:
            places = ", ".join(row.table for row in found) or "none"
            asked = f"the database for a row with {', '.join(map(repr, values))}"
            raise CheckFailed(key, asked=asked, expected="one row of one table", got=places)
        return found[0]

    def change(self, row: Row, replacements: Mapping[Scalar, Scalar], *, key: str = "row_missing") -> None:
        """Replace values wherever they stand in this row. Fails the check unless the row is still as it was found."""
        changed = {name: replacements[value] for name, value in row.cells.items() if value in replacements}
        setting = ", ".join(f"{quoted(name)} = ?" for name in changed)
        condition = " AND ".join(f"{quoted(name)} IS ?" for name in row.cells)
        sql = f"UPDATE {quoted(row.table)} SET {setting} WHERE {condition}"  # noqa: S608 - names are quoted
        if not changed or self.execute(sql, [*changed.values(), *row.cells.values()]) != 1:
            raise CheckFailed(key, asked=sql, expected=f"the row {dict(row.cells)}", got="none like it")

    def copy(self, row: Row, times: int, different: Mapping[Scalar, Callable[[int], Scalar]]) -> None:
        """Insert copies of a row.

        `different` has, for a value of the row, the function that gives each copy another one by its number from 0 on.
        A key and other values that must be unique by themselves become different without that.
        """
        columns = self._columns(row.table)
        key_columns = [name for name, _, place, _ in columns if place]
        unique = {str(name) for (name,) in self._rows(ALONE_UNIQUE, [row.table], width=1)}
        if len(key_columns) == 1:
            unique.update(key_columns)
        counted = {name for name, kind, place, _ in columns if place and kind == "INTEGER"}  # SQLite numbers the rows
        ways = {
            name: different.get(value, _fresh(value) if name in unique else _same(value))
            for name, value in row.cells.items()
            if not (name in counted and len(key_columns) == 1)
        }
        places = ", ".join("?" for _ in ways)
        sql = f"INSERT INTO {quoted(row.table)} ({', '.join(map(quoted, ways))}) VALUES ({places})"  # noqa: S608
        self.execute_many(sql, [[way(number) for way in ways.values()] for number in range(times)])

    @contextmanager
    def recording(self) -> Iterator[Recording]:
        """Record the SQL that the application sends during the block."""
        recording = Recording(self._examine)
        self._server.record_sql()
        try:
            yield recording
        except BaseException:
            self._server.recorded_sql()
            raise
        recording.take(self._server.recorded_sql())

    def _examine(self, sql: str) -> Mapping[str, Any]:
        return self._ask(sql, do="examine", sql=sql)

    def _columns(self, table: str) -> list[tuple[str, str, int, int]]:
        """Of each column of a table: name, type, place in the primary key (0 for none), and whether it is generated."""
        return [
            (str(name), str(kind), place if isinstance(place, int) else 0, hidden if isinstance(hidden, int) else 0)
            for name, kind, place, hidden in self._rows(COLUMNS, [table], width=4)
        ]

    def _rows(self, sql: str, parameters: Sequence[Scalar] = (), *, width: int) -> list[tuple[Scalar, ...]]:
        """The rows of a SELECT for this number of columns."""
        rows = self.query(sql, parameters)
        if any(len(row) != width for row in rows):
            raise unreadable(sql, f"rows that have not {width} columns")
        return rows

    def _ask(self, asked: str, **request: object) -> Mapping[str, Any]:
        answer = self._server.ask_database(request)
        if "error" in answer:
            raise unreadable(asked, str(answer["error"]))
        return answer


def quoted(name: str) -> str:
    """A name of a table or column as SQL writes it, whatever characters it has."""
    return '"' + name.replace('"', '""') + '"'


def _same(value: Scalar) -> Callable[[int], Scalar]:
    return lambda _: value


def _fresh(value: Scalar) -> Callable[[int], Scalar]:
    """Gives other values of the same kind as a unique one, by their number: UUIDs for a UUID, else longer texts."""
    if isinstance(value, int):
        return lambda number: value + (number + 1) * 1_000_000
    space = uuid.uuid5(uuid.NAMESPACE_OID, repr(value))

    def identifier(number: int) -> uuid.UUID:
        return uuid.uuid5(space, str(number))

    match value:
        case bytes() if len(value) == len(space.bytes):
            return lambda number: identifier(number).bytes
        case bytes():
            return lambda number: value + number.to_bytes(4)
        case str() if len(value) == len(str(space)):
            return lambda number: str(identifier(number))
        case str() if len(value) == len(space.hex):
            return lambda number: identifier(number).hex
        case str():
            return lambda number: f"{value}-{number}"
        case _:
            return _same(value)  # NULL is never the same as another NULL

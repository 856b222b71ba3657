"""Runs inside the sandbox: carries out the judge's SQL on the application's database, and records the application's.

The judge itself never opens a database file that a submission has written. A process of its own does, which the runner
forks before anything of the project runs: the project cannot reach into it, and what a malicious file could make of it
stays in the sandbox. One trusted file, like the runner.

The judge's SQL comes over a socket. Each message, in both directions, is the length of a JSON object in four bytes, and
the object. Bytes in it stand as {"bytes": hexadecimal digits}. The answer to what cannot be done is {"error": words}.

What the application itself sends is recorded in its own process, which can forge it (`courseware.checking.Recording`).
"""

import json
import os
import socket
import sqlite3
import struct
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

LENGTH = struct.Struct("!I")
MOST_BYTES = 16 * 1024 * 1024
"""Of one message."""
MOST_INSTRUCTIONS = 100_000_000
"""Of SQLite's virtual machine, for one request: a bound that no load of the machine moves. It takes about 2 s."""
INSTRUCTIONS_BETWEEN_LOOKS = 100
LOCK_SECONDS = 10.0
MOST_UNKNOWN_NAMES = 20
MOST_STATEMENTS = 300
MOST_CHARACTERS = 8_000
"""Of one statement that is recorded. What is longer is cut."""
MOST_CHARACTERS_TOGETHER = 128_000
"""Of all of them. Those that come then are counted only."""
INDEXES = """
SELECT indexes.name FROM pragma_table_list AS tables, pragma_index_list(tables.name) AS indexes
WHERE tables.schema = 'main' AND indexes.origin = 'c' AND NOT indexes."unique"
"""

FAILURES = (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError, RecursionError, MemoryError)
"""What sqlite3 raises: for more than one statement, for instance, and for texts that UTF-8 does not have."""


def start(path: str) -> socket.socket:
    """Fork the process that works on the database at `path`. Returns the judge's end of its socket.

    Must be called before anything of the project runs, and before other threads do.
    """
    ours, judges = socket.socketpair()
    if os.fork():
        ours.close()
        return judges
    try:
        descriptor = ours.detach()
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        os.closerange(3, descriptor)
        os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX"))
        serve(socket.socket(fileno=descriptor), path)
    finally:
        os._exit(0)


def serve(judge: socket.socket, path: str) -> None:
    """Answer the judge until it closes the socket."""
    with judge, judge.makefile("rwb") as messages:
        while header := messages.read(LENGTH.size):
            request = json.loads(messages.read(*LENGTH.unpack(header)), object_hook=with_bytes)
            try:
                answer = WORK[request.pop("do")](path, **request)
                content = json.dumps(answer, default=as_json).encode()
            except FAILURES as error:
                content = json.dumps({"error": f"{type(error).__name__}: {error}"}).encode()
            if len(content) > MOST_BYTES:
                content = json.dumps({"error": f"more than {MOST_BYTES // 2**20} MiB of rows"}).encode()
            messages.write(LENGTH.pack(len(content)) + content)
            messages.flush()


def query(path: str, sql: str, parameters: Sequence[Any]) -> dict[str, Any]:
    """The rows of a SELECT."""
    with closing(Connection(path, "ro")) as connection:
        return {"rows": connection.rows(sql, parameters)}


def execute(path: str, sql: str, rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """How many rows a statement changed that is carried out for each of `rows` in one transaction."""
    with closing(Connection(path, "rw")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        changed = connection.executemany(sql, rows).rowcount
        connection.execute("COMMIT")
        return {"changed": changed}


def examine(path: str, sql: str) -> dict[str, Any]:
    """What SQLite does to carry out a SELECT, and what it finds.

    Of the tables of the database, `read` are those that it looks into, and `scanned` those of them, or indexes of them,
    that it goes through from one end to the other. `instructions` of SQLite's virtual machine measure its work.
    """
    with closing(Connection(path, "ro")) as connection:
        connection.know_names_in(sql)
        plan = [row[3] for row in connection.rows(f"EXPLAIN QUERY PLAN {sql}")]
        roots = dict(connection.rows("SELECT rootpage, tbl_name FROM sqlite_schema WHERE rootpage > 0"))
        program = connection.rows(f"EXPLAIN {sql}")
        tables = {row[2]: roots[row[3]] for row in program if row[1] == "OpenRead" and row[3] in roots}
        moved_on = {row[2] for row in program if row[1] in ("Next", "Prev")}
        scanned = {row[2] for row in program if row[1] in ("Rewind", "Last") and row[2] in moved_on}
        scanned |= {row[2] for row in program if row[1] == "Count"}
        connection.instructions = 0
        rows = connection.rows(sql)
        return {
            "plan": plan,
            "read": sorted(set(tables.values())),
            "scanned": sorted({table for cursor, table in tables.items() if cursor in scanned}),
            "rows": rows,
            "instructions": connection.instructions,
        }


def drop_indexes(path: str) -> dict[str, Any]:
    """How many indexes were dropped: all but those of keys and unique constraints, which are rules about the rows.

    An application that keeps its database elsewhere has none here.
    """
    if not Path(path).exists():
        return {"dropped": 0}
    with closing(Connection(path, "rw")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        names = [str(name) for (name,) in connection.rows(INDEXES)]
        for name in names:
            connection.execute('DROP INDEX "' + name.replace('"', '""') + '"')
        connection.execute("COMMIT")
        return {"dropped": len(names)}


WORK: dict[str, Callable[..., dict[str, Any]]] = {
    "query": query,
    "execute": execute,
    "examine": examine,
    "drop_indexes": drop_indexes,
}


class Connection(sqlite3.Connection):
    """A connection to the database under limits. What stands in its schema can call no function of a program."""

    def __init__(self, path: str, mode: str) -> None:
        if Path(path).exists() and not Path(path).is_file():
            raise sqlite3.OperationalError("the database is no file")  # to open a pipe could take for ever
        super().__init__(f"file:{quote(path)}?mode={mode}", uri=True, timeout=LOCK_SECONDS, isolation_level=None)
        self.instructions = 0
        self.text_factory = lambda content: content.decode(errors="backslashreplace")
        self.set_progress_handler(self._count, INSTRUCTIONS_BETWEEN_LOOKS)
        self.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)
        self.execute("PRAGMA trusted_schema = OFF")

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows, as far as they are not too many for a message. Raises sqlite3.Error."""
        found: list[tuple[Any, ...]] = []
        size = 0
        for row in self.execute(sql, parameters):
            size += sum(len(value) if isinstance(value, (str, bytes)) else 8 for value in row)
            if size > MOST_BYTES:
                raise sqlite3.DataError(f"more than {MOST_BYTES // 2**20} MiB of rows")
            found.append(row)
        return found

    def know_names_in(self, sql: str) -> None:
        """Stand in for functions and collations of the application's own, which here give NULL and say "equal"."""
        for _ in range(MOST_UNKNOWN_NAMES):
            try:
                self.execute(f"EXPLAIN {sql}")
            except sqlite3.OperationalError as error:
                problem, _, name = str(error).partition(": ")
                if problem == "no such function":
                    self.create_function(name, -1, lambda *_: None, deterministic=True)
                elif problem == "no such collation sequence":
                    self.create_collation(name, lambda *_: 0)
                else:
                    return
            else:
                return

    def _count(self) -> bool:
        """Whether to interrupt."""
        self.instructions += INSTRUCTIONS_BETWEEN_LOOKS
        return self.instructions > MOST_INSTRUCTIONS


class Recorder:
    """Records the SQL that this process sends to SQLite while it is on, with parameters filled in.

    `in_reverse`: every connection returns the rows of a SELECT without ORDER BY in reverse.
    """

    def __init__(self, *, in_reverse: bool = False) -> None:
        self._in_reverse = in_reverse
        self._is_on = False
        self._count = 0
        self._characters = 0
        self._statements: list[str] = []
        self._connect = sqlite3.connect
        sqlite3.connect = sqlite3.dbapi2.connect = self._connect_and_listen  # type: ignore[assignment]

    def start(self) -> None:
        """Record from now on."""
        self._statements = []
        self._count = self._characters = 0
        self._is_on = True

    def stop(self) -> dict[str, Any]:
        """The first statements that were recorded, and how many there were."""
        self._is_on = False
        return {"statements": self._statements, "count": self._count}

    def _connect_and_listen(self, *arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = self._connect(*arguments, **options)
        if self._in_reverse:
            sqlite3.Connection.execute(connection, "PRAGMA reverse_unordered_selects = ON")
        connection.set_trace_callback(self._note)  # costs a statement 0.3 µs while nothing is recorded
        return connection

    def _note(self, statement: str) -> None:
        if self._is_on:
            self._count += 1
            if len(self._statements) < MOST_STATEMENTS and self._characters < MOST_CHARACTERS_TOGETHER:
                self._statements.append(statement[:MOST_CHARACTERS])
                self._characters += len(self._statements[-1])


def as_json(value: object) -> object:
    """What stands for bytes."""
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    raise TypeError


def with_bytes(value: dict[str, Any]) -> object:
    """An object of a message, or the bytes for which it stands."""
    return bytes.fromhex(value["bytes"]) if value.keys() == {"bytes"} else value

"""The SQL that the application sent, as a check sees it: each SELECT with the plan, rows and work that SQLite finds."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from courseware.checking.check import CheckFailed

Scalar = None | int | float | str | bytes
"""What a cell of SQLite can hold."""
SHOWN_CHARACTERS = 300
SHOWN_SQL_BEGINNING, SHOWN_SQL_END = 300, 900
Examine = Callable[[str], Mapping[str, Any]]
"""Gives what SQLite does for a statement, on a connection that cannot write."""


@dataclass(frozen=True)
class Statement:
    """A SELECT that the application sent, with its parameters filled in. What SQLite does for it, the judge finds out.

    The judge gives it to SQLite itself, at the moment when something of that is read for the first time.
    """

    sql: str
    examine: Examine

    @property
    def plan(self) -> tuple[str, ...]:
        """The lines of EXPLAIN QUERY PLAN."""
        return tuple(self._texts("plan"))

    @property
    def read(self) -> frozenset[str]:
        """The tables into which SQLite looks."""
        return frozenset(self._texts("read"))

    @property
    def scanned(self) -> frozenset[str]:
        """Those of them that it goes through from end to end, or that have an index through which it goes so."""
        return frozenset(self._texts("scanned"))

    @cached_property
    def rows(self) -> list[tuple[Scalar, ...]]:
        """What it finds."""
        return rows_in(self._examined, asked=self.sql)

    @property
    def instructions(self) -> int:
        """SQLite's work in instructions of its virtual machine, counted by the hundred: some for each row it reads."""
        number = self._examined.get("instructions")
        if not isinstance(number, int):
            raise unreadable(self.sql, "an answer without a number of instructions")
        return number

    @cached_property
    def _examined(self) -> Mapping[str, Any]:
        return self.examine(self.sql)

    def _texts(self, name: str) -> list[str]:
        texts = self._examined.get(name)
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise unreadable(self.sql, f"an answer without texts {name!r}")
        return texts


class Recording:
    """The SQL that the application sent through Python's sqlite3 while it was recorded.

    How far to believe it: it comes from the process that runs the submission, which can leave statements out and make
    others up. So no check passes by what the record says alone. `expect_indexed` fails for a record without a SELECT
    that finds what the application has answered, and the judge runs each SELECT itself: its plan, its rows and its work
    are SQLite's own. A submission that makes up such a SELECT has found the SQL that the task asks for.

    What is sent through another library than sqlite3, or by further processes of the application, is not recorded.
    """

    def __init__(self, examine: Examine) -> None:
        self._examine = examine
        self.statements: tuple[str, ...] = ()
        """All statements in their order, with parameters filled in."""
        self.count = 0
        """How many there were: only the first 300 are kept."""

    def take(self, record: Mapping[str, Any]) -> None:
        """Take what was recorded. Fails the check where that is no record."""
        statements, count = record.get("statements"), record.get("count")
        if not isinstance(statements, list) or not isinstance(count, int):
            raise unreadable("the SQL that was sent", str(record.get("error", "no record")))
        self.statements = tuple(statements)
        self.count = count

    @cached_property
    def selects(self) -> tuple[Statement, ...]:
        """The statements that read."""
        reading = ("SELECT", "WITH", "VALUES")
        return tuple(
            Statement(sql, self._examine)
            for sql in self.statements
            if sql.lstrip(" \t\r\n(").upper().startswith(reading)
        )

    def expect_indexed(
        self, table: str, *, finds: Collection[Scalar], most_instructions: int, asked: str, key: str
    ) -> None:
        """Fail the check unless rows of this table were found through indexes.

        That is: SQL was recorded that reads the table. None of it goes through the whole table or a whole index. It
        finds the values `finds`, such as the e-mail addresses in the answer. It takes at most so many instructions,
        which tells SQL that finds all rows of a user through an index, and leaves the choice to Python: each row that
        is read takes 5 instructions or more.
        """

        def failed(expected: str, got: str) -> CheckFailed:
            return CheckFailed(key, asked=asked, expected=expected, got=got)

        if self.count > len(self.statements):
            raise failed("a few SQL statements", f"{self.count} statements")
        reading = [statement for statement in self.selects if table in statement.read]
        if not reading:
            raise failed(f"SQL that reads {table}", f"{self.count or 'no'} statements, none of which does")
        for statement in reading:
            if table in statement.scanned:
                got = f"{'; '.join(statement.plan)} for {shown_sql(statement.sql)}"
                raise failed(f"a query plan that searches {table} through an index", got)
        found = [row for statement in reading for row in statement.rows]
        if missing := set(finds).difference(*found):
            raise failed(f"SQL that finds {missing.pop()!r}", f"{len(found)} rows without it")
        if (work := sum(statement.instructions for statement in reading)) > most_instructions:
            slowest = max(reading, key=lambda statement: statement.instructions)
            got = (
                f"{work:,} instructions, and {len(found):,} rows, with the query plan {'; '.join(slowest.plan)} "
                f"for {shown_sql(slowest.sql)}"
            )
            raise failed(f"SQL that takes at most {most_instructions:,} instructions of SQLite's virtual machine", got)


def shown_sql(sql: str) -> str:
    """SQL as a failure shows it. The middle of a long statement is left out: its end has WHERE and ORDER BY."""
    text = " ".join(sql.split())
    if len(text) <= SHOWN_SQL_BEGINNING + SHOWN_SQL_END:
        return text
    return f"{text[:SHOWN_SQL_BEGINNING]} … {text[-SHOWN_SQL_END:]}"


def rows_in(answer: Mapping[str, Any], *, asked: str) -> list[tuple[Scalar, ...]]:
    """The rows in an answer. Fails the check where it has none of the right kind."""
    rows = answer.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise unreadable(asked, "an answer without rows")
    if not all(isinstance(cell, Scalar) for row in rows for cell in row):
        raise unreadable(asked, "an answer with what is in no cell")
    return [tuple(row) for row in rows]


def unreadable(asked: str, got: str) -> CheckFailed:
    return CheckFailed(
        "database_unreadable", asked=asked[:SHOWN_CHARACTERS], expected="a database that can be used", got=got
    )
